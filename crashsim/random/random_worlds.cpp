#include "crashsim/random/random_worlds.h"

#include <algorithm>

namespace cutover::crashsim {

unsigned draw_size(Random& random) {
  const unsigned largest = random.one_in(8) ? kLargestSize : random.one_of({8u, 8u, 20u, 40u});
  return random.between(0, largest);
}

Bounds draw_bounds(Random& random, const Bounds& most, const BoundSpecs& own) {
  constexpr unsigned kWidest = 100;
  const unsigned width = random.between(0, random.one_of({8u, 20u, 40u, kWidest}));
  // Up to `least` at width 0, up to `largest` at the widest.
  const auto draw = [&](unsigned low, unsigned least, unsigned largest) {
    const unsigned high = least + (std::max(least, largest) - least) * width / kWidest;
    return std::min(largest, random.between(std::min(low, high), high));
  };
  Bounds bounds;
  bounds.processes =
      random.one_in(4) ? random.between(1, most.processes) : draw(1, 3, most.processes);
  bounds.starts = draw(2, 6, most.starts);
  bounds.crashes = draw(0, 3, most.crashes);
  bounds.lost = draw(0, 2, most.lost);
  bounds.in_flight = std::min(draw(0, 2, most.in_flight), bounds.crashes + bounds.lost);
  for (const BoundSpec& each : own) each.set(bounds, draw(0, each.few, each.of(most)));
  return bounds;
}

}  // namespace cutover::crashsim
