// The catalog's properties, clause by clause as properties/catalog/properties.h defines them: the
// smallest history that keeps to a clause, and one that differs in a detail and violates it.
//
// A history is a list of events as properties/catalog/adaptor.h has them, told to the monitor; then
// it is asked about two stores. Its witnesses are witness_test's.
#include "properties/catalog/properties.h"

#include <gtest/gtest.h>

#include "tests/history.h"

namespace cutover::catalog {
namespace {

using namespace history;

/// What clients know at the beginning: a holds v0, g is gone; the stores issued e5 and e2.
Value beginning() {
  return initial_memory({{"a", "v0"}, {"b", "w0"}, {"g", std::nullopt}}, Epoch{5}, Epoch{2},
                        Epoch{5});
}

struct Row {
  const char* name;
  std::vector<Value> events;
  std::optional<Entries> held = {};  ///< by the truth, then; nothing: the stores are not judged
  std::string violates = "";
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

/// The same whichever store is the truth, and whatever the other one holds.
std::string judged(const Row& row, Which truth) {
  Told told = tell(truth_by_single_tombstone, beginning(), row.events);
  if (!told.violated.empty() || !row.held) return told.violated;
  const Entries garbage = {{"a", "garbage"}, {"g", "garbage"}};
  const bool moved = truth == Which::persist;
  const Value stash = store(7, moved, moved ? garbage : *row.held);
  const Value persist = store(8, std::nullopt, moved ? *row.held : garbage);
  return told.judge(stash, persist);
}

class Clause : public testing::TestWithParam<Row> {};
struct NameOfRow {
  std::string operator()(const testing::TestParamInfo<Row>& info) const { return info.param.name; }
};

TEST_P(Clause, IsKeptOrViolated) {
  const Row& row = GetParam();
  EXPECT_EQ(judged(row, Which::stash), row.violates) << "with the stash as the truth";
  EXPECT_EQ(judged(row, Which::persist), row.violates) << "with persist as the truth";
}

const std::string kLost = "NoLostWrite", kBack = "NoResurrection", kEpoch = "EpochMonotone",
                  kFence = "FencedNeverSucceeds";

Entries with_a(const std::string& value) { return {{"a", value}, {"b", "w0"}}; }
const Entries kWithoutA = {{"b", "w0"}};

const Value kPutV1 = put("a", "v1", 0), kPutV2 = put("a", "v2", 1), kDelete = erase("a", 0);
const Value kV1Done = answered(kPutV1), kV2Done = answered(kPutV2), kGone = answered(kDelete);

INSTANTIATE_TEST_SUITE_P(
    AnAcknowledgedPut, Clause,
    testing::Values(
        Row{"OfBeforeIsHeld", {}, with_a("v0")},
        Row{"OfBeforeHasAnotherValue", {}, with_a("v1"), kLost},
        Row{"OfBeforeHasAnotherKeysValue", {}, with_a("w0"), kLost},
        Row{"OfBeforeIsEmpty", {}, with_a(""), kLost},
        Row{"OfBeforeIsAbsent", {}, kWithoutA, kLost},
        Row{"OfAnotherKeyIsAbsent", {}, Entries{{"a", "v0"}}, kLost},
        Row{"IsHeld", {kPutV1, kV1Done}, with_a("v1")},
        Row{"IsReplacedByWhatWasBefore", {kPutV1, kV1Done}, with_a("v0"), kLost},
        Row{"IsAbsent", {kPutV1, kV1Done}, kWithoutA, kLost},
        Row{"IsTheLastOfTwo", {kPutV1, kV1Done, kPutV2, kV2Done}, with_a("v2")},
        Row{"IsTheFirstOfTwo", {kPutV1, kV1Done, kPutV2, kV2Done}, with_a("v1"), kLost},
        Row{"AfterADeleteIsHeld", {kDelete, kGone, kPutV1, kV1Done}, with_a("v1")},
        Row{"AfterADeleteIsAbsent", {kDelete, kGone, kPutV1, kV1Done}, kWithoutA, kLost},
        Row{"BesideAKeyThatNobodyWrote", {}, Entries{{"a", "v0"}, {"b", "w0"}, {"c", "x"}}, kLost}),
    NameOfRow());

INSTANTIATE_TEST_SUITE_P(
    AnUnansweredWrite, Clause,
    testing::Values(
        Row{"IsHeld", {kPutV1}, with_a("v1")},  //
        Row{"IsNotHeld", {kPutV1}, with_a("v0")},
        Row{"AllowsNoOtherValue", {kPutV1}, with_a("v2"), kLost},
        Row{"AllowsNoAbsence", {kPutV1}, kWithoutA, kLost},
        Row{"AllowsNothingOnAnotherKey", {put("b", "v1", 0)}, with_a("v1"), kLost},
        Row{"OfAnotherKeyIsHeld", {put("b", "v1", 0)}, Entries{{"a", "v0"}, {"b", "v1"}}},
        Row{"DeletesTheKey", {kDelete}, kWithoutA},  //
        Row{"DeletesNothing", {kDelete}, with_a("v0")},
        Row{"DeletesAndAllowsNoOtherValue", {kDelete}, with_a("v1"), kLost},
        Row{"OfTwoIsTheFirst", {kPutV1, kPutV2}, with_a("v1")},
        Row{"OfTwoIsTheSecond", {kPutV1, kPutV2}, with_a("v2")},
        Row{"OfTwoIsNeither", {kPutV1, kPutV2}, with_a("v0")},
        Row{"OfTwoAllowsNoThird", {kPutV1, kPutV2}, with_a("v3"), kLost},
        Row{"OfTwoAllowsNoAbsence", {kPutV1, kPutV2}, kWithoutA, kLost},
        Row{"OfPutAndDeleteIsThePut", {kPutV1, kDelete}, with_a("v1")},
        Row{"OfPutAndDeleteIsTheDelete", {kPutV1, kDelete}, kWithoutA},
        Row{"OfPutAndDeleteAllowsNoThird", {kPutV1, kDelete}, with_a("v2"), kLost},
        Row{"OfAKeyThatWasNeverThereIsHeld",
            {put("c", "x", 0)},
            Entries{{"a", "v0"}, {"b", "w0"}, {"c", "x"}}},
        Row{"OfAKeyThatWasNeverThereIsAbsent", {put("c", "x", 0)}, with_a("v0")},
        Row{"OfAKeyThatWasNeverThereAllowsNoOtherValue",
            {put("c", "x", 0)},
            Entries{{"a", "v0"}, {"b", "w0"}, {"c", "y"}},
            kBack}),
    NameOfRow());

/// An answer settles what may have been written.
INSTANTIATE_TEST_SUITE_P(
    AnAnswer, Clause,
    testing::Values(
        Row{"ReplacesAllThatWasPossible", {kPutV1, kPutV2, kV2Done}, with_a("v2")},
        Row{"LeavesNoEarlierUnansweredWrite", {kPutV1, kPutV2, kV2Done}, with_a("v1"), kLost},
        Row{"LeavesNotWhatWasBefore", {kPutV1, kPutV2, kV2Done}, with_a("v0"), kLost},
        Row{"LeavesLaterUnansweredWrites", {kPutV1, kV1Done, kPutV2}, with_a("v2")},
        Row{"OfAnotherKeyLeavesUnansweredWrites",
            {kPutV1, put("b", "w1", 0), answered(put("b", "w1", 0))},
            Entries{{"a", "v1"}, {"b", "w1"}}},
        Row{"FencedTakesTheWriteBack", {kPutV1, fenced(kPutV1)}, with_a("v1"), kLost},
        Row{"FencedLeavesWhatWasBefore", {kPutV1, fenced(kPutV1)}, with_a("v0")},
        Row{"FencedLeavesTheOther", {kPutV1, kPutV2, fenced(kPutV1)}, with_a("v2")},
        Row{"FencedTakesOneBackOfTwo", {kPutV1, kPutV2, fenced(kPutV1)}, with_a("v1"), kLost},
        Row{"FencedLeavesAnEqualOne", {kPutV1, put("a", "v1", 1), fenced(kPutV1)}, with_a("v1")},
        Row{"FencedTakesBothEqualOnesBack",
            {kPutV1, put("a", "v1", 1), fenced(kPutV1), fenced(put("a", "v1", 1))},
            with_a("v1"),
            kLost},
        Row{"FencedTakesTheDeleteBack", {kDelete, fenced(kDelete)}, kWithoutA, kLost},
        Row{"FencedOfAReadLeavesTheDelete", {kDelete, got("a", nullptr, "fenced")}, kWithoutA},
        Row{"FencedOfAnotherKeyLeavesIt", {kPutV1, fenced(put("b", "v1", 0))}, with_a("v1")},
        Row{"ALostAnswerLeavesItUnansweredAndHeld",
            {kPutV1, replied(kPutV1, "lost answer")},
            with_a("v1")},
        Row{"ALostAnswerLeavesItUnansweredAndNotHeld",
            {kPutV1, replied(kPutV1, "lost answer")},
            with_a("v0")},
        Row{"ALostAnswerIsNoAnswerToOthers",
            {kPutV1, kPutV2, replied(kPutV2, "lost answer")},
            with_a("v1")}),
    NameOfRow());

INSTANTIATE_TEST_SUITE_P(
    AReadThatIsAnswered, Clause,
    testing::Values(
        Row{"SeesWhatWasAcknowledged", {got("a", "v0")}},
        Row{"SeesAnotherValue", {got("a", "v1")}, {}, kLost},
        Row{"SeesNothing", {got("a", nullptr)}, {}, kLost},
        Row{"SeesAnUnansweredWrite", {kPutV1, got("a", "v1")}},
        Row{"SeesWhatIsNeither", {kPutV1, got("a", "v2")}, {}, kLost},
        Row{"SeesAnUnansweredDelete", {kDelete, got("a", nullptr)}},
        Row{"SeesWhatWasDeleted", {got("g", "x")}, {}, kBack},
        Row{"SeesThatItIsGone", {got("g", nullptr)}},
        Row{"SeesADamagedValue", {got("a", nullptr, "damaged")}, {}, kLost},
        Row{"ThatIsFencedSeesNothing", {got("a", nullptr, "fenced")}},
        Row{"ThatIsLostSeesNothing", {got("a", nullptr, "lost answer")}},
        Row{"LeavesUnansweredWrites", {kPutV1, got("a", "v1")}, with_a("v0")},
        Row{"IsNoAcknowledgedWrite", {kPutV1, got("a", "v1"), fenced(kPutV1)}, with_a("v0")}),
    NameOfRow());

INSTANTIATE_TEST_SUITE_P(
    AnAcknowledgedDelete, Clause,
    testing::Values(
        Row{"OfBeforeStaysGone", {}, with_a("v0")},
        Row{"OfBeforeComesBack", {}, Entries{{"a", "v0"}, {"b", "w0"}, {"g", "x"}}, kBack},
        Row{"OfBeforeComesBackEmpty", {}, Entries{{"a", "v0"}, {"b", "w0"}, {"g", ""}}, kBack},
        Row{"StaysGone", {kDelete, kGone}, kWithoutA},
        Row{"ComesBack", {kDelete, kGone}, with_a("v0"), kBack},
        Row{"ComesBackAsWhatWasUnanswered", {kPutV1, kDelete, kGone}, with_a("v1"), kBack},
        Row{"IsFollowedByAnUnansweredPut", {kDelete, kGone, kPutV1}, with_a("v1")},
        Row{"IsFollowedByAnUnansweredPutThatIsNotHeld", {kDelete, kGone, kPutV1}, kWithoutA},
        Row{"ComesBackBesideAnUnansweredPut", {kDelete, kGone, kPutV1}, with_a("v0"), kBack},
        Row{"OfOneKeyAndALostPutOfAnother",
            {},
            Entries{{"a", "v9"}, {"b", "w0"}, {"g", "x"}},
            kLost},
        Row{"AndALostPutOfALaterKey", {kDelete, kGone}, Entries{{"a", "v0"}, {"b", "w9"}}, kLost}),
    NameOfRow());

INSTANTIATE_TEST_SUITE_P(
    AnEpoch, Clause,
    testing::Values(
        Row{"GrowsByOne", {opened("stash", 6)}},  //
        Row{"GrowsByMore", {opened("stash", 9)}},
        Row{"IsIssuedTwice", {opened("stash", 5)}, {}, kEpoch},
        Row{"GetsLower", {opened("stash", 4)}, {}, kEpoch},
        Row{"IsCountedForEachStore", {opened("persist", 3)}},
        Row{"IsIssuedTwiceByPersist", {opened("persist", 2)}, {}, kEpoch},
        Row{"GetsLowerOnPersist", {opened("persist", 1)}, {}, kEpoch},
        Row{"IsIssuedTwiceSinceThen", {opened("stash", 6), opened("stash", 6)}, {}, kEpoch},
        Row{"IsIssuedTwiceByPersistSinceThen",
            {opened("persist", 6), opened("persist", 6)},
            {},
            kEpoch},
        Row{"OfOneStoreSaysNothingOfTheOther", {opened("stash", 9), opened("persist", 3)}},
        Row{"OfPersistSaysNothingOfTheStash", {opened("persist", 9), opened("stash", 6)}},
        Row{"IsRaised", {opened("stash", 6), used("stash", 6, 8)}},
        Row{"IsRaisedOnPersist", {opened("persist", 6), used("persist", 6, 7)}},
        Row{"IsLoweredByItsSession", {opened("stash", 6), used("stash", 6, 5)}, {}, kEpoch},
        Row{"IsLoweredByItsSessionOnPersist",
            {opened("persist", 6), used("persist", 6, 5)},
            {},
            kEpoch},
        Row{"ThatWasRaisedIsIssuedAgain",
            {opened("stash", 6), used("stash", 6, 8), opened("stash", 8)},
            {},
            kEpoch},
        Row{"ThatWasRaisedIsFollowedByAHigherOne",
            {opened("stash", 6), used("stash", 6, 8), opened("stash", 9)}}),
    NameOfRow());

Value done_under(const char* store, unsigned epoch) { return answered(kPutV1, store, epoch); }
Value read_under(const char* store, unsigned epoch) { return got("a", "v0", "ok", store, epoch); }

INSTANTIATE_TEST_SUITE_P(
    ClientsAreAcknowledged, Clause,
    testing::Values(
        Row{"UnderAnEqualEpoch", {kPutV1, done_under("stash", 5)}},
        Row{"UnderALowerEpochThanBefore", {kPutV1, done_under("stash", 4)}, {}, kEpoch},
        Row{"UnderALowerEpochOfPersist", {kPutV1, done_under("persist", 4)}, {}, kEpoch},
        Row{"UnderAHigherEpochOfPersist", {kPutV1, done_under("persist", 6)}},
        Row{"UnderALowerEpochSinceThen",
            {kPutV1, done_under("persist", 8), kPutV1, done_under("stash", 7)},
            {},
            kEpoch},
        Row{"UnderAnEqualEpochOfTheOther",
            {kPutV1, done_under("persist", 8), kPutV1, done_under("stash", 8)}},
        Row{"UnderALowerEpochOfTheSame",
            {kPutV1, done_under("persist", 8), kPutV1, done_under("persist", 7)},
            {},
            kEpoch},
        Row{"OfAReadUnderALowerEpoch", {read_under("persist", 4)}, {}, kEpoch},
        Row{"OfAReadUnderAnEqualEpoch", {read_under("persist", 5)}},
        Row{"AfterAReadUnderAHigherEpoch",
            {read_under("persist", 7), kPutV1, done_under("stash", 6)},
            {},
            kEpoch},
        Row{"NotWhenFencedUnderALowerEpoch", {kPutV1, replied(kPutV1, "fenced", "stash", 4)}},
        Row{"NotWhenLostUnderALowerEpoch", {kPutV1, replied(kPutV1, "lost answer", "stash", 4)}},
        Row{"NotWhenLostUnderAHigherEpoch",
            {kPutV1, replied(kPutV1, "lost answer", "persist", 9), kPutV2,
             answered(kPutV2, "stash", 6)}},
        Row{"AndALostWriteComesFirst", {got("a", "v9", "ok", "stash", 4)}, {}, kLost}),
    NameOfRow());

INSTANTIATE_TEST_SUITE_P(
    ARequestOfASession, Clause,
    testing::Values(
        Row{"OfTheLastEpoch", {opened("stash", 6), used("stash", 6, 6)}},
        Row{"OfAnEarlierEpoch", {opened("stash", 6), used("stash", 5, 5)}, {}, kFence},
        Row{"OfTheBeginningsEpoch", {used("stash", 5, 5)}},
        Row{"OfAnEpochBeforeTheBeginning", {used("stash", 4, 4)}, {}, kFence},
        Row{"OfThePersistEpoch", {used("persist", 2, 2)}},
        Row{"OfAnEarlierPersistEpoch", {used("persist", 1, 1)}, {}, kFence},
        Row{"OfAnEarlierPersistEpochSinceThen",
            {opened("persist", 6), used("persist", 5, 5)},
            {},
            kFence},
        Row{"OfAnEpochThatTheOtherStoreWentPast",
            {opened("stash", 9), opened("persist", 6), used("persist", 6, 6)}},
        Row{"OfAnEpochThatPersistWentPast",
            {opened("persist", 9), opened("stash", 6), used("stash", 6, 6)}},
        Row{"ThatRaisedItAndGoesOn",
            {opened("stash", 6), used("stash", 6, 8), used("stash", 8, 8)}},
        Row{"ThatWasRaisedAbove",
            {opened("stash", 6), used("stash", 6, 8), used("stash", 6, 6)},
            {},
            kFence},
        Row{"ThatRaisesThoughFenced", {opened("stash", 6), used("stash", 5, 9)}, {}, kFence},
        Row{"ThatIsRejected", {opened("stash", 6), rejected("stash", 5)}}),
    NameOfRow());

// What is judged by the stores alone.

constexpr std::array<std::optional<bool>, 3> kTombstones = {std::nullopt, false, true};

using Named = std::optional<Which>;
constexpr Named kS = Which::stash, kP = Which::persist, kNone = std::nullopt;

struct NamedTruths {
  const char* name;
  Truth truth;
  std::array<Named, 9> named;  ///< stash absent, false, true; with persist absent, false, true each
};
void PrintTo(const NamedTruths& of, std::ostream* out) { *out << of.name; }

class TruthOf : public testing::TestWithParam<NamedTruths> {};
INSTANTIATE_TEST_SUITE_P(
    Catalog, TruthOf,
    testing::Values(
        NamedTruths{"single", truth_by_single_tombstone, {kS, kS, kS, kS, kS, kS, kP, kP, kP}},
        NamedTruths{"two", truth_by_two_tombstones, {kS, kS, kS, kS, kP, kS, kS, kP, kS}},
        NamedTruths{"draft", truth_by_first_draft, {kS, kS, kS, kS, kS, kS, kS, kP, kNone}}));

/// OneSourceOfTruth, and which store the others look at.
TEST_P(TruthOf, IsNamedByEveryPairOfTombstones) {
  const Entries right = with_a("v0"), wrong = with_a("wrong");
  for (std::size_t i = 0; i < 9; ++i) {
    const auto of_stash = kTombstones[i / 3], of_persist = kTombstones[i % 3];
    const Named named = GetParam().named[i];
    EXPECT_EQ(GetParam().truth(of_stash, of_persist), named) << i;
    const Told told = tell(GetParam().truth, beginning(), {});
    const std::string of_stash_alone =
        told.judge(store(6, of_stash, right), store(7, of_persist, wrong));
    const std::string of_persist_alone =
        told.judge(store(6, of_stash, wrong), store(7, of_persist, right));
    EXPECT_EQ(of_stash_alone, !named ? "OneSourceOfTruth" : named == kS ? "" : kLost) << i;
    EXPECT_EQ(of_persist_alone, !named ? "OneSourceOfTruth" : named == kP ? "" : kLost) << i;
  }
}

Value serves(const char* store, unsigned epoch) { return {{"serving", store}, {"epoch", epoch}}; }

/// ServeOnlyTruth of a process that serves under this epoch; the stash has e5, persist e7.
std::string judged_process(const Value& status, std::optional<bool> tombstone,
                           Truth truth = truth_by_single_tombstone) {
  const Told told = tell(truth, beginning(), {});
  return told.judge_process(store(5, tombstone, {}), store(7, tombstone, {}), status);
}

TEST(ServeOnlyTruth, IsJudgedOfWhomIsNotFencedOnTheStoreThatItServes) {
  const std::string violated = "ServeOnlyTruth";
  for (const auto down : {std::optional<bool>(), std::optional(false)}) {
    EXPECT_EQ(judged_process(serves("stash", 5), down), "");
    EXPECT_EQ(judged_process(serves("persist", 7), down), violated);
    for (const unsigned other : {4u, 5u, 6u, 8u}) {
      EXPECT_EQ(judged_process(serves("persist", other), down), "") << other;
    }
  }
  EXPECT_EQ(judged_process(serves("persist", 7), true), "");
  EXPECT_EQ(judged_process(serves("stash", 5), true), violated);
  for (const unsigned other : {4u, 6u, 7u}) {
    EXPECT_EQ(judged_process(serves("stash", other), true), "") << other;
  }
}

TEST(ServeOnlyTruth, IsNotJudgedWhereNothingIsTheTruth) {
  EXPECT_EQ(judged_process(serves("stash", 5), true, truth_by_first_draft), "");
  EXPECT_EQ(judged_process(serves("persist", 7), true, truth_by_first_draft), "");
}

/// CanFinish: what a program, `migrate` (0) or `rollback` (1), has reached.
bool reached(std::size_t program, const Value& status) {
  const auto monitor = make_monitor(truth_by_single_tombstone);
  const Value stash = store(5, std::nullopt, {}), persist = store(7, std::nullopt, {});
  const std::array<const Value*, 2> stores = {&stash, &persist};
  return monitor->reached(program, stores, status, false);
}

TEST(CanFinish, IsReachedByServingWhatWasAskedForUnderItsEpoch) {
  EXPECT_TRUE(reached(0, serves("persist", 7)));
  EXPECT_TRUE(reached(1, serves("stash", 5)));
  for (const unsigned other : {4u, 5u, 6u, 8u}) {
    EXPECT_FALSE(reached(0, serves("persist", other))) << other;
  }
  for (const unsigned other : {4u, 6u, 7u}) {
    EXPECT_FALSE(reached(1, serves("stash", other))) << other;
  }
}

TEST(CanFinish, IsNotReachedByServingTheOtherStoreOrNone) {
  EXPECT_FALSE(reached(0, serves("stash", 5)));
  EXPECT_FALSE(reached(0, serves("stash", 7)));
  EXPECT_FALSE(reached(1, serves("persist", 7)));
  EXPECT_FALSE(reached(1, serves("persist", 5)));
  EXPECT_FALSE(reached(0, nullptr));
  EXPECT_FALSE(reached(1, nullptr));
}

TEST(Properties, AreNamedInTheOrderOfTheirHeader) {
  EXPECT_EQ(property_names(),
            (std::vector<std::string>{"OneSourceOfTruth", "NoLostWrite", "NoResurrection",
                                      "ServeOnlyTruth", "FencedNeverSucceeds", "EpochMonotone",
                                      "CanFinish"}));
  EXPECT_EQ(property_names()[can_finish_index()], "CanFinish");
}

/// What is stored is what clients see, whatever the format.
TEST(Properties, JudgeWhatClientsSee) {
  const Told told = tell(truth_by_single_tombstone, beginning(), {});
  StoreState old = crashsim::catalog::state_from(store(5, false, {}));
  old.contents.format = kOldFormat;
  old.contents.entries = {{"a", "v0"}, {"b", "w0"}};
  const Value persist = store(7, std::nullopt, {});
  EXPECT_EQ(told.judge(crashsim::catalog::to_value(old), persist), "");
  old.contents.format = kCurrentFormat;  // the same bytes have no checksum
  EXPECT_EQ(told.judge(crashsim::catalog::to_value(old), persist), kLost);
}

}  // namespace
}  // namespace cutover::catalog
