// The family online: what is expected of each case, and how many states those that hold have.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "engines/bounds.h"
#include "engines/engines.h"
#include "properties/online/cases.h"
#include "tests/cases_of_family.h"

namespace cutover::online {
namespace {

const Registry& cases() {
  static const Registry all = registry_of({family()});
  return all;
}

/// Of those that hold, at the bounds that the command takes.
const std::map<std::string, std::uint64_t> kStates = {
    {"online/shadow", 5'127'755},
    {"online/shadow-forgetful", 1'755'149},
    {"online/shadow-two-operators", 460'876},
    {"online/shadow-and-back", 3'366},
    {"online/shadow-elements", 110'256},
    {"online/counters", 1'977'380},
};

class Cases : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Online, Cases, testing::ValuesIn(cases()), NameInFamily());

TEST_P(Cases, DoWhatIsExpectedOfThem) {
  expect_as_told(GetParam(), bounds_for(GetParam(), find_engine("crashsim"), ""), kStates);
}

/// The table of docs/design-online.md has a row for each step, and each mutant stands in it once,
/// with its property.
TEST(Online, TheDesignNamesEveryMutantAndItsProperty) {
  std::ifstream in(CUTOVER_SOURCE "/docs/design-online.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  for (const Case& of : cases()) {
    if (!of.is_mutant()) continue;
    const std::string mutant =
        "`" + of.name.substr(of.name.find('+') + 1) + "` (" + of.violates + ")";
    const auto at = page.find(mutant);
    EXPECT_NE(at, std::string::npos) << mutant;
    EXPECT_EQ(page.find(mutant, at + 1), std::string::npos) << mutant;
  }
}

}  // namespace
}  // namespace cutover::online
