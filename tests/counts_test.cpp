// The engine `counts`: where one of its ways to count goes wrong, it says so.
#include <gtest/gtest.h>

#include "engines/bounds.h"
#include "engines/counts_engine.h"
#include "engines/model_engine.h"
#include "tests/named_cases.h"

namespace cutover::cli {
namespace {

EngineOptions small() {
  EngineOptions options;
  options.bounds = {
      .processes = 2, .starts = 2, .crashes = 1, .in_flight = 1, .lost = 0, .own = {{"writes", 1}}};
  options.threads = 2;
  return options;
}

Case design() { return case_of("catalog/single-tombstone"); }

/// A check that finds one state more than there is, by so many threads.
Check one_more(const Check& check, std::optional<unsigned> threads = std::nullopt) {
  return [=](const auto& bounds, const checker::Limits& limits, bool expect_violation) {
    Findings found = check(bounds, limits, expect_violation);
    if (threads && *threads != limits.threads) return found;
    ++found.result.states;
    ++found.counted_otherwise;
    return found;
  };
}

void expect_differs(const Case& of, const std::string& line) {
  const Verdict verdict = check_counts(of, small());
  EXPECT_EQ(verdict.finding, Finding::violates);
  EXPECT_EQ(verdict.violated, kSameCounts);
  EXPECT_TRUE(verdict.differs());
  EXPECT_NE(verdict.details.find(line + "  DIFFERS"), std::string::npos) << verdict.details;
}

TEST(Counts, AgreeForTheDesigns) {
  for (const Case& of : cases_that(true)) {
    if (!can_count(of)) continue;
    const Verdict verdict = check_counts(of, small());
    EXPECT_TRUE(verdict.as_expected()) << verdict.details;
    EXPECT_TRUE(verdict.complete);
    EXPECT_EQ(verdict.note, "6 counts agree");
    EXPECT_GT(verdict.states, 1000u);
  }
}

TEST(Counts, TellOfTheModelByOneThread) {
  Case of = design();
  of.model->check = one_more(of.model->check, 1);
  expect_differs(of, "of the model, by 2 threads");
}

TEST(Counts, TellOfTransitionsAlone) {
  Case of = design();
  of.model->check = [check = of.model->check](const auto& bounds, const checker::Limits& limits,
                                              bool expect_violation) {
    Findings found = check(bounds, limits, expect_violation);
    if (limits.threads == 1) ++found.result.transitions;
    return found;
  };
  expect_differs(of, "of the model, by 2 threads");
}

TEST(Counts, TellOfTheModelBySymmetry) {
  Case of = design();
  of.model->check_by_symmetry = one_more(of.model->check_by_symmetry);
  expect_differs(of, "of the model, that those up to the order of processes stand for");
}

TEST(Counts, TellOfTheRefinement) {
  Case of = design();
  of.accompany = [accompany = of.accompany](crashsim::World& world) {
    world.inputs[0].budget = 0;  // some worlds are lost
    accompany(world);
  };
  expect_differs(of, "of the implementation, among the refinement's pairs");
}

TEST(Counts, TellOfTheImplementation) {
  Case of = design();
  int made = 0;
  of.world = [&made, world = of.world](const crashsim::Bounds& bounds) {
    crashsim::Bounds other = bounds;
    if (++made == 2) other.own["writes"] = 0;  // what several threads lose
    return world(other);
  };
  expect_differs(of, "of the implementation, by 2 threads");
}

TEST(Counts, AreUnknownWhereTheSearchIsTruncated) {
  EngineOptions options = small();
  options.seconds = 0;
  const Verdict verdict = check_counts(design(), options);
  EXPECT_EQ(verdict.finding, Finding::unknown);
  EXPECT_FALSE(verdict.complete);
}

/// A counterexample of a model of other code.
TEST(ModelEngine, DoesNotKnowWhatTheCodeDoesNotDo) {
  Case of = case_of("catalog/first-draft");
  of.world = design().world;
  EngineOptions options;
  options.bounds = bounds_for(of, find_engine("model"), "");
  options.threads = 2;
  const Verdict verdict = check_by_model(of, options);
  EXPECT_EQ(verdict.finding, Finding::unknown);
  EXPECT_EQ(verdict.note, "not as the code does");
  EXPECT_FALSE(verdict.counterexample);
  EXPECT_EQ(verdict.violated, "");
}

/// Whoever checks it, within the time and memory that there is.
TEST(ModelEngine, AndItsLikeEndAtTheirLimits) {
  const Case of = design();
  const crashsim::Bounds bounds = small().bounds;
  checker::Limits none;
  none.seconds = 0;
  for (const bool expect_violation : {false, true}) {
    for (const Check& check : {of.model->check, of.model->check_by_symmetry, of.refinement}) {
      EXPECT_EQ(check(bounds, none, expect_violation).result.ended, checker::Ended::out_of_time);
    }
  }
  const Check refutes = case_of("catalog/single-tombstone+snapshot-first").refinement;
  EXPECT_EQ(refutes(bounds, {}, true).result.ended, checker::Ended::violation);
  EXPECT_EQ(refutes(bounds, none, true).result.ended, checker::Ended::out_of_time);
}

}  // namespace
}  // namespace cutover::cli
