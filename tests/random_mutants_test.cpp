// Random search finds every case that violates a property, by that very property, within a share of
// the time that `cutover check --engine random` gives it by default. None is beyond it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <iostream>

#include "random_runs.h"

namespace cutover {
namespace {

/// Most need some dozens. Of sixteen seeds the worst needed 2,316 (retry-in-session) and 976
/// (snapshot-before-open); this many take some 20 s on two cores, and the default is 60 s.
constexpr std::uint64_t kRuns = 20'000;

class MutantAtRandom : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalog, MutantAtRandom, testing::ValuesIn(cases_that(false)),
                         NameOfCase());

TEST_P(MutantAtRandom, ViolatesItsOwnProperty) {
  const Case& of = GetParam();
  for (const std::uint64_t seed : {kSeed, kSeed + 1, kSeed + 2}) {
    crashsim::RandomSearchOptions options = first_runs(kRuns, of.violates);
    options.seed = seed;
    const crashsim::RandomSearch search = search_at_random(of.random, options);
    ASSERT_TRUE(search.found) << "the mutant survives " << search.runs << " runs of seed " << seed;
    EXPECT_EQ(search.found->schedule.violated, of.violates);
    std::cout << fmt::format("seed {}: {} runs, {:.2f} s, {} steps\n", seed, search.runs,
                             search.seconds, search.found->schedule.choices.size());
  }
}

}  // namespace
}  // namespace cutover
