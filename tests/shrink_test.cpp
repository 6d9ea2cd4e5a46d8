// What random search finds is made small: nothing of it can be spared, and it still happens.
#include "crashsim/random/shrink.h"

#include <gtest/gtest.h>

#include "crashsim/live/live_world.h"
#include "crashsim/trace/trace.h"
#include "random_runs.h"
#include "run.h"

namespace cutover {
namespace {

using crashsim::Counterexample;
using crashsim::LiveWorld;
using crashsim::LoneRuns;
using crashsim::RandomSearchOptions;
using crashsim::Schedule;
using crashsim::Value;
using crashsim::World;

/// The steps really happen, and the property is violated after the last of them and not before.
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

/// The property violated after the choices that can be made, as `cutover replay --follow` makes
/// them; empty if none.
std::string violated_after(const World& world, const Schedule& schedule) {
  LiveWorld live(world, schedule.beginning);
  for (const crashsim::Choice& choice : schedule.choices) live.take(choice);
  const auto violated = live.violated();
  return violated ? world.properties[*violated] : "";
}

/// No schedule with one choice less violates the property.
void expect_one_minimal(const Case& of, const Counterexample& found) {
  const World world = world_of(of, found);
  for (std::size_t i = 0; i < found.schedule.choices.size(); ++i) {
    Schedule without = found.schedule;
    without.choices.erase(without.choices.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_NE(violated_after(world, without), found.schedule.violated)
        << "without step " << i + 1 << ", " << found.schedule.choices[i].step;
  }
}

/// Nor does what the shrinker itself tries: adapting the rest of the schedule, a milder outcome, a
/// process less, a lower bound.
void expect_smallest(const Case& of, const Counterexample& found) {
  const World world = world_of(of, found);
  LoneRuns alone(world);
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
  for (const auto& bound : of.bounds.all()) {
    Counterexample lower = found;
    if (bound.of(lower.bounds) == 0) continue;
    bound.set(lower.bounds, bound.of(lower.bounds) - 1);
    if (crashsim::impossible(lower.bounds)) continue;
    const World smaller = world_of(of, lower);
    LoneRuns of_smaller(smaller);
    EXPECT_NE(follow(smaller, found.schedule, of_smaller), found.schedule) << bound.name;
  }
  for (unsigned size = 0; size < found.world.size; ++size) {
    Counterexample lower = found;
    lower.world.size = size;
    const World smaller = world_of(of, lower);
    LoneRuns of_smaller(smaller);
    EXPECT_NE(follow(smaller, found.schedule, of_smaller), found.schedule) << "size " << size;
  }
}

/// It is read as it was written, and what was read happens again.
void expect_replay(const Case& of, const Counterexample& found) {
  const TemporaryFolder folder;
  crashsim::write_trace(folder / "trace.json",
                        {of.name, "random", found.bounds, found.schedule, found.world});
  const crashsim::Trace read = crashsim::read_trace(folder / "trace.json");
  ASSERT_TRUE(read.world);
  const Counterexample again{*read.world, read.bounds, read.schedule};
  EXPECT_EQ(again, found);
  expect_sound(of, again);
}

class Shrunk : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalog, Shrunk, testing::ValuesIn(cases_that(false)), NameOfCase());

TEST_P(Shrunk, HasNothingToSpareAndReplays) {
  const Case& of = GetParam();
  const auto search = search_at_random(of.random, first_runs(10'000, of.violates));
  ASSERT_TRUE(search.found);
  expect_one_minimal(of, *search.found);
  expect_smallest(of, *search.found);
  expect_replay(of, *search.found);
}

TEST(Shrinking, KeepsThePropertyAndTheSeedAndMakesItSmaller) {
  const Case& of = case_of("catalog/single-tombstone+persist-not-fenced");
  const RandomSearchOptions options = first_runs(1, of.violates);
  crashsim::Coverage coverage(most_of(of.random, options));
  int found = 0;
  for (std::uint64_t i = 0; i < 160; ++i) {
    const auto attempt = one_run(of.random, options, i, coverage).attempt;
    if (attempt.schedule.violated != of.violates) continue;
    ++found;
    const Counterexample small = shrunk(of.random, attempt, most_of(of.random, options));
    EXPECT_EQ(small.schedule.violated, of.violates);
    EXPECT_EQ(small.world.seed, attempt.world.seed);
    EXPECT_LE(small.world.size, attempt.world.size);
    EXPECT_LE(measure(small.schedule), measure(attempt.schedule));
    EXPECT_LE(small.schedule.choices.size(), 20u);
    expect_sound(of, small);
  }
  EXPECT_GT(found, 5);
}

struct Cell final : crashsim::StoreMachine {
  Value save() const override { return value; }
  void load(const Value& state) override { value = state; }
  Value value = 0;
};

/// The cell must not hold 1.
struct NotOne final : crashsim::Monitor {
  using Stores = std::span<const Value* const>;
  using Judgement = crashsim::Judgement;
  Judgement observe(Value&, const Value&) const override { return {}; }
  Judgement judge(Stores stores, const Value&) const override {
    return *stores[0] == 1 ? Judgement{0, 0} : Judgement{};
  }
  Judgement judge_process(Stores, const Value&) const override { return {}; }
  bool reached(std::size_t, Stores, const Value&, bool) const override { return true; }
};

/// A program that writes another number each time that it is run.
World world_that_counts(int& runs) {
  World world;
  world.stores = {{"cell", [] { return std::make_unique<Cell>(); }}};
  const auto body = [&runs](crashsim::Process& process, Value) -> crashsim::awaitable<Value> {
    crashsim::Operation operation;
    operation.label = "count";
    operation.run = [number = ++runs](crashsim::StoreMachine& machine) {
      static_cast<Cell&>(machine).value = number;
      return crashsim::Effect{};
    };
    co_await process.perform(std::move(operation));
    co_return nullptr;
  };
  world.programs = {{"worker", body}};
  world.beginnings = {{"zero", {0}, nullptr}};
  world.properties = {"NotOne"};
  world.monitor = std::make_shared<NotOne>();
  return world;
}

TEST(Shrinking, ReportsWhatDoesNotHappenAgain) {
  int runs = 0;
  const crashsim::RandomWorlds worlds{
      [&runs](const crashsim::Bounds& bounds, const crashsim::WorldName&) {
        World world = world_that_counts(runs);
        world.bounds = bounds;
        return world;
      },
      [](const std::string& step) { return step; }};
  try {
    search_at_random(worlds, first_runs(100, "", 1));
    FAIL() << "not noticed";
  } catch (const std::runtime_error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("hidden nondeterminism: NotOne was violated"))
        << error.what();
  }
}

TEST(Shrinking, RenumbersTheProcessesAfterTheOneThatIsDropped) {
  const Schedule schedule{"fresh",
                          {{"move-1", "start", "ok"},
                           {"move-2", "start", "ok"},
                           {"move-on-7", "start", "ok"},
                           {"move-1", "add", "crash, in flight"},
                           {"request of move-1", "add", "ok"},
                           {"request of move-2", "add", "ok"},
                           {"move-12", "add", "ok"}},
                          "P"};
  const Schedule expected{"fresh",
                          {{"move-1", "start", "ok"},
                           {"move-on-7", "start", "ok"},
                           {"request of move-1", "add", "ok"},
                           {"move-11", "add", "ok"}},
                          "P"};
  EXPECT_EQ(without_process(schedule, "move-1"), expected);
}

}  // namespace
}  // namespace cutover
