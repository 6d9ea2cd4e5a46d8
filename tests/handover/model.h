// The model of the handover; the same variables and actions are those of tla/handover/Handover.tla.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <vector>

#include "model/checker/search.h"

namespace cutover::handover {

using Byte = std::uint8_t;

enum class Do : Byte { nothing, open, put, leave };
enum class Name : Byte {
  Start,
  Open,
  Put,
  Leave,
  Stop,
  Fenced,
  CrashBefore,
  CrashAfter,
  CrashInFlight,
  LoseBefore,
  LoseAfter,
  LoseInFlight,
  Land,
};
const char* to_string(Name name);

struct Action {
  Name name = Name::Start;
  Byte who = 0;
  bool operator==(const Action&) const = default;
};

struct ModelShelf {
  Byte epoch = 0, value = 0, left = 0, unused = 0;
  auto operator<=>(const ModelShelf&) const = default;
};
struct Mover {
  Byte pc = 0, session = 0, value = 0, unused = 0;
  auto operator<=>(const Mover&) const = default;
};
struct Request {
  Do what = Do::nothing;
  Byte session = 0, value = 0, unused = 0;
  auto operator<=>(const Request&) const = default;
};
struct Used {
  Byte starts = 0, crashes = 0, in_flight = 0, lost = 0;
  auto operator<=>(const Used&) const = default;
};
struct State {
  std::array<ModelShelf, 2> store;  ///< old, new
  std::array<Mover, 3> process;
  std::array<Request, 2> in_flight;
  Used used;
  auto operator<=>(const State&) const = default;
};
static_assert(sizeof(State) == 32);

class Model {
 public:
  using State = handover::State;
  using Action = handover::Action;
  using Name = handover::Name;
  struct Bounds {
    unsigned processes, starts, crashes, in_flight, lost;
  };

  Model(const Bounds& bounds, bool leaves_first, bool interchangeable)
      : bounds_(bounds),
        order_{Do::nothing, Do::open, leaves_first ? Do::leave : Do::put,
               leaves_first ? Do::put : Do::leave},
        interchangeable_(interchangeable) {}

  const Bounds& bounds() const { return bounds_; }
  std::vector<State> initial_states() const;
  template <class F>
  void successors(const State& state, F&& f) const;
  checker::Property judge(const State& state) const {
    return state.store[0].left != 0 && state.store[1].value == 0 ? 1 : checker::kHolds;
  }
  State widest() const;

  struct Witness {
    const char* name;
    bool possible;
  };
  std::vector<Witness> witnesses() const {
    return {{"the value was handed over", bounds_.starts > 0}};
  }
  std::uint64_t expected() const { return bounds_.starts > 0 ? 1 : 0; }
  std::uint64_t seen_in(const State& state) const { return state.store[0].left; }
  std::uint64_t seen_in(const State&, const Action&, const State&) const { return 0; }

  static constexpr std::uint8_t kGoals = 1;
  static constexpr checker::Property kGoalsStayPossible = 2;
  bool goals_due(const State& state) const { return state.used.starts < bounds_.starts; }
  std::uint8_t goals_reached(const State& state) const { return state.store[0].left; }

  Do step_of(const Mover& mover) const { return order_[mover.pc]; }
  static void sort_places(State& state) {
    std::ranges::sort(state.process, std::ranges::greater());
    std::ranges::sort(state.in_flight, std::ranges::greater());
  }

 private:
  static void take_effect(State& state, const Request& request) {
    auto& [from, to] = state.store;
    if (request.what == Do::open) ++from.epoch;
    if (request.what == Do::put) to.value = request.value;
    if (request.what == Do::leave && request.session == from.epoch) from.left = 1;
  }
  /// What the mover does once it was answered.
  Mover after(const Mover& mover, const ModelShelf& from) const {
    Mover next = mover;
    if (step_of(mover) == Do::open) next.session = from.epoch, next.value = from.value;
    const bool is_there = step_of(mover) == Do::open && from.left != 0;
    if (is_there || mover.pc + 1u == order_.size()) return {};
    ++next.pc;
    return next;
  }

  Bounds bounds_;
  std::array<Do, 4> order_;  ///< the steps by pc, from 1
  bool interchangeable_;
};

template <class F>
void Model::successors(const State& state, F&& f) const {
  const auto emit = [&](Name name, Byte who, State next) {
    if (interchangeable_) sort_places(next);
    f(Action{name, who}, next);
  };
  for (Byte place = 0; place < bounds_.processes; ++place) {
    const Mover& mover = state.process[place];
    if (interchangeable_ && place > 0 && mover == state.process[place - 1u]) continue;
    State next = state;
    next.process[place] = {};
    if (mover.pc == 0) {
      if (state.used.starts == bounds_.starts) continue;
      next.process[place].pc = 1;
      ++next.used.starts;
      emit(Name::Start, place, next);
      continue;
    }
    const Do what = step_of(mover);
    const Request request{what, mover.session, mover.value};
    State taken = next;
    take_effect(taken, request);
    if (what == Do::leave && mover.session != state.store[0].epoch) {
      emit(Name::Fenced, place, next);
    } else {
      State on = taken;
      on.process[place] = after(mover, taken.store[0]);
      emit(static_cast<Name>(what), place, on);
    }
    const auto end = [&](State ended, Byte Used::* count, unsigned most, Name name, bool stays) {
      if (state.used.*count == most || (stays && state.used.in_flight == bounds_.in_flight)) return;
      ++(ended.used.*count);
      if (stays) ended.in_flight[ended.used.in_flight++] = request;
      emit(name, place, ended);
    };
    end(next, &Used::crashes, bounds_.crashes, Name::CrashBefore, false);
    end(taken, &Used::crashes, bounds_.crashes, Name::CrashAfter, false);
    end(next, &Used::crashes, bounds_.crashes, Name::CrashInFlight, true);
    end(next, &Used::lost, bounds_.lost, Name::LoseBefore, false);
    end(taken, &Used::lost, bounds_.lost, Name::LoseAfter, false);
    end(next, &Used::lost, bounds_.lost, Name::LoseInFlight, true);
  }
  for (Byte place = 0; place < bounds_.in_flight; ++place) {
    const Request& request = state.in_flight[place];
    if (request.what == Do::nothing) continue;
    if (interchangeable_ && place > 0 && request == state.in_flight[place - 1u]) continue;
    State next = state;
    take_effect(next, request);
    next.in_flight[place] = {};
    emit(Name::Land, place, next);
  }
}

}  // namespace cutover::handover
