// The catalog's model: exact counts of small configurations (same_graph_test compares whole graphs
// with TLC's), what its mutants violate, and its counterexamples on the implementation.
#include <gtest/gtest.h>

#include "crashsim/explore/explorer.h"
#include "crashsim/live/live_world.h"
#include "model/catalog/model.h"
#include "model/checker/plain.h"
#include "tests/named_cases.h"

namespace cutover::catalog {
namespace {

using model::catalog::Model;

struct Counts {
  const char* protocol;
  model::catalog::Bounds bounds;
  bool interchangeable;
  std::uint64_t states, transitions;
  std::uint32_t depth;
};

void PrintTo(const Counts& of, std::ostream* out) { *out << of.protocol; }

class ModelCounts : public testing::TestWithParam<Counts> {};

TEST_P(ModelCounts, AreExact) {
  const Counts& expected = GetParam();
  const Model model(*model::catalog::find_protocol(expected.protocol), expected.bounds,
                    expected.interchangeable);
  const auto checked = checker::check(model, {});
  EXPECT_EQ(checked.result.ended, checker::Ended::complete);
  EXPECT_EQ(checked.result.states, expected.states);
  EXPECT_EQ(checked.result.transitions, expected.transitions);
  EXPECT_EQ(checked.result.depth, expected.depth);
}

constexpr model::catalog::Bounds kTwoStarts{.starts = 2};
constexpr model::catalog::Bounds kThreeStarts{.starts = 3};
constexpr model::catalog::Bounds kThreeProcesses{
    .processes = 3, .starts = 3, .crashes = 0, .in_flight = 0, .lost = 0, .puts = 1, .deletes = 1};

INSTANTIATE_TEST_SUITE_P(
    Catalog, ModelCounts,
    testing::Values(Counts{"single-tombstone", kTwoStarts, false, 12849, 47773, 25},
                    Counts{"single-tombstone", kTwoStarts, true, 7163, 24188, 25},
                    Counts{"single-tombstone", kThreeStarts, false, 353880, 1479674, 35},
                    Counts{"single-tombstone", kThreeStarts, true, 181755, 742507, 35},
                    Counts{"single-tombstone", kThreeProcesses, false, 665396, 1847184, 36},
                    Counts{"single-tombstone-lazy-open", kTwoStarts, false, 12329, 43607, 22},
                    Counts{"single-tombstone-lazy-open", kTwoStarts, true, 7085, 22170, 22},
                    Counts{"single-tombstone-lazy-open", kThreeStarts, false, 332029, 1372906, 31},
                    Counts{"single-tombstone-lazy-open", kThreeStarts, true, 172465, 690052, 31},
                    Counts{"single-tombstone-lazy-open", kThreeProcesses, false, 475707, 1299549,
                           32}));

// Each bound at 0, 1, 2 and 3 beside others that are small. (No process at all is refused.)

using model::catalog::Bounds;
const Bounds kCalm{
    .processes = 1, .starts = 3, .crashes = 0, .in_flight = 0, .lost = 0, .puts = 0, .deletes = 0};
const Bounds kTwoAtATime{
    .processes = 2, .starts = 2, .crashes = 0, .in_flight = 0, .lost = 0, .puts = 0, .deletes = 0};
/// Faults enough for three requests to be in flight.
const Bounds kFaulty{
    .processes = 1, .starts = 3, .crashes = 2, .in_flight = 0, .lost = 1, .puts = 1, .deletes = 0};

struct Row {
  const char* name;
  Bounds others;
  unsigned Bounds::* bound;
  unsigned number;
  std::uint64_t states, transitions;
  std::uint32_t depth;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name << " " << row.number; }

class ModelBounds : public testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(
    Catalog, ModelBounds,
    testing::Values(Row{"Processes", kCalm, &Bounds::processes, 1, 252, 254, 31},
                    Row{"Processes", kCalm, &Bounds::processes, 2, 11'740, 22'120, 32},
                    Row{"Processes", kCalm, &Bounds::processes, 3, 141'230, 371'634, 32},
                    Row{"Starts", kCalm, &Bounds::starts, 0, 2, 0, 0},
                    Row{"Starts", kCalm, &Bounds::starts, 1, 44, 42, 12},
                    Row{"Starts", kCalm, &Bounds::starts, 2, 116, 114, 23},
                    Row{"Starts", kCalm, &Bounds::starts, 3, 252, 254, 31},
                    Row{"Crashes", kCalm, &Bounds::crashes, 0, 252, 254, 31},
                    Row{"Crashes", kCalm, &Bounds::crashes, 1, 796, 1'102, 31},
                    Row{"Crashes", kCalm, &Bounds::crashes, 2, 1'420, 2'356, 31},
                    Row{"Crashes", kCalm, &Bounds::crashes, 3, 1'530, 3'087, 31},
                    Row{"Lost", kCalm, &Bounds::lost, 1, 796, 1'102, 31},
                    Row{"Lost", kCalm, &Bounds::lost, 2, 1'420, 2'356, 31},
                    Row{"Lost", kCalm, &Bounds::lost, 3, 1'530, 3'087, 31},
                    Row{"InFlight", kFaulty, &Bounds::in_flight, 0, 7'861, 18'039, 35},
                    Row{"InFlight", kFaulty, &Bounds::in_flight, 1, 34'426, 90'794, 35},
                    Row{"InFlight", kFaulty, &Bounds::in_flight, 2, 63'785, 177'491, 35},
                    Row{"InFlight", kFaulty, &Bounds::in_flight, 3, 68'970, 194'146, 35},
                    Row{"Puts", kTwoAtATime, &Bounds::puts, 0, 1'931, 3'444, 23},
                    Row{"Puts", kTwoAtATime, &Bounds::puts, 1, 3'076, 5'542, 25},
                    Row{"Puts", kTwoAtATime, &Bounds::puts, 2, 4'465, 8'088, 27},
                    Row{"Puts", kTwoAtATime, &Bounds::puts, 3, 6'086, 11'090, 29},
                    Row{"Deletes", kTwoAtATime, &Bounds::deletes, 1, 3'076, 5'542, 25},
                    Row{"Deletes", kTwoAtATime, &Bounds::deletes, 2, 4'305, 7'944, 26},
                    Row{"Deletes", kTwoAtATime, &Bounds::deletes, 3, 5'662, 10'634, 28}),
    [](const auto& info) { return info.param.name + std::to_string(info.param.number); });

TEST_P(ModelBounds, AreExact) {
  const Row& row = GetParam();
  Bounds bounds = row.others;
  bounds.*row.bound = row.number;
  const Model model(*model::catalog::find_protocol("single-tombstone"), bounds);
  const auto checked = checker::check(model, {});
  EXPECT_EQ(checked.result.ended, checker::Ended::complete);
  EXPECT_EQ(checked.result.states, row.states);
  EXPECT_EQ(checked.result.transitions, row.transitions);
  EXPECT_EQ(checked.result.depth, row.depth);
}

/// The cases of the family that have a model.
std::vector<Case> modelled() {
  std::vector<Case> found;
  for (const Case& each : registry_of({catalog::family()})) {
    if (each.model) found.push_back(each);
  }
  return found;
}

const crashsim::Bounds kWithoutFaults{
    .processes = 2, .starts = 4, .crashes = 0, .in_flight = 0, .lost = 0, .own = {{"writes", 2}}};

class ModelVerdicts : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalog, ModelVerdicts, testing::ValuesIn(modelled()), NameOfCase());

TEST_P(ModelVerdicts, AreAsExpected) {
  const Case& of = GetParam();
  const Findings found = of.model->check(kWithoutFaults, {}, !of.violates.empty());
  if (of.violates.empty()) {
    EXPECT_EQ(found.result.ended, checker::Ended::complete);
    EXPECT_EQ(found.unseen, std::vector<std::string>());
    return;
  }
  ASSERT_TRUE(found.violation.has_value());
  EXPECT_EQ(found.violation->violated, of.violates);
}

TEST_P(ModelVerdicts, CounterexamplesHappenOnTheImplementation) {
  const Case& of = GetParam();
  if (of.violates.empty()) return;
  const Findings found = of.model->check(kWithoutFaults, {}, true);
  ASSERT_TRUE(found.violation.has_value());
  const crashsim::World world = of.world(kWithoutFaults);
  crashsim::LiveWorld live(world, found.violation->beginning);
  for (const auto& choice : found.violation->choices) {
    const auto divergence = live.take(choice);
    ASSERT_FALSE(divergence.has_value())
        << choice.actor << " " << choice.step << ": " << *divergence;
  }
  ASSERT_TRUE(live.violated().has_value());
  EXPECT_EQ(world.properties[*live.violated()], of.violates);
}

/// The model and the implementation need equally many steps to the same violation. (Not of
/// CanFinish: the implementation decides it by running each program alone, before all starts are
/// counted.)
TEST_P(ModelVerdicts, CounterexamplesAreAsLongAsTheImplementations) {
  const Case& of = GetParam();
  if (of.violates.empty() || of.violates == "CanFinish") return;
  const Findings found = of.model->check(kWithoutFaults, {}, true);
  crashsim::Options options;
  options.expect_violation = true;
  const auto explored = crashsim::explore(of.world(kWithoutFaults), options);
  ASSERT_TRUE(found.violation && explored.violation);
  EXPECT_EQ(found.violation->choices.size(), explored.violation->choices.size());
}

TEST(ModelCheck, RefusesWhatTheModelDoesNotHave) {
  const Case of = modelled().front();
  crashsim::Bounds bounds;
  for (const unsigned reads : {1u, 2u, 3u}) {
    bounds.own["reads"] = reads;
    EXPECT_THROW(of.model->check(bounds, {}, false), std::runtime_error);
  }
  bounds.own["reads"] = 0;
  bounds.processes = 0;
  EXPECT_THROW(of.model->check(bounds, {}, false), std::runtime_error);
  bounds.processes = model::catalog::kMostProcesses + 1;
  EXPECT_THROW(of.model->check(bounds, {}, false), std::runtime_error);
}

TEST(ModelCheck, TellsBothCountsOfSymmetryAndTheyAreRight) {
  crashsim::Bounds bounds{.starts = 2, .crashes = 1, .own = {{"writes", 1}}};
  const Case of = modelled().front();
  const Findings plain = of.model->check(bounds, {}, false);
  const Findings symmetric = of.model->check_by_symmetry(bounds, {}, false);
  EXPECT_EQ(plain.result.states, 12849u);
  EXPECT_EQ(symmetric.result.states, 7163u);
  EXPECT_EQ(symmetric.details,
            "7163 states up to the order of processes; 12849 without symmetry\n");
}

TEST(ModelCheck, SaysWhatWasNeverSeen) {
  crashsim::Bounds bounds = kWithoutFaults;
  bounds.starts = 0;
  const Findings found = modelled().front().model->check(bounds, {}, false);
  EXPECT_EQ(found.result.ended, checker::Ended::complete);
  EXPECT_EQ(found.unseen,
            (std::vector<std::string>{"persist became the truth", "the stash was served",
                                      "persist was served", "Write"}));
}

}  // namespace
}  // namespace cutover::catalog
