// Gives a case of the catalog the model of its protocol.
#pragma once

#include "engines/case.h"
#include "model/catalog/protocol.h"
#include "properties/catalog/world.h"

namespace cutover::catalog {

/// The model itself, unless the case violates only the refinement; and the refinement, over
/// simulated stores and over SQLite in memory, where nothing else is violated. The protocol must
/// outlive the case.
void specify(Case& of, const model::catalog::Protocol& protocol, const Parts& parts);

/// Explores the implementation beside the model of a protocol.
Findings check_refinement(const Parts& parts, const model::catalog::Protocol& protocol,
                          const crashsim::Bounds& bounds, const checker::Limits& limits,
                          bool expect_violation);

}  // namespace cutover::catalog
