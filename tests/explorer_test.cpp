// The explorer over small worlds, and against worlds that break its assumptions.
#include "crashsim/explore/explorer.h"

#include <gtest/gtest.h>

#include "crashsim/explore/learned.h"
#include "crashsim/explore/tuple.h"
#include "crashsim/live/live_world.h"
#include "crashsim/live/lone_runs.h"
#include "tests/named_cases.h"

namespace cutover::crashsim {
namespace {

Exploration explore_with(const World& world, bool expect_violation, unsigned threads = 2) {
  Options options;
  options.expect_violation = expect_violation;
  options.limits.threads = threads;
  return explore(world, options);
}

const Bounds kSmall{
    .processes = 2, .starts = 2, .crashes = 1, .in_flight = 1, .lost = 1, .own = {{"writes", 1}}};

/// Of every eighth case: under the sanitizers all of them take a quarter of an hour.
TEST(Explorer, TellsTheSameCounterexampleWhateverTheThreads) {
  const std::vector<Case> cases = cases_that(false);
  ASSERT_GE(cases.size(), 20u);
  for (std::size_t i = 0; i < cases.size(); i += 8) {
    const Case& of = cases[i];
    const World world = of.world({});
    const Exploration one = explore_with(world, true, 1), two = explore_with(world, true, 2);
    ASSERT_TRUE(one.violation && two.violation) << of.name;
    EXPECT_EQ(*one.violation, *two.violation) << of.name;
  }
}

TEST(Explorer, PinsTheCountsOfTheDesigns) {
  struct Pinned {
    const char* name;
    std::uint64_t states, transitions;
  };
  const std::array<Pinned, 4> pinned = {{{"catalog/single-tombstone", 7'284, 24'617},
                                         {"catalog/single-tombstone-one-write", 7'194, 24'351},
                                         {"catalog/single-tombstone-lazy-open", 7'085, 22'170},
                                         {"catalog/two-tombstones", 9'495, 32'677}}};
  for (const auto& [name, states, transitions] : pinned) {
    const auto cases = registry_of({catalog::family()});
    const Case& of = *std::ranges::find(cases, std::string(name), &Case::name);
    const Exploration found = explore_with(of.world(kSmall), false);
    EXPECT_EQ(found.result.ended, checker::Ended::complete);
    EXPECT_EQ(found.result.states, states) << name;
    EXPECT_EQ(found.result.transitions, transitions) << name;
  }
}

TEST(Explorer, NamesWhatWasNeverExercised) {
  const auto cases = registry_of({catalog::family()});
  const Exploration found = explore_with(cases[0].world(kSmall), false);
  EXPECT_EQ(found.unseen, std::vector<std::string>{});
  Bounds reads = kSmall;
  reads.starts = 1;
  reads.own["reads"] = 1;
  EXPECT_EQ(explore_with(cases[0].world(reads), false).unseen, std::vector<std::string>{});
}

// A store with one number, and programs written for the test.
struct Cell final : StoreMachine {
  Value save() const override { return value; }
  void load(const Value& state) override { value = state; }
  Value value = 0;
};

struct Anything final : Monitor {
  Judgement observe(Value&, const Value&) const override { return {}; }
  Judgement judge(std::span<const Value* const>, const Value&) const override { return {}; }
  Judgement judge_process(std::span<const Value* const>, const Value&) const override { return {}; }
  bool reached(std::size_t, std::span<const Value* const>, const Value&, bool) const override {
    return true;
  }
};

Operation add(int number, bool read_only = false) {
  Operation operation;
  operation.label = "add";
  operation.arguments = number;
  operation.read_only = read_only;
  operation.run = [number](StoreMachine& machine) {
    Value& value = static_cast<Cell&>(machine).value;
    value = value.get<int>() + number;
    return Effect{value, nullptr};
  };
  return operation;
}

World cell_world(std::function<awaitable<Value>(Process&, Value)> body) {
  World world;
  world.stores = {{"cell", [] { return std::make_unique<Cell>(); }}};
  world.programs = {{"worker", std::move(body)}};
  world.beginnings = {{"zero", {0}, nullptr}};
  world.monitor = std::make_shared<Anything>();
  world.lost_answer = "lost";
  world.describe = [](auto stores) {
    return std::vector<std::pair<std::string, std::string>>{{"cell", stores[0]->dump()}};
  };
  world.bounds = {
      .processes = 1, .starts = 1, .crashes = 0, .in_flight = 0, .lost = 0, .own = {{"writes", 0}}};
  return world;
}

TEST(Explorer, ReportsHiddenNondeterminismWithItsStep) {
  int runs = 0;
  const World world = cell_world([&](Process& process, Value) -> awaitable<Value> {
    Operation operation = add(++runs);  // differs at each run
    co_await process.perform(std::move(operation));
    co_return nullptr;
  });
  try {
    explore_with(world, false);
    FAIL() << "not noticed";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("hidden nondeterminism: program 'worker'"),
              std::string::npos)
        << error.what();
  }
}

TEST(Explorer, RefusesAReadThatWrites) {
  const World world = cell_world([](Process& process, Value) -> awaitable<Value> {
    Operation operation = add(1, true);
    co_await process.perform(std::move(operation));
    co_return nullptr;
  });
  EXPECT_THROW(explore_with(world, false), std::runtime_error);
}

std::string refusal(const World& world) {
  try {
    explore_with(world, false);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "explored";
}

TEST(Explorer, RefusesMoreInputsThanAStateCanCount) {
  World world = cell_world([](Process& process, Value) -> awaitable<Value> {
    while (!(co_await process.next_input()).is_null()) {
    }
    co_return nullptr;
  });
  const auto request = [](unsigned) { return Value("push"); };
  world.inputs = {{"push", kMostInputs, request}};
  EXPECT_EQ(refusal(world), "explored");
  world.inputs[0].budget = kMostInputs + 1;
  EXPECT_EQ(refusal(world), "these bounds give input 'push' a budget of 256, and 255 is the most");
  world.inputs.assign(kMostInputKinds + 1, {"push", 1, request});
  EXPECT_EQ(refusal(world), "this world has 256 kinds of inputs, and 255 is the most");
}

TEST(Explorer, NamesAWitnessThatNeverFired) {
  World world = cell_world([](Process&, Value) -> awaitable<Value> { co_return nullptr; });
  const auto possible = [](const Bounds&) { return true; };
  world.witnesses = {{"something happened", possible}};
  EXPECT_EQ(explore_with(world, false).unseen, std::vector<std::string>{"something happened"});
}

TEST(Explorer, CountsAWorldThatCanBeCountedByHand) {
  World world = cell_world([](Process& process, Value) -> awaitable<Value> {
    Operation operation = add(1);
    co_await process.perform(std::move(operation));
    co_return nullptr;
  });
  // Not started; started; added and gone.
  EXPECT_EQ(explore_with(world, false).result.states, 3u);
  // And: died before; died after; still in flight; landed later.
  world.bounds.crashes = world.bounds.in_flight = 1;
  EXPECT_EQ(explore_with(world, false).result.states, 7u);
}

/// A program has finished once the cell holds a number, whatever it declares then.
struct WantsNumber final : Monitor {
  explicit WantsNumber(int number) : wanted(number) {}
  Judgement observe(Value&, const Value&) const override { return {}; }
  Judgement judge(std::span<const Value* const>, const Value&) const override { return {}; }
  Judgement judge_process(std::span<const Value* const>, const Value&) const override { return {}; }
  bool reached(std::size_t, std::span<const Value* const> stores, const Value& status,
               bool) const override {
    return status.is_null() && *stores[0] == wanted;
  }
  int wanted;
};

/// What the search says, and what the live world says at the beginning, must be the same.
bool can_finish(World world, int wanted) {
  world.properties = {"CanFinish"};
  world.can_finish = 0;
  world.monitor = std::make_shared<WantsNumber>(wanted);
  world.bounds.starts = 0;
  const bool found = explore_with(world, false).result.ended == checker::Ended::complete;
  EXPECT_EQ(LiveWorld(world, "zero").violated(), found ? std::nullopt : std::optional(0ul));
  return found;
}

TEST(Explorer, AsksOnceMoreAtTheEndWhetherAProgramHasFinished) {
  const World world = cell_world([](Process& process, Value) -> awaitable<Value> {
    Operation operation = add(1);
    process.declare("busy");
    co_await process.perform(std::move(operation));
    co_return nullptr;
  });
  EXPECT_TRUE(can_finish(world, 1));
  EXPECT_FALSE(can_finish(world, 0));
}

TEST(Explorer, AsksNobodyBetweenTwoStages) {
  const World world = cell_world([](Process& process, Value stage) -> awaitable<Value> {
    Operation operation = add(1);
    process.declare("busy");
    co_await process.perform(std::move(operation));
    if (stage == "start") co_return "second";
    co_return nullptr;
  });
  EXPECT_TRUE(can_finish(world, 2));
  EXPECT_FALSE(can_finish(world, 1));
}

/// A goal that is never met is not met by going on for ever.
TEST(Explorer, AProgramThatGoesOnForEverDoesNotFinish) {
  World world = cell_world([](Process& process, Value) -> awaitable<Value> {
    while (true) {
      Operation operation = add(1);
      co_await process.perform(std::move(operation));
    }
  });
  world.properties = {"CanFinish"};
  world.can_finish = 0;
  world.monitor = std::make_shared<WantsNumber>(-1);
  Learned learned(world);
  const std::array<Number, 1> zero = {learned.number_of_state(0, 0)};
  EXPECT_EQ(learned.judge(zero, learned.number_of_memory(nullptr)).violated, 1u);
  const auto failure = LoneRuns(world).failure({Value(0)});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->why, "goes on for ever");
}

TEST(Explorer, ReportsAStatusThatDoesNotRepeatItself) {
  int runs = 0;
  const World world = cell_world([&](Process& process, Value) -> awaitable<Value> {
    process.declare(++runs % 2 == 0 ? "even" : "odd");
    Operation operation = add(1);
    co_await process.perform(std::move(operation));
    co_return nullptr;
  });
  EXPECT_NE(refusal(world).find("it declared"), std::string::npos) << refusal(world);
}

TEST(Explorer, StagesForgetWhatCameBefore) {
  World world = cell_world([](Process& process, Value stage) -> awaitable<Value> {
    Operation operation = add(1);
    co_await process.perform(std::move(operation));
    if (stage == "start") co_return "second";
    co_return nullptr;
  });
  const Exploration found = explore_with(world, false);
  EXPECT_EQ(found.result.states, 4u);
  LiveWorld live(world, "zero");
  EXPECT_EQ(live.take({"worker-1", "start", "ok"}), std::nullopt);
  EXPECT_EQ(live.take({"worker-1", "add", "ok"}), std::nullopt);
  EXPECT_EQ(live.take({"worker-1", "add", "ok"}), std::nullopt);
  EXPECT_EQ(live.store_states()[0], 2);
  EXPECT_TRUE(live.choices().empty());
}

}  // namespace
}  // namespace cutover::crashsim
