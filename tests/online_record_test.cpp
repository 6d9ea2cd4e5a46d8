// The record of a migration: what each of its steps asks for.
#include <gtest/gtest.h>

#include "impl/online/record.h"

namespace cutover::online {
namespace {

Record record_in(Phase phase) {
  Record record;
  record.plan = {{"", "m"}, {"m", ""}};
  record.phase = phase;
  record.turn = 7;
  return record;
}

bool same(const Record& one, const Record& other) {
  return nlohmann::json(one) == nlohmann::json(other);
}

TEST(Record, AdvancesPhaseByPhaseOnceItHasWhatThePhaseIsFor) {
  Record record;
  EXPECT_EQ(missing(record), "a plan of ranges");
  EXPECT_FALSE(advance(record, 0));
  record.plan = {{"", "m"}, {"m", ""}};
  EXPECT_TRUE(advance(record, 0));
  EXPECT_EQ(record.phase, Phase::both);
  EXPECT_TRUE(advance(record, 1));
  EXPECT_EQ(record.phase, Phase::backfill);
  EXPECT_EQ(missing(record), "2 of 2 ranges");
  EXPECT_FALSE(advance(record, 2));
  EXPECT_TRUE(finish(record, lease(record)));
  EXPECT_FALSE(advance(record, 2));
  EXPECT_TRUE(finish(record, lease(record)));
  EXPECT_TRUE(advance(record, 2));
  EXPECT_EQ(record.phase, Phase::strict);
  EXPECT_EQ(missing(record), "a comparison");
  EXPECT_FALSE(advance(record, 3));
  EXPECT_TRUE(finish_comparison(record, 3));
  EXPECT_TRUE(advance(record, 3));
  EXPECT_EQ(record.phase, Phase::verified);
  EXPECT_TRUE(advance(record, 4));
  EXPECT_EQ(record.phase, Phase::target_only);
  EXPECT_FALSE(advance(record, 5));
  EXPECT_EQ(record.turn, 5);
}

TEST(Record, ChangesOnlyOnTheTurnThatWasRead) {
  for (const Phase phase : {Phase::both, Phase::verified}) {
    Record record = record_in(phase);
    const Record before = record;
    for (const int turn : {6, 8}) {
      EXPECT_FALSE(advance(record, turn));
      EXPECT_FALSE(go_back(record, turn));
    }
    EXPECT_TRUE(same(record, before));
  }
}

TEST(Record, GoesBackFromEveryPhaseThatWritesToBoth) {
  for (const Phase phase : {Phase::both, Phase::backfill, Phase::strict, Phase::verified}) {
    Record record = record_in(phase);
    EXPECT_TRUE(go_back(record, 7));
    EXPECT_EQ(static_cast<int>(record.phase), static_cast<int>(phase) - 1);
    EXPECT_EQ(record.turn, 8);
  }
  for (const Phase phase : {Phase::source_only, Phase::target_only}) {
    Record record = record_in(phase);
    EXPECT_FALSE(go_back(record, 7));
    EXPECT_TRUE(same(record, record_in(phase)));
  }
}

TEST(Record, AComparisonCountsForItsOwnTurnAlone) {
  Record record = record_in(Phase::strict);
  EXPECT_FALSE(finish_comparison(record, 6));
  EXPECT_EQ(missing(record), "a comparison");
  EXPECT_TRUE(finish_comparison(record, 7));
  EXPECT_EQ(missing(record), "");
  for (Range& range : record.plan) range.done = true;
  EXPECT_TRUE(go_back(record, 7));
  EXPECT_FALSE(finish_comparison(record, 8));  // it is the phase of the backfill
  EXPECT_TRUE(advance(record, 8));
  EXPECT_EQ(missing(record), "a comparison");
}

TEST(Record, LeasesWhatNobodyHasBegunFirst) {
  Record record = record_in(Phase::backfill);
  const Lease first = lease(record), second = lease(record);
  EXPECT_EQ(first.range, 0);
  EXPECT_EQ(first.end, "m");
  EXPECT_EQ(second.range, 1);
  EXPECT_EQ(second.first, "m");
  EXPECT_GT(second.number, first.number);
  // Then what has been held for longest, which its holder can't finish any more.
  const Lease third = lease(record);
  EXPECT_EQ(third.range, 0);
  EXPECT_FALSE(finish(record, first));
  EXPECT_FALSE(record.plan[0].done);
  EXPECT_TRUE(finish(record, third));
  EXPECT_TRUE(record.plan[0].done);
  // None that the caller holds, and none that is done.
  EXPECT_EQ(lease(record, {1}).number, 0);
  EXPECT_EQ(lease(record).range, 1);
}

TEST(Record, LeasesInThePhaseOfTheBackfillAlone) {
  for (const Phase phase : {Phase::source_only, Phase::both, Phase::strict, Phase::verified}) {
    Record record = record_in(phase);
    EXPECT_EQ(lease(record).number, 0);
    EXPECT_TRUE(same(record, record_in(phase)));
  }
}

TEST(Record, SaysWhoIsTheTruthAndWhatIsWritten) {
  const auto says = [](Phase phase) {
    const Record record = record_in(phase);
    return std::vector{record.has_both(), record.is_strict(), record.target_is_truth()};
  };
  EXPECT_EQ(says(Phase::source_only), (std::vector{false, false, false}));
  EXPECT_EQ(says(Phase::both), (std::vector{true, false, false}));
  EXPECT_EQ(says(Phase::backfill), (std::vector{true, false, false}));
  EXPECT_EQ(says(Phase::strict), (std::vector{true, true, false}));
  EXPECT_EQ(says(Phase::verified), (std::vector{true, true, true}));
  EXPECT_EQ(says(Phase::target_only), (std::vector{false, true, true}));
}

}  // namespace
}  // namespace cutover::online
