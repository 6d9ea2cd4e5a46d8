// The layer for a user's own migration: what its parts do, and how mistakes in it are told.
#include "crashsim/sdk.h"

#include <gtest/gtest.h>

#include "crashsim/explore/explorer.h"
#include "crashsim/live/live_world.h"

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

awaitable<void> add_twice(Actor& actor) {
  const auto add = [](Cell& cell, int number) { return cell.value += number; };
  const auto cell = actor.store<Cell>("cell");
  const int first = co_await cell.step("add", add, 1);
  co_await cell.step("add", add, first);
}

/// One store and one program.
Migration small(std::function<awaitable<void>(Actor&)> body) {
  Migration migration;
  migration.store("cell", Cell{}).memory(0).program("work", std::move(body));
  migration.property("AlwaysTrue", always).sometimes("something is", always);
  return migration;
}

/// What a definition is refused for.
std::string refusal(const Migration& migration, const Bounds& bounds = {}) {
  try {
    migration(bounds);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

TEST(Define, FindsAnAnswerInTheNextStep) {
  const auto world = small(add_twice)(kCalm);
  LiveWorld live(world, "start");
  EXPECT_EQ(live.take({"work-1", "start", "ok"}), std::nullopt);
  EXPECT_EQ(live.take({"work-1", "cell: add", "ok"}), std::nullopt);
  EXPECT_EQ(live.take({"work-1", "cell: add", "ok"}), std::nullopt);
  EXPECT_EQ(live.store_states()[0]["value"], 2);
  EXPECT_TRUE(live.choices().empty());
  EXPECT_EQ(live.describe()[0].second, "log=[] value=2");
}

TEST(Define, TakesTextListsAndObjectsAsArguments) {
  const auto program = [](Actor& actor) -> awaitable<void> {
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
  const auto program = [](Actor& actor) -> awaitable<void> {
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

TEST(Define, ALostAnswerCanBeCaught) {
  const auto program = [](Actor& actor) -> awaitable<void> {
    const auto cell = actor.store<Cell>("cell");
    bool lost = false;
    try {
      co_await cell.step("set", [](Cell& cell) { cell.value = 1; });
    } catch (const LostAnswer&) {
      lost = true;
    }
    if (lost) co_await cell.step("set again", [](Cell& cell) { cell.value = 1; });
    actor.note([](int& finished) { ++finished; });
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
  const auto program = [](Actor& actor) -> awaitable<void> {
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
  const auto program = [](Actor& actor) -> awaitable<void> {
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

  const auto gets_stuck = [](Actor& actor) -> awaitable<void> {
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
  EXPECT_EQ(refusal(small([](Actor& actor) -> awaitable<void> {
              co_await actor.store<Cell>("sell").step("x", [](Cell&) {});
            })),
            "the migration's definition: program 'work': there is no store 'sell'; there are "
            "cell");
  EXPECT_NE(refusal(small([](Actor& actor) -> awaitable<void> {
              actor.note([](std::string&) {});
              co_return;
            })).find("the memory was defined with another type"),
            std::string::npos);
}

TEST(Define, SaysThatANoteThrew) {
  const Migration migration = small([](Actor& actor) -> awaitable<void> {
    actor.note([](int&) { throw std::range_error("no"); });
    co_return;
  });
  EXPECT_THROW(
      {
        try {
          explore(migration, kCalm);
        } catch (const std::runtime_error& error) {
          EXPECT_EQ(std::string(error.what()), "a note's function: no");
          throw;
        }
      },
      std::runtime_error);
}

TEST(Define, ATraceShowsARejection) {
  const auto world = small(add_twice)(kCalm);
  const auto rejected = world.explanations.answer(nullptr, "rejected");
  EXPECT_EQ(rejected.text, "rejected");
  EXPECT_TRUE(rejected.is_refusal);
  const auto answered = world.explanations.answer(nullptr, Value::array({1}));
  EXPECT_EQ(answered.text, "");
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

TEST(Define, SaysWhereAnExceptionCameFrom) {
  const Migration migration = small([](Actor& actor) -> awaitable<void> {
    co_await actor.store<Cell>("cell").step("burst", [](Cell&) { throw std::range_error("no"); });
  });
  try {
    explore(migration, kCalm);
    FAIL() << "not noticed";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()), "step 'cell: burst': no");
  }
}

}  // namespace
}  // namespace cutover
