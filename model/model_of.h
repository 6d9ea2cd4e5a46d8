// What models of processes have in common: their places, and the requests that are in flight.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "model/checker/plain.h"
#include "model/faults.h"

namespace cutover::model {

/// `who`: the place of a process, or for Land of a request; `program`: of Start.
template <class Name>
struct ActionOf {
  Name name = Name::Start;
  Byte who = 0;
  Byte program = 0;
  bool operator==(const ActionOf&) const = default;
};

/// A model, but for what its processes do. `S`: its states; `F`: what a mutant does wrong; `B`: its
/// bounds.
template <class S, class F, class B>
class ModelOf {
 public:
  using State = S;
  using Flaw = F;
  using Bounds = B;
  struct Witness {
    const char* name;
    bool possible;
  };

  ModelOf(const Bounds& bounds, Flaw flaw, bool interchangeable)
      : bounds_(bounds), flaw_(flaw), interchangeable_(interchangeable) {}

  const Bounds& bounds() const { return bounds_; }

  static constexpr std::uint8_t kGoals = 1;
  bool goals_due(const State& state) const { return state.used.starts < bounds_.starts; }

  static void sort_places(State& state) {
    std::ranges::sort(state.process, std::ranges::greater());
    std::ranges::sort(state.in_flight, std::ranges::greater());
  }

 protected:
  /// Calls emit(place, next) for each request that may land, with what take(next, request) does.
  template <class Take, class Emit>
  void land(const State& state, Take&& take, Emit&& emit) const {
    for (Byte place = 0; place < bounds_.in_flight; ++place) {
      const auto& request = state.in_flight[place];
      if (request == std::decay_t<decltype(request)>{}) continue;
      if (interchangeable_ && place > 0 && request == state.in_flight[place - 1u]) continue;
      State next = state;
      take(next, request);
      next.in_flight[place] = {};
      emit(place, next);
    }
  }

  Bounds bounds_;
  Flaw flaw_;
  bool interchangeable_;
};

}  // namespace cutover::model
