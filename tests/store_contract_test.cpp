// The contract of a store. Every kind of store passes this one suite, through the interface that
// the protocols use; a new kind is one more line in kKinds.
//
// Not covered: durability, outages and what only one engine does (sqlite_store_test.cpp).
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>
#include <ostream>
#include <vector>

#include "impl/store/simulated_store.h"
#include "impl/store/sqlite_store.h"
#include "tests/run.h"

namespace cutover {
namespace {

using Number = std::optional<std::uint64_t>;
using Bytes = std::optional<std::string>;

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kBeyondSigned = std::uint64_t{1} << 63;

struct Kind {
  const char* name;
  std::unique_ptr<Store> (*create)(const TemporaryFolder&);
  std::string (*named)(const TemporaryFolder&);  ///< in errors
};

template <class File>
std::unique_ptr<Store> sqlite(const File& file) {
  return std::make_unique<SqliteStore>("stash", file, SqliteStore::Mode::create_if_missing);
}

const Kind kKinds[] = {
    {"Simulated",
     [](const TemporaryFolder&) -> std::unique_ptr<Store> {
       return std::make_unique<SimulatedStore>("stash");
     },
     [](const TemporaryFolder&) -> std::string { return "stash"; }},
    {"SqliteFile", [](const TemporaryFolder& folder) { return sqlite(folder / "stash.db"); },
     [](const TemporaryFolder& folder) { return (folder / "stash.db").string(); }},
    {"SqliteMemory", [](const TemporaryFolder&) { return sqlite(":memory:"); },
     [](const TemporaryFolder&) -> std::string { return ":memory:"; }},
};

/// How a step of a session ended.
template <class T>
Status outcome(awaitable<T> step) {
  try {
    run(std::move(step));
    return Status::ok;
  } catch (const StepFailed& failed) {
    return failed.status();
  }
}

Transaction put(std::string key, std::string value) {
  Transaction transaction;
  transaction.entries.emplace(std::move(key), std::move(value));
  return transaction;
}

Contents contents(std::uint32_t format, Entries entries) {
  return Contents{.format = format, .entries = std::move(entries)};
}

class StoreContract : public testing::TestWithParam<Kind> {
 protected:
  Session open_session(std::uint64_t at_least = 0) { return run(open(*store_, Epoch{at_least})); }
  Number peek(const std::string& name) { return run(peek_config(*store_, name)); }
  template <class Step>
  void expect_no_epoch_left(const Step& step) {
    try {
      step();
      ADD_FAILURE() << "the epoch went beyond its end";
    } catch (const StoreError& error) {
      const std::string line = error.what();
      EXPECT_EQ(line.find(GetParam().named(folder_) + ": has no epoch left"), 0u) << line;
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_ = GetParam().create(folder_);
};

TEST_P(StoreContract, OpenIncrementsTheEpoch) {
  EXPECT_EQ(open_session().epoch(), Epoch{1});
  EXPECT_EQ(open_session().epoch(), Epoch{2});
}

TEST_P(StoreContract, OpenHonoursTheBoundWithoutEverLoweringTheEpoch) {
  EXPECT_EQ(open_session(7).epoch(), Epoch{7});
  EXPECT_EQ(open_session(7).epoch(), Epoch{8});
  EXPECT_EQ(open_session(3).epoch(), Epoch{9});
}

TEST_P(StoreContract, EpochsAreUnsigned) {
  EXPECT_EQ(open_session(kBeyondSigned - 1).epoch(), Epoch{kBeyondSigned - 1});
  EXPECT_EQ(open_session().epoch(), Epoch{kBeyondSigned});
  EXPECT_EQ(open_session(5).epoch(), Epoch{kBeyondSigned + 1});
  Session last = open_session(kLargest - 1);
  EXPECT_EQ(last.epoch(), Epoch{kLargest - 1});
  EXPECT_EQ(outcome(last.snapshot()), Status::ok);
}

TEST_P(StoreContract, AnEpochThatWouldWrapIsAnErrorThatNamesTheStoreAndDoesNothing) {
  Session session = open_session(kLargest - 2);
  run(session.replace_contents(contents(1, {{"key", "old"}})));
  Transaction beyond = put("key", "new");
  beyond.raise_epoch = Epoch{kLargest};
  expect_no_epoch_left([&] { open_session(kLargest); });
  expect_no_epoch_left([&] { run(session.try_commit(beyond)); });
  EXPECT_EQ(run(session.snapshot()), contents(1, {{"key", "old"}}));

  run(session.raise_epoch(Epoch{0}));
  EXPECT_EQ(session.epoch(), Epoch{kLargest - 1}) << "the last one can be had";
  beyond.raise_epoch = Epoch{0};
  expect_no_epoch_left([&] { open_session(); });
  expect_no_epoch_left([&] { run(session.try_commit(beyond)); });
  EXPECT_EQ(run(session.snapshot()), contents(1, {{"key", "old"}}));
  run(session.commit(put("key", "still written")));
}

TEST(Epochs, EndInsteadOfWrapping) {
  EXPECT_EQ(above(Epoch{kLargest - 1}), Epoch{kLargest});
  EXPECT_THROW(above(Epoch{kLargest}), NoEpochLeft);
}

TEST_P(StoreContract, ANewStoreIsEmpty) {
  EXPECT_EQ(peek("tombstone"), Number());
  Session session = open_session();
  EXPECT_EQ(run(session.snapshot()), Contents());
}

TEST_P(StoreContract, AnOlderSessionIsFencedForEveryKindOfOperation) {
  Session older = open_session();
  run(older.commit(put("key", "value")));
  run(older.set_config("tombstone", 1));
  open_session();
  EXPECT_EQ(outcome(older.config("tombstone")), Status::fenced);
  EXPECT_EQ(outcome(older.snapshot()), Status::fenced);
  EXPECT_EQ(run(older.try_get("key")).error(), Status::fenced);
  EXPECT_EQ(run(older.try_commit(put("key", "other"))).error(), Status::fenced);
  EXPECT_EQ(run(older.try_commit(Transaction())).error(), Status::fenced);
  EXPECT_EQ(outcome(older.set_config("tombstone", 0)), Status::fenced);
  EXPECT_EQ(outcome(older.replace_contents(Contents())), Status::fenced);
  EXPECT_EQ(outcome(older.raise_epoch(Epoch{9})), Status::fenced);
}

TEST_P(StoreContract, ASessionOfAnEpochThatTheStoreHasNotReachedIsFenced) {
  open_session();
  Session restored_from_elsewhere(*store_, Epoch{2});
  EXPECT_EQ(outcome(restored_from_elsewhere.snapshot()), Status::fenced);
  EXPECT_EQ(outcome(restored_from_elsewhere.commit(Transaction())), Status::fenced);
}

TEST_P(StoreContract, WithoutASessionOnlyOpenAndPeekWork) {
  for (const auto kind : {Request::Kind::snapshot, Request::Kind::get, Request::Kind::commit}) {
    Request request;
    request.kind = kind;
    EXPECT_EQ(run(store_->perform(request)).status, Status::fenced);
  }
}

TEST_P(StoreContract, AFencedStepChangesNothingAndAnswersNothing) {
  Session older = open_session();
  run(older.replace_contents(contents(1, {{"key", "old"}})));
  run(older.set_config("tombstone", 0));
  Session newer = open_session();

  Request request;
  request.kind = Request::Kind::commit;
  request.session = older.epoch();
  request.transaction = put("key", "new");
  request.transaction.replace = contents(2, {{"other", "new"}});
  request.transaction.config.emplace("tombstone", 1);
  request.transaction.raise_epoch = Epoch{9};
  Answer fenced;
  fenced.status = Status::fenced;
  EXPECT_EQ(run(store_->perform(request)), fenced);

  EXPECT_EQ(run(newer.snapshot()), contents(1, {{"key", "old"}}));
  EXPECT_EQ(run(newer.config("tombstone")), Number(0));
  EXPECT_EQ(open_session().epoch(), above(newer.epoch()));
}

TEST_P(StoreContract, ConfigIsReadableBeforeOpening) {
  Session session = open_session();
  run(session.set_config("tombstone", 1));
  EXPECT_EQ(peek("tombstone"), Number(1));
  EXPECT_EQ(peek("other"), Number());
  EXPECT_EQ(run(session.config("tombstone")), Number(1)) << "a peek has fenced the session";
  run(session.set_config("tombstone", 0));
  EXPECT_EQ(peek("tombstone"), Number(0));
}

TEST_P(StoreContract, ConfigAndEpochAreNoPartOfASnapshot) {
  Session session = open_session(5);
  const Contents before = contents(3, {{"key", "value"}});
  run(session.replace_contents(before));
  run(session.set_config("tombstone", 1));
  EXPECT_EQ(run(session.snapshot()), before);

  run(session.replace_contents(Contents()));
  EXPECT_EQ(run(session.snapshot()), Contents());
  EXPECT_EQ(peek("tombstone"), Number(1));
  EXPECT_EQ(open_session().epoch(), Epoch{6});
}

TEST_P(StoreContract, ATransactionReplacesFirstAndThenWritesEntries) {
  Session session = open_session();
  run(session.replace_contents(contents(1, {{"gone", "1"}})));
  Transaction transaction;
  transaction.replace = contents(2, {{"deleted", "2"}, {"kept", "2"}, {"overwritten", "2"}});
  transaction.entries = {{"added", "3"}, {"deleted", {}}, {"overwritten", "3"}};
  run(session.commit(transaction));
  EXPECT_EQ(run(session.snapshot()),
            contents(2, {{"added", "3"}, {"kept", "2"}, {"overwritten", "3"}}));
}

TEST_P(StoreContract, EntriesLeaveTheFormatAndOtherEntriesAlone) {
  Session session = open_session();
  run(session.replace_contents(contents(4, {{"a", "1"}, {"b", "1"}})));
  run(session.commit(put("b", "2")));
  EXPECT_EQ(run(session.snapshot()), contents(4, {{"a", "1"}, {"b", "2"}}));
}

TEST_P(StoreContract, ATransactionTakesEffectWhole) {
  Session older = open_session();
  Session session = open_session();
  Transaction transaction = put("key", "value");
  transaction.replace = contents(1, {{"other", "value"}});
  transaction.config = {{"counter", 7}, {"tombstone", 1}};
  transaction.raise_epoch = Epoch{9};
  const auto fenced = run(older.try_commit(transaction));
  EXPECT_EQ(fenced.error(), Status::fenced);
  EXPECT_EQ(run(session.snapshot()), Contents());
  EXPECT_EQ(peek("counter"), Number());

  run(session.commit(transaction));
  EXPECT_EQ(session.epoch(), Epoch{9});
  EXPECT_EQ(run(session.snapshot()), contents(1, {{"key", "value"}, {"other", "value"}}));
  EXPECT_EQ(peek("counter"), Number(7));
  EXPECT_EQ(peek("tombstone"), Number(1));
}

TEST_P(StoreContract, ACommitWithoutARaiseKeepsTheEpoch) {
  Session session = open_session();
  run(session.commit(put("key", "value")));
  EXPECT_EQ(session.epoch(), Epoch{1});
  EXPECT_EQ(open_session().epoch(), Epoch{2});
}

TEST_P(StoreContract, RaiseEpochRaisesByOneOrToTheBoundAndKeepsTheSession) {
  Session session = open_session();
  run(session.raise_epoch(Epoch{0}));
  EXPECT_EQ(session.epoch(), Epoch{2});
  run(session.raise_epoch(Epoch{2}));
  EXPECT_EQ(session.epoch(), Epoch{3});
  run(session.raise_epoch(Epoch{8}));
  EXPECT_EQ(session.epoch(), Epoch{8});
  EXPECT_EQ(outcome(session.snapshot()), Status::ok);
  EXPECT_EQ(open_session().epoch(), Epoch{9});
}

TEST_P(StoreContract, RaiseEpochFencesWhoHoldsTheEpochBefore) {
  Session session = open_session();
  Session copy = session;
  run(session.raise_epoch(Epoch{0}));
  EXPECT_EQ(outcome(copy.snapshot()), Status::fenced);
}

TEST_P(StoreContract, RaiseEpochIsFencedIfAnotherHasOpenedSince) {
  Session older = open_session();
  Session newer = open_session();
  EXPECT_EQ(outcome(older.raise_epoch(Epoch{9})), Status::fenced);
  EXPECT_EQ(older.epoch(), Epoch{1});
  EXPECT_EQ(outcome(newer.snapshot()), Status::ok);
}

TEST_P(StoreContract, MissingKeysAreNoError) {
  Session session = open_session();
  Transaction deletion;
  deletion.entries.emplace("missing", Bytes());
  EXPECT_EQ(outcome(session.commit(deletion)), Status::ok);
  EXPECT_EQ(run(session.try_get("missing")).value(), Bytes());
  EXPECT_EQ(run(session.config("missing")), Number());
}

TEST_P(StoreContract, KeysValuesAndNamesAreArbitraryBytes) {
  const std::string nul(1, '\0');
  const Entries entries = {{"", ""},
                           {nul, "empty key, and a key of one NUL"},
                           {"a", ""},
                           {"a" + nul, nul + nul},
                           {"a" + nul + "b", "a" + nul + "b"},
                           {"\x7f", "ascii"},
                           {"\x80\xff\xfe", "\xc3\x28 no UTF-8"},
                           {"'; DROP TABLE entries; --", "\"'`%_\n\r"},
                           {"large", std::string(1 << 20, '\xab') + nul}};
  Session session = open_session();
  run(session.replace_contents(contents(1, entries)));
  EXPECT_TRUE(run(session.snapshot()) == contents(1, entries)) << "(too large to print)";
  for (const auto& [key, value] : entries) {
    EXPECT_TRUE(run(session.try_get(key)).value() == Bytes(value)) << testing::PrintToString(key);
  }
  run(session.set_config("a" + nul, 1));
  run(session.set_config("", 2));
  EXPECT_EQ(peek("a"), Number());
  EXPECT_EQ(peek("a" + nul), Number(1));
  EXPECT_EQ(peek(""), Number(2));
}

TEST_P(StoreContract, NumbersKeepAllTheirBits) {
  Session session = open_session();
  for (const std::uint64_t number :
       {std::uint64_t{0}, kBeyondSigned - 1, kBeyondSigned, kLargest}) {
    run(session.set_config("counter", number));
    EXPECT_EQ(peek("counter"), Number(number));
  }
  const Contents largest_format = contents(std::numeric_limits<std::uint32_t>::max(), {});
  run(session.replace_contents(largest_format));
  EXPECT_EQ(run(session.snapshot()), largest_format);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::ValuesIn(kKinds),
                         [](const auto& info) { return std::string(info.param.name); });

// The property: SimulatedStore and SqliteStore cannot be told apart by any sequence of requests.

/// A request by one of several clients. Each holds the epoch of its own last open or commit.
struct ClientStep {
  std::size_t client = 0;
  Request request;
};

constexpr std::size_t kClients = 3;

void showValue(const ClientStep& step, std::ostream& os) {
  os << "client " << step.client << ": " << testing::PrintToString(label("stash", step.request));
}

rc::Gen<std::string> any_bytes() {
  const auto few = rc::gen::elementOf(
      std::vector<std::string>{"", "a", "b", std::string("a\0", 2), "\xff", "tombstone"});
  return rc::gen::weightedOneOf<std::string>({{4, few}, {1, rc::gen::string<std::string>()}});
}

rc::Gen<std::uint64_t> any_number() {
  return rc::gen::element<std::uint64_t>(0, 1, 2, 9, kBeyondSigned - 1, kBeyondSigned, kLargest);
}

/// Mostly so low that it is no bound, and never so high that the epoch could reach the end of u64.
rc::Gen<Epoch> any_epoch() {
  return rc::gen::map(rc::gen::weightedElement<std::uint64_t>({{20, 0},
                                                               {5, 1},
                                                               {5, 5},
                                                               {1, kBeyondSigned - 2},
                                                               {1, kBeyondSigned},
                                                               {1, kLargest / 3 * 2}}),
                      [](std::uint64_t value) { return Epoch{value}; });
}

Contents any_contents() {
  const auto entries = rc::gen::container<Entries>(any_bytes(), any_bytes());
  return contents(*rc::gen::arbitrary<std::uint32_t>(), *entries);
}

std::map<std::string, std::uint64_t> any_config() {
  return *rc::gen::container<std::map<std::string, std::uint64_t>>(any_bytes(), any_number());
}

Transaction any_transaction() {
  Transaction transaction;
  if (*rc::gen::weightedElement<bool>({{1, true}, {3, false}}))
    transaction.replace = any_contents();
  const auto value_or_deletion = rc::gen::oneOf(
      rc::gen::map(any_bytes(), [](std::string value) { return Bytes(std::move(value)); }),
      rc::gen::just(Bytes()));
  transaction.entries =
      *rc::gen::container<std::map<std::string, Bytes>>(any_bytes(), value_or_deletion);
  transaction.config = any_config();
  if (*rc::gen::weightedElement<bool>({{1, true}, {3, false}}))
    transaction.raise_epoch = *any_epoch();
  return transaction;
}

ClientStep any_step() {
  using enum Request::Kind;
  ClientStep step;
  step.client = *rc::gen::inRange<std::size_t>(0, kClients);
  step.request.kind = *rc::gen::weightedElement<Request::Kind>(
      {{2, open}, {2, read_config}, {1, snapshot}, {2, get}, {5, commit}});
  // Stands for "with the client's session"; the epoch itself is known only when the step is taken.
  if (*rc::gen::weightedElement<bool>({{7, true}, {1, false}})) step.request.session.emplace();
  if (step.request.kind == open) step.request.at_least = *any_epoch();
  if (step.request.kind == read_config || step.request.kind == get) {
    step.request.key = *any_bytes();
  }
  if (step.request.kind == commit) step.request.transaction = any_transaction();
  return step;
}

/// What the generated sequences have exercised, over all of them.
struct Exercised {
  int fenced = 0;
  int commits = 0;
  int values_read = 0;
};

void take_same_steps(SimulatedStore& simulated, SqliteStore& sqlite, Exercised& exercised) {
  std::vector<Epoch> sessions(kClients);
  const auto steps = *rc::gen::container<std::vector<ClientStep>>(rc::gen::exec(any_step));
  for (const ClientStep& step : steps) {
    Request request = step.request;
    if (request.session) request.session = sessions[step.client];
    const Answer expected = run(simulated.perform(request));
    const Answer answer = run(sqlite.perform(request));
    RC_ASSERT(answer == expected);
    RC_ASSERT(sqlite.inspect() == simulated.state());

    const bool gives_epoch =
        request.kind == Request::Kind::open || request.kind == Request::Kind::commit;
    if (answer.status == Status::ok && gives_epoch) sessions[step.client] = answer.epoch;
    exercised.fenced += answer.status == Status::fenced;
    exercised.commits += answer.status == Status::ok && request.kind == Request::Kind::commit;
    exercised.values_read += answer.value.has_value() || answer.number.has_value();
  }
}

TEST(StoreProperty, SimulatedAndSqliteGiveTheSameAnswersAndStates) {
  SqliteStore sqlite("stash", ":memory:", SqliteStore::Mode::create_if_missing);
  Exercised exercised;
  EXPECT_TRUE(rc::check("same requests, same answers and states", [&] {
    StoreState initial;
    initial.epoch = *any_epoch();
    initial.config = any_config();
    initial.contents = any_contents();
    SimulatedStore simulated("stash", initial);
    sqlite.restore(initial);
    RC_ASSERT(sqlite.inspect() == initial);
    take_same_steps(simulated, sqlite, exercised);
  }));
  EXPECT_GT(exercised.fenced, 0);
  EXPECT_GT(exercised.commits, 0);
  EXPECT_GT(exercised.values_read, 0);
}

}  // namespace
}  // namespace cutover
