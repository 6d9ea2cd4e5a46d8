// What this family's models have in common: what they count, and what they are asked.
#pragma once

#include "model/model_of.h"

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

/// A model of this family, but for what its processes do.
template <class S, class F>
class ModelOf : public model::ModelOf<S, F, Bounds> {
 public:
  using model::ModelOf<S, F, Bounds>::ModelOf;
  enum Property : checker::Property { NothingLost = 1, NoOldWriter, OthersDoNothing, CanFinish };
  static constexpr checker::Property kGoalsStayPossible = CanFinish;
};

}  // namespace cutover::model::state_version
