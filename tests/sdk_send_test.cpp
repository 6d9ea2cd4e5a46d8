// Several requests of a process under way at once, in a user's own migration and below it.
#include <gtest/gtest.h>

#include "crashsim/explore/explorer.h"
#include "crashsim/live/live_world.h"
#include "crashsim/sdk.h"
#include "crashsim/world/awaitable.h"
#include "crashsim/world/companion.h"
#include "refusal.h"
#include "same_as_plain.h"

namespace cutover {
namespace {

using crashsim::Bounds;
using crashsim::Choice;
using crashsim::expect_same_as_plain;
using crashsim::LiveWorld;
using crashsim::Value;
using crashsim::World;

using Log = std::vector<int>;
constexpr auto append = [](Log& log, int entry) { log.push_back(entry); };
constexpr auto length = [](const Log& log) { return static_cast<int>(log.size()); };
constexpr auto append_after = [](Log& log, int entry, int before) {
  if (std::ranges::find(log, before) == log.end()) return false;
  log.push_back(entry);
  return true;
};

/// One log, or a left and a right one.
template <class Body>
Migration logs(Body body, std::vector<std::string> names = {"log"}) {
  Migration migration;
  for (const std::string& name : names) migration.store(name, Log{}).unfenced(name);
  migration.memory(Log{}).program("write", body);
  migration.property("KnownIsThere", [names](const View& now) {
    const auto known = now.memory<Log>();
    return std::ranges::all_of(known, [&](int entry) {
      return std::ranges::any_of(names, [&](const std::string& name) {
        const auto log = now.store<Log>(name);
        return std::ranges::find(log, entry) != log.end();
      });
    });
  });
  migration.sometimes("one is known", [](const View& now) { return !now.memory<Log>().empty(); });
  return migration;
}

Task<void> append_two(Actor& actor) {
  const auto log = actor.store<Log>("log");
  const auto one = actor.send(log.step("append", append, 1));
  const auto two = actor.send(log.step("append", append, 2));
  co_await one;
  actor.note("known", append, 1);
  co_await two;
  actor.note("known", append, 2);
}

Task<void> append_two_and_end(Actor& actor) {
  const auto log = actor.store<Log>("log");
  const auto one = actor.send(log.step("append", append, 1));
  actor.send(log.step("append", append, 2));
  co_await one;
  actor.note("known", append, 1);
}

Bounds bounds_with(unsigned starts, unsigned crashes, unsigned in_flight, unsigned lost = 0) {
  return {
      .processes = 2, .starts = starts, .crashes = crashes, .in_flight = in_flight, .lost = lost};
}

/// "append -> ok", in the order in which they are offered, of one actor.
std::vector<std::string> offered(const LiveWorld& live, const std::string& actor) {
  std::vector<std::string> found;
  for (const Choice& choice : live.choices()) {
    if (choice.actor == actor) found.push_back(choice.step + " -> " + choice.outcome);
  }
  return found;
}

class Sent : public testing::Test {
 protected:
  void begin(const Migration& migration, const Bounds& bounds) {
    world_ = migration(bounds);
    live_.emplace(world_, "start");
    take("write-1", "start");
  }
  void take(const char* who, const char* step, const char* outcome = "ok") {
    EXPECT_EQ(live_->take({who, step, outcome}), std::nullopt) << who << ": " << step;
  }
  std::string log(std::size_t store = 0) const { return live_->store_states()[store].dump(); }
  std::string known() const { return live_->memory().dump(); }

  World world_;
  std::optional<LiveWorld> live_;
};

TEST_F(Sent, TakesEffectInAnyOrderAndIsToldWhenItIsAskedFor) {
  begin(logs(append_two), bounds_with(1, 0, 0));
  EXPECT_EQ(offered(*live_, "write-1"),
            (std::vector<std::string>{"log: append -> ok", "log: append (2) -> ok"}));
  take("write-1", "log: append (2)");
  EXPECT_EQ(log(), "[2]");
  EXPECT_EQ(known(), "[]");  // it waits for the first
  EXPECT_EQ(offered(*live_, "write-1"), (std::vector<std::string>{"log: append -> ok"}));
  take("write-1", "log: append");
  EXPECT_EQ(log(), "[2,1]");
  EXPECT_EQ(known(), "[1,2]");  // both, at once
  EXPECT_FALSE(live_->lives("write-1"));
}

TEST_F(Sent, StaysWhenTheProgramHasEnded) {
  begin(logs(append_two_and_end), bounds_with(2, 0, 0));
  take("write-1", "log: append");
  EXPECT_TRUE(live_->lives("write-1"));
  EXPECT_EQ(offered(*live_, "write-1"), (std::vector<std::string>{"log: append -> ok"}));
  EXPECT_EQ(live_->request_of({"write-1", "log: append", "ok"})->arguments.back(), 2);
  take("write-2", "start");
  take("write-1", "log: append");
  EXPECT_EQ(log(), "[1,2]");
  EXPECT_FALSE(live_->lives("write-1"));
}

TEST_F(Sent, StaysInFlightAfterACrashAsFarAsThereIsRoom) {
  for (const unsigned room : {0u, 1u, 2u}) {
    begin(logs(append_two), bounds_with(1, 1, room));
    take("write-1", "log: append", "crash before");
    ASSERT_EQ(live_->in_flight().size(), std::min(room, 1u));
    if (room == 0) continue;
    EXPECT_EQ(live_->in_flight()[0].name, "request of write-1");
    take("request of write-1", "log: append");
    EXPECT_EQ(log(), "[2]");
  }
  begin(logs(append_two), bounds_with(1, 1, 1));
  take("write-1", "log: append", "crash after");
  take("request of write-1", "log: append");
  EXPECT_EQ(log(), "[1,2]");
  begin(logs(append_two), bounds_with(1, 1, 1));
  take("write-1", "log: append (2)", "crash, in flight");
  ASSERT_EQ(live_->in_flight().size(), 1U);  // there is no room for the other
  take("request of write-1", "log: append");
  EXPECT_EQ(log(), "[2]");
  begin(logs(append_two), bounds_with(1, 1, 2));
  take("write-1", "log: append (2)", "crash, in flight");
  take("request of write-1 (2)", "log: append");
  take("request of write-1", "log: append");
  EXPECT_EQ(log(), "[1,2]");
}

TEST_F(Sent, ReadsDoNotStayInFlight) {
  const auto read_and_append = [](Actor& actor) -> Task<void> {
    const auto log = actor.store<Log>("log");
    actor.send(log.read("length", length));
    co_await log.step("append", append, 1);
    actor.note("known", append, 1);
  };
  begin(logs(read_and_append), bounds_with(1, 1, 2));
  take("write-1", "log: append", "crash before");
  EXPECT_TRUE(live_->in_flight().empty());
  expect_same_as_plain(logs(read_and_append)(bounds_with(2, 1, 2, 1)));
}

TEST_F(Sent, LosesAnAnswerThatIsNotAwaitedYet) {
  begin(logs(append_two), bounds_with(1, 0, 1, 1));
  take("write-1", "log: append (2)", "lost answer, applied");
  EXPECT_EQ(log(), "[2]");
  take("write-1", "log: append");
  EXPECT_EQ(known(), "[1]");
  EXPECT_FALSE(live_->lives("write-1"));  // the program does not catch LostAnswer
  begin(logs(append_two), bounds_with(1, 0, 1, 1));
  take("write-1", "log: append (2)", "lost answer, in flight");
  take("write-1", "log: append");
  take("request of write-1", "log: append");
  EXPECT_EQ(log(), "[1,2]");
}

TEST_F(Sent, WaitsUntilItIsEnabled) {
  const auto in_turn = [](Actor& actor) -> Task<void> {
    const auto log = actor.store<Log>("log");
    const auto second = actor.send(log.when("append after", append_after, 2, 1));
    const auto first = actor.send(log.step("append", append, 1));
    co_await second;
    co_await first;
    actor.note("known", append, 2);
  };
  begin(logs(in_turn), bounds_with(1, 0, 0));
  EXPECT_EQ(offered(*live_, "write-1"), (std::vector<std::string>{"log: append -> ok"}));
  take("write-1", "log: append");
  take("write-1", "log: append after");
  EXPECT_EQ(known(), "[2]");
  auto finishes = logs(in_turn);
  finishes.can_finish("write", [](const Stores& now) { return now.store<Log>("log").size() > 1; });
  expect_same_as_plain(finishes(bounds_with(2, 1, 1, 1)));
}

TEST_F(Sent, IsAnsweredWhileTheProgramWaitsForAClientOrAChoice) {
  const auto ask = [](Actor& actor) -> Task<void> {
    const auto one = actor.send(actor.store<Log>("log").step("append", append, 1));
    const unsigned chosen = co_await actor.choose(2);
    const auto client = co_await actor.next_input();
    co_await one;
    if (client) actor.note("known", append, 1);
    if (chosen == 1) co_await actor.store<Log>("log").step("append", append, 3);
  };
  auto migration = logs(ask);
  migration.input("ask", 1);
  begin(migration, bounds_with(1, 0, 0));
  EXPECT_EQ(offered(*live_, "write-1"),
            (std::vector<std::string>{"choose: 0 -> ok", "choose: 1 -> ok", "log: append -> ok"}));
  take("write-1", "choose: 1");
  EXPECT_EQ(offered(*live_, "write-1"),
            (std::vector<std::string>{"client: ask -> ok", "stop -> ok", "log: append -> ok"}));
  take("write-1", "log: append");
  take("write-1", "client: ask");
  EXPECT_EQ(known(), "[1]");
  expect_same_as_plain(migration(bounds_with(2, 1, 1, 1)));
}

TEST_F(Sent, IsExploredAsByPlainReexecution) {
  for (const auto& body : {append_two, append_two_and_end}) {
    for (const unsigned in_flight : {0u, 1u, 2u, 3u}) {
      expect_same_as_plain(logs(body)(bounds_with(2, 1, in_flight, in_flight == 1 ? 1 : 0)));
    }
  }
}

TEST_F(Sent, ThreeTakeEffectInEveryOrder) {
  const auto append_three = [](Actor& actor) -> Task<void> {
    const auto log = actor.store<Log>("log");
    for (const int entry : {1, 2, 3}) actor.send(log.step("append", append, entry));
    co_return;
  };
  auto migration = logs(append_three);
  for (const Log& order : {Log{1, 2, 3}, Log{1, 3, 2}, Log{2, 1, 3}, Log{2, 3, 1}, Log{3, 1, 2},
                           Log{3, 2, 1}, Log{1, 1, 2}}) {
    migration.sometimes(Value(order).dump(),
                        [order](const View& now) { return now.store<Log>("log") == order; });
  }
  const auto found = crashsim::explore(migration(bounds_with(1, 0, 0)), {});
  EXPECT_EQ(found.unseen, (std::vector<std::string>{"one is known", "[1,1,2]"}));
  EXPECT_EQ(found.result.states, 1 + 1 + 3 + 6 + 6U);  // before the start, and by what is written
  expect_same_as_plain(migration(bounds_with(1, 1, 3)));
}

/// It finishes if the first answer that is there is the first that it asked for.
Task<void> finish_in_order(Actor& actor) {
  const auto log = actor.store<Log>("log");
  const auto one = actor.send(log.step("append", append, 1));
  const auto two = actor.send(log.step("append", append, 2));
  co_await one;
  co_await two;
}

TEST_F(Sent, ALoneRunIsLookedAtInEveryOrder) {
  auto migration = logs(finish_in_order);
  migration.can_finish("write", [](const Stores& now) {
    const auto log = now.store<Log>("log");
    return log.size() > 1 && log[log.size() - 2] == 1;
  });
  const auto found = crashsim::explore(migration(bounds_with(1, 0, 0)), {});
  ASSERT_TRUE(found.violation);
  EXPECT_EQ(found.violation->violated, "CanFinish");
  EXPECT_TRUE(found.violation->choices.empty());
  expect_same_as_plain(migration(bounds_with(1, 0, 0)));
  const auto failure = crashsim::LoneRuns(migration(bounds_with(1, 0, 0))).failure({Value(Log{})});
  ASSERT_TRUE(failure);
  ASSERT_EQ(failure->steps.size(), 2U);
  EXPECT_EQ(failure->steps[0].arguments.back(), 2);
}

/// What violates NoException, as a search tells it.
std::string exception_of(const Migration& migration) {
  const World world = migration(bounds_with(1, 0, 0));
  const auto found = crashsim::explore(world, {});
  if (!found.violation) return "none";
  EXPECT_EQ(found.violation->violated, "NoException");
  LiveWorld live(world, "start");
  live.listen();
  for (const Choice& choice : found.violation->choices) EXPECT_EQ(live.take(choice), std::nullopt);
  return live.last_events().empty() ? "nothing" : live.last_events().back().dump();
}

TEST(SentInVain, AnAnswerIsThereOnce) {
  const auto twice = [](Actor& actor) -> Task<void> {
    const auto one = actor.send(actor.store<Log>("log").step("append", append, 1));
    co_await one;
    co_await one;
  };
  EXPECT_EQ(exception_of(logs(twice)),
            "\"program 'write': program 'write' waits for the same answer twice\"");
}

TEST(SentInVain, SixteenAreTheMost) {
  const auto send = [](int most) {
    return [most](Actor& actor) -> Task<void> {
      const auto log = actor.store<Log>("log");
      for (int i = 0; i < most; ++i) {
        actor.send(log.when("never", [](Log&, int) { return false; }, i));
      }
      co_return;
    };
  };
  EXPECT_EQ(exception_of(logs(send(16))), "none");
  EXPECT_EQ(refusal(logs(send(17))),
            "the migration's definition: program 'write': program 'write' has 16 requests under "
            "way, and that is the most; wait for an answer before the next");
}

TEST(SentInVain, ALoopThatPollsBesideIsRefused) {
  const auto poll = [](Actor& actor) -> Task<void> {
    const auto log = actor.store<Log>("log");
    actor.send(log.when("never", [](Log&) { return false; }));
    while (true) co_await log.read("length", length);
  };
  try {
    crashsim::explore(logs(poll)(bounds_with(1, 0, 0)), {});
    ADD_FAILURE() << "it ended";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("program 'write' asked 'log: length' 50 times"),
              std::string::npos)
        << error.what();
  }
}

// Below the SDK.

World world_of(std::function<crashsim::awaitable<Value>(crashsim::Process&, Value)> body) {
  const auto nothing = [](Actor& actor) -> Task<void> {
    co_await actor.store<Log>("log").step("append", append, 1);
  };
  World world = logs(nothing)(bounds_with(1, 0, 0));
  world.programs[0].body = std::move(body);
  return world;
}

crashsim::Operation nothing() {
  crashsim::Operation made;
  made.label = "nothing";
  made.run = [](crashsim::StoreMachine&) { return crashsim::Effect{}; };
  return made;
}

std::string error_of(const World& world) {
  try {
    crashsim::explore(world, {});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

TEST(SentInVain, NothingMayBeUnderWayFromStageToStage) {
  const auto body = [](bool waits) {
    return [waits](crashsim::Process& process, Value stage) -> crashsim::awaitable<Value> {
      if (stage == "second") co_return nullptr;
      const std::size_t sent = process.send(nothing());
      if (waits) co_await process.receive(sent);
      co_return "second";
    };
  };
  EXPECT_EQ(error_of(world_of(body(true))), "none");
  EXPECT_EQ(error_of(world_of(body(false))),
            "program 'write' goes on to another stage while 'nothing' is under way; receive its "
            "answer first");
}

/// A specification that allows everything.
struct Anything final : crashsim::Companion {
  using Number = crashsim::Number;
  std::size_t words() const override { return 1; }
  Words begin(const std::string&) const override { return {}; }
  Number label(std::size_t, const std::string&) const override { return 0; }
  Number answer(const Value&) const override { return 0; }
  std::uint64_t durable(std::size_t, const Value&) const override { return 0; }
  bool take(Words&, const crashsim::CompanionStep&, std::span<const std::uint64_t>) const override {
    return true;
  }
  void rearrange(Words&, std::span<const std::uint8_t>) const override {}
  std::string action(const Words&, const crashsim::CompanionStep&) const override { return ""; }
  std::string complaint(const Words&, const crashsim::CompanionStep&) const override { return ""; }
  std::string tla(const Words&) const override { return ""; }
};

TEST(SentInVain, NoSpecificationFollowsSeveralAtOnce) {
  const auto body = [](bool sends) {
    return [sends](crashsim::Process& process, Value) -> crashsim::awaitable<Value> {
      if (sends) process.send(nothing());
      crashsim::Operation operation = nothing();
      co_await process.perform(std::move(operation));
      co_return nullptr;
    };
  };
  for (const bool sends : {false, true}) {
    World world = world_of(body(sends));
    world.companion = std::make_shared<Anything>();
    EXPECT_EQ(error_of(world), sends ? "program 'write' has several requests under way, and a "
                                       "specification that is moved in lock step follows one"
                                     : "none");
  }
}

TEST(SentInVain, WhatIsSentIsComparedWhenItIsDoneAgain) {
  const auto flips = [](crashsim::Process& process, Value) -> crashsim::awaitable<Value> {
    static int times = 0;
    crashsim::Operation other = nothing();
    if (++times % 2 == 0) other.label = "something";
    process.send(std::move(other));
    crashsim::Operation operation = nothing();
    co_await process.perform(std::move(operation));
    co_return nullptr;
  };
  EXPECT_NE(error_of(world_of(flips)).find("hidden nondeterminism"), std::string::npos);
}

}  // namespace
}  // namespace cutover
