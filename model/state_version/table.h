// The model of impl/state_version/reference_table.h: schedulers of three versions, in two
// namespaces that share a table, and an operator who deletes a row. The same variables and actions,
// under the same names, are those of tla/state_version/Table.tla; see there for what is abstracted.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "model/state_version/model_of.h"

namespace cutover::model::state_version::table {

/// What a mutant does wrong.
enum class Flaw : Byte { none, blind, rows_first, overlooks_rows, runs_on_newer };

enum class At : Byte {
  nowhere,
  version,
  column,
  find,
  convert,
  advance,
  get,
  wait,
  change,
  get_again,
  remove
};
enum class Name : Byte {
  Start,
  ReadVersion,
  AddColumn,
  FindRow,
  Convert,
  Advance,
  Get,
  Client,
  Change,
  GetAgain,
  Remove,
  Stop,
  Rejected,
  CrashBefore,
  CrashAfter,
  CrashInFlight,
  LoseBefore,
  LoseAfter,
  LoseInFlight,
  Land,
};
const char* to_string(Name name);

using Action = ActionOf<Name>;

/// Its version is 0 where there is no row.
struct Row {
  Byte version = 0, changes = 0;
  auto operator<=>(const Row&) const = default;
};

struct Table {
  Byte version = 1;
  Byte columns = 0;          ///< bits: timeout_ms, limits, retries
  std::array<Row, 2> row{};  ///< of a, b
  Byte unused[2] = {};
  auto operator<=>(const Table&) const = default;
};

/// All zero: there is none. The programs are 1: old-b, 2: middle-a, 3: newest-b, 4: remove; the
/// first three are of the version of that number.
struct Process {
  At at = At::nowhere;
  Byte program = 0;
  Byte found = 0;   ///< the version of the table
  Byte column = 0;  ///< to be added, from 1
  Byte key = 0;     ///< of the row that it converts, from 1
  Row row = {};     ///< as it was read: the one that it converts, or its own
  Byte change = 0;  ///< that it carries out, from 1
  auto operator<=>(const Process&) const = default;
};

/// At the table; all zero: there is none.
struct Request {
  At at = At::nowhere;
  Byte version = 0, found = 0;  ///< of advance: to, if it is
  Byte which = 0;               ///< the column, or the row
  Row was = {}, becomes = {};   ///< of convert and change
  auto operator<=>(const Request&) const = default;
};

struct Operators {
  Byte brought = 0;             ///< how many changes
  Byte up = 1;                  ///< the newest version that is up, or was
  std::array<Byte, 2> acked{};  ///< changes, of each row
  Byte may_go = 0, gone = 0;    ///< b
  Byte unused[2] = {};
  auto operator<=>(const Operators&) const = default;
};
struct State {
  Table table;
  std::array<Process, 3> process;
  std::array<Request, 2> in_flight;
  Operators operators;
  Used used;
  auto operator<=>(const State&) const = default;
};
static_assert(sizeof(State) == 64);

class Model : public ModelOf<State, Flaw> {
 public:
  using State = table::State;
  using Action = table::Action;
  using Name = table::Name;
  using ModelOf::ModelOf;

  std::vector<State> initial_states() const;
  template <class F>
  void successors(const State& state, F&& f) const;
  checker::Property judge(const State& state) const;
  State widest() const;

  std::vector<Witness> witnesses() const;
  std::uint64_t expected() const { return checker::possible_bits(witnesses()); }
  std::uint64_t seen_in(const State& state) const;
  std::uint64_t seen_in(const State& before, const Action& action, const State& after) const;

  std::uint8_t goals_reached(const State& state) const;

  /// What the process asks of the table.
  static Request request_of(const Process& process);

 private:
  enum class Answer : Byte { no, yes, rejected };
  Answer take_effect(State& state, const Request& request) const;
  /// The process once it was answered; `now`: with the effect of its step, of which the operators
  /// hear what they are told.
  Process after(const Process& process, Answer answer, State& now) const;
  Process with_columns(Process process, Byte from) const;
};

constexpr bool is_read(At at) {
  return at == At::version || at == At::find || at == At::get || at == At::get_again;
}
constexpr Name name_of(At at) {
  switch (at) {
    case At::version: return Name::ReadVersion;
    case At::column: return Name::AddColumn;
    case At::find: return Name::FindRow;
    case At::convert: return Name::Convert;
    case At::advance: return Name::Advance;
    case At::get: return Name::Get;
    case At::change: return Name::Change;
    case At::get_again: return Name::GetAgain;
    default: return Name::Remove;
  }
}

template <class F>
void Model::successors(const State& state, F&& f) const {
  const auto emit = [&](Name name, Byte who, State next, Byte program = 0) {
    if (interchangeable_) sort_places(next);
    f(Action{name, who, program}, next);
  };
  for (Byte place = 0; place < bounds_.processes; ++place) {
    const Process& process = state.process[place];
    if (interchangeable_ && place > 0 && process == state.process[place - 1u]) continue;
    State gone = state;  // without the process
    gone.process[place] = {};
    if (process.at == At::nowhere) {
      if (state.used.starts == bounds_.starts) continue;
      for (Byte program = 1; program <= 4; ++program) {
        State next = gone;
        ++next.used.starts;
        next.process[place] = {program == 4 ? At::remove : At::version, program};
        if (program == 4) next.operators.may_go = 1;
        emit(Name::Start, place, next, program);
      }
      continue;
    }
    if (process.at == At::wait) {
      emit(Name::Stop, place, gone);
      if (state.operators.brought == bounds_.writes) continue;
      State next = state;
      next.process[place].at = At::change;
      next.process[place].change = ++next.operators.brought;
      emit(Name::Client, place, next);
      continue;
    }
    const Request request = request_of(process);
    State taken = gone;  // with the effect of its request, too
    const Answer answer = take_effect(taken, request);
    if (answer == Answer::rejected) {
      emit(Name::Rejected, place, gone);
    } else {
      State next = taken;
      next.process[place] = after(process, answer, next);
      emit(name_of(process.at), place, next);
    }
    end_at_step<Name>(gone, taken, request, is_read(process.at), bounds_,
                      [&](Name name, const State& next) { emit(name, place, next); });
  }
  land(
      state, [&](State& next, const Request& request) { take_effect(next, request); },
      [&](Byte place, const State& next) { emit(Name::Land, place, next); });
}

}  // namespace cutover::model::state_version::table
