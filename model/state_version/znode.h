// The model of impl/state_version/reference_znode.h: schedulers of three versions over one znode,
// which is only written on the version of it that was read. The same variables and actions, under
// the same names, are those of tla/state_version/Znode.tla; see there for what is abstracted.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "model/state_version/model_of.h"

namespace cutover::model::state_version::znode {

/// What a mutant does wrong.
enum class Flaw : Byte { none, blind, runs_on_newer };

enum class At : Byte { nowhere, get, upgrade, wait, change };
enum class Name : Byte {
  Start,
  Get,
  Upgrade,
  Client,
  Change,
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

/// Its version is 0 where there is no znode.
struct Node {
  Byte version = 0, changes = 0;
  Byte written = 0;  ///< how often
  auto operator<=>(const Node&) const = default;
};

/// All zero: there is none. A program is the version of its scheduler.
struct Process {
  At at = At::nowhere;
  Byte program = 0;
  Node found = {};  ///< as it was read, or as it has written it
  Byte change = 0;  ///< that it carries out, from 1
  Byte unused[2] = {};
  auto operator<=>(const Process&) const = default;
};

/// A write, if the znode is written as often as it was; all zero: there is none.
struct Request {
  At at = At::nowhere;
  Byte version = 0, changes = 0, written = 0;
  Byte unused[4] = {};
  auto operator<=>(const Request&) const = default;
};

struct State {
  Node node;
  Byte brought = 0;  ///< how many changes
  Byte up = 1;       ///< the newest version that is up, or was
  Byte acked = 0;    ///< changes
  Byte unused[2] = {};
  std::array<Process, 3> process;
  std::array<Request, 2> in_flight;
  Used used;
  auto operator<=>(const State&) const = default;
};
static_assert(sizeof(State) == 56);

class Model : public ModelOf<State, Flaw> {
 public:
  using State = znode::State;
  using Action = znode::Action;
  using Name = znode::Name;
  using ModelOf::ModelOf;

  /// There is a znode of the oldest version; and there is none.
  std::vector<State> initial_states() const;
  template <class F>
  void successors(const State& state, F&& f) const;
  checker::Property judge(const State& state) const;
  State widest() const;

  std::vector<Witness> witnesses() const;
  std::uint64_t expected() const { return checker::possible_bits(witnesses()); }
  std::uint64_t seen_in(const State& state) const;
  std::uint64_t seen_in(const State& before, const Action& action, const State& after) const;

  std::uint8_t goals_reached(const State& state) const {
    return state.node.version == 0 || state.node.version == kNewest;
  }

  /// What the process asks of the znode.
  static Request request_of(const Process& process);

 private:
  /// False if it is refused, and had none.
  bool take_effect(State& state, const Request& request) const;
  /// The process once it was answered; `now`: with the effect of its step, of which the operators
  /// hear what they are told.
  Process after(const Process& process, bool is_written, State& now) const;
  Process up(Process process, State& now) const;
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
      for (Byte program = 1; program <= kNewest; ++program) {
        State next = gone;
        ++next.used.starts;
        next.process[place] = {At::get, program};
        emit(Name::Start, place, next, program);
      }
      continue;
    }
    if (process.at == At::wait) {
      emit(Name::Stop, place, gone);
      if (state.brought == bounds_.writes) continue;
      State next = state;
      next.process[place].at = At::change;
      next.process[place].change = ++next.brought;
      emit(Name::Client, place, next);
      continue;
    }
    const Request request = request_of(process);
    State taken = gone;  // with the effect of its request, too
    const bool is_written = take_effect(taken, request);
    State next = taken;
    next.process[place] = after(process, is_written, next);
    const Name name = process.at == At::get       ? Name::Get
                      : process.at == At::upgrade ? Name::Upgrade
                                                  : Name::Change;
    emit(name, place, next);
    end_at_step<Name>(gone, taken, request, process.at == At::get, bounds_,
                      [&](Name fault, const State& ended) { emit(fault, place, ended); });
  }
  land(
      state, [&](State& next, const Request& request) { take_effect(next, request); },
      [&](Byte place, const State& next) { emit(Name::Land, place, next); });
}

}  // namespace cutover::model::state_version::znode
