// Protocols and stores with one deliberate flaw each, and the property that it must violate. They
// are what shows that the properties and the search have teeth.
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

/// The name under which stores of some mutants show or take their epoch as a config entry.
inline constexpr const char* kEpochEntry = "epoch";
/// A store that takes its epoch from that entry.
std::unique_ptr<crashsim::catalog::CatalogMachine> make_epoch_setting_store();

std::vector<Mutant> protocol_mutants();
std::vector<Mutant> store_mutants();

}  // namespace cutover::catalog
