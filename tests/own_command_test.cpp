// The command line of a user's own cases: run_check and run_replay as cutover_main calls them.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "cli/check.h"
#include "cli/command_name.h"
#include "cli/errors.h"
#include "cli/replay.h"
#include "crashsim/sdk.h"
#include "engines/family.h"
#include "system/temporary_folder.h"

namespace cutover {
namespace {

struct Counter {
  int value = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Counter, value)

Task<void> count_to_three(Actor& actor) {
  const auto counter = actor.store<Counter>("counter");
  const auto add = [](Counter& counter) { ++counter.value; };
  for (int i = 0; i < 3; ++i) co_await counter.step("add", add);
}

bool is_below(const View& now, int limit) { return now.store<Counter>("counter").value < limit; }

Migration counting() {
  Migration migration;
  migration.store("counter", Counter{}).unfenced("counter").program("count", count_to_three);
  migration.property("BelowTwo", [](const View& now) { return is_below(now, 2); });
  migration.property("BelowThree", [](const View& now) { return is_below(now, 3); });
  migration.property("BelowSeven", [](const View& now) { return is_below(now, 7); });
  migration.sometimes("two", [](const View& now) { return !is_below(now, 2); });
  return migration;
}

Case counting_case(const std::string& violates) {
  return {"counting/to-three", "counts", violates, counting()};
}

class OwnCommand : public testing::Test {
 protected:
  /// Checks the cases with crashsim; what was printed is in `printed`.
  int check(std::vector<Case> cases, const std::string& bounds =
                                         "processes=1,starts=1,crashes=0,"
                                         "in_flight=0,lost=0,writes=0") {
    registry = registry_of({{.name = "counting", .cases = std::move(cases)}});
    cli::CheckOptions options;
    options.engines = {"crashsim"};
    options.bounds = bounds;
    options.traces = folder.path() / "traces";
    std::ostringstream out;
    const int status = cli::run_check(registry, options, out);
    printed = out.str();
    return status;
  }

  int replay(const std::string& trace) {
    cli::ReplayOptions options;
    options.file = folder.path() / "traces" / trace;
    std::ostringstream out;
    const int status = cli::run_replay(registry, options, out);
    printed = out.str();
    return status;
  }

  bool has(const std::string& text) const { return printed.find(text) != std::string::npos; }

  const system::TemporaryFolder folder{"own-command"};
  Registry registry;
  std::string printed;
};

/// Nothing was violated, but it is not "holds" either.
TEST_F(OwnCommand, DoesNotKnowWhereWhatMustBeSeenWasNot) {
  Migration migration;
  migration.store("counter", Counter{}).unfenced("counter").program("count", count_to_three);
  migration.property("BelowSeven", [](const View& now) { return is_below(now, 7); });
  migration.sometimes("nine", [](const View& now) { return !is_below(now, 9); });
  EXPECT_EQ(check({{"counting/to-three", "counts", "", migration}}), cli::kTruncated);
  EXPECT_TRUE(has("UNKNOWN")) << printed;
  EXPECT_TRUE(has("it was never seen that\n  nine")) << printed;
}

TEST_F(OwnCommand, SearchesForThePropertyThatIsExpectedThoughAnotherFallsBefore) {
  EXPECT_EQ(check({counting_case("BelowThree")}), cli::kAsExpected);
  EXPECT_TRUE(has("BelowThree              4 steps, 0 faults")) << printed;
  EXPECT_TRUE(has("counting/to-three: BelowTwo falls before BelowThree, in 3 steps, 0 faults."))
      << printed;
  EXPECT_EQ(replay("counting.to-three.json"), cli::kAsExpected);
  EXPECT_TRUE(has("BelowTwo is violated after step 3.\nBelowThree is violated.\n")) << printed;
}

TEST_F(OwnCommand, AnotherPropertyIsNoSubstituteForTheOneThatIsExpected) {
  EXPECT_EQ(check({counting_case("BelowSeven")}), cli::kDiffers);
  EXPECT_TRUE(has("BelowTwo DIFFERS: expected BelowSeven")) << printed;
  EXPECT_TRUE(
      has("\ncounting/to-three on crashsim: BelowTwo, and expected was BelowSeven.\n"
          "0 of 1 verdicts as expected, 1 DIFFER"))
      << printed;
}

TEST_F(OwnCommand, AnUnexpectedCounterexampleIsNotAmongThoseThatAreAllExpected) {
  Case other = counting_case("BelowTwo");
  other.name = "counting/other";
  EXPECT_EQ(check({counting_case(""), other}), cli::kDiffers);
  EXPECT_TRUE(has("1 counterexample as expected, in ")) << printed;
  EXPECT_FALSE(has("all expected")) << printed;
  EXPECT_TRUE(has("cutover replay " + (folder.path() / "traces/counting.other.json").string()));
  EXPECT_TRUE(has("counting/to-three on crashsim: BelowTwo, and expected was that it holds."));
  EXPECT_EQ(check({other}), cli::kAsExpected);
  EXPECT_TRUE(has("1 counterexample, all expected, in ")) << printed;
}

TEST_F(OwnCommand, AnExpectedPropertyThatIsNotThereIsRefusedWithTheNamesThereAre) {
  try {
    check({counting_case("BelowTen")});
    FAIL() << printed;
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()),
              "counting/to-three is expected to violate 'BelowTen', which is no property of it; "
              "there are BelowTwo, BelowThree, BelowSeven, NoException");
  }
}

TEST_F(OwnCommand, TwoCasesOfOneNameAreRefused) {
  EXPECT_THROW(check({counting_case(""), counting_case("BelowTwo")}), std::invalid_argument);
}

TEST_F(OwnCommand, ACaseBringsItsOwnBoundsAndTheyAreTold) {
  Case plain = counting_case("BelowTwo");
  Case wide = counting_case("BelowSeven");
  wide.name = "counting/wide";
  wide.own_bounds = "starts=3,crashes=0,in_flight=0,lost=0";
  Case as_wide = wide;
  as_wide.name = "counting/as-wide";
  EXPECT_EQ(check({plain, wide, as_wide}, ""), cli::kAsExpected) << printed;
  EXPECT_TRUE(
      has("Bounds: 2 processes, 4 starts, 2 crashes, 1 in flight, 1 lost, 2 writes, 0 "
          "reads.\nBounds of counting/wide, counting/as-wide: 2 processes, 3 starts, 0 crashes, "
          "0 in flight, 0 lost, 2\n  writes, 0 reads.\n"))
      << printed;
  // What is asked for takes their place.
  EXPECT_EQ(check({plain, wide}, "starts=2"), cli::kDiffers);
  EXPECT_FALSE(has("Bounds of counting/wide")) << printed;
}

TEST(CommandName, IsThatOfTheFile) {
  EXPECT_EQ(cli::command_name(), "cutover");
  cli::name_command("/usr/local/bin/job_queue");
  EXPECT_EQ(cli::command_name(), "job_queue");
  cli::name_command("");
  EXPECT_EQ(cli::command_name(), "job_queue");
  cli::name_command("cutover");
}

}  // namespace
}  // namespace cutover
