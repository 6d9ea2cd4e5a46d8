// The implementation in lock step with the model: that it follows, that all of the model is
// exercised, and that what is not the design is noticed though it violates no property.
#include "engines/model/refinement.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>

#include "crashsim/explore/explorer.h"
#include "crashsim/live/accompanied_world.h"
#include "crashsim/live/random.h"
#include "engines/model/model_of_case.h"
#include "impl/catalog/contents.h"
#include "impl/catalog/single_tombstone.h"
#include "properties/catalog/mapping.h"
#include "properties/catalog/specification.h"
#include "tests/named_cases.h"

namespace cutover::catalog {
namespace {

const crashsim::Bounds kSmall{
    .processes = 2, .starts = 2, .crashes = 1, .in_flight = 1, .lost = 1, .own = {{"writes", 2}}};

const model::catalog::Protocol& model_of(const char* name) {
  return *model::catalog::find_protocol(name);
}

std::vector<Case> refined() {
  std::vector<Case> found;
  for (const Case& each : registry_of({catalog::family()})) {
    if (each.refinement) found.push_back(each);
  }
  return found;
}

class Refinement : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalog, Refinement, testing::ValuesIn(refined()), NameOfCase());

TEST_P(Refinement, IsAsExpectedAndExercisesAllOfTheModel) {
  const Case& of = GetParam();
  const Findings found = of.refinement(kSmall, {}, !of.violates.empty());
  if (of.violates.empty()) {
    EXPECT_EQ(found.result.ended, checker::Ended::complete);
    EXPECT_EQ(found.extent, "100 % of the model");
    EXPECT_EQ(found.unseen, std::vector<std::string>());
  } else {
    ASSERT_TRUE(found.violation.has_value());
    EXPECT_EQ(found.violation->violated, kRefinement);
  }
}

struct NamedBounds {
  const char* name;
  crashsim::Bounds bounds;
};
void PrintTo(const NamedBounds& of, std::ostream* out) { *out << of.name; }

/// Bounds that no default has.
class RefinementWithin : public testing::TestWithParam<NamedBounds> {};
INSTANTIATE_TEST_SUITE_P(
    Catalog, RefinementWithin,
    testing::Values(
        NamedBounds{"TwoInFlight",
                    {.processes = 2, .starts = 2, .crashes = 1, .in_flight = 2, .lost = 1}},
        NamedBounds{"TwoInFlightOfCrashes",
                    {.processes = 1, .starts = 3, .crashes = 2, .in_flight = 2, .lost = 0}},
        NamedBounds{"TwoInFlightOfLostAnswers",
                    {.processes = 1, .starts = 3, .crashes = 0, .in_flight = 2, .lost = 2}},
        NamedBounds{"ThreeInFlight",
                    {.processes = 1,
                     .starts = 3,
                     .crashes = 2,
                     .in_flight = 3,
                     .lost = 1,
                     .own = {{"writes", 1}}}},
        NamedBounds{"ThreeProcesses",
                    {.processes = 3,
                     .starts = 3,
                     .crashes = 0,
                     .in_flight = 0,
                     .lost = 0,
                     .own = {{"writes", 1}}}},
        NamedBounds{"ThreeProcessesAndOneInFlight",
                    {.processes = 3,
                     .starts = 3,
                     .crashes = 1,
                     .in_flight = 1,
                     .lost = 0,
                     .own = {{"writes", 0}}}},
        NamedBounds{"ThreeWrites",
                    {.processes = 2,
                     .starts = 2,
                     .crashes = 1,
                     .in_flight = 0,
                     .lost = 0,
                     .own = {{"writes", 3}}}}),
    [](const auto& info) { return info.param.name; });

TEST_P(RefinementWithin, ExercisesAllOfTheModel) {
  const Findings found = refined().front().refinement(GetParam().bounds, {}, false);
  EXPECT_EQ(found.result.ended, checker::Ended::complete);
  EXPECT_EQ(found.extent, "100 % of the model");
  EXPECT_EQ(found.unseen, std::vector<std::string>());
}

TEST(Refinement, CoversEveryCaseThatHoldsAndIsADesign) {
  std::vector<std::string> names;
  for (const Case& each : refined()) names.push_back(each.name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "catalog/single-tombstone", "catalog/single-tombstone-one-write",
                       "catalog/single-tombstone-lazy-open", "catalog/two-tombstones",
                       "catalog/single-tombstone+rollback-no-lower-bound",
                       "catalog/single-tombstone+persist-left-alone",
                       "catalog/single-tombstone+rollback-leaves-persist",
                       "catalog/single-tombstone+snapshot-first",
                       "catalog/single-tombstone+rollback-snapshot-first",
                       "catalog/two-tombstones+rollback-no-direction"}));
}

/// Harmless, as is said of them: what is not the design may still be right.
TEST(Refinement, WhatItAloneSeesViolatesNoProperty) {
  unsigned looked_at = 0;
  for (const Case& of : refined()) {
    if (!of.violates_only_refinement()) continue;
    ++looked_at;
    const crashsim::Bounds bounds{.starts = 3, .crashes = 1};
    const auto explored = crashsim::explore(of.world(bounds), {});
    EXPECT_EQ(explored.result.ended, checker::Ended::complete) << of.name;
    EXPECT_EQ(explored.unseen, std::vector<std::string>()) << of.name;
  }
  EXPECT_EQ(looked_at, 6u);
}

/// A move that does right things in the right order, but is not the design beside which it is run.
std::optional<crashsim::Schedule> refuted(const Parts& parts, const char* model) {
  const Findings found = check_refinement(parts, model_of(model), kSmall, {}, true);
  EXPECT_EQ(found.result.ended, checker::Ended::violation);
  return found.violation;
}

TEST(Refinement, FailsForAnotherProtocolThanTheModels) {
  EXPECT_TRUE(refuted({.protocol = kSingleTombstoneOneWrite}, "single-tombstone"));
  EXPECT_TRUE(
      refuted({.protocol = kTwoTombstones, .truth = truth_by_two_tombstones}, "single-tombstone"));
}

awaitable<Session> persist_first(Store& stash_store, Store& persist_store) {
  auto persist = co_await open(persist_store);  // 2, before 1
  auto stash = co_await open(stash_store);      // 1
  co_await persist.raise_epoch(above(stash.epoch()));
  const auto moved = co_await tombstone(stash);
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();
  co_await persist.replace_contents(snapshot);
  co_await set_tombstone(stash, true);
  co_return persist;
}

TEST(Refinement, FailsWherePersistIsOpenedBeforeTheStash) {
  const Parts parts{.protocol = {"persist-first", persist_first, single_tombstone::rollback}};
  const auto schedule = refuted(parts, "single-tombstone");
  ASSERT_TRUE(schedule.has_value());
  EXPECT_EQ(schedule->choices.size(), 2u);
  EXPECT_EQ(schedule->choices.back().step, "open persist");
}

/// Counts epochs up by two: every promise about epochs is kept.
Answer apply_in_twos(StoreState& state, const Request& request) {
  if (request.kind != Request::Kind::open) return cutover::apply(state, request);
  Request wider = request;
  wider.at_least = std::max(above(above(state.epoch)), request.at_least);
  return cutover::apply(state, wider);
}

std::unique_ptr<crashsim::catalog::CatalogMachine> in_twos() {
  return std::make_unique<crashsim::catalog::SimulatedMachine>(apply_in_twos);
}

TEST(Refinement, FailsWhereAStoreEndsUpDifferent) {
  const Parts parts{.protocol = kSingleTombstone, .persist = in_twos};
  const Findings found = check_refinement(parts, model_of("single-tombstone"), kSmall, {}, true);
  EXPECT_EQ(found.result.ended, checker::Ended::violation);
  EXPECT_TRUE(found.details.starts_with(
      "over simulated stores: after the model's action OpenStore its stores differ; "))
      << found.details;
}

std::atomic<int> connections_of_sqlite = 0;
int count_connection(sqlite3*, char**, const sqlite3_api_routines*) {
  ++connections_of_sqlite;
  return SQLITE_OK;
}

TEST(Refinement, IsOverSqliteToo) {
  const auto extension = reinterpret_cast<void (*)()>(count_connection);
  sqlite3_auto_extension(extension);
  const Findings found = check_refinement({.protocol = kSingleTombstone},
                                          model_of("single-tombstone"), kSmall, {}, false);
  sqlite3_cancel_auto_extension(extension);
  EXPECT_GT(connections_of_sqlite, 0);
  EXPECT_NE(found.details.find("exercised over SQLite in memory"), std::string::npos)
      << found.details;
}

/// "Holds" is of all of the model, over each kind of stores.
TEST(Refinement, SaysWhereSomeOfTheModelWasNotExercised) {
  const crashsim::World whole = make_world({.protocol = kSingleTombstone}, kSmall);
  crashsim::World fewer = whole;
  for (auto& input : fewer.inputs) input.budget = 0;
  const Findings found =
      cutover::check_refinement(Mapping(model_of("single-tombstone")),
                                {{"over fewer requests", fewer}, {"over all", whole}}, {}, false);
  EXPECT_EQ(found.result.ended, checker::Ended::complete);
  EXPECT_EQ(found.unseen,
            std::vector<std::string>{"over fewer requests: all of the model's transitions"});
  const std::size_t fewer_first = found.details.find(" transitions exercised over fewer requests");
  EXPECT_LT(fewer_first, found.details.find(" transitions exercised over all\n")) << found.details;
  // The least of the two.
  EXPECT_FALSE(found.extent.starts_with("100 %")) << found.extent;
}

TEST(Refinement, IsAtTheSameBoundsOverAllStores) {
  const crashsim::World whole = make_world({.protocol = kSingleTombstone}, kSmall);
  crashsim::World wider = whole;
  ++wider.bounds.lost;
  EXPECT_DEATH(cutover::check_refinement(Mapping(model_of("single-tombstone")),
                                         {{"over all", whole}, {"wider", wider}}, {}, false),
               "internal check failed: over.world.bounds");
}

TEST(AccompaniedWorld, SaysWhereTheModelCantFollow) {
  const Parts parts{.protocol = {"persist-first", persist_first, single_tombstone::rollback}};
  crashsim::World world = make_world(parts, kSmall);
  accompany_by(Mapping(model_of("single-tombstone")))(world);
  crashsim::AccompaniedWorld both(world, "leftovers");
  EXPECT_EQ(both.take({"migrate-1", "start", "ok"}), std::nullopt);
  EXPECT_EQ(both.complaint(), std::nullopt);
  EXPECT_EQ(both.take({"migrate-1", "open persist", "ok"}), std::nullopt);
  ASSERT_TRUE(both.complaint().has_value());
  EXPECT_NE(both.complaint()->find("about to 'open stash' here"), std::string::npos)
      << *both.complaint();
}

/// Whatever happens, the model of the design follows it.
TEST(AccompaniedWorld, FollowsTheDesignAnywhere) {
  crashsim::Bounds bounds = kSmall;
  bounds.starts = 4;
  crashsim::World world = make_world({.protocol = kSingleTombstone}, bounds);
  accompany_by(Mapping(model_of("single-tombstone")))(world);
  std::size_t steps = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    crashsim::Random random(seed);
    crashsim::AccompaniedWorld both(world, "leftovers");
    for (int i = 0; i < 60; ++i, ++steps) {
      const auto choices = both.live().choices();
      if (choices.empty()) break;
      ASSERT_EQ(both.take(choices[random.below(choices.size())]), std::nullopt);
      ASSERT_EQ(both.complaint(), std::nullopt) << *both.complaint();
    }
  }
  EXPECT_GT(steps, 3000u);
}

TEST(AccompaniedWorld, ShowsActionsAndStatesAsTlaDoes) {
  crashsim::World world = make_world({.protocol = kSingleTombstone}, kSmall);
  accompany_by(Mapping(model_of("single-tombstone")))(world);
  crashsim::AccompaniedWorld both(world, "leftovers");
  EXPECT_EQ(both.take({"rollback-1", "start", "ok"}), std::nullopt);
  EXPECT_EQ(both.take({"rollback-1", "open stash", "crash, in flight"}), std::nullopt);
  EXPECT_EQ(both.complaint(), std::nullopt);
  EXPECT_EQ(both.action(), "CrashInFlight(1)");
  EXPECT_NE(both.tla().find("/\\ inFlight = <<[at |-> \"stash\", atLeast |-> 0,"),
            std::string::npos)
      << both.tla();
  EXPECT_EQ(both.take({"request of rollback-1", "open stash", "ok"}), std::nullopt);
  EXPECT_EQ(both.complaint(), std::nullopt);
}

}  // namespace
}  // namespace cutover::catalog
