// What must have been seen for "holds" to mean something: of each witness of the catalog's monitor
// and of its model, where it is seen, and where it must not be though little is missing.
//
// tests/fault_witness_test.cpp has those of the engine, tests/tla_test.cpp those of TLA+.
#include <gtest/gtest.h>

#include <set>

#include "model/catalog/model.h"
#include "tests/history.h"

namespace cutover::catalog {
namespace {

using namespace history;

// The monitor's.

using Names = std::set<std::string>;

Names named(std::uint64_t seen) {
  Names names;
  const auto all = witnesses();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((seen >> i & 1) != 0) names.insert(all[i].name);
  }
  return names;
}

const std::string kMoved = "OneSourceOfTruth: persist became the truth",
                  kMovedBack = "OneSourceOfTruth: the stash became the truth again",
                  kPutMoved = "NoLostWrite: a put acknowledged on one store, held by the other",
                  kDeleteMoved =
                      "NoResurrection: a delete acknowledged on one store, respected by the other",
                  kUnanswered = "NoLostWrite: an unacknowledged write is held",
                  kStashServed = "ServeOnlyTruth: the stash was served",
                  kPersistServed = "ServeOnlyTruth: persist was served",
                  kBelieved = "ServeOnlyTruth: a fenced process believed that it served",
                  kRejected = "FencedNeverSucceeds: a fenced request was rejected",
                  kOnBoth =
                      "EpochMonotone: clients were acknowledged on one store, then on the other",
                  kRead = "NoLostWrite: a client read";

Value beginning() {
  return initial_memory({{"a", "v0"}, {"g", std::nullopt}}, Epoch{5}, Epoch{2}, Epoch{5});
}

/// What the stores show after these events, where `truth` holds this.
Names shown(const std::vector<Value>& events, Which truth, const Entries& held) {
  const Told told = tell(truth_by_single_tombstone, beginning(), events);
  const bool moved = truth == Which::persist;
  const Entries garbage = {{"a", "garbage"}};
  return named(told.look(store(6, moved, moved ? garbage : held),
                         store(7, std::nullopt, moved ? held : garbage))
                   .witnesses);
}

const Value kPut = put("a", "v1", 0), kDelete = erase("a", 0);
const Value kPutOnStash = answered(kPut, "stash", 6), kPutOnPersist = answered(kPut, "persist", 7);
const Value kDeletedOnStash = answered(kDelete, "stash", 6),
            kDeletedOnPersist = answered(kDelete, "persist", 7);
const Entries kV0 = {{"a", "v0"}}, kV1 = {{"a", "v1"}}, kNothing = {};
constexpr Which kStash = Which::stash, kPersist = Which::persist;

TEST(MonitorsWitnesses, OfTheTruthThatMoves) {
  EXPECT_EQ(shown({}, kStash, kV0), Names{});
  EXPECT_EQ(shown({}, kPersist, kV0), Names{kMoved});
  // Back only if clients were answered there in between.
  EXPECT_EQ(shown({got("a", "v0", "ok", "persist", 7)}, kStash, kV0), Names{kMovedBack});
  EXPECT_EQ(shown({got("a", "v0", "fenced", "persist", 7)}, kStash, kV0), Names{});
  EXPECT_EQ(shown({got("a", "v0", "ok", "stash", 7)}, kStash, kV0), Names{});
  EXPECT_EQ(shown({got("a", "v0", "ok", "persist", 7)}, kPersist, kV0), Names{kMoved});
}

TEST(MonitorsWitnesses, OfAcknowledgedWritesThatMove) {
  EXPECT_EQ(shown({kPut, kPutOnStash}, kStash, kV1), Names{});
  EXPECT_EQ(shown({kPut, kPutOnStash}, kPersist, kV1), (Names{kMoved, kPutMoved}));
  EXPECT_EQ(shown({kPut, kPutOnPersist}, kPersist, kV1), Names{kMoved});
  EXPECT_EQ(shown({kPut, kPutOnPersist}, kStash, kV1), (Names{kMovedBack, kPutMoved}));
  EXPECT_EQ(shown({kDelete, kDeletedOnStash}, kStash, kNothing), Names{});
  EXPECT_EQ(shown({kDelete, kDeletedOnStash}, kPersist, kNothing), (Names{kMoved, kDeleteMoved}));
  EXPECT_EQ(shown({kDelete, kDeletedOnPersist}, kPersist, kNothing), Names{kMoved});
  EXPECT_EQ(shown({kDelete, kDeletedOnPersist}, kStash, kNothing),
            (Names{kMovedBack, kDeleteMoved}));
}

/// What was there, or gone, at the beginning was acknowledged on neither store.
TEST(MonitorsWitnesses, OfAcknowledgedWritesNotWhereAnotherKeysMoved) {
  const Value other = put("b", "w", 0);
  EXPECT_EQ(shown({other, answered(other, "stash", 6)}, kPersist, {{"a", "v0"}, {"b", "w"}}),
            (Names{kMoved, kPutMoved}));
  const Value gone = erase("b", 0);
  EXPECT_EQ(shown({gone, answered(gone, "stash", 6)}, kPersist, kV0),
            (Names{kMoved, kDeleteMoved}));
}

TEST(MonitorsWitnesses, OfAcknowledgedWritesNotWhereALaterOneIsUnanswered) {
  const Value later = put("a", "v2", 1);
  EXPECT_EQ(shown({kPut, kPutOnStash, later}, kPersist, kV1), Names{kMoved});
  EXPECT_EQ(shown({kDelete, kDeletedOnStash, later}, kPersist, kNothing), Names{kMoved});
}

TEST(MonitorsWitnesses, OfAnUnansweredWrite) {
  EXPECT_EQ(shown({kPut}, kStash, kV0), Names{});
  EXPECT_EQ(shown({kPut}, kStash, kV1), Names{kUnanswered});
  EXPECT_EQ(shown({kDelete}, kStash, kV0), Names{});
  EXPECT_EQ(shown({kDelete}, kStash, kNothing), Names{kUnanswered});
  EXPECT_EQ(shown({kPut, answered(kPut, "stash", 6)}, kStash, kV1), Names{});
}

TEST(MonitorsWitnesses, OfWhoServes) {
  const auto seen = [](const char* serving, unsigned epoch, bool moved) {
    const Told told = tell(truth_by_single_tombstone, beginning(), {});
    const Value status = {{"serving", serving}, {"epoch", epoch}};
    const Value stash = store(6, moved, {}), persist = store(7, std::nullopt, {});
    return named(told.look_at_process(stash, persist, status).witnesses);
  };
  EXPECT_EQ(seen("stash", 6, false), Names{kStashServed});
  EXPECT_EQ(seen("persist", 7, true), Names{kPersistServed});
  for (const bool moved : {false, true}) {
    EXPECT_EQ(seen("stash", 5, moved), Names{kBelieved});
    EXPECT_EQ(seen("persist", 6, moved), Names{kBelieved});
  }
  EXPECT_EQ(seen("stash", 6, true), Names{});  // a violation, and no witness
  EXPECT_EQ(seen("persist", 7, false), Names{});
}

/// What the last of these events shows.
Names noted(std::vector<Value> events) {
  const Value last = events.back();
  events.pop_back();
  Told told = tell(truth_by_single_tombstone, beginning(), events);
  return named(told.monitor->observe(told.memory, last).witnesses);
}

TEST(MonitorsWitnesses, OfEvents) {
  EXPECT_EQ(noted({opened("stash", 6)}), Names{});
  EXPECT_EQ(noted({used("stash", 5, 5)}), Names{});
  EXPECT_EQ(noted({rejected("stash", 4)}), Names{kRejected});
  EXPECT_EQ(noted({rejected("persist", 1)}), Names{kRejected});
  EXPECT_EQ(noted({kPut}), Names{});
  EXPECT_EQ(noted({kPut, fenced(kPut)}), Names{});
  EXPECT_EQ(noted({got("a", "v0")}), Names{kRead});
  EXPECT_EQ(noted({got("a", nullptr, "fenced")}), Names{});
  EXPECT_EQ(noted({got("a", nullptr, "lost answer")}), Names{});
}

TEST(MonitorsWitnesses, OfAnAnswerOnOneStoreAndThenOnTheOther) {
  EXPECT_EQ(noted({kPut, kPutOnStash}), Names{});
  EXPECT_EQ(noted({kPut, kPutOnPersist}), Names{});
  EXPECT_EQ(noted({kPut, kPutOnStash, kPut, kPutOnStash}), Names{});
  EXPECT_EQ(noted({kPut, kPutOnPersist, kPut, kPutOnPersist}), Names{});
  EXPECT_EQ(noted({kPut, kPutOnStash, kPut, kPutOnPersist}), Names{kOnBoth});
  EXPECT_EQ(noted({kPut, kPutOnPersist, kPut, answered(kPut, "stash", 8)}), Names{kOnBoth});
  EXPECT_EQ(noted({kPut, kPutOnStash, kPut, replied(kPut, "fenced", "persist", 7)}), Names{});
  EXPECT_EQ(noted({kPut, replied(kPut, "fenced", "stash", 6), kPut, kPutOnPersist}), Names{});
}

/// What bounds must allow for a witness to be asked for: which of them, with how little less not.
TEST(MonitorsWitnesses, AreAskedForWhereTheyCanBeSeen) {
  const auto asked = [](const crashsim::Bounds& bounds) {
    Names names;
    for (const auto& witness : witnesses()) {
      if (witness.possible(bounds)) names.insert(witness.name);
    }
    return names;
  };
  crashsim::Bounds bounds{
      .processes = 1, .starts = 0, .crashes = 0, .in_flight = 0, .lost = 0, .own = {{"writes", 0}}};
  EXPECT_EQ(asked(bounds), Names{});
  Names expected = {kMoved, kStashServed, kPersistServed};
  bounds.starts = 1;
  EXPECT_EQ(asked(bounds), expected);
  bounds.starts = 2;
  EXPECT_EQ(asked(bounds), expected);
  bounds.processes = 2;
  expected.merge(Names{kBelieved, kRejected});
  EXPECT_EQ(asked(bounds), expected);
  bounds.own["writes"] = 1;
  expected.merge(Names{kMovedBack, kPutMoved});
  EXPECT_EQ(asked(bounds), expected);
  bounds.own["writes"] = 2;
  expected.merge(Names{kDeleteMoved, kOnBoth});
  EXPECT_EQ(asked(bounds), expected);
  bounds.crashes = 1;
  expected.insert(kUnanswered);
  EXPECT_EQ(asked(bounds), expected);
  bounds.crashes = 0;
  bounds.lost = 1;
  EXPECT_EQ(asked(bounds), expected);
  bounds.own["reads"] = 1;
  expected.insert(kRead);
  EXPECT_EQ(asked(bounds), expected);
}

// The model's.

using model::catalog::Action;
using model::catalog::At;
using model::catalog::Byte;
using model::catalog::Do;
using model::catalog::Model;
using model::catalog::Name;
using model::catalog::State;
using model::catalog::Tombstone;

const Model& the_model() {
  static const Model model(*model::catalog::find_protocol("single-tombstone"),
                           {.starts = 2, .puts = 1, .deletes = 1});
  return model;
}

Names named_by_model(std::uint64_t seen) {
  Names names;
  const auto all = the_model().witnesses();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((seen >> i & 1) != 0 && all[i].name != nullptr) names.insert(all[i].name);
  }
  return names;
}

Names seen_in(const State& state) { return named_by_model(the_model().seen_in(state)); }

/// The truth holds `a`; clients know of an acknowledged value and of writes that may have been.
State state_with(At truth, Byte a, Byte acked, Byte maybe, Byte answered_on) {
  State state = Model::leftovers();
  if (truth == At::persist) state.store[0].tombstone = Tombstone::is_true;
  auto& held = state.store[static_cast<std::size_t>(truth)].contents;
  held.a = a;
  held.g = 0;
  state.client = {acked, maybe, 5, answered_on};
  return state;
}

constexpr Byte kNo = model::catalog::kNoValue, kOne = model::catalog::kValue0 + 1;
constexpr Byte kNowhere = 0, kOnStash = 1, kOnPersist = 2;

TEST(ModelsWitnesses, OfTheTruthAndOfWhatItHolds) {
  const std::string moved = "persist became the truth", back = "the stash became the truth again",
                    a_put = "a put acknowledged on one store was held by the other",
                    a_delete = "a delete acknowledged on one store was respected by the other",
                    unanswered = "an unacknowledged write was held";
  struct Row {
    At truth;
    Byte held, acked, maybe, on;
    Names seen;
  };
  const std::vector<Row> rows = {
      {At::stash, kOne, kOne, 0, kNowhere, {}},
      {At::stash, kOne, kOne, 0, kOnStash, {}},
      {At::stash, kOne, kOne, 0, kOnPersist, {back, a_put}},
      {At::stash, kNo, kNo, 0, kNowhere, {}},
      {At::stash, kNo, kNo, 0, kOnStash, {}},
      {At::stash, kNo, kNo, 0, kOnPersist, {back, a_delete}},
      {At::persist, kOne, kOne, 0, kNowhere, {moved}},
      {At::persist, kOne, kOne, 0, kOnStash, {moved, a_put}},
      {At::persist, kOne, kOne, 0, kOnPersist, {moved}},
      {At::persist, kNo, kNo, 0, kOnStash, {moved, a_delete}},
      {At::persist, kNo, kNo, 0, kOnPersist, {moved}},
      {At::stash, kOne, kOne, 0b10, kOnPersist, {back}},  // a delete may be under way
      {At::persist, kNo, kNo, 0b01, kOnStash, {moved}},
      {At::stash, kOne, kNo, 0b01, kOnStash, {unanswered}},
      {At::stash, kNo, kNo, 0b01, kOnStash, {}},
      {At::persist, kNo, kOne, 0b10, kOnPersist, {moved, unanswered}},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    EXPECT_EQ(seen_in(state_with(row.truth, row.held, row.acked, row.maybe, row.on)), row.seen)
        << "row " << i;
  }
}

TEST(ModelsWitnesses, OfWhoServes) {
  const std::string stash = "the stash was served", persist = "persist was served",
                    believes = "a fenced process believed that it served";
  const auto seen = [](At target, Byte epoch, Byte steps_before_serving) {
    State state = Model::leftovers();
    state.client = {model::catalog::kValue0, 0, 0, kNowhere};
    auto& process = state.process[0];
    process.target = target;
    process.pc = 1;
    while (the_model().step_of(process).what != Do::serve) ++process.pc;
    process.pc = static_cast<Byte>(process.pc - steps_before_serving);
    (target == At::stash ? process.stash : process.persist) = epoch;
    return seen_in(state);
  };
  EXPECT_EQ(seen(At::stash, 5, 0), Names{stash});
  EXPECT_EQ(seen(At::persist, 2, 0), Names{persist});
  EXPECT_EQ(seen(At::stash, 5, 1), Names{});
  EXPECT_EQ(seen(At::persist, 2, 1), Names{});
  EXPECT_EQ(seen(At::stash, 4, 0), Names{believes});
  EXPECT_EQ(seen(At::persist, 1, 0), Names{believes});
}

Names seen_in_step(const State& state, Name name, const State& next) {
  return named_by_model(the_model().seen_in(state, Action{name, 0, At::persist}, next));
}

TEST(ModelsWitnesses, OfAnAnswerOnOneStoreAndThenOnTheOther) {
  const std::string on_both = "clients were acknowledged on one store, then on the other";
  const auto step = [](Name name, Byte before, Byte after) {
    State state = Model::leftovers(), next = state;
    state.client.on = before;
    next.client.on = after;
    return seen_in_step(state, name, next);
  };
  EXPECT_EQ(step(Name::Write, kOnStash, kOnPersist), (Names{on_both, "Write"}));
  EXPECT_EQ(step(Name::Write, kOnPersist, kOnStash), (Names{on_both, "Write"}));
  EXPECT_EQ(step(Name::Write, kOnStash, kOnStash), Names{"Write"});
  EXPECT_EQ(step(Name::Write, kOnPersist, kOnPersist), Names{"Write"});
  EXPECT_EQ(step(Name::Write, kNowhere, kOnPersist), Names{"Write"});
}

TEST(ModelsWitnesses, OfARequestThatLands) {
  const auto lands = [](Byte session) {
    State state = Model::leftovers();
    const auto& operations = the_model().operations();
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (operations[i].what != Do::set_tombstone) continue;
      state.in_flight[0].operation = static_cast<Byte>(i);
    }
    state.in_flight[0].session = session;
    return seen_in_step(state, Name::Land, state);
  };
  EXPECT_EQ(lands(5), Names{"a request in flight landed and took effect"});
  EXPECT_EQ(lands(4), Names{"a request in flight landed fenced"});
}

TEST(ModelsWitnesses, OfActionsAreTheirNames) {
  const State state = Model::leftovers();
  const std::set<Name> asked_for = {Name::Fenced,        Name::Write,       Name::CrashBefore,
                                    Name::CrashAfter,    Name::LoseBefore,  Name::LoseAfter,
                                    Name::CrashInFlight, Name::LoseInFlight};
  for (std::size_t i = 0; i < model::catalog::kNames; ++i) {
    const auto name = static_cast<Name>(i);
    if (name == Name::Land) continue;
    const Names expected = asked_for.contains(name) ? Names{to_string(name)} : Names{};
    EXPECT_EQ(seen_in_step(state, name, state), expected) << to_string(name);
  }
}

TEST(ModelsWitnesses, AreAllThereAreHere) {
  Names names;
  for (const auto& witness : the_model().witnesses()) {
    if (witness.name != nullptr) names.insert(witness.name);
  }
  EXPECT_EQ(names.size(), 19u);
  EXPECT_EQ(witnesses().size(), 11u);
}

}  // namespace
}  // namespace cutover::catalog
