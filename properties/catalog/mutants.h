// Protocols and stores with one deliberate flaw each, and the property that it must violate. They
// are what shows that the properties and the search have teeth.
//
// A flaw of the migration has its mirror in the rollback, and a flaw of the stash in persist, and
// the other way round: a property that looks one way only must not pass. The mirror is called
// after its original with the side before it, `rollback-merge`, `migrate-old-binary`,
// `persist-volatile-epoch`; shorter where a table of verdicts would pass a hundred columns.
#pragma once

#include "properties/catalog/world.h"

namespace cutover::catalog {

struct Mutant {
  std::string of;        ///< the case that it is a mutant of, "single-tombstone"
  std::string name;      ///< the flaw
  std::string violates;  ///< the property; empty: harmless, and `about` says why
  std::string about;     ///< the flaw in one line
  Parts parts;
  std::string record;  ///< where it really happened: a row of the track record, or empty
};

std::vector<Mutant> protocol_mutants();
std::vector<Mutant> store_mutants();
std::vector<Mutant> mutants_of_two_tombstones();

}  // namespace cutover::catalog
