#include "crashsim/world/schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "crashsim/world/world.h"

namespace cutover::crashsim {
namespace {
const std::string kRequestOf = "request of ";
const std::string kChoose = "choose: ";
}  // namespace

unsigned count_faults(const Schedule& schedule) {
  return static_cast<unsigned>(std::ranges::count_if(schedule.choices, [](const Choice& choice) {
    return choice.outcome != to_string(Outcome::ok) || choice.step == kRestart;
  }));
}

std::string choose_step(unsigned number) { return kChoose + std::to_string(number); }

bool is_choose_step(const std::string& step) { return step.starts_with(kChoose); }

std::string in_flight_name(const std::string& process, unsigned nth) {
  return nth == 1 ? kRequestOf + process : fmt::format("{}{} ({})", kRequestOf, process, nth);
}

std::string request_step(const std::string& label, std::size_t nth) {
  return nth == 1 ? label : fmt::format("{} ({})", label, nth);
}

std::optional<std::string> sender_of(const std::string& actor) {
  if (!actor.starts_with(kRequestOf)) return std::nullopt;
  const std::string sender = actor.substr(kRequestOf.size());
  return sender.substr(0, sender.find(" ("));
}

}  // namespace cutover::crashsim
