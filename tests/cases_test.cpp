// Every case at the default bounds: what `./cutover check` shows, with its counts pinned.
#include <gtest/gtest.h>

#include <map>

#include "crashsim/explore/explorer.h"
#include "tests/named_cases.h"

namespace cutover {
namespace {

class DefaultBounds : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalog, DefaultBounds, testing::ValuesIn(cases_by_properties()),
                         NameOfCase());

const std::map<std::string, std::uint64_t> kStates = {
    {"catalog/single-tombstone", 11'653'446},
    {"catalog/single-tombstone-one-write", 10'959'062},
    {"catalog/single-tombstone-lazy-open", 9'870'535},
    {"catalog/two-tombstones", 16'903'173},
    {"catalog/single-tombstone+config-in-contents", 12'298'867},
};

TEST_P(DefaultBounds, EndsAsExpected) {
  const Case& of = GetParam();
  crashsim::Options options;
  options.expect_violation = !of.violates.empty();
  const auto found = crashsim::explore(of.world({}), options);
  if (of.violates.empty()) {
    EXPECT_EQ(found.result.ended, checker::Ended::complete);
    EXPECT_EQ(found.unseen, std::vector<std::string>{});
    ASSERT_TRUE(kStates.contains(of.name)) << "pin its states: " << found.result.states;
    EXPECT_EQ(found.result.states, kStates.at(of.name));
  } else {
    ASSERT_TRUE(found.violation) << "the mutant survives";
    EXPECT_EQ(found.violation->violated, of.violates);
  }
}

TEST(Cases, EveryPropertyHasAMutantThatViolatesIt) {
  const auto cases = registry_of({catalog::family()});
  for (const std::string& property : cases.front().world({}).properties) {
    EXPECT_TRUE(std::ranges::any_of(cases, [&](const Case& of) { return of.violates == property; }))
        << property;
  }
}

}  // namespace
}  // namespace cutover
