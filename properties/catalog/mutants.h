// Protocols and stores with one deliberate flaw each, and the property that it must violate. They
// are what shows that the properties and the search have teeth.
#pragma once

#include "properties/catalog/world.h"

namespace cutover::catalog {

struct Mutant {
  std::string of;        ///< the case that it is a mutant of, "single-tombstone"
  std::string name;      ///< the flaw
  std::string violates;  ///< the property
  std::string about;     ///< the flaw in one line
  Parts parts;
};

std::vector<Mutant> protocol_mutants();
std::vector<Mutant> store_mutants();

}  // namespace cutover::catalog
