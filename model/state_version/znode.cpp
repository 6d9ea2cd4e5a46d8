#include "model/state_version/znode.h"

namespace cutover::model::state_version::znode {
namespace {

Byte bit_of(const Process& process) { return bit_of_change(process.change, process.program); }

}  // namespace

const char* to_string(Name name) {
  constexpr std::array<const char*, 13> kNames = {
      "Start",     "Get",          "Upgrade",    "Client",        "Change",
      "Stop",      "CrashBefore",  "CrashAfter", "CrashInFlight", "LoseBefore",
      "LoseAfter", "LoseInFlight", "Land"};
  return kNames[static_cast<std::size_t>(name)];
}

std::vector<State> Model::initial_states() const {
  State start, fresh;
  start.node.version = 1;
  return {start, fresh};
}

Request Model::request_of(const Process& process) {
  const Node& found = process.found;
  switch (process.at) {
    case At::upgrade: return {process.at, process.program, found.changes, found.written};
    case At::change: {
      const Byte changes = found.changes | bit_of(process);
      return {process.at, found.version, changes, found.written};
    }
    default: return {process.at};
  }
}

bool Model::take_effect(State& state, const Request& request) const {
  if (request.at == At::get) return true;
  if (flaw_ != Flaw::blind && state.node.written != request.written) return false;
  state.node = {request.version, request.changes, static_cast<Byte>(state.node.written + 1)};
  return true;
}

/// Serves, or goes on with the change that it has.
Process Model::up(Process process, State& now) const {
  process.at = process.change == 0 ? At::wait : At::change;
  if (process.change == 0) now.up = std::max(now.up, process.program);
  return process;
}

Process Model::after(const Process& process, bool is_written, State& now) const {
  const Byte version = process.program;
  Process next = process;
  if (process.at == At::get) {
    next.found = now.node;
    if (next.found.version == 0) next.found.version = 1;  // the build's fresh state
    if (next.found.version > version && flaw_ != Flaw::runs_on_newer) return {};
    if (next.found.version == version) return up(next, now);
    if (process.change != 0) return {};  // somebody has brought it to another version
    next.at = At::upgrade;
    return next;
  }
  if (!is_written) {
    next.at = At::get;
    next.found = {};
    return next;
  }
  next.found = now.node;
  if (process.at == At::upgrade) return up(next, now);
  now.acked |= bit_of(process);
  next.at = At::wait;
  next.change = 0;
  return next;
}

checker::Property Model::judge(const State& state) const {
  if ((state.acked & ~state.node.changes) != 0) return NothingLost;
  if (state.up == kNewest && state.node.version != kNewest) return OthersDoNothing;
  if (state.node.version != 0 && state.node.version < state.up) return NoOldWriter;
  return checker::kHolds;
}

State Model::widest() const {
  State state;
  const Byte changes = all_changes(bounds_.writes);
  // Each start may upgrade it once, and each change is written once; blindly, once more each.
  const auto written = static_cast<Byte>(bounds_.starts + bounds_.writes);
  state.node = {kNewest, changes, written};
  state.brought = static_cast<Byte>(bounds_.writes);
  state.up = kNewest;
  state.acked = changes;
  state.process.fill({At::change, kNewest, state.node, state.brought});
  state.in_flight.fill({At::change, kNewest, changes, written});
  state.used = most_used(bounds_);
  return state;
}

// Bits of witnesses.
namespace {
constexpr std::uint64_t kNewestIsUp = 1;
constexpr std::uint64_t kChangeIsAcknowledged = 2;
constexpr std::uint64_t kWriteIsRefused = 4;
constexpr std::uint64_t kIsMade = 8;
}  // namespace

std::vector<Model::Witness> Model::witnesses() const {
  const bool starts = bounds_.starts > 0;
  return {{"the newest is up", starts},
          {"a change is acknowledged", starts && bounds_.writes > 0},
          {"a write on what was read is refused", bounds_.starts > 1 && bounds_.processes > 1},
          {"a znode is made", starts}};
}
std::uint64_t Model::seen_in(const State& state) const {
  return (state.up == kNewest ? kNewestIsUp : 0) | (state.acked != 0 ? kChangeIsAcknowledged : 0);
}
std::uint64_t Model::seen_in(const State& before, const Action& action, const State& after) const {
  const std::uint64_t made = before.node.version == 0 && after.node.version != 0 ? kIsMade : 0;
  if (action.name != Name::Upgrade && action.name != Name::Change) return made;
  return made | (before.node == after.node ? kWriteIsRefused : 0);
}

}  // namespace cutover::model::state_version::znode
