// The explorer against its plain twin.
#pragma once

#include <gtest/gtest.h>

#include "crashsim/explore/explorer.h"
#include "plain_search.h"

namespace cutover::crashsim {

/// The same states, transitions, depth and verdict, and no fewer faults suffice for it.
inline void expect_same_as_plain(const World& world) {
  const Exploration learned = explore(world, {});
  const unsigned faults = learned.violation ? count_faults(*learned.violation) : most_faults(world);
  const PlainResult plain = plain_search(world, faults);
  EXPECT_EQ(plain.violated.value_or(""), learned.violation ? learned.violation->violated : "");
  EXPECT_EQ(plain.states, learned.result.states);
  EXPECT_EQ(plain.depth, learned.result.depth);
  EXPECT_EQ(plain.transitions, learned.result.transitions);
  if (learned.violation && faults > 0) {
    EXPECT_EQ(plain_search(world, faults - 1).violated, std::nullopt);
  }
}

}  // namespace cutover::crashsim
