// What this family's models have in common: what they count, what they are asked, and what befalls
// a process at a step.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>

#include "model/checker/plain.h"

namespace cutover::model::state_version {

using Byte = std::uint8_t;

struct Bounds {
  unsigned processes, starts, crashes, in_flight, lost, writes;
};
/// Of the versions 1, 2 and 3 of a state.
inline constexpr Byte kNewest = 3;
/// Changes are bits: below the labels, above the limits, which only the newest version has.
inline constexpr unsigned kMostWrites = 4;
/// The bit of the nth change, from 1, that a scheduler of a version is asked for.
constexpr Byte bit_of_change(Byte change, Byte version) {
  return static_cast<Byte>(1u << (change - 1 + (version == kNewest ? kMostWrites : 0)));
}
/// All bits that there may be.
constexpr Byte all_changes(unsigned writes) {
  const unsigned bits = (1u << writes) - 1;
  return static_cast<Byte>(bits | bits << kMostWrites);
}

struct Used {
  Byte starts = 0, crashes = 0, in_flight = 0, lost = 0;
  Byte unused[4] = {};
  auto operator<=>(const Used&) const = default;
};
constexpr Used most_used(const Bounds& bounds) {
  return {static_cast<Byte>(bounds.starts), static_cast<Byte>(bounds.crashes),
          static_cast<Byte>(bounds.in_flight), static_cast<Byte>(bounds.lost)};
}

/// Calls emit(name, next) for each way in which a process may end at a step: it crashes, or its
/// answer is lost; before the step has its effect, after it, or with its request still in flight.
/// `gone` is the state without the process, `taken` with the effect too. What reads has none.
template <class Name, class State, class Request, class Emit>
void end_at_step(const State& gone, const State& taken, const Request& request, bool is_read,
                 const Bounds& bounds, Emit&& emit) {
  const auto end = [&](State next, Byte Used::* count, unsigned most, Name name, bool stays) {
    Used& used = next.used;
    if (used.*count == most || (stays && used.in_flight == bounds.in_flight)) return;
    ++(used.*count);
    if (stays) next.in_flight[used.in_flight++] = request;
    emit(name, next);
  };
  end(gone, &Used::crashes, bounds.crashes, Name::CrashBefore, false);
  end(gone, &Used::lost, bounds.lost, Name::LoseBefore, false);
  if (is_read) return;
  end(taken, &Used::crashes, bounds.crashes, Name::CrashAfter, false);
  end(gone, &Used::crashes, bounds.crashes, Name::CrashInFlight, true);
  end(taken, &Used::lost, bounds.lost, Name::LoseAfter, false);
  end(gone, &Used::lost, bounds.lost, Name::LoseInFlight, true);
}

/// A model, but for what its processes do. `S`: its states; `F`: what a mutant does wrong.
template <class S, class F>
class ModelOf {
 public:
  using State = S;
  using Flaw = F;
  using Bounds = state_version::Bounds;
  enum Property : checker::Property { NothingLost = 1, NoOldWriter, OthersDoNothing, CanFinish };
  struct Witness {
    const char* name;
    bool possible;
  };

  ModelOf(const Bounds& bounds, Flaw flaw, bool interchangeable)
      : bounds_(bounds), flaw_(flaw), interchangeable_(interchangeable) {}

  const Bounds& bounds() const { return bounds_; }

  static constexpr std::uint8_t kGoals = 1;
  static constexpr checker::Property kGoalsStayPossible = CanFinish;
  bool goals_due(const State& state) const { return state.used.starts < bounds_.starts; }

  static void sort_places(State& state) {
    std::ranges::sort(state.process, std::ranges::greater());
    std::ranges::sort(state.in_flight, std::ranges::greater());
  }

 protected:
  Bounds bounds_;
  Flaw flaw_;
  bool interchangeable_;
};

}  // namespace cutover::model::state_version
