// The explorer against its plain twin: the learned automata reach what re-execution reaches.
#include <gtest/gtest.h>

#include <algorithm>

#include "crashsim/explorer.h"
#include "plain_search.h"
#include "tests/named_cases.h"

namespace cutover::crashsim {
namespace {

/// Every case: with one process after another, with two at a time, and with reads.
class EveryCase : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalog, EveryCase, testing::ValuesIn(cases_by_properties()),
                         NameOfCase());

TEST_P(EveryCase, ReachesTheSameStatesTransitionsAndVerdictAsPlainReExecution) {
  const Case& of = GetParam();
  for (const Bounds& bounds :
       {Bounds{
            .processes = 1, .starts = 2, .crashes = 1, .zombies = 1, .ambiguous = 0, .writes = 2},
        Bounds{
            .processes = 2, .starts = 2, .crashes = 1, .zombies = 1, .ambiguous = 1, .writes = 0},
        Bounds{.processes = 1,
               .starts = 1,
               .crashes = 1,
               .zombies = 1,
               .ambiguous = 1,
               .writes = 1,
               .reads = 1}}) {
    const World world = of.world(bounds);
    const unsigned most = bounds.crashes + bounds.ambiguous;
    const Exploration learned = explore(world, {});
    const unsigned faults = learned.violation ? count_faults(*learned.violation) : most;
    const PlainResult plain = plain_search(world, faults);
    EXPECT_EQ(plain.violated.value_or(""), learned.violation ? learned.violation->violated : "");
    EXPECT_EQ(plain.states, learned.result.states);
    EXPECT_EQ(plain.depth, learned.result.depth);
    EXPECT_EQ(plain.transitions, learned.result.transitions);
    if (learned.violation && faults > 0) {  // no fewer faults suffice
      EXPECT_EQ(plain_search(world, faults - 1).violated, std::nullopt);
    }
  }
}

}  // namespace
}  // namespace cutover::crashsim
