#include "crashsim/world/schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "crashsim/world/world.h"

namespace cutover::crashsim {
namespace {
const std::string kZombieOf = "zombie of ";
}

unsigned count_faults(const Schedule& schedule) {
  return static_cast<unsigned>(std::ranges::count_if(schedule.choices, [](const Choice& choice) {
    return choice.outcome != to_string(Outcome::ok) || choice.step == kRestart;
  }));
}

std::string zombie_name(const std::string& process, unsigned nth) {
  return nth == 1 ? kZombieOf + process : fmt::format("{}{} ({})", kZombieOf, process, nth);
}

std::optional<std::string> sender_of(const std::string& actor) {
  if (!actor.starts_with(kZombieOf)) return std::nullopt;
  const std::string sender = actor.substr(kZombieOf.size());
  return sender.substr(0, sender.find(" ("));
}

}  // namespace cutover::crashsim
