// The layer for a user's own migration: what its parts do, and how mistakes in it are told.
#include "crashsim/sdk.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/replay.h"
#include "crashsim/explore/explorer.h"
#include "crashsim/live/live_world.h"
#include "refusal.h"
#include "same_as_plain.h"

namespace cutover {
namespace {

using crashsim::Bounds;
using crashsim::Exploration;
using crashsim::LiveWorld;
using crashsim::Value;

struct Cell {
  int value = 0;
  std::vector<std::string> log = {};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Cell, value, log)

const Bounds kCalm{
    .processes = 1, .starts = 1, .crashes = 0, .in_flight = 0, .lost = 0, .own = {{"writes", 2}}};

bool always(const View&) { return true; }

Exploration explore(const Migration& migration, const Bounds& bounds) {
  crashsim::Options options;
  return crashsim::explore(migration(bounds), options);
}

Task<void> add_twice(Actor& actor) {
  const auto add = [](Cell& cell, int number) { return cell.value += number; };
  const auto cell = actor.store<Cell>("cell");
  const int first = co_await cell.step("add", add, 1);
  co_await cell.step("add", add, first);
}

/// One store and one program.
Migration small(std::function<Task<void>(Actor&)> body) {
  Migration migration;
  migration.store("cell", Cell{}).memory(0).program("work", std::move(body));
  migration.property("AlwaysTrue", always).sometimes("something is", always);
  return migration;
}

TEST(Define, FindsAnAnswerInTheNextStep) {
  const auto world = small(add_twice)(kCalm);
  LiveWorld live(world, "start");
  EXPECT_EQ(live.take({"work-1", "start", "ok"}), std::nullopt);
  EXPECT_EQ(live.take({"work-1", "cell: add", "ok"}), std::nullopt);
  EXPECT_EQ(live.take({"work-1", "cell: add", "ok"}), std::nullopt);
  EXPECT_EQ(live.store_states()[0]["value"], 2);
  EXPECT_TRUE(live.choices().empty());
  EXPECT_EQ(live.describe()[0].second, "value=2 log=[]");
}

TEST(Define, TakesTextListsAndObjectsAsArguments) {
  const auto program = [](Actor& actor) -> Task<void> {
    const auto cell = actor.store<Cell>("cell");
    const auto put = [](Cell& cell, std::string text, std::vector<std::string> more, Cell other) {
      cell = other;
      cell.log.push_back(text);
      cell.log.insert(cell.log.end(), more.begin(), more.end());
      return cell;
    };
    const std::vector<std::string> more = {"two", "three"};
    const Cell other{.value = 5, .log = {"zero"}};
    Cell now = co_await cell.step("put", put, "one", more, other);
    now.log.push_back("four");
    co_await cell.step("put all", [](Cell& cell, const Cell& all) { cell = all; }, now);
  };
  const auto world = small(program)(kCalm);
  LiveWorld live(world, "start");
  for (const char* step : {"start", "cell: put", "cell: put all"}) {
    EXPECT_EQ(live.take({"work-1", step, "ok"}), std::nullopt);
  }
  EXPECT_EQ(live.store_states()[0].get<Cell>().log,
            (std::vector<std::string>{"zero", "one", "two", "three", "four"}));
}

TEST(Define, ARejectedStepChangesNothingAndEndsItsProcess) {
  const auto program = [](Actor& actor) -> Task<void> {
    const auto cell = actor.store<Cell>("cell");
    co_await cell.step("spoil", [](Cell& cell) {
      cell.value = 9;
      require(false);
    });
    co_await cell.step("never", [](Cell& cell) { cell.value = 8; });
  };
  const auto world = small(program)(kCalm);
  LiveWorld live(world, "start");
  live.take({"work-1", "start", "ok"});
  live.take({"work-1", "cell: spoil", "ok"});
  EXPECT_EQ(live.store_states()[0]["value"], 0);
  EXPECT_TRUE(live.choices().empty());
}

/// What is got from a view is good until the call ends.
TEST(Define, AViewReadsEachStateOnce) {
  Migration migration = small(add_twice);
  migration.property("ReadOnce", [](const View& now) {
    const Cell& cell = now.store<Cell>("cell");
    const int& memory = now.memory<int>();
    return &cell == &now.store<Cell>("cell") && &memory == &now.memory<int>();
  });
  const Exploration found = explore(migration, kCalm);
  EXPECT_FALSE(found.violation);
}

TEST(Define, ALostAnswerCanBeCaught) {
  const auto program = [](Actor& actor) -> Task<void> {
    const auto cell = actor.store<Cell>("cell");
    bool lost = false;
    try {
      co_await cell.step("set", [](Cell& cell) { cell.value = 1; });
    } catch (const LostAnswer&) {
      lost = true;
    }
    if (lost) co_await cell.step("set again", [](Cell& cell) { cell.value = 1; });
    actor.note("finished", [](int& finished) { ++finished; });
  };
  Migration migration = small(program);
  migration.property("OneIfFinished", [](const View& now) {
    return now.memory<int>() == 0 || now.store<Cell>("cell").value == 1;
  });
  Bounds bounds = kCalm;
  bounds.lost = 1;
  const Exploration found = explore(migration, bounds);
  EXPECT_FALSE(found.violation);
  EXPECT_EQ(found.unseen, std::vector<std::string>{});
}

TEST(Define, StepsWithTheSameLabelAndArgumentsAreToldApart) {
  const auto program = [](Actor& actor) -> Task<void> {
    const auto cell = actor.store<Cell>("cell");
    co_await cell.step("change", [](Cell& cell) { cell.value += 1; });
    co_await cell.step("change", [](Cell& cell) { cell.value += 10; });
  };
  Migration migration = small(program);
  migration.sometimes("both are done",
                      [](const View& now) { return now.store<Cell>("cell").value == 11; });
  EXPECT_EQ(explore(migration, kCalm).unseen, std::vector<std::string>{});
}

TEST(Define, InputsComeNumberedAsOftenAsTheirBudgetSays) {
  const auto program = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell, std::string text) { cell.log.push_back(text); };
    while (const auto input = co_await actor.next_input()) {
      const std::string text = input->label() + " " + input->as<std::string>();
      co_await actor.store<Cell>("cell").step("add", add, text);
    }
  };
  Migration migration = small(program);
  const auto text = [](unsigned number) { return "no. " + std::to_string(number); };
  migration.input("push", 1, text).input("pull", crashsim::kWrites, text);
  const auto world = migration(kCalm);
  LiveWorld live(world, "start");
  live.take({"work-1", "start", "ok"});
  for (const char* step : {"client: pull", "cell: add", "client: push", "cell: add", "client: pull",
                           "cell: add", "stop"}) {
    EXPECT_EQ(live.take({"work-1", step, "ok"}), std::nullopt) << step;
  }
  EXPECT_EQ(live.store_states()[0].get<Cell>().log,
            (std::vector<std::string>{"pull no. 1", "push no. 1", "pull no. 2"}));
}

TEST(Define, FindsTheViolatedPropertyAndTheUnseenWitness) {
  Migration migration = small(add_twice);
  migration.property("BelowTwo", [](const View& now) { return now.store<Cell>("cell").value < 2; });
  const Exploration found = explore(migration, kCalm);
  ASSERT_TRUE(found.violation);
  EXPECT_EQ(found.violation->violated, "BelowTwo");
  EXPECT_EQ(found.violation->choices.size(), 3u);

  Migration vacuous = small(add_twice);
  vacuous.sometimes("three", [](const View& now) { return now.store<Cell>("cell").value == 3; });
  EXPECT_EQ(explore(vacuous, kCalm).unseen, std::vector<std::string>{"three"});
  vacuous.sometimes(
      "with a crash", [](const View&) { return false; },
      [](const Bounds& bounds) { return bounds.crashes > 0; });
  EXPECT_EQ(explore(vacuous, kCalm).unseen, std::vector<std::string>{"three"});
}

TEST(Define, CanFinishHoldsOfAProgramThatEndsAndFailsOfOneThatGetsStuck) {
  const auto is_done = [](const Stores& now) { return now.store<Cell>("cell").value >= 2; };
  Bounds crash = kCalm;
  crash.crashes = 1;
  crash.starts = 2;
  Migration ends = small(add_twice);
  EXPECT_FALSE(explore(ends.can_finish("work", is_done), crash).violation);

  const auto gets_stuck = [](Actor& actor) -> Task<void> {
    const auto cell = actor.store<Cell>("cell");
    const auto add_to = [](Cell& cell, int expected) {
      require(cell.value == expected);
      ++cell.value;
    };
    co_await cell.step("first", add_to, 0);
    co_await cell.step("second", add_to, 1);
  };
  Migration stuck = small(gets_stuck);
  const Exploration found = explore(stuck.can_finish("work", is_done), crash);
  ASSERT_TRUE(found.violation);
  EXPECT_EQ(found.violation->violated, "CanFinish");
}

TEST(Define, BeginsWhereItIsTold) {
  Migration migration = small(add_twice);
  migration.beginning("later", {{"cell", Cell{.value = 40}}}, 7);
  migration.sometimes("41, remembering 7", [](const View& now) {
    return now.store<Cell>("cell").value == 41 && now.memory<int>() == 7;
  });
  EXPECT_EQ(explore(migration, kCalm).unseen, std::vector<std::string>{});
}

TEST(Define, RefusesWhatIsMissing) {
  Migration none;
  EXPECT_EQ(refusal(none),
            "the migration's definition: there are no stores; add store(\"old\", Old{})");
  none.store("cell", Cell{});
  EXPECT_NE(refusal(none).find("there is nothing to run"), std::string::npos);
  none.program("work", add_twice);
  EXPECT_NE(refusal(none).find("there is nothing to check"), std::string::npos);
  none.property("AlwaysTrue", always);
  EXPECT_NE(refusal(none).find("nothing shows that anything happens"), std::string::npos);
  none.sometimes("something is", always);
  EXPECT_EQ(refusal(none), "none");
  none.program("idle", nullptr);
  EXPECT_EQ(refusal(none), "the migration's definition: program 'idle' has no function");
}

TEST(Define, RefusesMoreThanTheSearchHasRoomFor) {
  Migration most = small(add_twice);
  unsigned count = 0;
  while (refusal(most) == "none" && count < 100) {
    most.sometimes("it is " + std::to_string(++count), always);
  }
  EXPECT_EQ(refusal(most),
            "the migration's definition: there are 49 sometimes(...), and 48 is the most");
}

TEST(Define, RefusesNamesThatDoNotFit) {
  EXPECT_EQ(refusal(small(add_twice).property("AlwaysTrue", always)),
            "the migration's definition: property 'AlwaysTrue' is there twice; rename one");
  EXPECT_EQ(refusal(small(add_twice).store("", Cell{})),
            "the migration's definition: a store has an empty name");
  EXPECT_EQ(refusal(small(add_twice).can_finish("werk", [](const Stores&) { return true; })),
            "the migration's definition: can_finish: there is no program 'werk'");
  EXPECT_EQ(refusal(small(add_twice).beginning("full", {{"cel", Cell{}}})),
            "the migration's definition: beginning 'full': there is no store 'cel'");
  EXPECT_NE(refusal(small(add_twice).beginning("full", {{"cell", 3}})).find("store 'cell': "),
            std::string::npos);
  EXPECT_NE(refusal(small(add_twice).beginning("start", {})), "none");
}

TEST(Define, RefusesWhatIsThereTwice) {
  const auto text = [](const Stores&) { return std::string(); };
  const auto done = [](const Stores&) { return true; };
  const std::vector<Migration> all = {
      small(add_twice).program("work", add_twice),
      small(add_twice).store("cell", Cell{}),
      small(add_twice).input("push").input("push"),
      small(add_twice).beginning("b", {}).beginning("b", {}),
      small(add_twice).column("c", text).column("c", text),
      small(add_twice).sometimes("something is", always),
      small(add_twice).can_finish("work", done).can_finish("work", done)};
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_NE(refusal(all[i]).find("is there twice; rename one"), std::string::npos)
        << i << ": " << refusal(all[i]);
  }
}

TEST(Define, RefusesNamesThatAreTakenAndWhatHasNoFunction) {
  EXPECT_NE(refusal(small(add_twice).property("CanFinish", always)).find("of can_finish"),
            std::string::npos);
  EXPECT_NE(refusal(small(add_twice).property("NoException", always)).find("without being defined"),
            std::string::npos);
  EXPECT_NE(refusal(small(add_twice).property("P", nullptr)).find("has no function"),
            std::string::npos);
  EXPECT_NE(refusal(small(add_twice).sometimes("s", nullptr)).find("has no function"),
            std::string::npos);
  EXPECT_NE(refusal(small(add_twice).can_finish("work", nullptr)).find("has no function"),
            std::string::npos);
}

TEST(Define, RefusesAPropertyOrProgramThatAsksForWhatIsNotThere) {
  EXPECT_EQ(refusal(small(add_twice).property(
                "Typo", [](const View& now) { return now.store<Cell>("sell").value == 0; })),
            "the migration's definition: property 'Typo': there is no store 'sell'; there are "
            "cell");
  EXPECT_EQ(refusal(small(add_twice).property(
                "Type", [](const View& now) { return now.store<int>("cell") == 0; })),
            "the migration's definition: property 'Type': store 'cell' was defined with another "
            "type");
  EXPECT_EQ(refusal(small(add_twice).can_finish(
                "work", [](const Stores& now) { return now.store<Cell>("sell").value == 0; })),
            "the migration's definition: can_finish 'work': there is no store 'sell'; there are "
            "cell");
  EXPECT_EQ(refusal(small([](Actor& actor) -> Task<void> {
              co_await actor.store<Cell>("sell").step("x", [](Cell&) {});
            })),
            "the migration's definition: program 'work': there is no store 'sell'; there are "
            "cell");
  EXPECT_NE(refusal(small([](Actor& actor) -> Task<void> {
              actor.note("nothing", [](std::string&) {});
              co_return;
            })).find("the memory was defined with another type"),
            std::string::npos);
}

/// What NoException says of its counterexample, which ends with it.
std::string exception_found(const Migration& migration) {
  const auto world = migration(kCalm);
  const Exploration found = crashsim::explore(world, {});
  if (!found.violation) return "none";
  EXPECT_EQ(found.violation->violated, "NoException");
  LiveWorld live(world, found.violation->beginning);
  live.listen();
  for (const auto& choice : found.violation->choices) live.take(choice);
  if (!live.last_events().empty()) return world.explanations.event(live.last_events().back());
  return world.explanations.complaint(crashsim::pointers_to(live.store_states()), live.memory());
}

TEST(Define, AnExceptionIsACounterexample) {
  EXPECT_EQ(exception_found(small(add_twice)), "none");
  EXPECT_EQ(exception_found(small([](Actor& actor) -> Task<void> {
              co_await actor.store<Cell>("cell").step("burst",
                                                      [](Cell&) { throw std::range_error("no"); });
            })),
            "throws: step 'cell: burst': no");
  EXPECT_EQ(exception_found(small([](Actor& actor) -> Task<void> {
              co_await actor.store<Cell>("cell").step("do", [](Cell&) {});
              throw std::range_error("never");
            })),
            "throws: program 'work': never");
  EXPECT_EQ(exception_found(small([](Actor& actor) -> Task<void> {
              co_await actor.store<Cell>("cell").step("do", [](Cell&) {});
              actor.note("bad", [](int&, int) { throw std::range_error("no"); }, 7);
            })),
            "bad 7");
  Migration delicate = small(add_twice);
  delicate.property("Delicate", [](const View& now) {
    if (now.store<Cell>("cell").value > 1) throw std::range_error("too many");
    return true;
  });
  EXPECT_EQ(exception_found(delicate), "property 'Delicate': too many");
  Migration curious = small(add_twice);
  curious.sometimes("seen", [](const View& now) -> bool {
    return now.store<Cell>("cell").value < 2 ? true : throw std::range_error("too many");
  });
  EXPECT_EQ(exception_found(curious), "sometimes 'seen': too many");
}

TEST(Define, ATraceShowsARejection) {
  const auto world = small(add_twice)(kCalm);
  const auto rejected = world.explanations.answer(nullptr, "rejected");
  EXPECT_EQ(rejected.text, "rejected");
  EXPECT_TRUE(rejected.is_refusal);
  const auto answered = world.explanations.answer(nullptr, Value::array({1}));
  EXPECT_EQ(answered.text, "1");
  EXPECT_FALSE(answered.is_refusal);
}

TEST(Define, RefusesBudgetsThatTheEngineCannotCount) {
  Bounds many;
  many.own["writes"] = 256;
  EXPECT_EQ(
      refusal(small(add_twice).input("push"), many),
      "the migration's definition: these bounds give input 'push' a budget of 256, and 255 is "
      "the most");
}

struct Lock {
  int holder = 0;
  int taken = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Lock, holder, taken)

constexpr auto take_lock = [](Lock& lock) -> std::optional<int> {
  if (lock.holder != 0) return std::nullopt;
  lock.holder = ++lock.taken;
  return lock.holder;
};
constexpr auto release_lock = [](Lock& lock, int me) {
  require(lock.holder == me);
  lock.holder = 0;
};

Task<void> work_under_lock(Actor& actor) {
  const auto lock = actor.store<Lock>("lock");
  const int me = co_await lock.when("take", take_lock);
  co_await lock.step("release", release_lock, me);
}

Migration with_lock() {
  Migration migration;
  migration.store("lock", Lock{}).unfenced("lock").program("work", work_under_lock);
  migration.property("HolderTookIt", [](const View& now) {
    return now.store<Lock>("lock").holder <= now.store<Lock>("lock").taken;
  });
  migration.sometimes("is held twice",
                      [](const View& now) { return now.store<Lock>("lock").taken == 2; });
  return migration;
}

TEST(When, AStepWaitsUntilItIsEnabled) {
  const auto world = with_lock()({.processes = 2, .starts = 2});
  LiveWorld live(world, "start");
  const auto take = [&](const std::string& who, const std::string& step,
                        const std::string& outcome = "ok") {
    return live.take({who, step, outcome}).value_or("taken");
  };
  EXPECT_EQ(take("work-1", "start"), "taken");
  EXPECT_EQ(take("work-2", "start"), "taken");
  EXPECT_EQ(take("work-1", "lock: take"), "taken");
  EXPECT_EQ(take("work-2", "lock: take"), "'lock: take' has to wait");
  EXPECT_EQ(take("work-2", "lock: take", "crash after"), "'lock: take' has to wait");
  EXPECT_EQ(take("work-2", "lock: take", "lost answer, applied"), "'lock: take' has to wait");
  EXPECT_EQ(live.store_states()[0].get<Lock>().holder, 1);
  std::vector<std::string> outcomes;
  for (const auto& choice : live.choices()) {
    if (choice.actor == "work-2") outcomes.push_back(choice.outcome);
  }
  EXPECT_EQ(outcomes,
            (std::vector<std::string>{"crash before", "crash, in flight",
                                      "lost answer, not applied", "lost answer, in flight"}));
  EXPECT_EQ(take("work-2", "lock: take", "crash, in flight"), "taken");
  EXPECT_EQ(take("request of work-2", "lock: take"), "'lock: take' has to wait");
  EXPECT_EQ(take("work-1", "lock: release"), "taken");
  EXPECT_EQ(take("request of work-2", "lock: take"), "taken");
  EXPECT_EQ(live.store_states()[0].get<Lock>().holder, 2);
}

TEST(When, ReachesTheSameStatesAsPlainReExecution) {
  for (const Bounds& bounds :
       {Bounds{.processes = 2, .starts = 3, .crashes = 1, .in_flight = 1, .lost = 1},
        Bounds{.processes = 3, .starts = 3, .crashes = 0, .in_flight = 0, .lost = 0}}) {
    const auto world = with_lock()(bounds);
    EXPECT_FALSE(crashsim::explore(world, {}).violation);
    crashsim::expect_same_as_plain(world);
  }
}

TEST(When, CanFinishFailsWhereADeadProcessHoldsTheLock) {
  const auto is_free = [](const Stores& now) { return now.store<Lock>("lock").holder == 0; };
  const Bounds bounds{.processes = 1, .starts = 2, .crashes = 1, .in_flight = 0, .lost = 0};
  const auto found = explore(with_lock().can_finish("work", is_free), bounds);
  ASSERT_TRUE(found.violation);
  EXPECT_EQ(found.violation->violated, "CanFinish");
  const auto world = with_lock().can_finish("work", is_free)(bounds);
  LiveWorld live(world, "start");
  for (const auto& choice : found.violation->choices) live.take(choice);
  const auto failure = crashsim::LoneRuns(world).failure(live.store_states());
  ASSERT_TRUE(failure);
  ASSERT_EQ(failure->steps.size(), 1u);
  EXPECT_EQ(failure->steps[0].label, "lock: take");
  EXPECT_EQ(failure->why, "waits there for ever");
}

TEST(When, ALoopThatPollsIsNamed) {
  const auto polls = [](Actor& actor) -> Task<void> {
    const auto cell = actor.store<Cell>("cell");
    const auto look = [](const Cell& cell) { return cell.value; };
    while (co_await cell.read("get", look) == 0) {
    }
  };
  try {
    explore(small(polls), kCalm);
    FAIL() << "not noticed";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()),
              "program 'work' asked 'cell: get' 50 times in a row, and was answered [0] each time: "
              "a loop that polls never ends the search; let the step wait for what it looks for");
  }
  const auto gives_up = [](Actor& actor) -> Task<void> {
    const auto cell = actor.store<Cell>("cell");
    const auto look = [](const Cell& cell) { return cell.value; };
    for (int i = 0; i < 49 && co_await cell.read("get", look) == 0; ++i) {
    }
  };
  EXPECT_FALSE(explore(small(gives_up), kCalm).violation);
}

TEST(Choose, EveryNumberIsExplored) {
  const auto program = [](Actor& actor) -> Task<void> {
    const unsigned number = co_await actor.choose(3);
    co_await actor.store<Cell>("cell").step(
        "set", [](Cell& cell, unsigned to) { cell.value = static_cast<int>(to); }, number);
  };
  Migration migration = small(program);
  migration.unfenced("cell");
  for (int i = 0; i < 3; ++i) {
    migration.sometimes("it is " + std::to_string(i),
                        [i](const View& now) { return now.store<Cell>("cell").value == i; });
  }
  migration.sometimes("it is 3",
                      [](const View& now) { return now.store<Cell>("cell").value == 3; });
  EXPECT_EQ(explore(migration, kCalm).unseen, std::vector<std::string>{"it is 3"});
  const auto world = migration(kCalm);
  LiveWorld live(world, "start");
  live.take({"work-1", "start", "ok"});
  EXPECT_EQ(live.choices().size(), 3u);
  EXPECT_EQ(live.take({"work-1", "choose: 3", "ok"}),
            "work-1 lets choose among 3, and not 'choose: 3'");
  EXPECT_EQ(live.take({"work-1", "choose: 2", "ok"}), std::nullopt);
  EXPECT_EQ(live.take({"work-1", "cell: set", "ok"}), std::nullopt);
  EXPECT_EQ(live.store_states()[0]["value"], 2);
  Bounds faults = kCalm;
  faults.crashes = faults.lost = faults.in_flight = 1;
  faults.processes = faults.starts = 2;
  const auto wide = migration(faults);
  EXPECT_EQ(crashsim::explore(wide, {}).result.states,
            crashsim::plain_search(wide, crashsim::most_faults(wide)).states);
}

TEST(Choose, CanFinishAsksForEveryNumber) {
  const auto program = [](Actor& actor) -> Task<void> {
    if (co_await actor.choose(2) == 1) co_return;
    co_await actor.store<Cell>("cell").step("set", [](Cell& cell) { cell.value = 1; });
  };
  Migration migration = small(program);
  migration.can_finish("work",
                       [](const Stores& now) { return now.store<Cell>("cell").value == 1; });
  const auto found = explore(migration, kCalm);
  ASSERT_TRUE(found.violation);
  EXPECT_EQ(found.violation->violated, "CanFinish");
  const auto failure =
      crashsim::LoneRuns(migration(kCalm)).failure({migration(kCalm).beginnings[0].stores});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->steps.back().label, "choose: 1");
  EXPECT_EQ(failure->why, "ends there");
}

TEST(Choose, CanFinishOfManyShortRuns) {
  const auto program = [](Actor& actor) -> Task<void> {
    for (int i = 0; i < 3; ++i) co_await actor.choose(11);
    co_await actor.store<Cell>("cell").step("set", [](Cell& cell) { cell.value = 1; });
  };
  Migration migration = small(program);
  migration.can_finish("work",
                       [](const Stores& now) { return now.store<Cell>("cell").value == 1; });
  EXPECT_FALSE(explore(migration, kCalm).violation);
  const auto world = migration(kCalm);
  EXPECT_TRUE(crashsim::LoneRuns(world).every_program_finishes(world.beginnings[0].stores));
}

TEST(Choose, RefusesNumbersOfOptionsThatCantBe) {
  for (const unsigned options : {0u, 256u}) {
    EXPECT_NE(refusal(small([options](Actor& actor) -> Task<void> {
                co_await actor.choose(options);
              })).find("lets choose among " + std::to_string(options)),
              std::string::npos);
  }
}

TEST(Fenced, WhoOpenedItBeforeIsRejected) {
  const auto program = [](Actor& actor) -> Task<void> {
    const auto cell = co_await open(actor.store<Fenced<Cell>>("cell"));
    const auto add = [](Cell& cell, int number) { return cell.value += number; };
    const auto look = [](const Cell& cell) { return cell.value; };
    const auto is_two = [](const Cell& cell) { return cell.value == 2; };
    co_await cell.step("add", add, 2);
    co_await cell.when("is two", is_two);
    co_await cell.read("look", look);
  };
  Migration migration;
  migration.store("cell", Fenced<Cell>{}).program("work", program);
  migration.property("AlwaysTrue", always).sometimes("something is", always);
  const auto world = migration({.processes = 2, .starts = 2});
  const std::vector<std::string> steps = {"cell: open", "cell: add", "cell: is two", "cell: look"};
  for (std::size_t fenced_at = 1; fenced_at < steps.size(); ++fenced_at) {
    LiveWorld live(world, "start");
    live.take({"work-1", "start", "ok"});
    live.take({"work-2", "start", "ok"});
    for (std::size_t i = 0; i < fenced_at; ++i) {
      ASSERT_EQ(live.take({"work-1", steps[i], "ok"}), std::nullopt) << steps[i];
    }
    live.take({"work-2", "cell: open", "ok"});
    const auto before = live.store_states();
    EXPECT_EQ(live.take({"work-1", steps[fenced_at], "ok"}), std::nullopt);
    EXPECT_EQ(live.last_answer(), "rejected") << steps[fenced_at];
    EXPECT_EQ(live.store_states(), before);
    EXPECT_FALSE(live.lives("work-1"));
  }
  LiveWorld live(world, "start");
  live.take({"work-1", "start", "ok"});
  for (const std::string& step : steps) EXPECT_EQ(live.take({"work-1", step, "ok"}), std::nullopt);
  EXPECT_EQ(live.last_answer(), Value::array({2}));
  EXPECT_EQ(live.describe()[0].second, "epoch=1 value={log=[] value=2}");
}

TEST(Unfenced, LateRequestsNeedNotLandInVain) {
  const Bounds bounds{.processes = 2, .starts = 2, .crashes = 1, .in_flight = 1, .lost = 0};
  const auto program = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell) { ++cell.value; };
    co_await actor.store<Cell>("cell").step("add", add);
  };
  EXPECT_EQ(explore(small(program), bounds).unseen,
            std::vector<std::string>{
                "a request in flight landed without effect: at 'cell' every one took effect; a "
                "store without a fence is to say so (in a Migration: unfenced(...))"});
  EXPECT_EQ(explore(small(program).unfenced("cell"), bounds).unseen, std::vector<std::string>{});
  EXPECT_THROW(small(program).unfenced("sell"), std::invalid_argument);
}

/// A violation stays, whatever the same step tells besides.
TEST(Checks, AStepThatTellsMoreViolatesAllTheSame) {
  const auto two = [](Actor& actor) -> Task<void> {
    const auto cell = actor.store<Cell>("cell");
    co_await cell.step("do", [](Cell&) {});
    actor.note("bad", [](int&) { throw std::range_error("no"); });
    actor.note("good", [](int& memory) { memory = 1; });
  };
  const Exploration found = explore(small(two), kCalm);
  ASSERT_TRUE(found.violation);
  EXPECT_EQ(found.violation->violated, "NoException");
  const auto world = small(two)(kCalm);
  LiveWorld live(world, "start");
  live.take({"work-1", "start", "ok"});
  live.take({"work-1", "cell: do", "ok"});
  ASSERT_TRUE(live.violated());
  EXPECT_EQ(world.properties[*live.violated()], "NoException");
}

/// Who asks again as long as answers are lost does not poll.
TEST(Checks, ARetryAfterALostAnswerIsExplored) {
  const auto retries = [](Actor& actor) -> Task<void> {
    const auto set = [](Cell& cell) { cell.value = 1; };
    const auto cell = actor.store<Cell>("cell");
    for (bool is_done = false; !is_done;) {
      try {
        co_await cell.step("set", set);
        is_done = true;
      } catch (const LostAnswer&) {
      }
    }
  };
  Bounds bounds = kCalm;
  bounds.lost = 3;
  EXPECT_EQ(explore(small(retries), bounds).result.ended, checker::Ended::complete);
}

/// What is replayed is held to the bounds, too.
TEST(LiveWorlds, HaveNoMoreThanTheirBounds) {
  Bounds bounds = kCalm;
  bounds.starts = 2;
  const auto world = small(add_twice)(bounds);
  LiveWorld live(world, "start");
  EXPECT_EQ(live.take({"work-1", "start", "ok"}), std::nullopt);
  EXPECT_EQ(live.take({"work-2", "start", "ok"}), "the bound on live processes is used up");
  const auto takes = [](Actor& actor) -> Task<void> {
    while (co_await actor.next_input()) {
    }
  };
  const auto one = small(takes).input("push", 1)(kCalm);
  LiveWorld pushed(one, "start");
  EXPECT_EQ(pushed.take({"work-1", "start", "ok"}), std::nullopt);
  EXPECT_EQ(pushed.take({"work-1", "client: push", "ok"}), std::nullopt);
  EXPECT_EQ(pushed.take({"work-1", "client: push", "ok"}), "the bound on 'push' is used up");
}

/// A goal that was met on the way, and is no more, is not reached.
TEST(Checks, AGoalIsAskedOnceTheProcessIsAtRest) {
  const auto program = [](Actor& actor) -> Task<void> {
    const auto put = [](Cell& cell, int value) { cell.value = value; };
    const auto cell = actor.store<Cell>("cell");
    co_await cell.step("put", put, 2);
    co_await cell.step("put", put, 0);
  };
  const auto is_two = [](const Stores& now) { return now.store<Cell>("cell").value == 2; };
  const Exploration found = explore(small(program).can_finish("work", is_two), kCalm);
  ASSERT_TRUE(found.violation);
  EXPECT_EQ(found.violation->violated, "CanFinish");
}

TEST(Traces, TellWhatWasAskedAnsweredAndNoted) {
  const auto program = [](Actor& actor) -> Task<void> {
    const auto put = [](Cell& cell, int number, std::string) { return cell.value = number; };
    const auto saved = co_await actor.store<Cell>("cell").step("put", put, 4, "two words");
    actor.note("acknowledged", [](int& last, int now) { last = now; }, saved);
  };
  Migration migration = small(program);
  migration.column("known", [](const View& now) { return std::to_string(now.memory<int>()); });
  migration.column(
      "half", [](const Stores& now) { return std::to_string(now.store<Cell>("cell").value / 2); });
  std::ostringstream out;
  cli::print_steps(migration(kCalm),
                   {"start", {{"work-1", "start", "ok"}, {"work-1", "cell: put", "ok"}}, ""}, {},
                   out);
  EXPECT_EQ(out.str(),
            "#  who     step                           outcome  cell            half  known  said\n"
            "0          start                                   value=0 log=[]  0     0\n"
            "1  work-1  start                          ok       value=0 log=[]  0     0\n"
            "2  work-1  cell: put 4, \"two words\" -> 4  ok       value=4 log=[]  2     4      "
            "acknowledged 4\n");
}

TEST(Traces, ShowMapsAsMapsAndCutWhatIsLong) {
  using sdk::text_of_value;
  EXPECT_EQ(text_of_value(Value(std::map<int, std::string>{{1, "a"}, {2, "b c"}})),
            "{1=a 2=\"b c\"}");
  EXPECT_EQ(text_of_value(Value(std::map<std::string, int>{{"x", 1}})), "{x=1}");
  EXPECT_EQ(text_of_value(Value::array({Value::array({2, 1}), Value::array({1, 2})})),
            "[[2,1],[1,2]]");
  EXPECT_EQ(text_of_value(Value::array()), "[]");
  EXPECT_EQ(text_of_value("12"), "\"12\"");
  const std::string cut = text_of_value(std::string(100, 'a'));
  EXPECT_EQ(cut, std::string(57, 'a') + "...");
  EXPECT_EQ(text_of_value(std::string(60, 'a')), std::string(60, 'a'));
}

}  // namespace
}  // namespace cutover
