// The explorer against its plain twin: the learned automata reach what re-execution reaches.
#include <gtest/gtest.h>

#include <algorithm>

#include "crashsim/explore/explorer.h"
#include "crashsim/sdk.h"
#include "same_as_plain.h"
#include "tests/named_cases.h"

namespace cutover::crashsim {
namespace {

/// But for the mutants of the two tombstones: nothing in them is new to the search, and each takes
/// seconds.
std::vector<Case> cases_of_many_kinds() {
  std::vector<Case> kept = cases_by_properties();
  std::erase_if(kept,
                [](const Case& of) { return of.name.starts_with("catalog/two-tombstones+"); });
  return kept;
}

/// With one process after another, with two at a time, and with reads.
class EveryCase : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalog, EveryCase, testing::ValuesIn(cases_of_many_kinds()),
                         NameOfCase());

TEST_P(EveryCase, ReachesTheSameStatesTransitionsAndVerdictAsPlainReExecution) {
  const Case& of = GetParam();
  for (const Bounds& bounds : {Bounds{.processes = 1,
                                      .starts = 2,
                                      .crashes = 1,
                                      .in_flight = 1,
                                      .lost = 0,
                                      .own = {{"writes", 2}}},
                               Bounds{.processes = 2,
                                      .starts = 2,
                                      .crashes = 1,
                                      .in_flight = 1,
                                      .lost = 1,
                                      .own = {{"writes", 0}}},
                               Bounds{.processes = 1,
                                      .starts = 1,
                                      .crashes = 1,
                                      .in_flight = 1,
                                      .lost = 1,
                                      .own = {{"writes", 1}, {"reads", 1}}}}) {
    expect_same_as_plain(of.world(bounds));
  }
}

TEST(TheDesign, IsTheSameWithTwoRequestsInFlight) {
  for (const Case& of : cases_that(true)) {
    expect_same_as_plain(of.world({.processes = 1,
                                   .starts = 3,
                                   .crashes = 2,
                                   .in_flight = 2,
                                   .lost = 0,
                                   .own = {{"writes", 0}}}));
  }
}

// A world in which each bound can be large: a process of two steps that goes on when an answer is
// lost, and so leaves several requests in flight that have the same label and other arguments.

struct Log {
  std::vector<int> numbers;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Log, numbers)

Task<void> append_two(Actor& actor) {
  const auto append = [](Log& log, int number) { log.numbers.push_back(number); };
  const auto log = actor.store<Log>("log");
  for (int number = 1; number <= 2; ++number) {
    try {
      co_await log.step("append", append, number);
    } catch (const LostAnswer&) {  // and goes on
    }
  }
}

Migration appending(std::function<bool(const std::vector<int>&)> allowed) {
  Migration migration;
  migration.store("log", Log{}).program("append", append_two);
  migration.property("Allowed",
                     [=](const View& now) { return allowed(now.store<Log>("log").numbers); });
  migration.sometimes("always", [](const View&) { return true; });
  return migration;
}

class EachBound : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(From, EachBound, testing::Range(0u, 4u));

TEST_P(EachBound, OfOneKindIsTheSameAsInPlainReExecution) {
  const unsigned bound = GetParam();
  const Bounds most{
      .processes = 2, .starts = 2, .crashes = 2, .in_flight = 1, .lost = 1, .own = {{"writes", 0}}};
  for (unsigned Bounds::* each :
       {&Bounds::processes, &Bounds::starts, &Bounds::crashes, &Bounds::in_flight, &Bounds::lost}) {
    Bounds bounds = most;
    bounds.*each = bound;
    if (bounds.processes == 0 || bounds.starts == 0) continue;
    const auto anything = [](const std::vector<int>&) { return true; };
    expect_same_as_plain(appending(anything)(bounds));
  }
}

TEST(InFlight, WhatOneProcessLeftLandsInEachOrder) {
  const Bounds bounds{
      .processes = 1, .starts = 1, .crashes = 0, .in_flight = 2, .lost = 2, .own = {{"writes", 0}}};
  for (const std::vector<int>& order : {std::vector{1, 2}, std::vector{2, 1}}) {
    const auto allowed = [=](const std::vector<int>& numbers) { return numbers != order; };
    const World world = appending(allowed)(bounds);
    const Exploration found = explore(world, {});
    ASSERT_TRUE(found.violation.has_value());
    expect_same_as_plain(world);
  }
}

// Clients that ask for many things, or often: how often each was asked shares a state's numbers.

Task<void> hear(Actor& actor) {
  const auto set = [](Log& log, int number) { log.numbers = {number}; };
  const auto log = actor.store<Log>("log");
  while (const auto input = co_await actor.next_input()) {
    co_await log.step("set", set, input->as<int>());
  }
}

/// The clients ask for the i-th thing budgets[i] times.
Migration hearing(const std::vector<unsigned>& budgets) {
  Migration migration;
  migration.store("log", Log{}).program("hear", hear);
  for (int kind = 0; kind < static_cast<int>(budgets.size()); ++kind) {
    migration.input(std::to_string(kind), budgets[kind], [kind](unsigned) { return kind; });
  }
  migration.property("Any", [](const View&) { return true; });
  migration.sometimes("always", [](const View&) { return true; });
  return migration;
}

TEST(Inputs, OfManyKindsAreCountedEachByItself) {
  const Bounds bounds{.processes = 1, .starts = 1, .crashes = 0, .in_flight = 0, .lost = 0};
  for (const std::vector<unsigned>& budgets :
       {std::vector{1u, 1u, 1u}, std::vector{1u, 1u, 1u, 1u}, std::vector{1u, 0u, 1u, 1u, 1u},
        std::vector{1u, 0u, 0u, 1u, 0u, 0u, 0u, 1u, 1u}}) {
    expect_same_as_plain(hearing(budgets)(bounds));
  }
}

TEST(Inputs, AreCountedHoweverOftenTheyCome) {
  const Bounds bounds{.processes = 1, .starts = 1, .crashes = 0, .in_flight = 0, .lost = 0};
  const World world = hearing({0, 0, 20, 1})(bounds);
  EXPECT_GT(explore(world, {}).result.depth, 42u);
  expect_same_as_plain(world);
}

}  // namespace
}  // namespace cutover::crashsim
