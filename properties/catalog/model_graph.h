// The model's state graph from far away: its states sorted by the values of some variables.
#pragma once

#include "crashsim/explore/projection.h"
#include "model/catalog/protocol.h"

namespace cutover::catalog {

/// Explores the model within the bounds, beyond violations. `variables` are paths into a state as
/// tla/catalog/Catalog.tla has it, "store.stash.tombstone"; empty: the tombstones of both stores.
/// Throws std::runtime_error that names those there are, where one is not.
crashsim::Projection model_graph(const model::catalog::Protocol& protocol,
                                 const crashsim::Bounds& bounds,
                                 const std::vector<std::string>& variables);

}  // namespace cutover::catalog
