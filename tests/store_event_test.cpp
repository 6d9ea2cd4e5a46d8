// What may happen to stores of their own accord: with several results, with bounds of their own,
// and with all processes going down. The search agrees with plain re-execution on every such world.
#include <gtest/gtest.h>

#include <algorithm>

#include "crashsim/explore/explorer.h"
#include "crashsim/live/live_world.h"
#include "crashsim/live/rerun.h"
#include "crashsim/random/random_schedule.h"
#include "same_as_plain.h"

namespace cutover::crashsim {
namespace {

/// What was written, and how much of it is on the disk.
struct Log final : StoreMachine {
  Value save() const override { return Value::array({written, synced}); }
  void load(const Value& state) override { written = state[0], synced = state[1]; }
  int written = 0, synced = 0;
};

Operation operation(const std::string& label, void (*change)(Log&)) {
  Operation made;
  made.label = label;
  made.run = [change](StoreMachine& machine) {
    change(static_cast<Log&>(machine));
    return Effect{nullptr, nullptr};
  };
  return made;
}

awaitable<Value> write_twice(Process& process, Value) {
  for (int i = 0; i < 2; ++i) {
    Operation write = operation("write", [](Log& log) { ++log.written; });
    co_await process.perform(std::move(write));
  }
  Operation sync = operation("sync", [](Log& log) { log.synced = log.written; });
  co_await process.perform(std::move(sync));
  process.emit("done");
  co_return nullptr;
}

/// A write that was acknowledged is there.
class Acknowledged final : public Monitor {
 public:
  Judgement observe(Value& memory, const Value&) const override {
    memory = 2;
    return {};
  }
  Judgement judge(std::span<const Value* const> stores, const Value& memory) const override {
    const bool lost = (*stores[0])[0] < memory;
    return {lost ? std::optional<std::size_t>(0) : std::nullopt, 0};
  }
  Judgement judge_process(std::span<const Value* const>, const Value&) const override { return {}; }
  bool reached(std::size_t, std::span<const Value* const>, const Value&, bool) const override {
    return true;
  }
};

const BoundSpec kPowerLosses{"power_losses", "of the machine", 1, 1, 3};

/// All that is not synced is lost, or all but the last write.
std::vector<StoreEvent::Result> lose_unsynced(const Value& state) {
  std::vector<StoreEvent::Result> results = {{"all", Value::array({state[1], state[1]})}};
  if (state[0] > state[1]) {
    results.push_back({"the last", Value::array({state[0].get<int>() - 1, state[1]})});
  }
  return results;
}

StoreEvent power_loss(bool ends_processes) {
  return {0, "loses what is not synced", lose_unsynced, kPowerLosses, ends_processes};
}
StoreEvent restart(std::vector<StoreEvent::Result> (*results)(const Value&)) {
  return {0, kRestart, results};
}

World log_world(const std::vector<StoreEvent>& events, unsigned power_losses = 1) {
  World world;
  world.stores = {{"log", [] { return std::make_unique<Log>(); }}};
  world.programs = {{"writer", write_twice}};
  world.events = events;
  world.beginnings = {{"empty", {Value::array({0, 0})}, 0}};
  world.properties = {"Acknowledged"};
  world.monitor = std::make_shared<Acknowledged>();
  world.lost_answer = "lost";
  world.describe = [](auto stores) {
    return std::vector<std::pair<std::string, std::string>>{{"log", stores[0]->dump()}};
  };
  world.bounds = {.processes = 2, .starts = 2, .crashes = 1, .in_flight = 1, .lost = 0};
  kPowerLosses.set(world.bounds, power_losses);
  return world;
}

TEST(StoreEvents, AreSearchedAsInPlainReExecution) {
  for (const unsigned losses : {0u, 1u, 2u}) {
    for (const bool ends_processes : {false, true}) {
      const World world = log_world({power_loss(ends_processes)}, losses);
      expect_same_as_plain(world);
      // What was not synced is lost with the processes that count on it, or beneath them.
      EXPECT_EQ(explore(world, {}).violation.has_value(), losses > 0 && !ends_processes);
    }
  }
}

TEST(StoreEvents, ThatShareABoundAreCountedTogether) {
  StoreEvent other = power_loss(false);
  other.label = "forgets all";
  other.results = [](const Value&) {
    return std::vector<StoreEvent::Result>{{"all of it", Value::array({0, 0})}};
  };
  const World world = log_world({power_loss(false), other}, 1);
  EXPECT_EQ(event_budgets(world).size(), 1u);
  EXPECT_EQ(most_faults(world), 2u);
  expect_same_as_plain(world);
}

TEST(StoreEvents, AreFaultsAndFoundWithTheFewest) {
  StoreEvent forget = power_loss(false);
  forget.results = [](const Value& state) {
    return std::vector<StoreEvent::Result>{{"half", Value::array({state[0].get<int>() / 2, 0})}};
  };
  const World world = log_world({forget}, 2);
  const Exploration found = explore(world, {.limits = {}, .expect_violation = true});
  ASSERT_TRUE(found.violation.has_value());
  const Choice& last = found.violation->choices.back();
  EXPECT_EQ(last, (Choice{"log", "loses what is not synced", "half"}));
  EXPECT_EQ(count_faults(*found.violation), 1u);
  EXPECT_EQ(not_as_told(world, *found.violation), std::nullopt);
  expect_same_as_plain(world);
}

TEST(StoreEvents, ARestartIsOneOfTheCrashes) {
  const auto forget = [](const Value& state) {
    return std::vector<StoreEvent::Result>{{"ok", Value::array({state[1], state[1]})}};
  };
  World world = log_world({restart(forget)});
  EXPECT_EQ(most_faults(world), 1u);
  expect_same_as_plain(world);
  world.bounds.crashes = world.bounds.in_flight = 0;
  LiveWorld live(world, "empty");
  for (const char* step : {"start", "write"}) live.take({"writer-1", step, "ok"});
  EXPECT_EQ(live.take({"log", "restart", "ok"}), "the bound on crashes is used up");
}

TEST(StoreEvents, EndTheProcessesWhereTheySaySo) {
  for (const bool ends_processes : {false, true}) {
    const World world = log_world({power_loss(ends_processes)});
    LiveWorld live(world, "empty");
    for (const char* step : {"start", "write"}) live.take({"writer-1", step, "ok"});
    EXPECT_EQ(live.take({"log", "loses what is not synced", "most"}),
              "'loses what is not synced' of 'log' has no outcome 'most'");
    EXPECT_EQ(live.take({"log", "loses what is not synced", "all"}), std::nullopt);
    EXPECT_EQ(live.lives("writer-1"), !ends_processes);
    EXPECT_EQ(live.faults(), 1u);
    EXPECT_EQ(live.take({"log", "loses what is not synced", "all"}),
              "the bound on power_losses is used up");
  }
}

TEST(StoreEvents, ThatWereNeverSeenAreNamed) {
  StoreEvent never = power_loss(false);
  never.results = [](const Value&) { return std::vector<StoreEvent::Result>(); };
  const auto unseen = [](World world) {
    world.bounds.in_flight = 0;
    return explore(world, {}).unseen;
  };
  const std::vector<std::string> none;
  EXPECT_EQ(unseen(log_world({never})), std::vector<std::string>{"log: loses what is not synced"});
  EXPECT_EQ(unseen(log_world({never}, 0)), none);
  EXPECT_EQ(unseen(log_world({power_loss(true)})), none);
}

TEST(StoreEvents, AreDrawnAtRandomWithinTheirBound) {
  const World world = log_world({power_loss(false)}, 2);
  RandomWorlds of;
  of.kind_of_step = [](const std::string& step) { return step; };
  LoneRuns alone(world);
  Coverage coverage(world.bounds);
  std::ptrdiff_t most = 0;
  unsigned violated = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Schedule drawn = draw_schedule(world, of, seed, alone, coverage).schedule;
    const auto losses = std::ranges::count(drawn.choices, "log", &Choice::actor);
    most = std::max(most, losses);
    if (drawn.violated.empty()) continue;
    ++violated;
    EXPECT_GE(losses, 1) << seed;
    EXPECT_EQ(not_as_told(world, drawn), std::nullopt) << seed;
  }
  EXPECT_EQ(most, 2);
  EXPECT_GT(violated, 10u);
}

std::string refusal(const World& world) {
  try {
    explore(world, {});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "explored";
}

TEST(StoreEvents, ThatCannotBeToldApartAreRefused) {
  StoreEvent event = power_loss(false);
  event.results = [](const Value&) {
    return std::vector<StoreEvent::Result>{{"ok", Value::array({0, 0})}};
  };
  EXPECT_EQ(refusal(log_world({event})),
            "store event 'loses what is not synced' ends 'ok': a restart ends 'ok', and nothing "
            "else does");
  event.results = [](const Value&) {
    return std::vector<StoreEvent::Result>{{"so", Value::array({0, 0})},
                                           {"so", Value::array({1, 0})}};
  };
  EXPECT_EQ(refusal(log_world({event})),
            "store event 'loses what is not synced' ends 'so' in two ways");
  EXPECT_EQ(refusal(log_world(std::vector(kMostStoreEvents + 1, power_loss(false)))),
            "this world has 8 store events, and 7 is the most");
}

TEST(StoreEvents, ThatDependOnMoreThanTheStateAreHiddenNondeterminism) {
  StoreEvent whimsical = power_loss(false);
  const auto asked = std::make_shared<int>(0);
  whimsical.results = [asked](const Value& state) {
    const int lost = ++*asked % 2;
    return std::vector<StoreEvent::Result>{
        {"some", Value::array({std::max(0, state[0].get<int>() - lost), state[1]})}};
  };
  EXPECT_NE(refusal(log_world({whimsical}, 3)).find("hidden nondeterminism"), std::string::npos);
}

}  // namespace
}  // namespace cutover::crashsim
