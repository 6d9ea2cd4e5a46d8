// Worlds drawn at random, for what lies past every exhaustive bound, and how each is named.
//
// A family of migrations gives RandomWorlds; random search draws schedules on them. A world is a
// function of its bounds and its name alone, so a trace can say which one it belongs to.
#pragma once

#include "crashsim/live/random.h"
#include "crashsim/world/schedule.h"
#include "crashsim/world/world.h"

namespace cutover::crashsim {

/// What a random world holds: everything but its bounds.
struct WorldName {
  std::uint32_t seed = 0;  ///< no more bits than people read, and JSON keeps
  unsigned size = 0;       ///< from 0, the plainest, to kLargestSize
  bool operator==(const WorldName&) const = default;
};
inline constexpr unsigned kLargestSize = 100;

struct RandomWorlds {
  /// Of one seed, sizes and bounds may only add to what there is: the kinds of inputs stay in their
  /// places, and a schedule of a larger world stays sensible in a smaller one.
  std::function<World(const Bounds&, const WorldName&)> make;
  /// A step's label without what differs from world to world: "put stash k" is a "put stash".
  std::function<std::string(const std::string& step)> kind_of_step;
  BoundSpecs own_bounds = {};  ///< of the family

  /// The most that a world may have, unless it is given less.
  Bounds most() const { return bounds_by(with_engine_bounds(own_bounds), &BoundSpec::many); }
};

/// A size, small ones most often.
unsigned draw_size(Random& random);
/// Bounds up to `most`, narrow ones most often. Whatever the size: many faults cost little on a
/// small world.
Bounds draw_bounds(Random& random, const Bounds& most, const BoundSpecs& own);

/// A schedule that violates a property, and the world it does so in.
struct Counterexample {
  WorldName world;
  Bounds bounds;
  Schedule schedule;
  bool operator==(const Counterexample&) const = default;
};

}  // namespace cutover::crashsim
