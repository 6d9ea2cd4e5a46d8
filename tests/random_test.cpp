// Random attack: the worlds it draws, what it finds, how small that gets, and that it can be
// replayed. RapidCheck draws the seeds of the whole-system properties; one generator serves these
// tests and `cutover check --engine random`.
//
// RC_PARAMS="max_success=10000" runs the properties for longer.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <iostream>
#include <sstream>

#include "cli/check.h"
#include "cli/replay.h"
#include "crashsim/campaign.h"
#include "crashsim/live_world.h"
#include "crashsim/shrink.h"
#include "crashsim/trace.h"
#include "impl/catalog/contents.h"
#include "properties/catalog/cases.h"
#include "run.h"

namespace cutover {
namespace {

using crashsim::Alone;
using crashsim::CampaignOptions;
using crashsim::Counterexample;
using crashsim::kMostOfRandomWorlds;
using crashsim::LiveWorld;
using crashsim::Schedule;
using crashsim::World;
using crashsim::WorldName;

constexpr std::uint64_t kSeed = 20'261;

std::vector<Case> cases_that(bool hold) {
  std::vector<Case> selected;
  for (const Case& of : catalog::cases()) {
    if (of.violates.empty() == hold) selected.push_back(of);
  }
  return selected;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.name;
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(c); }, '_');
  return name;
}

const Case& case_of(const std::string& name) {
  static const Registry cases = catalog::cases();
  return cli::find_case(cases, name);
}

CampaignOptions attack_with(std::uint64_t runs, const std::string& wanted, unsigned threads = 2) {
  CampaignOptions options;
  options.seed = kSeed;
  options.threads = threads;
  options.runs = runs;
  options.wanted = wanted;
  return options;
}

World world_of(const Case& of, const Counterexample& found) {
  return of.random.make(found.bounds, found.world);
}

// The whole-system properties.

/// What a failure says: the steps, and how to see them again.
std::string report(const Case& of, const Counterexample& found) {
  const std::filesystem::path file =
      std::filesystem::path("cutover-traces") / "random_test.random.json";
  crashsim::write_trace(file, {of.name, "random", found.bounds, found.schedule, found.world});
  std::ostringstream text;
  text << of.name << ": " << found.schedule.violated << " is violated\n";
  cli::print_steps(world_of(of, found), found.schedule, {}, text);
  text << "Replay it: cutover replay " << std::filesystem::absolute(file).string() << "\n";
  return text.str();
}

constexpr std::uint64_t kRunsOfASeed = 8;

/// The property: nothing is violated in the first runs of a seed.
void no_run_violates_anything(const Case& of) {
  CampaignOptions options;
  options.seed =
      *rc::gen::noShrink(rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()));
  crashsim::Coverage coverage(options.most);
  for (std::uint64_t i = 0; i < kRunsOfASeed; ++i) {
    const crashsim::Run run = one_run(of.random, options, i, coverage);
    RC_CLASSIFY(i == 0 && run.attempt.world.size >= 60, "large worlds");
    if (run.attempt.schedule.violated.empty()) continue;
    RC_FAIL(report(of, shrunk(of.random, run.attempt, options.most)));
  }
}

class Design : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalog, Design, testing::ValuesIn(cases_that(true)), name_of);

TEST_P(Design, HoldsInRandomWorlds) {
  EXPECT_TRUE(rc::check(GetParam().name + " holds in random worlds",
                        [&] { no_run_violates_anything(GetParam()); }));
}

TEST(RandomProperty, FailsWithAReplayCommandAndAReproduction) {
  struct Silent final : rc::detail::TestListener {
    void onTestCaseFinished(const rc::detail::CaseDescription&) override {}
    void onShrinkTried(const rc::detail::CaseDescription&, bool) override {}
    void onTestFinished(const rc::detail::TestMetadata&, const rc::detail::TestResult&) override {}
  } silent;
  const Case& of = case_of("catalog/single-tombstone+flip-before-copy");
  const auto property = rc::detail::toProperty([&] { no_run_violates_anything(of); });
  rc::detail::TestParams params;
  params.seed = kSeed;
  const auto check = [&](const auto& reproduce) {
    return rc::detail::checkProperty(property, {"flip", "flip"}, params, silent, reproduce);
  };
  const rc::detail::TestResult result =
      check(std::unordered_map<std::string, rc::detail::Reproduce>());
  ASSERT_TRUE(result.is<rc::detail::FailureResult>());
  const auto failure = result.get<rc::detail::FailureResult>();
  EXPECT_NE(failure.description.find("NoLostWrite is violated"), std::string::npos);
  EXPECT_NE(failure.description.find("Replay it: cutover replay /"), std::string::npos);

  params.seed = 1;  // it is the reproduction that decides
  const rc::detail::TestResult again =
      check(std::unordered_map<std::string, rc::detail::Reproduce>{{"flip", failure.reproduce}});
  ASSERT_TRUE(again.is<rc::detail::FailureResult>());
  EXPECT_EQ(again.get<rc::detail::FailureResult>().description, failure.description);
}

// Every mutant.

/// Twice what the slowest one needs with a bad seed; most need some dozens.
constexpr std::uint64_t kRunsForAMutant = 20'000;

/// All that a counterexample must be.
void expect_sound(const Case& of, const Counterexample& found) {
  const World world = world_of(of, found);
  LiveWorld live(world, found.schedule.beginning);
  for (const crashsim::Choice& choice : found.schedule.choices) {
    EXPECT_EQ(live.violated(), std::nullopt) << "before " << choice.step;
    ASSERT_EQ(live.take(choice), std::nullopt);
  }
  ASSERT_NE(live.violated(), std::nullopt);
  EXPECT_EQ(world.properties[*live.violated()], found.schedule.violated);
}

class MutantAtRandom : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalog, MutantAtRandom, testing::ValuesIn(cases_that(false)), name_of);

TEST_P(MutantAtRandom, ViolatesItsOwnProperty) {
  const Case& of = GetParam();
  std::cout << "seed " << kSeed << "\n";
  const auto campaign = attack_at_random(of.random, attack_with(kRunsForAMutant, of.violates));
  ASSERT_TRUE(campaign.found) << "the mutant survives " << campaign.runs << " runs";
  EXPECT_EQ(campaign.found->schedule.violated, of.violates);
  expect_sound(of, *campaign.found);
}

// What was tried.

TEST(RandomAttack, ComesToEveryStepWithEveryFault) {
  for (const char* name : {"catalog/single-tombstone", "catalog/two-tombstones"}) {
    const auto campaign = attack_at_random(case_of(name).random, attack_with(4000, ""));
    EXPECT_FALSE(campaign.found);
    EXPECT_EQ(campaign.runs, 4000u);
    EXPECT_EQ(campaign.unseen, std::vector<std::string>{}) << name;
    EXPECT_GE(campaign.coverage.covered() * 100, campaign.coverage.possible() * 98)
        << testing::PrintToString(campaign.coverage.missing());
    EXPECT_GE(campaign.coverage.possible(), 100u);
  }
}

TEST(RandomAttack, NamesWhatWasNotTried) {
  crashsim::Coverage coverage({.processes = 1, .crashes = 1, .zombies = 0, .ambiguous = 0});
  EXPECT_EQ(coverage.possible(), 0u);
  coverage.note("worker", "add", false, 0);
  coverage.note("worker", "read", true, static_cast<std::size_t>(crashsim::Outcome::crash_before));
  EXPECT_EQ(coverage.possible(), 3u);
  EXPECT_EQ(coverage.covered(), 1u);
  EXPECT_EQ(coverage.missing(),
            (std::vector<std::string>{"worker: add: crash before", "worker: add: crash after"}));
}

TEST(RandomAttack, FindsTheSameWithAnyNumberOfThreads) {
  for (const char* name : {"catalog/single-tombstone+merge", "catalog/first-draft",
                           "catalog/single-tombstone+rollback-without-raise"}) {
    const Case& of = case_of(name);
    const auto one = attack_at_random(of.random, attack_with(5000, of.violates, 1));
    const auto three = attack_at_random(of.random, attack_with(5000, of.violates, 3));
    ASSERT_TRUE(one.found && three.found) << name;
    EXPECT_EQ(*one.found, *three.found) << name;
    EXPECT_EQ(one.runs, three.runs) << name;
  }
}

TEST(RandomAttack, StaysWithinTheBoundsItIsGiven) {
  CampaignOptions options = attack_with(400, "");
  options.most = {.processes = 1,
                  .starts = 2,
                  .crashes = 1,
                  .zombies = 0,
                  .ambiguous = 0,
                  .writes = 1,
                  .reads = 0};
  crashsim::Coverage coverage(options.most);
  for (std::uint64_t i = 0; i < 400; ++i) {
    const auto run = one_run(case_of("catalog/single-tombstone").random, options, i, coverage);
    const Schedule& schedule = run.attempt.schedule;
    const auto count = [&](auto&& is) { return std::ranges::count_if(schedule.choices, is); };
    EXPECT_LE(count_faults(schedule), 1u);
    EXPECT_LE(count([](const auto& choice) { return choice.step == crashsim::kStart; }), 2);
    EXPECT_LE(count([](const auto& choice) { return choice.step.starts_with("client: "); }), 1);
  }
}

// Shrinking.

/// Nothing that could be spared is left.
void expect_minimal(const Case& of, const Counterexample& found) {
  const World world = world_of(of, found);
  Alone alone(world);
  const auto is_smaller = [&](const Schedule& candidate) {
    const Schedule done = follow(world, candidate, alone);
    return done.violated == found.schedule.violated && measure(done) < measure(found.schedule);
  };
  for (std::size_t i = 0; i < found.schedule.choices.size(); ++i) {
    Schedule without = found.schedule, milder = found.schedule;
    without.choices.erase(without.choices.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(is_smaller(without)) << "without step " << i + 1;
    milder.choices[i].outcome = "ok";
    EXPECT_FALSE(is_smaller(milder)) << "with an ok step " << i + 1;
    const auto& choice = found.schedule.choices[i];
    if (choice.step != crashsim::kStart) continue;
    EXPECT_FALSE(is_smaller(without_process(found.schedule, choice.actor))) << choice.actor;
  }
  for (const auto& bound : crashsim::named_bounds()) {
    Counterexample lower = found;
    if (lower.bounds.*bound.member == 0) continue;
    --(lower.bounds.*bound.member);
    if (crashsim::impossible_at_random(lower.bounds)) continue;
    const World smaller = world_of(of, lower);
    Alone of_smaller(smaller);
    EXPECT_NE(follow(smaller, found.schedule, of_smaller), found.schedule) << bound.name;
  }
}

TEST(Shrinking, LeavesNothingThatCanBeSpared) {
  for (const char* name :
       {"catalog/first-draft", "catalog/single-tombstone+merge",
        "catalog/single-tombstone+exclusive-mark", "catalog/single-tombstone+volatile-epoch",
        "catalog/single-tombstone+client-checks-fence",
        "catalog/single-tombstone+peek-before-open"}) {
    const Case& of = case_of(name);
    const auto campaign = attack_at_random(of.random, attack_with(5000, of.violates));
    ASSERT_TRUE(campaign.found) << name;
    SCOPED_TRACE(name);
    expect_minimal(of, *campaign.found);
  }
}

TEST(Shrinking, KeepsThePropertyAndTheSeedAndMakesItSmaller) {
  const Case& of = case_of("catalog/single-tombstone+persist-not-fenced");
  const CampaignOptions options = attack_with(1, of.violates);
  crashsim::Coverage coverage(options.most);
  int found = 0;
  for (std::uint64_t i = 0; i < 400; ++i) {
    const auto attempt = one_run(of.random, options, i, coverage).attempt;
    if (attempt.schedule.violated != of.violates) continue;
    ++found;
    const Counterexample small = shrunk(of.random, attempt, options.most);
    EXPECT_EQ(small.schedule.violated, of.violates);
    EXPECT_EQ(small.world.seed, attempt.world.seed);
    EXPECT_LE(small.world.size, attempt.world.size);
    EXPECT_LE(measure(small.schedule), measure(attempt.schedule));
    EXPECT_LE(small.schedule.choices.size(), 20u);
    expect_sound(of, small);
  }
  EXPECT_GT(found, 10);
}

TEST(Shrinking, RenumbersTheProcessesAfterTheOneThatIsDropped) {
  const Schedule schedule{"fresh",
                          {{"move-1", "start", "ok"},
                           {"move-2", "start", "ok"},
                           {"move-on-7", "start", "ok"},
                           {"move-1", "add", "crash, in flight"},
                           {"zombie of move-1", "add", "ok"},
                           {"zombie of move-2", "add", "ok"},
                           {"move-12", "add", "ok"}},
                          "P"};
  const Schedule expected{"fresh",
                          {{"move-1", "start", "ok"},
                           {"move-on-7", "start", "ok"},
                           {"zombie of move-1", "add", "ok"},
                           {"move-11", "add", "ok"}},
                          "P"};
  EXPECT_EQ(without_process(schedule, "move-1"), expected);
}

// The worlds.

StoreState state_of(const World& world, std::size_t store) {
  return crashsim::catalog::state_from(world.beginnings[0].stores[store]);
}

TEST(RandomWorlds, AreFunctionsOfTheirNames) {
  const auto& make = case_of("catalog/single-tombstone").random.make;
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const WorldName name{seed, seed * 5 / 2};
    const World one = make(kMostOfRandomWorlds, name), two = make(kMostOfRandomWorlds, name);
    EXPECT_EQ(one.beginnings[0].stores, two.beginnings[0].stores);
    EXPECT_EQ(one.beginnings[0].memory, two.beginnings[0].memory);
    ASSERT_EQ(one.inputs.size(), two.inputs.size());
    for (std::size_t i = 0; i < one.inputs.size(); ++i) {
      EXPECT_EQ(one.inputs[i].label, two.inputs[i].label);
      EXPECT_EQ(one.inputs[i].budget, two.inputs[i].budget);
      EXPECT_EQ(one.inputs[i].request(2), two.inputs[i].request(2));
    }
  }
}

TEST(RandomWorlds, ViolateNothingAtTheBeginning) {
  for (const Case& of : catalog::cases()) {
    if (of.is_mutant()) continue;
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
      const World world = of.random.make({}, {seed, seed % 101});
      EXPECT_EQ(LiveWorld(world, world.beginnings[0].name).violated(), std::nullopt)
          << of.name << " seed " << seed;
    }
  }
}

TEST(RandomWorlds, AreOfManyKinds) {
  const Case& of = case_of("catalog/single-tombstone");
  std::set<std::string> seen;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const World world = of.random.make(kMostOfRandomWorlds, {seed, seed % 101});
    const StoreState stash = state_of(world, 0), persist = state_of(world, 1);
    const bool moved = stash.config.contains("tombstone") && stash.config.at("tombstone") == 1;
    const StoreState &truth = moved ? persist : stash, &other = moved ? stash : persist;
    seen.insert(moved ? "persist is the truth" : "the stash is the truth");
    seen.insert("truth of format " + std::to_string(truth.contents.format));
    if (!other.contents.entries.empty()) {
      seen.insert(moved ? "garbage in the stash" : "garbage in persist");
    }
    if (truth.contents.entries.size() >= 200) seen.insert("hundreds of keys");
    if (truth.contents.entries.contains("")) seen.insert("an empty key");
    for (const auto& [key, value] : catalog::decode(truth.contents)) {
      if (value.empty()) seen.insert("an empty value");
      if (value.size() >= 100'000) seen.insert("a huge value");
      if (value.find('\xff') != std::string::npos) seen.insert("a value that is no UTF-8");
      if (key.find('\0') != std::string::npos) seen.insert("a key with a NUL");
    }
    unsigned requests = 0;
    for (const auto& input : world.inputs) requests += input.budget;
    EXPECT_EQ(requests, kMostOfRandomWorlds.writes + kMostOfRandomWorlds.reads);
  }
  EXPECT_EQ(seen, (std::set<std::string>{
                      "persist is the truth", "the stash is the truth", "truth of format 0",
                      "truth of format 1", "truth of format 2", "garbage in the stash",
                      "garbage in persist", "hundreds of keys", "an empty key", "an empty value",
                      "a huge value", "a value that is no UTF-8", "a key with a NUL"}));
}

TEST(RandomWorlds, HaveStepsThatCanBePrinted) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const World world = case_of("catalog/single-tombstone").random.make({}, {seed, 100});
    LiveWorld live(world, world.beginnings[0].name);
    std::string text;
    for (const auto& [column, cell] : live.describe()) text += cell;
    for (const auto& input : world.inputs) text += input.label;
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; })) << text;
    EXPECT_LT(text.size(), 4000u);
  }
}

TEST(Printable, TellsDifferentBytesApart) {
  const std::vector<std::string> keys = {"",
                                         std::string(1, '\0'),
                                         "\\x00",
                                         "\\empty",
                                         "a",
                                         "a\n",
                                         "\xff",
                                         "\\",
                                         "\\\\",
                                         std::string(100, 'a'),
                                         std::string(99, 'a') + "b",
                                         std::string(101, 'a')};
  std::set<std::string> shown;
  for (const std::string& key : keys) shown.insert(printable(key));
  EXPECT_EQ(shown.size(), keys.size());
  EXPECT_EQ(printable("plain key"), "plain key");
  EXPECT_EQ(printable(std::string("\0\xff\\", 3)), "\\x00\\xff\\\\");
}

// Traces and the command.

class RandomTrace : public testing::Test {
 protected:
  std::string refusal(const std::string& what, const std::string& instead) {
    crashsim::write_trace(file_,
                          {"catalog/first-draft", "random", {}, {"random", {}, ""}, {{7, 3}}});
    std::ifstream in(file_);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    std::ofstream(file_) << text.replace(at, what.size(), instead);
    try {
      crashsim::read_trace(file_);
    } catch (const crashsim::TraceError& error) {
      return std::string(error.what()).substr(file_.string().size());
    }
    return "accepted";
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "trace.json";
};

TEST_F(RandomTrace, NamesItsWorld) {
  const crashsim::Trace trace{"catalog/first-draft",
                              "random",
                              kMostOfRandomWorlds,
                              {"random", {}, "P"},
                              {{4'294'967'295, 100}}};
  crashsim::write_trace(file_, trace);
  const crashsim::Trace read = crashsim::read_trace(file_);
  EXPECT_EQ(read.world, trace.world);
  EXPECT_EQ(read.bounds, trace.bounds) << "more clients than can be explored exhaustively";
}

TEST_F(RandomTrace, ThatCannotBeUsedIsRefusedWithThePlace) {
  EXPECT_EQ(refusal("\"seed\": 7", "\"seed\": -7"),
            ": at /world/seed: expected a number that is not negative");
  EXPECT_EQ(refusal("\"seed\": 7", "\"seed\": 4294967296"),
            ": at /world/seed: expected a number below 2^32");
  EXPECT_EQ(refusal("\"size\": 3", "\"size\": 101"), ": at /world/size: 101 is more than 100");
  EXPECT_EQ(refusal("\"size\": 3", "\"other\": 3"), ": at /world: the member 'size' is missing");
  EXPECT_EQ(refusal("\"processes\": 2", "\"processes\": 4294967298"),
            ": at /bounds/processes: expected a number below 2^32");
}

class RandomEngine : public testing::Test {
 protected:
  int check(cli::CheckOptions options) {
    options.engines = {"random"};
    options.traces = folder_.path().string();
    std::ostringstream out;
    const int status = cli::run_check(catalog::cases(), options, out);
    text_ = out.str();
    return status;
  }

  TemporaryFolder folder_;
  std::string text_;
};

TEST_F(RandomEngine, WritesATraceThatReplays) {
  EXPECT_EQ(check({.names = {"catalog/single-tombstone+merge"}}), 0) << text_;
  EXPECT_TRUE(text_.starts_with("Seed: 1.")) << text_;
  const std::string file = (folder_ / "catalog.single-tombstone+merge.random.json").string();
  EXPECT_NE(text_.find("Replay it: cutover replay " + file), std::string::npos) << text_;
  std::ostringstream replayed;
  EXPECT_EQ(cli::run_replay(catalog::cases(), {file, {}}, replayed), 0) << replayed.str();
  EXPECT_NE(replayed.str().find("NoResurrection is violated."), std::string::npos);
}

TEST_F(RandomEngine, IsNeverCalledCompleteAndSaysHowMuchWasTried) {
  EXPECT_EQ(check({.names = {"catalog/single-tombstone"}, .budget = 6}), 0) << text_;
  EXPECT_NE(text_.find("no violation found"), std::string::npos) << text_;
  EXPECT_EQ(text_.find("complete"), std::string::npos) << text_;
  EXPECT_NE(text_.find(" runs, "), std::string::npos) << text_;
}

TEST_F(RandomEngine, DoesNotKnowWhereItHasTriedNothing) {
  EXPECT_EQ(check({.names = {"catalog/single-tombstone", "catalog/first-draft"}, .budget = 0}), 3);
  EXPECT_NE(text_.find("0 of 2 verdicts as expected, 2 UNKNOWN"), std::string::npos) << text_;
}

}  // namespace
}  // namespace cutover
