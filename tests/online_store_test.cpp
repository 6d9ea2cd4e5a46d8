// Tables, counters and workers over real SQLite files.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <set>

#include "impl/online/file_workers.h"
#include "impl/online/shadow.h"
#include "impl/online/sqlite_counters.h"
#include "impl/online/sqlite_record.h"
#include "impl/online/sqlite_table.h"
#include "system/temporary_folder.h"
#include "system/usage_error.h"

namespace cutover::online {
namespace {

using nlohmann::json;

const Schema kSchema{false, {{"name", "text"}, {"tags", "map<text>"}}};

/// Of few keys, names, values and times, so that they often meet.
rc::Gen<std::pair<std::string, Row>> any_write() {
  return rc::gen::exec([] {
    const auto time = [] { return *rc::gen::inRange<WriteTime>(1, 5); };
    Row row;
    if (*rc::gen::inRange(0, 4) == 0) row.deleted = time();
    if (*rc::gen::inRange(0, 2) == 0) {
      const json value = *rc::gen::element<json>(nullptr, "x", "y", "");
      row.columns["name"].elements[""] = {value, time(), *rc::gen::element<std::int64_t>(0, 9)};
    }
    Column& tags = row.columns["tags"];
    if (*rc::gen::inRange(0, 4) == 0) tags.deleted = time();
    for (const std::string element : {"one", "two"}) {
      if (*rc::gen::inRange(0, 2) == 0) continue;
      tags.elements[element] = {*rc::gen::element<json>(nullptr, "x", "z"), time()};
    }
    return std::pair(*rc::gen::element<std::string>("a", "ab", "b", "ü", "\"quoted\""), row);
  });
}

class OnlineStore : public testing::Test {
 protected:
  /// Makes the call while another process is amid a transaction, which changes something and is
  /// committed before the call may go on.
  template <class Call>
  auto beside(const std::string& change, const Call& call) const {
    const SqliteCluster other(file_, {});
    other.connection().execute("BEGIN IMMEDIATE");
    auto called = std::async(std::launch::async, call);
    EXPECT_EQ(called.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
    other.connection().execute(change + "; COMMIT");
    return called.get();
  }
  /// Whatever is inserted so fails, as if there were no room for it.
  void refuse(const std::string& table, const std::string& when) const {
    cluster_.connection().execute(
        fmt::format("CREATE TRIGGER refuses_{0} BEFORE INSERT ON {0} WHEN {1} BEGIN SELECT "
                    "RAISE(ABORT, 'full'); END",
                    table, when));
  }

  system::TemporaryFolder folder_{"online"};
  const std::filesystem::path file_ = folder_.path() / "a.db";
  SqliteCluster cluster_{file_, LockWait(std::chrono::seconds(20)), true};
};

/// What a loss of power would take is not seen by killing processes.
TEST_F(OnlineStore, WhatIsCommittedIsOnTheDiskAndReadersHinderNobody) {
  sqlite::Statement synchronous(cluster_.connection(), "PRAGMA synchronous");
  EXPECT_EQ(sqlite::only_number(synchronous), 2U);  // FULL
  cluster_.create("t", kSchema);
  const SqliteTable table(cluster_, "t");
  complete(table.write("a", row_of("name", "x", 1)));
  const SqliteCluster reader(file_, {});
  sqlite::Statement read(reader.connection(), "SELECT count(*) FROM t");
  reader.connection().execute("BEGIN");
  EXPECT_EQ(sqlite::only_number(read), 1U);
  const SqliteCluster other(file_, LockWait(std::chrono::milliseconds(0)));
  EXPECT_NO_THROW(complete(SqliteTable(other, "t").write("b", row_of("name", "x", 1))));
  EXPECT_EQ(sqlite::only_number(read), 1U);  // as it was when it began
}

TEST_F(OnlineStore, AWriteIsThereAsAWholeOrNotAtAll) {
  cluster_.create("t", kSchema);
  const SqliteTable table(cluster_, "t");
  refuse("t", "NEW.col = 'tags'");
  Row row = row_of("name", "x", 1);
  row.columns["tags"].elements["one"] = {"y", 1};
  EXPECT_THROW(complete(table.write("a", row)), StoreFailed);
  EXPECT_FALSE(is_live(complete(table.read("a"))));
  refuse("cutover_tables", "true");
  EXPECT_THROW(cluster_.create("more", kSchema), StoreFailed);
  cluster_.connection().execute("DROP TRIGGER refuses_cutover_tables");
  EXPECT_NO_THROW(cluster_.create("more", kSchema));
}

TEST_F(OnlineStore, WhatIsDecidedByWhatIsThereMeetsNobodyElse) {
  cluster_.create("likes", {true, {{"v", "counter"}}});
  const SqliteCounter counter(cluster_, "likes", "a", "v");
  beside("INSERT INTO \"likes base\" VALUES ('a', 'v', 2, 100)",
         [&] { complete(counter.fold(0, 5, 1)); });
  EXPECT_EQ(complete(counter.base()).generation, 2);
  EXPECT_EQ(complete(counter.base()).value, 100);

  const SqliteRecord record(cluster_, "t");
  const auto begun = beside(
      "INSERT INTO cutover_migrations SELECT 't', 'first', 7, 0, '" + json(Record()).dump() + "'",
      [&] { return record.begin({"second", 8, {}, 0}); });
  EXPECT_EQ(begun.source, "first");
  EXPECT_EQ(record.migration()->before, 7);
  beside("UPDATE cutover_migrations SET generation = 1", [&] { complete(record.advance(0)); });
  EXPECT_EQ(complete(record.generation()), 1);
}

/// All pages, one after the other.
Rows contents(const SqliteTable& table, const std::string& first = "",
              const std::string& end = "") {
  Rows rows;
  std::string from = first;
  do {
    const Page page = complete(table.page(from, end));
    rows.insert(page.rows.begin(), page.rows.end());
    from = page.next;
  } while (!from.empty());
  return rows;
}

Rows not_empty(Rows rows) {
  std::erase_if(rows, [](const auto& each) { return json(each.second) == json(Row{}); });
  return rows;
}

RC_GTEST_FIXTURE_PROP(OnlineStore, MergesAsRowsDo, ()) {
  static int tables = 0;
  const std::string name = fmt::format("table {}", ++tables);
  cluster_.create(name, kSchema);
  const SqliteTable table(cluster_, name, *rc::gen::inRange<std::size_t>(1, 4));
  Rows expected;
  const int writes = *rc::gen::inRange(0, 12);
  for (int i = 0; i < writes; ++i) {
    const auto [key, row] = *any_write();
    complete(table.write(key, row));
    expected[key] = merged(expected[key], row);
  }
  expected = not_empty(expected);
  RC_ASSERT(json(not_empty(contents(table))) == json(expected));

  // What is copied is what is live, as if it had been written then; over whatever is there.
  cluster_.create(name + " copy", kSchema);
  const SqliteTable target(cluster_, name + " copy");
  Rows copied;
  const int there = *rc::gen::inRange(0, 4);
  for (int i = 0; i < there; ++i) {
    const auto [key, row] = *any_write();
    complete(target.write(key, row));
    copied[key] = merged(copied[key], row);
  }
  std::string from;
  std::uint64_t rows = 0, live = 0;
  do {
    const Scanned scanned = complete(table.scan(from, ""));
    complete(target.copy(scanned, 3));
    rows += scanned.rows;
    from = scanned.next;
  } while (!from.empty());
  for (const auto& [key, row] : expected) {
    if (is_live(row)) ++live;
    copied[key] = merged(copied[key], written_at(row, 3));
  }
  RC_ASSERT(rows == live);
  RC_ASSERT(json(not_empty(contents(target))) == json(not_empty(copied)));
}

/// Of a comparison in the strict phase.
struct Strict {
  int turns = 0;  ///< that it stays so, each time that it is asked
  mutable int asked = 0;
  Task<Record> get() const {
    Record record;
    record.turn = asked++ < turns ? 3 : 4;
    co_return record;
  }
};
struct Counting {
  int repairs = 0;
  std::set<std::string> here = {}, there = {};  ///< keys that were compared
  void repaired(const std::string&, const Row&) { ++repairs; }
  void compared(const Page& source, const Page& target) {
    for (const auto& [key, row] : source.rows) here.insert(key);
    for (const auto& [key, row] : target.rows) there.insert(key);
  }
};

RC_GTEST_FIXTURE_PROP(OnlineStore, AComparisonMakesTheTargetHoldWhatTheSourceHolds, ()) {
  static int tables = 0;
  const std::string name = fmt::format("compared {}", ++tables);
  cluster_.create(name, kSchema);
  cluster_.create(name + " target", kSchema);
  const SqliteTable source(cluster_, name, *rc::gen::inRange<std::size_t>(1, 4));
  const SqliteTable target(cluster_, name + " target", *rc::gen::inRange<std::size_t>(1, 4));
  for (const SqliteTable* table : {&source, &target}) {
    const int writes = *rc::gen::inRange(0, 8);
    for (int i = 0; i < writes; ++i) {
      const auto [key, row] = *any_write();
      complete(table->write(key, row));
    }
  }
  const Rows here = contents(source), before = contents(target);
  Counting counting;
  RC_ASSERT(complete(compare(source, target, Strict{1000}, 3, "", "", counting)));
  const Rows there = contents(target);
  for (const auto& [key, row] : here) {
    RC_ASSERT(counting.here.contains(key));
    const auto found = there.find(key);
    RC_ASSERT(contains(found == there.end() ? Row{} : found->second, row));
  }
  for (const auto& [key, row] : there) {
    const auto found = here.find(key);
    RC_ASSERT(markers_of(row, found == here.end() ? Row{} : found->second).columns.empty());
  }
  for (const auto& [key, row] : before) RC_ASSERT(counting.there.contains(key));
  RC_ASSERT((counting.repairs == 0) == (json(before) == json(there)));
  // Then there is nothing more to do.
  Counting again;
  RC_ASSERT(complete(compare(source, target, Strict{1000}, 3, "", "", again)));
  RC_ASSERT(again.repairs == 0);
}

TEST_F(OnlineStore, AComparisonDeletesNothingOnceThePhaseIsOver) {
  cluster_.create("t", kSchema);
  cluster_.create("target", kSchema);
  const SqliteTable source(cluster_, "t"), target(cluster_, "target");
  complete(target.write("a", row_of("name", "x", 1)));
  complete(target.write("b", row_of("name", "x", 1)));
  Counting counting;
  EXPECT_FALSE(complete(compare(source, target, Strict{1}, 3, "", "", counting)));
  EXPECT_FALSE(is_live(complete(target.read("a"))));
  EXPECT_TRUE(is_live(complete(target.read("b"))));
}

TEST_F(OnlineStore, APlanHasAllKeysInAboutEqualRanges) {
  cluster_.create("t", kSchema);
  const SqliteTable table(cluster_, "t", 7);
  Rows rows;
  for (int i = 0; i < 100; ++i) rows[fmt::format("{:03}", i)] = row_of("name", "x", 1);
  table.write_all(rows);
  for (const std::size_t ranges : {1, 2, 3, 10, 100, 1000}) {
    const std::vector<Range> plan = table.plan(ranges);
    EXPECT_EQ(plan.size(), std::min<std::size_t>(ranges, 100));
    EXPECT_EQ(plan.front().first, "");
    EXPECT_EQ(plan.back().end, "");
    std::size_t all = 0;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      if (i > 0) EXPECT_EQ(plan[i].first, plan[i - 1].end);
      const std::size_t here = contents(table, plan[i].first, plan[i].end).size();
      EXPECT_GE(here, 100 / ranges) << ranges << ", range " << i;
      EXPECT_LE(here, 100 / std::min<std::size_t>(ranges, 100) + ranges) << ranges << ", " << i;
      all += here;
    }
    EXPECT_EQ(all, 100U);
  }
  EXPECT_EQ(table.rows(), 100U);
  cluster_.create("empty", kSchema);
  EXPECT_EQ(SqliteTable(cluster_, "empty").plan(5).size(), 1U);
}

TEST_F(OnlineStore, WhatHasExpiredIsNotRead) {
  cluster_.create("t", kSchema);
  const SqliteTable table(cluster_, "t");
  Row row = row_of("name", "short", 1);
  row.columns["name"].elements[""].expires = 5;  // 1970
  complete(table.write("a", row));
  EXPECT_FALSE(is_live(complete(table.read("a"))));
  row.columns["name"].elements[""] = {"long", 2, 99'999'999'999};
  complete(table.write("a", row));
  EXPECT_TRUE(is_live(complete(table.read("a"))));
  EXPECT_FALSE(is_live(complete(table.read("b"))));
  // Its time is copied with it.
  const Scanned scanned = complete(table.scan("", ""));
  EXPECT_EQ(scanned.rows, 1U);
  cluster_.create("target", kSchema);
  const SqliteTable target(cluster_, "target");
  complete(target.copy(scanned, 3));
  const Row copied = complete(target.read("a"));
  EXPECT_EQ(copied.columns.at("name").elements.at("").expires, 99'999'999'999);
}

TEST_F(OnlineStore, CountersAddUpByGeneration) {
  cluster_.create("likes", {true, {{"v", "counter"}}});
  const SqliteCounter counter(cluster_, "likes", "a", "v"), other(cluster_, "likes", "b", "v");
  complete(counter.add(2));
  complete(counter.add(3));
  complete(counter.add(1, 10));
  EXPECT_EQ(complete(counter.value()), 5);
  EXPECT_EQ(complete(counter.value(1)), 10);
  EXPECT_EQ(complete(counter.value(2)), 0);
  EXPECT_EQ(complete(other.value()), 0);
  complete(counter.fold(1, 7, 2));  // not the base's generation
  EXPECT_EQ(complete(counter.base()).generation, 0);
  complete(counter.fold(0, 5, 1));
  EXPECT_EQ(complete(counter.base()).generation, 1);
  EXPECT_EQ(complete(counter.base()).value, 5);
  complete(counter.fold(0, 99, 1));
  EXPECT_EQ(complete(counter.base()).value, 5);
  complete(counter.drop());
  EXPECT_EQ(complete(counter.value()), 0);
  EXPECT_EQ(complete(counter.value(1)), 10);
  // Another column of the same key is another counter.
  const SqliteCounter more(cluster_, "likes", "a", "w");
  complete(more.add(100));
  complete(more.fold(0, 200, 3));
  EXPECT_EQ(complete(more.value()), 100);
  EXPECT_EQ(complete(counter.value()), 0);
  EXPECT_EQ(complete(counter.base()).value, 5);
  complete(counter.drop());
  EXPECT_EQ(complete(more.value()), 100);
  EXPECT_EQ(complete(more.base()).generation, 3);
  complete(other.fold(0, 1, 1));  // has a base alone
  EXPECT_EQ(cluster_.counters("likes"),
            (std::set<std::pair<std::string, std::string>>{{"a", "v"}, {"a", "w"}, {"b", "v"}}));
}

/// A counter that moves to another store, of which nothing is done yet.
class MovedCounter : public OnlineStore {
 protected:
  MovedCounter() {
    const Schema counters{true, {{"v", "counter"}}};
    cluster_.create("likes", counters);
    there.prepare("likes", counters);
    record.begin({"here", 0, {}, 0});
  }

  const SqliteCluster there{folder_.path() / "b.db", {}, true};
  const SqliteRecord record{there, "likes"};
  const SqliteCounter source{cluster_, "likes", "a", "v"}, target{there, "likes", "a", "v"};
};

/// Dropped beside a move that was cut off: what the base does not have yet stays.
TEST_F(MovedCounter, OnlyWhatIsInTheBaseIsDropped) {
  complete(source.add(5));
  complete(record.next(0));
  complete(target.add(1, 2));
  complete(fold_source(source, target));
  complete(record.next(1));
  complete(drop_folded(source, target));
  EXPECT_EQ(complete(read(source, target, record)), 7);
}

/// Once all is moved nobody asks the source, which may be switched off then: also not for a counter
/// that came afterwards and has no base.
TEST_F(MovedCounter, DoesNotAskTheSourceAfterwards) {
  struct SwitchedOff {
    Task<void> add(int) const { throw StoreFailed("it is switched off"); }
    Task<std::int64_t> value() const { throw StoreFailed("it is switched off"); }
  };
  const SwitchedOff off;
  complete(source.add(5));
  EXPECT_EQ(complete(read(source, target, record)), 5);
  EXPECT_THROW(complete(read(off, target, record)), StoreFailed);
  const auto all = [&] {
    return std::vector{std::pair<const Counter&, const Counter&>(source, target)};
  };
  EXPECT_EQ(complete(move_counters(all, record)), 1U);
  EXPECT_EQ(complete(read(off, target, record)), 5);
  const SqliteCounter late(there, "likes", "b", "v");
  int known = 0;  // of somebody who was away
  EXPECT_THROW(complete(add(off, late, record, known, 3)), StoreFailed);
  known = complete(record.generation());
  EXPECT_TRUE(complete(add(off, late, record, known, 3)));
  EXPECT_EQ(complete(late.base()).generation, 0);
  EXPECT_EQ(complete(read(off, late, record)), 3);
}

TEST_F(OnlineStore, ARecordIsBegunOnce) {
  const SqliteRecord record(cluster_, "t");
  EXPECT_FALSE(record.migration());
  EXPECT_EQ(complete(record.get()).phase, Phase::source_only);
  EXPECT_THROW(complete(record.advance(0)), StoreFailed);
  SqliteRecord::Migration first{"there", 17, {}, 0};
  first.record.plan = {{"", ""}};
  EXPECT_EQ(record.begin(first).source, "there");
  EXPECT_EQ(record.begin({"elsewhere", 18, {}, 0}).source, "there");
  EXPECT_EQ(record.migration()->before, 17);
  // Another connection sees each step.
  const SqliteCluster again(folder_.path() / "a.db", {});
  const SqliteRecord seen(again, "t");
  EXPECT_EQ(complete(record.advance(0)).phase, Phase::both);
  EXPECT_EQ(complete(seen.get()).phase, Phase::both);
  EXPECT_EQ(complete(seen.advance(0)).turn, 1);  // somebody was faster
  EXPECT_EQ(complete(seen.go_back(1)).phase, Phase::source_only);
  EXPECT_EQ(complete(record.get()).turn, 2);
  EXPECT_EQ(complete(record.next(0)), 1);
  EXPECT_EQ(complete(seen.next(0)), 1);
  EXPECT_EQ(complete(seen.generation()), 1);
}

TEST_F(OnlineStore, DrainingWaitsForWorkers) {
  const auto file = folder_.path() / "a.db";
  const FileWorkers one(file, "t", {}), two(file, "t", {});
  const FileWorkers operators(file, "t", LockWait(std::chrono::milliseconds(100)));
  complete(operators.drained());
  complete(one.join());
  complete(two.join());
  complete(one.leave());
  EXPECT_THROW(complete(operators.drained()), StoreFailed);
  const FileWorkers patient(file, "t", LockWait(std::chrono::seconds(20)));
  auto drained = std::async(std::launch::async, [&] { complete(patient.drained()); });
  EXPECT_EQ(drained.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  complete(two.leave());
  drained.get();
  complete(one.join());  // it is held no longer
}

TEST_F(OnlineStore, WorkersAreTheSameByAnyNameOfTheFileAndOthersOfAnotherTable) {
  std::filesystem::create_symlink(file_, folder_.path() / "link.db");
  const FileWorkers worker(folder_.path() / "link.db", "t", {});
  complete(worker.join());
  const LockWait wait(std::chrono::milliseconds(100));
  EXPECT_THROW(complete(FileWorkers(file_, "t", wait).drained()), StoreFailed);
  EXPECT_NO_THROW(complete(FileWorkers(file_, "other", wait).drained()));
}

/// Where a file can't be locked, nobody says that it has no workers.
TEST_F(OnlineStore, WhatCannotBeLockedIsAnError) {
  const FileWorkers workers(file_, "t", {});
  const auto lock = std::filesystem::canonical(file_).string() + ".t.workers";
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    if (std::filesystem::read_symlink(each.path(), error) != lock) continue;
    const int pipe = ::open("/dev/null", O_PATH | O_CLOEXEC);  // which has no locks
    ::dup3(pipe, std::stoi(each.path().filename().string()), O_CLOEXEC);
    ::close(pipe);
  }
  EXPECT_THROW(complete(workers.join()), StoreFailed);
  EXPECT_THROW(complete(workers.drained()), StoreFailed);
  EXPECT_THROW(complete(workers.leave()), StoreFailed);
}

TEST(OnlineFile, IsMadeOnlyIfThatIsMeantAndIsNobodyElses) {
  const system::TemporaryFolder folder("online");
  const auto file = folder.path() / "a.db";
  EXPECT_THROW(SqliteCluster(file, {}), UsageError);
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_THROW(SqliteCluster(folder.path(), {}, true), UsageError);
  EXPECT_THROW(SqliteCluster(folder.path() / "none" / "a.db", {}, true), UsageError);
  {
    const sqlite::Connection db(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, file,
                                {});
    db.execute("CREATE TABLE strangers (name TEXT)");
  }
  EXPECT_THROW(SqliteCluster(file, {}, true), UsageError);
  const SqliteCluster made(folder.path() / "b.db", {}, true);
  made.create("t", kSchema);
  EXPECT_THROW(made.create("t", kSchema), UsageError);
  EXPECT_EQ(made.schema("t"), kSchema);
  EXPECT_EQ(made.tables(), std::vector<std::string>{"t"});
  EXPECT_FALSE(made.schema("other"));
  // Nor is a file that is empty made one unasked.
  std::ofstream(folder.path() / "empty.db").close();
  EXPECT_THROW(SqliteCluster(folder.path() / "empty.db", {}), UsageError);
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "empty.db"), 0U);
}

TEST(OnlineFile, IsMadeByOneOfTwo) {
  const system::TemporaryFolder folder("online");
  const auto file = folder.path() / "a.db";
  const sqlite::Connection first(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, file,
                                 {});
  first.execute("BEGIN IMMEDIATE");
  auto second = std::async(std::launch::async, [&] {
    return SqliteCluster(file, LockWait(std::chrono::seconds(20)), true).tables();
  });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  first.execute(
      "CREATE TABLE cutover_tables (name TEXT PRIMARY KEY, kind TEXT NOT NULL, columns TEXT NOT "
      "NULL) WITHOUT ROWID; INSERT INTO cutover_tables VALUES ('t', 'rows', '{}'); COMMIT");
  EXPECT_EQ(second.get(), std::vector<std::string>{"t"});
}

}  // namespace
}  // namespace cutover::online
