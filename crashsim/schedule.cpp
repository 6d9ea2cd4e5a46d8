#include "crashsim/schedule.h"

#include <algorithm>

#include "crashsim/world.h"

namespace cutover::crashsim {

unsigned count_faults(const Schedule& schedule) {
  return static_cast<unsigned>(std::ranges::count_if(schedule.choices, [](const Choice& choice) {
    return choice.outcome != to_string(Outcome::ok) || choice.step == kRestart;
  }));
}

}  // namespace cutover::crashsim
