#include "model/state_version/table.h"

namespace cutover::model::state_version::table {
namespace {

constexpr Byte kRemove = 4;
constexpr Byte kA = 1, kB = 2;

/// The namespace of a scheduler.
Byte own_of(const Process& process) { return process.program == 2 ? kA : kB; }
Byte bit_of(const Process& process) { return bit_of_change(process.change, process.program); }
/// The version that a column came with.
Byte version_of_column(Byte column) { return column == 1 ? 2 : 3; }
Byte columns_of(Byte version) { return version == 3 ? 0b111 : version == 2 ? 0b001 : 0; }

/// Once it is answered: a process that there is no more.
constexpr Process kEnded = {};

}  // namespace

const char* to_string(Name name) {
  constexpr std::array<const char*, 20> kNames = {
      "Start",         "ReadVersion", "AddColumn", "FindRow",      "Convert",
      "Advance",       "Get",         "Client",    "Change",       "GetAgain",
      "Remove",        "Stop",        "Rejected",  "CrashBefore",  "CrashAfter",
      "CrashInFlight", "LoseBefore",  "LoseAfter", "LoseInFlight", "Land"};
  return kNames[static_cast<std::size_t>(name)];
}

std::vector<State> Model::initial_states() const {
  State state;
  state.table.row = {Row{1}, Row{1}};
  return {state};
}

Request Model::request_of(const Process& process) {
  switch (process.at) {
    case At::column: return {.at = process.at, .which = process.column};
    case At::convert:
      return {process.at, 0, 0, process.key, process.row, {process.program, process.row.changes}};
    case At::advance: return {process.at, process.program, process.found};
    case At::change: {
      const Byte changes = process.row.changes | bit_of(process);
      return {process.at, 0, 0, own_of(process), process.row, {process.row.version, changes}};
    }
    default: return {.at = process.at};
  }
}

Model::Answer Model::take_effect(State& state, const Request& request) const {
  Table& table = state.table;
  const bool blindly = flaw_ == Flaw::blind;
  switch (request.at) {
    case At::column:
      if (flaw_ != Flaw::rows_first) table.columns |= static_cast<Byte>(1u << (request.which - 1));
      return Answer::yes;
    case At::convert:
    case At::change: {
      if ((columns_of(request.becomes.version) & ~table.columns) != 0) return Answer::rejected;
      Row& row = table.row[request.which - 1u];
      if (row.version == 0 || (!blindly && row != request.was)) return Answer::no;
      row = request.becomes;
      return Answer::yes;
    }
    case At::advance:
      if (blindly || table.version == request.found) table.version = request.version;
      return Answer::yes;
    case At::remove: table.row[kB - 1] = {}; return Answer::yes;
    default: return Answer::yes;
  }
}

Process Model::with_columns(Process process, Byte from) const {
  for (Byte column = from; column <= 3; ++column) {
    const Byte version = version_of_column(column);
    if (process.found >= version || version > process.program) continue;
    process.at = At::column;
    process.column = column;
    return process;
  }
  process.at = At::find;
  process.column = 0;
  return process;
}

Process Model::after(const Process& process, Answer answer, State& now) const {
  const Byte version = process.program;
  const auto is_refused = [&](Byte stored) {
    return stored > version && flaw_ != Flaw::runs_on_newer;
  };
  Process next = process;
  switch (process.at) {
    case At::version:
      if (is_refused(now.table.version)) return kEnded;
      next.found = now.table.version;
      if (next.found > version) next.at = At::advance;  // a mutant
      return next.found > version ? next : with_columns(next, 1);
    case At::column: return with_columns(process, static_cast<Byte>(process.column + 1));
    case At::find:
      for (Byte key = kA; key <= kB; ++key) {
        const Row& row = now.table.row[key - 1u];
        if (flaw_ == Flaw::overlooks_rows || row.version == 0 || row.version >= version) continue;
        next.at = At::convert;
        next.key = key;
        next.row = row;
        return next;
      }
      if (process.found == version) return {At::get, version};
      next.at = At::advance;
      return next;
    case At::convert: return {At::find, version, process.found};
    case At::advance: return {At::version, version};
    case At::get:
    case At::get_again: {
      const Row& own = now.table.row[own_of(process) - 1u];
      if (own.version != version) return kEnded;
      next.at = process.at == At::get ? At::wait : At::change;
      next.row = own;
      if (process.at == At::get) now.operators.up = std::max(now.operators.up, version);
      return next;
    }
    case At::change:
      if (answer == Answer::no) {
        next.at = At::get_again;
        next.row = {};
        return next;
      }
      now.operators.acked[own_of(process) - 1u] |= bit_of(process);
      next.row = request_of(process).becomes;
      next.at = At::wait;
      next.change = 0;
      return next;
    default: now.operators.gone = 1; return kEnded;  // remove
  }
}

checker::Property Model::judge(const State& state) const {
  const auto& [table, process, in_flight, operators, used] = state;
  for (std::size_t i = 0; i < table.row.size(); ++i) {
    const bool is_b = i == kB - 1;
    if (table.row[i].version == 0) {
      if (operators.acked[i] != 0 && !(is_b && operators.may_go != 0)) return NothingLost;
    } else if ((operators.acked[i] & ~table.row[i].changes) != 0 || (is_b && operators.gone != 0)) {
      return NothingLost;
    }
  }
  const auto all = [&](auto&& holds) {
    return holds(table.version) && std::ranges::all_of(table.row, [&](const Row& row) {
             return row.version == 0 || holds(row.version);
           });
  };
  if (operators.up == kNewest && !all([](Byte version) { return version == kNewest; })) {
    return OthersDoNothing;
  }
  if (!all([&](Byte version) { return version >= operators.up; })) return NoOldWriter;
  return checker::kHolds;
}

std::uint8_t Model::goals_reached(const State& state) const {
  return std::ranges::all_of(
      state.table.row, [](const Row& row) { return row.version == 0 || row.version == kNewest; });
}

State Model::widest() const {
  State state;
  const Byte changes = all_changes(bounds_.writes);
  const Row row{3, changes};
  state.table = {3, 0b111, {row, row}};
  state.process.fill({At::remove, kRemove, 3, 3, kB, row, static_cast<Byte>(bounds_.writes)});
  state.in_flight.fill({At::remove, 3, 3, 3, row, row});
  state.operators = {static_cast<Byte>(bounds_.writes), 3, {changes, changes}, 1, 1};
  state.used = most_used(bounds_);
  return state;
}

// Bits of witnesses.
namespace {
constexpr std::uint64_t kNewestIsUp = 1;
constexpr std::uint64_t kChangeIsAcknowledged = 2;
constexpr std::uint64_t kWriteIsRefused = 4;
}  // namespace

std::vector<Model::Witness> Model::witnesses() const {
  const bool starts = bounds_.starts > 0;
  return {{"the newest is up", starts},
          {"a change is acknowledged", starts && bounds_.writes > 0},
          {"a write on what was read is refused", bounds_.starts > 1 && bounds_.processes > 1}};
}
std::uint64_t Model::seen_in(const State& state) const {
  return (state.operators.up == kNewest ? kNewestIsUp : 0) |
         ((state.operators.acked[0] | state.operators.acked[1]) != 0 ? kChangeIsAcknowledged : 0);
}
std::uint64_t Model::seen_in(const State& before, const Action& action, const State&) const {
  if (action.name != Name::Convert && action.name != Name::Change) return 0;
  State taken = before;
  const Request request = request_of(before.process[action.who]);
  return take_effect(taken, request) == Answer::no ? kWriteIsRefused : 0;
}

}  // namespace cutover::model::state_version::table
