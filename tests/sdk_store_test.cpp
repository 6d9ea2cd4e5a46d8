// Stores of a user's own migration that lose what is not synced, and whose entries vanish with the
// sessions of their processes.
#include <gtest/gtest.h>

#include "crashsim/explore/explorer.h"
#include "crashsim/live/live_world.h"
#include "crashsim/sdk.h"
#include "refusal.h"
#include "same_as_plain.h"

namespace cutover {
namespace {

using crashsim::Bounds;
using crashsim::Choice;
using crashsim::expect_same_as_plain;
using crashsim::LiveWorld;
using crashsim::Value;

constexpr auto write = [](int& value) { return ++value; };
constexpr auto acknowledge = [](int& known, int value) { known = value; };

/// Writes twice, and acknowledges the second write once it is durable, or before.
Migration written(bool synced_first, bool ends_processes) {
  Migration migration;
  migration.volatile_store("disk", 0, ends_processes).unfenced("disk").memory(0);
  migration.program("write", [=](Actor& actor) -> Task<void> {
    const auto disk = actor.store<int>("disk");
    co_await disk.step("write", write);
    const int value = co_await disk.step("write", write);
    if (synced_first) co_await disk.sync();
    actor.note("acknowledged", acknowledge, value);
  });
  migration.property("Durable",
                     [](const View& now) { return now.store<int>("disk") >= now.memory<int>(); });
  migration.sometimes("acknowledged", [](const View& now) { return now.memory<int>() > 0; });
  return migration;
}

Bounds bounds_with(unsigned starts, unsigned crashes) {
  return {.processes = 2, .starts = starts, .crashes = crashes, .in_flight = 0, .lost = 0};
}

TEST(VolatileStore, LosesAnyNumberOfTheLastWritesThatAreNotSynced) {
  const auto world = written(true, true)(bounds_with(1, 1));
  LiveWorld live(world, "start");
  const auto take = [&](const char* who, const char* step, const char* outcome = "ok") {
    EXPECT_EQ(live.take({who, step, outcome}), std::nullopt) << step;
  };
  take("write-1", "start");
  take("write-1", "disk: write");
  take("write-1", "disk: write");
  EXPECT_EQ(live.describe()[0].second, "2 (2 unsynced)");
  std::vector<std::string> outcomes;
  for (const Choice& choice : live.choices()) {
    if (choice.actor == "disk") outcomes.push_back(choice.step + ", " + choice.outcome);
  }
  EXPECT_EQ(outcomes,
            (std::vector<std::string>{"loses power, 0 writes lost", "loses power, 1 write lost",
                                      "loses power, 2 writes lost"}));
  LiveWorld synced(world, "start");
  for (const char* step : {"start", "disk: write", "disk: write", "disk: sync"}) {
    EXPECT_EQ(synced.take({"write-1", step, "ok"}), std::nullopt) << step;
  }
  EXPECT_EQ(synced.describe()[0].second, "2");
  EXPECT_EQ(synced.take({"disk", "loses power", "1 write lost"}),
            "'loses power' of 'disk' has no outcome '1 write lost'");
  take("disk", "loses power", "1 write lost");
  EXPECT_EQ(live.describe()[0].second, "1");
  EXPECT_FALSE(live.lives("write-1"));
}

TEST(VolatileStore, FindsTheWriteThatIsAcknowledgedBeforeItIsSynced) {
  for (const bool ends_processes : {false, true}) {
    const auto early = crashsim::explore(written(false, ends_processes)(bounds_with(2, 1)), {});
    ASSERT_TRUE(early.violation);
    EXPECT_EQ(early.violation->violated, "Durable");
    EXPECT_EQ(early.violation->choices.back().step, "loses power");
    for (const bool synced_first : {false, true}) {
      expect_same_as_plain(written(synced_first, ends_processes)(bounds_with(2, 1)));
    }
  }
  // Where its process lives on, it syncs what the disk has forgotten.
  EXPECT_TRUE(crashsim::explore(written(true, false)(bounds_with(1, 1)), {}).violation);
  const auto careful = crashsim::explore(written(true, true)(bounds_with(1, 1)), {});
  EXPECT_FALSE(careful.violation);
  EXPECT_EQ(careful.unseen, std::vector<std::string>{});
}

TEST(VolatileStore, OtherStoresHaveNothingToSync) {
  Migration migration;
  migration.store("cell", 0).program(
      "work", [](Actor& actor) -> Task<void> { co_await actor.store<int>("cell").sync(); });
  migration.property("AlwaysTrue", [](const View&) { return true; });
  migration.sometimes("always", [](const View&) { return true; });
  EXPECT_EQ(refusal(migration),
            "the migration's definition: program 'work': store 'cell' loses nothing that would "
            "have to be synced; define it as a volatile_store");
}

struct Lock {
  int holder = 0;
  int taken = 0;  // so far
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Lock, holder, taken)

constexpr auto take_lock = [](Lock& lock, int me) {
  if (lock.holder != 0) return false;
  lock.holder = me;
  ++lock.taken;
  return true;
};
constexpr auto release = [](Lock& lock, int me) {
  if (lock.holder == me) lock.holder = 0;
};

Task<void> under_lock(Actor& actor) {
  const auto lock = co_await actor.open_session<Lock>("lock");
  co_await lock.when("take", take_lock, lock.session());
  co_await lock.step("release", release, lock.session());
}

Migration locking() {
  Migration migration;
  migration.session_store("lock", Lock{}, release).unfenced("lock").program("work", under_lock);
  migration.property("AlwaysTrue", [](const View&) { return true; });
  migration.sometimes("taken twice",
                      [](const View& now) { return now.store<Lock>("lock").taken == 2; });
  migration.can_finish("work",
                       [](const Stores& now) { return now.store<Lock>("lock").holder == 0; });
  return migration;
}

TEST(SessionStore, WhatBelongsToASessionVanishesSomeTimeAfterItsProcess) {
  const auto world = locking()(bounds_with(2, 1));
  LiveWorld live(world, "start");
  const auto take = [&](const char* who, const char* step, const char* outcome = "ok") {
    return live.take({who, step, outcome}).value_or("taken");
  };
  take("work-1", "start");
  take("work-2", "start");
  EXPECT_EQ(take("work-1", "lock: open session"), "taken");
  EXPECT_EQ(take("work-2", "lock: open session"), "taken");
  EXPECT_EQ(take("work-1", "lock: take"), "taken");
  EXPECT_EQ(live.describe()[0].second, "holder=1 taken=1 sessions=[1,2]");
  EXPECT_EQ(take("work-2", "lock: take"), "'lock: take' has to wait");
  EXPECT_EQ(take("lock", "ends session 1 of lock", "ok"),
            "'ends session 1 of lock' of 'lock' has no outcome 'ok'");
  EXPECT_EQ(take("work-1", "lock: release", "crash before"), "taken");
  EXPECT_EQ(take("lock", "ends session 2 of lock", "too early"), "the bound on crashes is used up");
  EXPECT_EQ(take("lock", "ends session 1 of lock", "too early"),
            "'ends session 1 of lock' of 'lock' has no outcome 'too early'");
  EXPECT_EQ(live.faults(), 1u);
  EXPECT_EQ(take("lock", "ends session 1 of lock", "ok"), "taken");
  EXPECT_EQ(live.faults(), 1u);
  EXPECT_EQ(live.describe()[0].second, "holder=0 taken=1 sessions=[2]");
  EXPECT_EQ(take("work-2", "lock: take"), "taken");
}

TEST(SessionStore, ASessionThatEndsTooEarlyIsAFaultAndItsProcessIsRejected) {
  const auto world = locking()(bounds_with(1, 1));
  LiveWorld live(world, "start");
  live.take({"work-1", "start", "ok"});
  live.take({"work-1", "lock: open session", "ok"});
  live.take({"work-1", "lock: take", "ok"});
  EXPECT_EQ(live.take({"lock", "ends session 1 of lock", "too early"}), std::nullopt);
  EXPECT_EQ(live.faults(), 1u);
  EXPECT_EQ(live.store_states()[0]["value"]["holder"], 0);
  EXPECT_EQ(live.take({"work-1", "lock: release", "ok"}), std::nullopt);
  EXPECT_EQ(live.last_answer(), "rejected");
  EXPECT_FALSE(live.lives("work-1"));
}

TEST(SessionStore, EveryProcessCanFinishAndThePlainSearchAgrees) {
  for (const Bounds& bounds :
       {bounds_with(2, 1), bounds_with(3, 0),
        Bounds{.processes = 2, .starts = 2, .crashes = 1, .in_flight = 1, .lost = 1}}) {
    const auto world = locking()(bounds);
    const auto explored = crashsim::explore(world, {});
    EXPECT_FALSE(explored.violation);
    EXPECT_EQ(explored.unseen, std::vector<std::string>{});
    expect_same_as_plain(world);
  }
}

/// Two that do what only the holder may.
TEST(SessionStore, TwoHoldersAtOnceAreFoundWithOneFault) {
  Migration migration = locking();
  migration.memory(0);
  const auto enter = [](int& inside) { ++inside; };
  const auto leave = [](int& inside) { --inside; };
  migration.program("enter", [=](Actor& actor) -> Task<void> {
    const auto lock = co_await actor.open_session<Lock>("lock");
    co_await lock.when("take", take_lock, lock.session());
    actor.note("enters", enter);
    co_await lock.step("release", release, lock.session());
    actor.note("leaves", leave);
  });
  migration.property("OneAtATime", [](const View& now) { return now.memory<int>() < 2; });
  EXPECT_FALSE(crashsim::explore(migration(bounds_with(2, 0)), {}).violation);
  const auto found = crashsim::explore(migration(bounds_with(2, 1)), {});
  ASSERT_TRUE(found.violation);
  EXPECT_EQ(found.violation->violated, "OneAtATime");
  EXPECT_EQ(crashsim::count_faults(*found.violation), 1u);
}

TEST(SessionStore, OtherStoresHaveNoSessions) {
  Migration migration;
  migration.store("cell", 0).program(
      "work", [](Actor& actor) -> Task<void> { co_await actor.open_session<int>("cell"); });
  migration.property("AlwaysTrue", [](const View&) { return true; });
  migration.sometimes("always", [](const View&) { return true; });
  EXPECT_EQ(refusal(migration),
            "the migration's definition: program 'work': store 'cell' has no sessions; define it "
            "as a session_store");
}

/// Two numbers on a disk, each of which may be lost on its own until both are synced.
struct Disk {
  int first = 0, second = 0, first_synced = 0, second_synced = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Disk, first, second, first_synced, second_synced)

std::vector<std::pair<std::string, Disk>> lose(const Disk& disk) {
  std::vector<std::pair<std::string, Disk>> results;
  const auto add = [&](const char* outcome, Disk after) {
    if (after.first == disk.first && after.second == disk.second) return;
    after.first_synced = after.first;
    after.second_synced = after.second;
    results.emplace_back(outcome, after);
  };
  add("the first", {.first = disk.first_synced, .second = disk.second});
  if (disk.first == disk.first_synced) {
    add("the second", {.first = disk.first, .second = disk.second_synced});
    return results;
  }
  if (disk.second == disk.second_synced) return results;
  add("the second", {.first = disk.first, .second = disk.second_synced});
  add("both", {.first = disk.first_synced, .second = disk.second_synced});
  return results;
}

const crashsim::BoundSpec kPowerLosses{"power_losses", "of the machine", 1, 1, 3};

Migration on_disk(std::optional<crashsim::BoundSpec> budget, bool is_local) {
  Migration migration;
  migration.store("disk", Disk{}).unfenced("disk").memory(0);
  if (is_local) migration.local("disk");
  migration.event<Disk>("disk", "loses power", lose, std::move(budget), true);
  migration.program("write", [](Actor& actor) -> Task<void> {
    const auto disk = actor.store<Disk>("disk");
    co_await disk.step("write first", [](Disk& it) { it.first = 1; });
    co_await disk.step("write second", [](Disk& it) { it.second = 1; });
    actor.note("acknowledged", acknowledge, 1);
  });
  migration.property("InOrder", [](const View& now) {
    const Disk disk = now.store<Disk>("disk");
    return disk.first >= disk.second;
  });
  migration.sometimes("acknowledged", [](const View& now) { return now.memory<int>() > 0; });
  return migration;
}

TEST(OwnEvent, IsExploredAsByPlainReexecutionWithinItsBudget) {
  for (const bool is_local : {false, true}) {
    for (const bool has_budget : {false, true}) {
      const auto budget = has_budget ? std::optional(kPowerLosses) : std::nullopt;
      Bounds bounds{.processes = 1, .starts = 2, .crashes = 1, .in_flight = 1, .lost = 1};
      expect_same_as_plain(on_disk(budget, is_local)(bounds));
      bounds.crashes = 0;
      const auto found = crashsim::explore(on_disk(budget, is_local)(bounds), {});
      EXPECT_EQ(found.violation.has_value(), has_budget);  // else each is one of the crashes
      if (!found.violation) continue;
      EXPECT_EQ(found.violation->choices.back(), (Choice{"disk", "loses power", "the first"}));
      bounds.own["power_losses"] = 0;
      EXPECT_FALSE(crashsim::explore(on_disk(budget, is_local)(bounds), {}).violation);
    }
  }
}

TEST(OwnEvent, MistakesAreSaid) {
  const auto with = [](const char* store, const char* label) {
    Migration migration = on_disk(kPowerLosses, false);
    migration.volatile_store("log", Disk{});
    migration.event<Disk>(store, label, lose);
    return refusal(migration);
  };
  EXPECT_EQ(with("disk", "is full"), "none");
  EXPECT_EQ(with("dsk", "is full"),
            "the migration's definition: event 'is full': there is no store 'dsk'");
  EXPECT_EQ(with("disk", "loses power"),
            "the migration's definition: event 'loses power' of 'disk' is there twice; rename one");
  EXPECT_EQ(with("log", "is full"),
            "the migration's definition: event 'is full': 'log' is a store with events of its kind "
            "already; define it by store(...)");
}

TEST(LocalStore, LosesNoAnswerAndNothingLandsLate) {
  const Bounds bounds{.processes = 1, .starts = 1, .crashes = 1, .in_flight = 1, .lost = 1};
  for (const bool is_local : {false, true}) {
    const auto world = on_disk(kPowerLosses, is_local)(bounds);
    LiveWorld live(world, "start");
    EXPECT_EQ(live.take({"write-1", "start", "ok"}), std::nullopt);
    std::vector<std::string> outcomes;
    for (const Choice& choice : live.choices()) {
      if (choice.actor == "write-1") outcomes.push_back(choice.outcome);
    }
    EXPECT_EQ(outcomes.size(), is_local ? 3U : 7U);
    if (is_local) {
      EXPECT_EQ(outcomes, (std::vector<std::string>{"ok", "crash before", "crash after"}));
      // What can't be is not asked for.
      auto calm = on_disk(kPowerLosses, true)(bounds);
      calm.bounds.own["power_losses"] = 0;
      EXPECT_EQ(crashsim::explore(calm, {}).unseen, std::vector<std::string>{});
    }
  }
  Migration migration = on_disk(kPowerLosses, false);
  EXPECT_THROW(migration.local("dsk"), std::invalid_argument);
}

}  // namespace
}  // namespace cutover
