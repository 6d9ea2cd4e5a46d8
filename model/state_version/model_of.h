// What this family's models have in common: what they count, and what they are asked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "model/checker/plain.h"
#include "model/faults.h"

namespace cutover::model::state_version {

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
