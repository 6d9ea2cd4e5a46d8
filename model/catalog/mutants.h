// The mutants that make sense at this level: none that needs a store which lies in a way of its own,
// or a tombstone that is read before there is a session.
#pragma once

#include "model/catalog/protocol.h"

namespace cutover::model::catalog {

// Each differs from the design that it is of in one thing.
std::vector<Protocol> mutants_of(const Protocol& single_tombstone);
std::vector<Protocol> mutants_of_lazy_open(Protocol lazy_open);
std::vector<Protocol> mutants_of_two_tombstones(const Protocol& two_tombstones);

}  // namespace cutover::model::catalog
