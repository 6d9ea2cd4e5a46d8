// Whole systems at random, past every exhaustive bound: what holds there, what was tried, and the
// engine that does it. RapidCheck draws the seeds of the properties; one generator serves these
// tests and `cutover check --engine random`.
//
// RC_PARAMS="max_success=10000" runs the properties for longer.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/Configuration.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

#include <fstream>
#include <set>
#include <sstream>

#include "cli/replay.h"
#include "crashsim/random/shrink.h"
#include "crashsim/trace/trace.h"
#include "random_runs.h"
#include "run.h"

namespace cutover {
namespace {

using crashsim::Counterexample;
using crashsim::RandomSearchOptions;
using crashsim::Schedule;

/// Writes the trace into the folder, and says what happened and how to see it again.
std::string report(const Case& of, const Counterexample& found, const std::string& folder) {
  std::string name = of.name;
  std::ranges::replace(name, '/', '.');
  const auto file = std::filesystem::absolute(folder) / (name + ".random.json");
  crashsim::write_trace(file, {of.name, "random", found.bounds, found.schedule, found.world});
  std::ostringstream text;
  text << of.name << ": " << found.schedule.violated << " is violated\n";
  cli::print_steps(world_of(of, found), found.schedule, {}, text);
  text << "Replay it: cutover replay " << file.string() << "\n";
  return text.str();
}

constexpr std::uint64_t kRunsOfASeed = 8;

/// The property: nothing is violated in the first runs of a seed.
void no_run_violates_anything(const Case& of, const std::string& folder = "cutover-traces") {
  RandomSearchOptions options;
  options.seed =
      *rc::gen::noShrink(rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()));
  crashsim::Coverage coverage(most_of(of.random, options));
  for (std::uint64_t i = 0; i < kRunsOfASeed; ++i) {
    const Counterexample attempt = one_run(of.random, options, i, coverage).attempt;
    RC_CLASSIFY(i == 0 && attempt.world.size >= 60, "large worlds");
    if (attempt.schedule.violated.empty()) continue;
    RC_FAIL(report(of, shrunk(of.random, attempt, most_of(of.random, options)), folder));
  }
}

class Design : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalog, Design, testing::ValuesIn(cases_that(true)), NameOfCase());

TEST_P(Design, HoldsInRandomWorlds) {
  EXPECT_TRUE(rc::check(GetParam().name + " holds in random worlds",
                        [] { no_run_violates_anything(GetParam()); }));
}

/// How the property of a case that does not hold fails, when RapidCheck is run with these
/// parameters, as RC_PARAMS would give them.
rc::detail::FailureResult failure_with(const std::string& parameters, const Case& of,
                                       const std::string& folder) {
  rc::detail::TestListenerAdapter silent;
  const auto configuration = rc::detail::configFromString(parameters);
  const auto property = rc::detail::toProperty([&] { no_run_violates_anything(of, folder); });
  const auto result = rc::detail::checkProperty(
      property, {of.name, of.name}, configuration.testParams, silent, configuration.reproduce);
  if (!result.is<rc::detail::FailureResult>()) throw std::runtime_error("nothing was violated");
  return result.get<rc::detail::FailureResult>();
}

TEST(RandomProperty, FailsWithTheStepsAReplayAndAReproduction) {
  const TemporaryFolder folder;
  const Case& of = case_of("catalog/single-tombstone+flip-before-copy");
  const auto failure = failure_with(fmt::format("seed={}", kSeed), of, folder.path());
  const std::string& text = failure.description;
  EXPECT_NE(text.find(of.name + ": NoLostWrite is violated\n"), std::string::npos) << text;
  EXPECT_NE(text.find("set stash tombstone true"), std::string::npos) << text;
  const auto file = folder / "catalog.single-tombstone+flip-before-copy.random.json";
  EXPECT_NE(text.find("Replay it: cutover replay " + file.string()), std::string::npos) << text;
  std::ostringstream replayed;
  EXPECT_EQ(cli::run_replay(registry_of({catalog::family()}), {file, {}}, replayed), 0)
      << replayed.str();
  EXPECT_NE(replayed.str().find("NoLostWrite is violated."), std::string::npos);

  rc::detail::Configuration reproduction;
  reproduction.reproduce = {{of.name, failure.reproduce}};
  const std::string parameters = rc::detail::configToMinimalString(reproduction);
  EXPECT_EQ(failure_with(parameters, of, folder.path()).description, text) << parameters;
}

TEST(RandomSearchOfTheDesigns, ComesToEveryStepWithEveryFault) {
  for (const char* name : {"catalog/single-tombstone", "catalog/two-tombstones"}) {
    const auto search = search_at_random(case_of(name).random, first_runs(1200, ""));
    EXPECT_FALSE(search.found);
    EXPECT_EQ(search.runs, 1200u);
    EXPECT_EQ(search.unseen, std::vector<std::string>{}) << name;
    EXPECT_GE(search.coverage.covered() * 100, search.coverage.possible() * 90)
        << testing::PrintToString(search.coverage.missing());
    EXPECT_GE(search.coverage.possible(), 100u);
  }
}

TEST(RandomSearchOfTheDesigns, NamesWhatWasNotTried) {
  crashsim::Coverage coverage({.processes = 1, .crashes = 1, .in_flight = 0, .lost = 0});
  EXPECT_EQ(coverage.possible(), 0u);
  coverage.note("worker", "add", {}, 0);
  coverage.note("worker", "read", {.read_only = true},
                static_cast<std::size_t>(crashsim::Outcome::crash_before));
  EXPECT_EQ(coverage.possible(), 3u);
  EXPECT_EQ(coverage.covered(), 1u);
  EXPECT_EQ(coverage.missing(),
            (std::vector<std::string>{"worker: add: crash before", "worker: add: crash after"}));
}

TEST(RandomSearchOfTheDesigns, AsksOfACallNothingThatBefallsRequests) {
  crashsim::Coverage coverage({.processes = 2, .crashes = 1, .in_flight = 1, .lost = 1});
  coverage.note("worker", "sync", {.is_local = true}, 0);
  EXPECT_EQ(coverage.missing(),
            (std::vector<std::string>{"worker: sync: crash before", "worker: sync: crash after",
                                      "worker: sync: overtaken"}));
  coverage.note("worker", "sync", {.is_local = true}, crashsim::Coverage::kOvertaken);
  EXPECT_EQ(coverage.covered(), 1u);
}

/// What a search found, and at which run, is a function of the seed alone.
TEST(RandomSearchOfTheDesigns, FindsTheSameWithAnyNumberOfThreads) {
  for (const char* name :
       {"catalog/single-tombstone+merge", "catalog/first-draft",
        "catalog/single-tombstone+no-lower-bound", "catalog/single-tombstone+exclusive-mark"}) {
    const Case& of = case_of(name);
    const auto one = search_at_random(of.random, first_runs(5000, of.violates, 1));
    ASSERT_TRUE(one.found) << name;
    for (const unsigned threads : {2u, 2u, 3u}) {
      const auto many = search_at_random(of.random, first_runs(5000, of.violates, threads));
      EXPECT_EQ(one.found, many.found) << name << " with " << threads << " threads";
      EXPECT_EQ(one.runs, many.runs) << name << " with " << threads << " threads";
    }
  }
}

/// Another property than the one that was wanted is told, too, once all runs are over.
TEST(RandomSearchOfTheDesigns, TellsWhatElseWasViolated) {
  const auto search = search_at_random(case_of("catalog/single-tombstone+flip-before-copy").random,
                                       first_runs(400, "EpochMonotone"));
  ASSERT_TRUE(search.found);
  EXPECT_EQ(search.found->schedule.violated, "NoLostWrite");
  EXPECT_EQ(search.runs, 400u);
}

TEST(RandomSearchOfTheDesigns, StaysWithinTheBoundsItIsGiven) {
  RandomSearchOptions options = first_runs(400, "");
  options.most = {.processes = 1,
                  .starts = 2,
                  .crashes = 1,
                  .in_flight = 0,
                  .lost = 0,
                  .own = {{"writes", 1}, {"reads", 0}}};
  crashsim::Coverage coverage(*options.most);
  for (std::uint64_t i = 0; i < 400; ++i) {
    const auto run = one_run(case_of("catalog/single-tombstone").random, options, i, coverage);
    const Schedule& schedule = run.attempt.schedule;
    const auto count = [&](auto&& is) { return std::ranges::count_if(schedule.choices, is); };
    EXPECT_LE(count_faults(schedule), 1u);
    EXPECT_LE(count([](const auto& choice) { return choice.step == crashsim::kStart; }), 2);
    EXPECT_LE(count([](const auto& choice) { return choice.step.starts_with("client: "); }), 1);
  }
}

class RandomEngine : public testing::Test {
 protected:
  int check(const std::vector<std::string>& names, std::optional<double> budget = {}) {
    cli::CheckOptions options;
    options.names = names;
    options.engines = {"random"};
    options.budget = budget;
    options.seed = seed_;
    options.traces = folder_.path().string();
    std::ostringstream out;
    const int status = cli::run_check(registry_of({catalog::family()}), options, out);
    text_ = out.str();
    return status;
  }

  TemporaryFolder folder_;
  std::uint64_t seed_ = 1;
  std::string text_;
};

TEST_F(RandomEngine, WritesATraceThatReplays) {
  EXPECT_EQ(check({"catalog/single-tombstone+merge"}), 0) << text_;
  EXPECT_TRUE(text_.starts_with("Seed: 1.")) << text_;
  const std::string file = (folder_ / "catalog.single-tombstone+merge.random.json").string();
  EXPECT_NE(text_.find("cutover replay " + file), std::string::npos) << text_;
  std::ostringstream replayed;
  EXPECT_EQ(cli::run_replay(registry_of({catalog::family()}), {file, {}}, replayed), 0)
      << replayed.str();
  EXPECT_NE(replayed.str().find("NoResurrection is violated."), std::string::npos);
}

TEST_F(RandomEngine, DrawsByItsSeed) {
  std::set<std::string> traces;
  for (const std::uint64_t seed : {1, 2}) {
    seed_ = seed;
    EXPECT_EQ(check({"catalog/single-tombstone+merge"}), 0) << text_;
    EXPECT_TRUE(text_.starts_with(fmt::format("Seed: {}.", seed))) << text_;
    std::ifstream in(folder_ / "catalog.single-tombstone+merge.random.json");
    traces.insert(nlohmann::json::parse(in)["world"].dump());
  }
  EXPECT_EQ(traces.size(), 2u);
}

TEST_F(RandomEngine, IsNeverCalledCompleteAndSaysHowMuchWasTried) {
  EXPECT_EQ(check({"catalog/single-tombstone"}, 6), 0) << text_;
  EXPECT_NE(text_.find("no violation found"), std::string::npos) << text_;
  EXPECT_EQ(text_.find("complete"), std::string::npos) << text_;
  EXPECT_NE(text_.find(" runs, "), std::string::npos) << text_;
}

TEST_F(RandomEngine, DoesNotKnowWhereItHasTriedNothing) {
  EXPECT_EQ(check({"catalog/single-tombstone", "catalog/first-draft"}, 0), 3);
  EXPECT_NE(text_.find("0 of 2 verdicts as expected, 2 UNKNOWN"), std::string::npos) << text_;
}

}  // namespace
}  // namespace cutover
