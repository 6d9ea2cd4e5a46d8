// Builds the world in which a catalog protocol is explored.
#pragma once

#include "properties/catalog/bounds.h"
#include "properties/catalog/properties.h"

namespace cutover::catalog {

/// How a process reaches a store; a mutant may wrap it.
using Wrap = std::unique_ptr<Store> (*)(std::unique_ptr<Store>);
using MakeMachine = std::unique_ptr<crashsim::catalog::CatalogMachine> (*)();

/// What a case is made of. The defaults are the reference.
struct Parts {
  Protocol protocol;
  Truth truth = truth_by_single_tombstone;
  ServeOne serve_one = catalog::serve_one;
  MakeMachine stash = nullptr;  ///< null: the simulated store
  MakeMachine persist = nullptr;
  Wrap wrap = nullptr;
  std::vector<crashsim::StoreEvent> events = {};
};

/// Two beginnings: "fresh", two stores that were never initialised; and "leftovers", a stash with
/// data in the old format and a persist store that still holds an outdated copy from an abandoned
/// migration, a key in it that clients have deleted since, and a lower epoch than the one under
/// which the stash has served.
crashsim::World make_world(const Parts& parts, const crashsim::Bounds& bounds);

}  // namespace cutover::catalog
