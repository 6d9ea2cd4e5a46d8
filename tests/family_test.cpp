// Families: several of them in one command, each with its own bounds, and none that hides
// another's.
#include "engines/family.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/check.h"
#include "crashsim/sdk.h"
#include "engines/bounds.h"
#include "run.h"
#include "system/usage_error.h"
#include "tests/named_cases.h"

namespace cutover {
namespace {

struct Counter {
  int number = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Counter, number)

const crashsim::BoundSpec kRounds{"rounds", "of the counter", 3, 2, 5};

Task<void> count(Actor& actor) {
  const auto add = [](Counter& counter) { return ++counter.number; };
  const auto counter = actor.store<Counter>("counter");
  while (co_await actor.next_input()) co_await counter.step("add", add);
}

Migration counting() {
  Migration migration;
  migration.store("counter", Counter{}).program("count", count).input("go", kRounds);
  migration.property("Counts",
                     [](const View& now) { return now.store<Counter>("counter").number < 9; });
  migration.sometimes("it was counted",
                      [](const View& now) { return now.store<Counter>("counter").number > 0; });
  return migration;
}

Family counter(const std::string& name = "counter/plain") {
  Family family{.name = "counter", .bounds = {.own = {kRounds}}, .cases = {}};
  family.bounds.of_engine["crashsim"] = "starts=2,in_flight=0,lost=0";
  family.cases = {{name, "counts", "", counting()}};
  return family;
}

Registry both() { return registry_of({catalog::family(), counter()}); }

/// A quick check of one case of each.
cli::CheckOptions quick(const TemporaryFolder& folder, const std::string& bounds) {
  cli::CheckOptions options;
  options.names = {"catalog/first-draft", "counter"};
  options.engines = {"crashsim"};
  options.bounds = bounds;
  options.traces = folder.path() / "traces";
  return options;
}

TEST(Families, GiveTheirCasesTheirNameAndBounds) {
  const Registry cases = both();
  EXPECT_EQ(cases.front().family, "catalog");
  EXPECT_EQ(cases.back().family, "counter");
  EXPECT_EQ(cases.back().bounds.standard().own, (std::map<std::string, unsigned>{{"rounds", 3}}));
  EXPECT_EQ(cases.back().random.most().own, (std::map<std::string, unsigned>{{"rounds", 5}}));
}

TEST(Engines, AreTheseUnlessOthersAreNamed) {
  EXPECT_EQ(default_engines(),
            (std::vector<std::string>{"crashsim", "model", "refinement", "counts", "tla"}));
}

TEST(Families, TakeTheGivenBoundsForRandomWorldsToo) {
  const TemporaryFolder folder;
  std::ostringstream out;
  cli::CheckOptions options =
      quick(folder, "processes=1,starts=2,crashes=0,in_flight=0,lost=0,rounds=2");
  options.names = {"counter"};
  options.engines = {"random"};
  options.budget = 1;
  cli::run_check(both(), options, out);
  EXPECT_NE(out.str().find("1 processes, 2 starts, 0 crashes, 0 in flight, 0 lost, 2 rounds."),
            std::string::npos)
      << out.str();
}

TEST(Families, HaveNoTwoCasesOfOneName) {
  EXPECT_THROW(registry_of({counter(), counter()}), std::invalid_argument);
}

TEST(Families, AreCheckedEachWithinItsOwnBounds) {
  const TemporaryFolder folder;
  std::ostringstream out;
  EXPECT_EQ(cli::run_check(both(), quick(folder, ""), out), 0) << out.str();
  EXPECT_NE(out.str().find("Bounds of catalog: 2 processes, 4 starts, 2 crashes, 1 in flight, "
                           "1 lost, 2 writes, 0 reads.\n"
                           "Bounds of counter: 2 processes, 2 starts, 2 crashes, 0 in flight, "
                           "0 lost, 3 rounds.\n"),
            std::string::npos)
      << out.str();
}

TEST(Families, TakeWhatOfTheGivenBoundsIsTheirs) {
  const TemporaryFolder folder;
  std::ostringstream out;
  EXPECT_EQ(
      cli::run_check(both(), quick(folder, "starts=2,in_flight=0,lost=0,rounds=1,writes=1"), out),
      0)
      << out.str();
  EXPECT_NE(out.str().find("0 lost, 1 writes, 0 reads.\n"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("0 lost, 1 rounds.\n"), std::string::npos) << out.str();
}

TEST(Families, RefuseABoundThatNoneOfThemHas) {
  const TemporaryFolder folder;
  std::ostringstream out;
  EXPECT_THROW(cli::run_check(both(), quick(folder, "turns=1"), out), UsageError);
  auto alone = quick(folder, "writes=1");
  alone.names = {"counter"};
  try {
    cli::run_check(both(), alone, out);
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "--bounds: 'writes' is not a bound; there are processes, starts, crashes, "
                 "in_flight, lost, rounds");
  }
}

TEST(Families, AreSearchedAtRandomWithinTheirOwnBounds) {
  const TemporaryFolder folder;
  auto options = quick(folder, "");
  options.names = {"counter"};
  options.engines = {"random"};
  options.budget = 0.3;
  std::ostringstream out;
  cli::run_check(both(), options, out);
  EXPECT_NE(out.str().find("Bounds of the random worlds: 6 processes, 30 starts, 20 crashes, "
                           "10 in flight, 10 lost, 5 rounds.\n"),
            std::string::npos)
      << out.str();
}

}  // namespace
}  // namespace cutover
