// The model of impl/online/counters.h: one counter that moves to another cluster while it is
// counted on, an operator and applications. The same variables and actions, under the same names,
// are those of tla/online/Counters.tla; see there for what is abstracted.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "model/model_of.h"

namespace cutover::model::online::counters {

struct Bounds {
  unsigned processes, starts, crashes, in_flight, lost, puts, reads;
};
/// Additions: a store's counter is never above what it began with and all of them.
inline constexpr Byte kBefore = 5;
/// The generations of the target's counters are 1, 2, and so on.
inline constexpr Byte kGenerations = 2;

/// What a mutant does wrong.
enum class Flaw : Byte {
  none,
  folds_blindly,
  counts_blindly,
  folds_twice,
  reads_too_few,
  folds_late,
};

/// The step that a process is about to take. `late`: of a counter that came meanwhile.
enum class At : Byte {
  nowhere,
  // The operator's.
  generation,
  next_first,
  source_base,
  source_value,
  source_fold,
  next_second,
  late_base,
  late_value,
  late_fold,
  first_base,
  first_value,
  first_fold,
  drop_base,
  drop_source,
  drop_first,
  // An application's.
  learn,
  wait,
  add,
  ask,
  read_base,
  read_last,
  read_source,
  read_counter,
  read_again,
};
inline constexpr std::size_t kAts = static_cast<std::size_t>(At::read_again) + 1;

enum class Name : Byte {
  Start,
  Generation,
  NextGeneration,
  ReadBase,
  ReadSource,
  ReadCounter,
  Fold,
  DropSource,
  DropCounter,
  AddToSource,
  AddToCounter,
  Add,
  Read,
  Stop,
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

/// At the target. Of generation 0: the source's counter is the base.
struct Base {
  Byte generation = 0, value = 0;
  auto operator<=>(const Base&) const = default;
};

/// All zero: there is none. The programs are 1: move, 2: application.
struct Process {
  At at = At::nowhere;
  Byte program = 0;
  Byte known = 0;       ///< the generation that it last heard of
  Base base = {};       ///< as it was read
  Byte value = 0;       ///< that is to be folded, or added up so far
  Byte generation = 0;  ///< of the counter that it reads next,
  Byte last = 0;        ///< up to that one
  Byte asked = 0;       ///< what counted when its read began
  auto operator<=>(const Process&) const = default;
};

/// Something that changes a store; all zero: there is none.
struct Request {
  At at = At::nowhere;
  Byte generation = 0;  ///< that it adds to, folds, or ends
  Base base = {};       ///< of a fold: what it becomes
  auto operator<=>(const Request&) const = default;
};

struct State {
  Byte source = kBefore;
  Byte generation = 0;  ///< that the record names
  Base base;
  std::array<Byte, kGenerations> counter{};
  Byte sent = 0, counts = 0;  ///< additions
  Byte reads = 0;
  Byte wrong_read = 0;  ///< 1: there was one
  Byte unused[11] = {};
  std::array<Process, 3> process;
  std::array<Request, 2> in_flight;
  Used used;
  auto operator<=>(const State&) const = default;
};
static_assert(sizeof(State) == 64);

class Model : public ModelOf<State, Flaw, Bounds> {
 public:
  using State = counters::State;
  using Action = counters::Action;
  using Name = counters::Name;
  enum Property : checker::Property { CounterExact = 1, ReadsExact, CanFinish };
  using ModelOf::ModelOf;

  /// Nothing was done yet; and a counter that came when the others were almost moved.
  std::vector<State> initial_states() const;
  template <class F>
  void successors(const State& state, F&& f) const;
  checker::Property judge(const State& state) const;
  State widest() const;

  std::vector<Witness> witnesses() const;
  std::uint64_t expected() const { return checker::possible_bits(witnesses()); }
  std::uint64_t seen_in(const State& state) const;
  std::uint64_t seen_in(const State& before, const Action& action, const State& after) const;

  static constexpr checker::Property kGoalsStayPossible = CanFinish;
  std::uint8_t goals_reached(const State& state) const { return state.base.generation == 2; }

 private:
  static Request request_of(const Process& process);
  static Name name_of(const Process& process);
  static bool is_read(At at);
  void take_effect(State& state, const Request& request) const;
  /// The process once it was answered; `now`: with the effect of its step, of which the client
  /// hears what it is told.
  Process after(const Process& process, State& now) const;
  static Process has_last(Process process, Byte generation);
  static Process reads_counters(Process process);
};

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
      for (Byte program = 1; program <= 2; ++program) {
        State next = gone;
        ++next.used.starts;
        const At first = flaw_ == Flaw::folds_late ? At::next_first : At::generation;
        next.process[place] = {program == 1 ? first : At::learn, program};
        emit(Name::Start, place, next, program);
      }
      continue;
    }
    if (process.at == At::wait) {
      emit(Name::Stop, place, gone);
      if (state.sent < bounds_.puts) {
        State next = state;
        ++next.sent;
        next.process[place].at = At::add;
        emit(Name::Add, place, next);
      }
      if (state.reads < bounds_.reads) {
        State next = state;
        ++next.reads;
        next.process[place].at = At::read_base;
        next.process[place].asked = state.counts;
        emit(Name::Read, place, next);
      }
      continue;
    }
    const Request request = request_of(process);
    State taken = gone;  // with the effect of its request, too
    take_effect(taken, request);
    State next = taken;
    next.process[place] = after(process, next);
    emit(name_of(process), place, next);
    end_at_step<Name>(gone, taken, request, is_read(process.at), bounds_,
                      [&](Name fault, const State& ended) { emit(fault, place, ended); });
  }
  land(
      state, [&](State& next, const Request& request) { take_effect(next, request); },
      [&](Byte place, const State& next) { emit(Name::Land, place, next); });
}

}  // namespace cutover::model::online::counters
