// The plain twin of the explorer: a breadth-first search that knows no automata. It runs the real
// coroutines again from the start for every state that it visits, and tells states apart by what is
// really in them. Slow, and simple enough to be believed.
#pragma once

#include "crashsim/world/schedule.h"
#include "crashsim/world/world.h"

namespace cutover::crashsim {

struct PlainResult {
  std::uint64_t states = 0, transitions = 0;
  std::uint32_t depth = 0;
  std::optional<std::string> violated;  ///< the first one in the order of World::properties
};

/// Ends at the first level that holds a violation. Moves that take more than `fault_cap` faults are
/// left out.
PlainResult plain_search(const World& world, unsigned fault_cap = ~0u);

}  // namespace cutover::crashsim
