// One random schedule on a world, drawn choice by choice on the live coroutines, and what
// the properties said of it on the way.
//
// A uniformly random walk rarely gets anywhere interesting, so each run draws a temper of its own
// first: how often things go wrong, and which (swarm testing; Groce et al. 2012). Whose turn it is
// follows random priorities that change now and then (PCT; Burckhardt et al. 2010). Faults come
// mostly at steps that write, and everything happens sooner where the stores change hands: that is
// where a fence goes up. A crash, a start or a landing request is possible between any two steps.
//
// The finishing property is judged at some steps only, and at the end; all others after each step.
#pragma once

#include "crashsim/live/live_world.h"
#include "crashsim/random/coverage.h"
#include "crashsim/random/random_worlds.h"

namespace cutover::crashsim {

struct DrawnSchedule {
  /// Up to the first violation that was noticed; `violated` is empty if there was none.
  Schedule schedule;
  std::uint64_t witnesses = 0;  ///< of the world
};

/// `alone` is of the same world.
DrawnSchedule draw_schedule(const World& world, const RandomWorlds& of, std::uint64_t seed,
                            LoneRuns& alone, Coverage& coverage);

}  // namespace cutover::crashsim
