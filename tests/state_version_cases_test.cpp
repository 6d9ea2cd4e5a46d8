// The family state_version: what is expected of each case, and how many states those that hold
// have.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "properties/state_version/cases.h"
#include "tests/cases_of_family.h"

namespace cutover::state_version {
namespace {

const Registry& cases() {
  static const Registry all = registry_of({family()});
  return all;
}

/// A few starts, so that each is explored within seconds.
const crashsim::Bounds kBounds = {
    .processes = 2, .starts = 3, .crashes = 2, .in_flight = 1, .lost = 1, .own = {{"writes", 1}}};
const std::map<std::string, std::uint64_t> kStates = {
    {"state_version/reference-file", 69'939},
    {"state_version/reference-znode", 22'762},
    {"state_version/reference-table", 794'003},
    {"state_version/reference-file-and-back", 12'899},
    {"state_version/reference-znode-and-back", 3'445},
    {"state_version/reference-table-and-back", 33'299},
};

class Cases : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(StateVersion, Cases, testing::ValuesIn(cases()), NameInFamily());

TEST_P(Cases, DoWhatIsExpectedOfThem) { expect_as_told(GetParam(), kBounds, kStates); }

/// What the track record tells of this family, each by the name that it has there.
TEST(StateVersion, EveryHazardOfTheRecordIsACase) {
  const std::set<std::string> told = {"truncate-window", "create-window",    "two-versions",
                                      "partial-alter",   "ghost-row",        "old-neighbour",
                                      "stamp-down",      "torn-file",        "blind-write",
                                      "false-stamp",     "edited-migration", "version-regress"};
  std::set<std::string> found;
  for (const Case& of : cases()) {
    const auto plus = of.name.find('+');
    if (plus == std::string::npos || of.record.empty()) continue;
    EXPECT_TRUE(of.record.starts_with(of.name.substr(plus + 1))) << of.name;
    found.insert(of.name.substr(plus + 1));
  }
  EXPECT_EQ(found, told);
}

/// Below tests/scenarios/, which scenario_test.cpp carries out.
TEST(StateVersion, EveryHazardHasAScenarioThatTellsItsStory) {
  std::set<std::string> told;
  for (const auto& entry :
       std::filesystem::directory_iterator(CUTOVER_SOURCE "/tests/scenarios/state_version")) {
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line) && line != "----";) {
      if (line.starts_with("case ")) told.insert(line.substr(5));
    }
  }
  for (const Case& of : cases()) {
    EXPECT_TRUE(of.record.empty() || told.contains(of.name)) << of.name;
  }
}

}  // namespace
}  // namespace cutover::state_version
