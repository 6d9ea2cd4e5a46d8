// A schedule carried out on the real coroutines, from its beginning, with every state judged.
#pragma once

#include "crashsim/world/schedule.h"
#include "crashsim/world/world.h"

namespace cutover::crashsim {

/// How far it got: to the first choice that can't be made, or to the first state that violates a
/// property, or to its end.
struct Rerun {
  std::size_t steps = 0;   ///< made
  std::string divergence;  ///< why the next choice can't be made; empty: it can
  std::string violated;    ///< the property that is violated after these steps; empty: none
  std::string complaint;   ///< why the companion could not follow the last one; empty: it could
};

/// With the world's companion taken along, if it has one: where that can't follow, World::refines
/// is violated.
Rerun run_again(const World& world, const Schedule& schedule);

/// Whether this property falls where it alone is judged, perhaps before the schedule's end.
bool violates_alone(const World& world, const Schedule& schedule, const std::string& property);

/// Why the schedule does not do what it says, in a few words; nothing if it violates its property
/// at its last step, and none before.
std::optional<std::string> not_as_told(const World& world, const Schedule& schedule);

}  // namespace cutover::crashsim
