// What the search rests on: that everything does again what it did before. Each of these breaks it
// in one place, far from the start where that can be, and must be reported with the step, each
// time.
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <random>

#include "crashsim/explore/explorer.h"
#include "crashsim/explore/fast_clock.h"
#include "crashsim/sdk.h"

namespace cutover {
namespace {

using crashsim::Bounds;

struct Cell {
  int value = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Cell, value)

const Bounds kBounds{
    .processes = 2, .starts = 2, .crashes = 1, .in_flight = 1, .lost = 1, .own = {{"writes", 0}}};
constexpr int kTimes = 20;

bool coin() {
  static std::random_device device;
  return device() % 2 == 0;
}

Task<void> count_to_four(Actor& actor) {
  const auto add = [](Cell& cell, int number) { return cell.value += number; };
  const auto cell = actor.store<Cell>("cell");
  for (int i = 0; i < 4; ++i) co_await cell.step("add", add, 1);
}

Migration counting(std::function<Task<void>(Actor&)> body) {
  Migration migration;
  migration.store("cell", Cell{}).store("other", Cell{}).memory(0);
  migration.program("count", std::move(body));
  migration.property("NotNegative",
                     [](const View& now) { return now.store<Cell>("cell").value >= 0; });
  migration.sometimes("it counts", [](const View&) { return true; });
  return migration;
}

/// What the exploration says of it; "explored" if nothing.
std::string complaint(const Migration& migration, bool expect_violation = false) {
  crashsim::Options options;
  options.expect_violation = expect_violation;
  try {
    crashsim::explore(migration(kBounds), options);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "explored";
}

/// It must be noticed each time, and the text has all the parts.
void expect_noticed(const Migration& migration, std::initializer_list<std::string> parts) {
  for (int i = 0; i < kTimes; ++i) {
    const std::string text = complaint(migration);
    EXPECT_TRUE(text.starts_with("hidden nondeterminism: ")) << text;
    for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

TEST(Nondeterminism, NothingIsReportedOfAWorldThatRepeatsItself) {
  for (int i = 0; i < kTimes; ++i) EXPECT_EQ(complaint(counting(count_to_four)), "explored");
}

TEST(Nondeterminism, AGoal) {
  int asked = 0;
  Migration migration = counting(count_to_four);
  migration.can_finish("count", [&asked](const Stores&) { return ++asked < 500 || coin(); });
  for (int i = 0; i < kTimes; ++i) {
    asked = 0;
    const std::string text = complaint(migration);
    EXPECT_NE(text.find("whether every program can finish did not repeat itself"),
              std::string::npos)
        << text << ", asked " << asked;
  }
}

TEST(Nondeterminism, AProgramThatChoosesAStoreAfterItsFirstStep) {
  const auto body = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell, int number) { return cell.value += number; };
    const auto cell = actor.store<Cell>("cell");
    co_await cell.step("add", add, 1);
    const auto either = actor.store<Cell>(coin() ? "cell" : "other");
    co_await either.step("add again", add, 1);
  };
  expect_noticed(counting(body), {"program 'count'", "after step 'cell: add'",
                                  "asked for 'cell: add again'", "asked for 'other: add again'"});
}

TEST(Nondeterminism, AProgramThatChoosesAnArgumentAtItsEnd) {
  const auto body = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell, int number) { return cell.value += number; };
    const auto cell = actor.store<Cell>("cell");
    for (int i = 0; i < 3; ++i) co_await cell.step("add", add, 1);
    const int number = coin() ? 1 : 2;
    co_await cell.step("last", add, number);
  };
  expect_noticed(counting(body), {"program 'count'", "asked for 'cell: last'"});
}

TEST(Nondeterminism, AProgramThatEndsAtRandom) {
  const auto body = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell, int number) { return cell.value += number; };
    const auto cell = actor.store<Cell>("cell");
    co_await cell.step("add", add, 1);
    if (coin()) co_await cell.step("more", add, 1);
  };
  expect_noticed(counting(body), {"program 'count'", "ended"});
}

int runs_so_far = 0;

TEST(Nondeterminism, AProgramThatFailsAtRandom) {
  runs_so_far = 0;
  const auto body = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell, int number) { return cell.value += number; };
    const auto cell = actor.store<Cell>("cell");
    co_await cell.step("add", add, 1);
    if (++runs_so_far > 40) throw std::runtime_error("the 41st time");
    co_await cell.step("more", add, 1);
  };
  const std::string text = complaint(counting(body));
  EXPECT_TRUE(text.starts_with("hidden nondeterminism: program 'count'")) << text;
  EXPECT_NE(text.find("and then it ended"), std::string::npos) << text;
}

TEST(Nondeterminism, AStepThatTossesACoin) {
  const auto body = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell) { cell.value += cell.value < 2 || coin() ? 1 : 2; };
    const auto cell = actor.store<Cell>("cell");
    for (int i = 0; i < 4; ++i) co_await cell.step("add", add);
  };
  expect_noticed(counting(body), {"step 'cell: add'", "state of 'cell'", "left {\"value\":"});
}

TEST(Nondeterminism, AStepWhoseAnswerTossesACoin) {
  const auto body = [](Actor& actor) -> Task<void> {
    const auto ask = [](const Cell& cell) { return cell.value > 1 && coin(); };
    const auto add = [](Cell& cell) { ++cell.value; };
    const auto cell = actor.store<Cell>("cell");
    for (int i = 0; i < 2; ++i) co_await cell.step("add", add);
    co_await cell.read("ask", ask);
  };
  expect_noticed(counting(body), {"step 'cell: ask'", "answered [true]", "answered [false]"});
}

TEST(Nondeterminism, APropertyThatTossesACoin) {
  auto migration = counting(count_to_four);
  migration.property("Lucky", [](const View& now) {
    static int judged = 0;  // holds while the search looks, at random later
    return ++judged < 200 || now.store<Cell>("cell").value < 3 || coin();
  });
  const std::string text = complaint(migration);
  EXPECT_NE(text.find("hidden nondeterminism: "), std::string::npos) << text;
  EXPECT_NE(text.find("Lucky"), std::string::npos) << text;
}

TEST(Nondeterminism, AWitnessThatTossesACoin) {
  auto migration = counting(count_to_four);
  migration.sometimes("heads",
                      [](const View& now) { return now.store<Cell>("cell").value == 3 && coin(); });
  expect_noticed(migration, {"the judgement did not repeat itself", "heads", "cell value=3"});
}

TEST(Nondeterminism, ANoteThatTossesACoin) {
  const auto body = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell) { ++cell.value; };
    const auto cell = actor.store<Cell>("cell");
    for (int i = 0; i < 3; ++i) co_await cell.step("add", add);
    const auto note = [](int& memory) { memory = coin() ? 1 : 2; };
    actor.note("done", note);
  };
  expect_noticed(counting(body),
                 {"what the properties remember", "at the note after step 'cell: add'"});
}

TEST(Nondeterminism, AProgramThatNotesAtRandom) {
  const auto body = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell) { ++cell.value; };
    const auto cell = actor.store<Cell>("cell");
    for (int i = 0; i < 3; ++i) co_await cell.step("add", add);
    const auto note = [](int& memory, int number) { memory = number; };
    actor.note("tossed", note, coin() ? 1 : 2);
  };
  expect_noticed(counting(body), {"program 'count'", "after step 'cell: add'", "noted"});
}

TEST(Nondeterminism, AClientWhoseRequestTossesACoin) {
  const auto body = [](Actor& actor) -> Task<void> {
    const auto set = [](Cell& cell, int number) { cell.value = number; };
    const auto cell = actor.store<Cell>("cell");
    const auto input = co_await actor.next_input();
    if (!input) co_return;
    const int number = input->as<int>();
    co_await cell.step("set", set, number);
  };
  auto migration = counting(body);
  migration.input("push", 1, [](unsigned) { return coin() ? 1 : 2; });
  expect_noticed(migration, {"step 'client: push'"});
}

/// Clocks of all kinds, and coarse ones too: a whole search takes less than a second.
template <class Look>
void expect_clock_noticed(Look) {
  if (!crashsim::has_fast_clock()) GTEST_SKIP() << "the sanitizers keep their own clocks";
  const auto body = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell, std::int64_t) { ++cell.value; };
    const auto cell = actor.store<Cell>("cell");
    co_await cell.step("add", add, std::int64_t{0});
    const std::int64_t now = Look{}();
    co_await cell.step("add at", add, now);
  };
  expect_noticed(counting(body), {"program 'count'", "after step 'cell: add'", "'cell: add at'"});
}

TEST(Nondeterminism, AProgramThatLooksAtTheSeconds) {
  expect_clock_noticed([] { return std::int64_t{std::time(nullptr)}; });
}
TEST(Nondeterminism, AProgramThatLooksAtTheTimeOfDay) {
  expect_clock_noticed([] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(now).count()};
  });
}
TEST(Nondeterminism, AProgramThatAsksWhetherTheSecondIsEven) {
  expect_clock_noticed([] {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(now).count() % 2};
  });
}

TEST(Nondeterminism, TheClocksAreRightAgainAfterwards) {
  const auto before = std::chrono::steady_clock::now();
  complaint(counting(count_to_four));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::minutes(1));
}

// Programs that share a variable repeat themselves each alone, and not among others.

int shared_between_processes = 0;

Task<void> count_what_is_shared(Actor& actor) {
  const auto append = [](Cell& cell, int digit) { cell.value = cell.value * 10 + digit; };
  const auto cell = actor.store<Cell>("cell");
  shared_between_processes = 0;
  for (int i = 0; i < 3; ++i) {
    const int digit = ++shared_between_processes;
    co_await cell.step("append", append, digit);
  }
}

TEST(Nondeterminism, ProgramsThatShareAVariable) {
  expect_noticed(
      counting(count_what_is_shared),
      {"step 'cell: append' of count-", "among other processes: store 'cell' is left as"});
}

/// Also if it is seen by what the properties remember alone.
TEST(Nondeterminism, ProgramsThatShareAVariableThatOnlyANoteShows) {
  const auto body = [](Actor& actor) -> Task<void> {
    const auto add = [](Cell& cell) { ++cell.value; };
    const auto cell = actor.store<Cell>("cell");
    shared_between_processes = 0;
    co_await cell.step("add", add);
    const int seen = ++shared_between_processes;
    actor.note("seen", [](int& memory, int now) { memory = now; }, seen);
  };
  expect_noticed(counting(body), {"among other processes: the properties remember 2, and not 1"});
}

TEST(Nondeterminism, ACounterexampleThatDoesNotHappenLive) {
  auto migration = counting(count_what_is_shared);
  migration.property("NeverInTurn", [](const View& now) {  // live it is 112234
    return now.store<Cell>("cell").value != 112233;
  });
  const std::string text = complaint(migration, true);
  EXPECT_TRUE(text.starts_with("hidden nondeterminism: the counterexample did not happen again: "))
      << text;
}

}  // namespace
}  // namespace cutover
