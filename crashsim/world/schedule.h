// A schedule: the choices made, each by name. What a trace file holds and what a replay follows.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace cutover::crashsim {

/// One choice. A process is named after its program and the order of starts ("migrate-1"); what it
/// left in flight is "request of migrate-1", and what it left second "request of migrate-1 (2)"; a
/// store is named after itself.
struct Choice {
  std::string actor;
  std::string step;     ///< "open stash"; also "start", "stop", "restart", "client: put a"
  std::string outcome;  ///< see Outcome; "ok" where there is nothing to choose
  bool operator==(const Choice&) const = default;
};

struct Schedule {
  std::string beginning;
  std::vector<Choice> choices;
  std::string violated;  ///< the property, or empty
  bool operator==(const Schedule&) const = default;
};

/// Of the nth request that the process leaves in flight, counted from 1.
std::string in_flight_name(const std::string& process, unsigned nth = 1);
/// The step of the nth request with this label that the process has under way, counted from 1.
std::string request_step(const std::string& label, std::size_t nth);
/// The process whose request in flight the actor is; nothing if it is none.
std::optional<std::string> sender_of(const std::string& actor);
inline std::string input_step(const std::string& label) { return "client: " + label; }
/// The step in which a process is told a number that it asked for.
std::string choose_step(unsigned number);
bool is_choose_step(const std::string& step);
inline constexpr const char* kStart = "start";
inline constexpr const char* kStop = "stop";
inline constexpr const char* kRestart = "restart";

/// Crashes and lost answers in the schedule.
unsigned count_faults(const Schedule& schedule);

}  // namespace cutover::crashsim
