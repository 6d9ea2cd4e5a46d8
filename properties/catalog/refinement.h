// The refinement of the catalog's model by its implementation, in lock step.
//
// The mapping is by names: a step of a process is the action of the model's process in the same
// place whose step has the same label; an answer that says "fenced" is the action Fenced; a fault
// is the action named after it. Durable states must be equal: epoch, tombstone, format, and what
// clients see.
//
// Not compared: what clients are told and what an answer says beyond "fenced" (the properties judge
// that), the arguments of a request before it takes effect, and reads of clients, which change
// nothing durable and which the model does not have.
#pragma once

#include "engines/case.h"
#include "properties/catalog/model_state.h"
#include "properties/catalog/world.h"

namespace cutover::catalog {

/// Adds to the world a companion that is the model of this protocol, and the property that the
/// world refines it. Throws std::runtime_error where the model can't have the world's bounds.
void accompany(crashsim::World& world, const model::catalog::Protocol& protocol);

/// Explores the implementation in lock step with the model, over simulated stores and over SQLite
/// in memory, and says which share of the model's reachable transitions at the same bounds it
/// exercised.
Findings check_refinement(const Parts& parts, const model::catalog::Protocol& protocol,
                          const crashsim::Bounds& bounds, const checker::Limits& limits,
                          bool expect_violation);

}  // namespace cutover::catalog
