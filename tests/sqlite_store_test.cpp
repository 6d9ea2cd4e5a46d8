// What SqliteStore promises beyond the contract of a store (store_contract_test.cpp): durability,
// fencing across connections, outages as values, and care with files that are not its own.
//
// A power loss is imitated: a hook stands before every sync of SQLite, to count it, to fail it, or
// to copy the files as they are at that moment. That a real disk keeps what was synced is not
// shown.
#include "impl/store/sqlite_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "impl/store/sqlite.h"
#include "tests/run.h"
#include "tests/sync_hook.h"

struct sqlite3_api_routines;

namespace cutover {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
constexpr auto kCreate = SqliteStore::Mode::create_if_missing;
constexpr auto kMustExist = SqliteStore::Mode::must_exist;
constexpr auto kReadOnly = SqliteStore::Mode::read_only;

std::string read_file(const fs::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

void write_file(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

/// The name and the bytes of every file in a folder.
std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename()] = entry.is_directory() ? "folder" : read_file(entry.path());
  }
  return files;
}

/// A connection of another program.
class OtherProgram {
 public:
  explicit OtherProgram(const fs::path& file) { sqlite3_open(file.c_str(), &db_); }
  ~OtherProgram() { sqlite3_close(db_); }
  OtherProgram(const OtherProgram&) = delete;
  OtherProgram& operator=(const OtherProgram&) = delete;
  void execute(const char* sql) {
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(db_, sql, nullptr, nullptr, &error), SQLITE_OK) << sql << ": " << error;
    sqlite3_free(error);
  }

 private:
  sqlite3* db_ = nullptr;
};

/// While it lives, `hook` is told of each statement before it runs, on connections opened since.
class StatementHook {
 public:
  using Hook = std::function<void(const std::string& sql)>;
  explicit StatementHook(Hook hook) {
    hook_ = std::move(hook);
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(install));
  }
  ~StatementHook() {
    sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(install));
    hook_ = [](const std::string&) {};
  }
  StatementHook(const StatementHook&) = delete;
  StatementHook& operator=(const StatementHook&) = delete;

 private:
  static int install(sqlite3* db, char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, trace, nullptr);
  }
  static int trace(unsigned, void*, void* statement, void*) {
    hook_(sqlite3_sql(static_cast<sqlite3_stmt*>(statement)));
    return 0;
  }
  static inline Hook hook_;
};

Transaction put(const std::string& key, const std::string& value) {
  Transaction transaction;
  transaction.entries.emplace(key, value);
  return transaction;
}

class SqliteStoreTest : public testing::Test {
 protected:
  /// Creates the store with one entry and leaves it closed.
  void create_store() {
    SqliteStore store("stash", file_, kCreate);
    Session session = run(open(store));
    run(session.commit(put("key", "value")));
    run(session.set_config("tombstone", 1));
  }

  /// Opening must fail with one line that names the file and has `reason` in it, and leave all
  /// files in the folder as they are.
  void expect_refused(const fs::path& file, SqliteStore::Mode mode, const std::string& reason) {
    const auto before = files_in(folder_.path());
    try {
      SqliteStore store("stash", file, mode, milliseconds(20));
      ADD_FAILURE() << file << " was opened";
    } catch (const StoreOpenError& error) {
      const std::string line = error.what();
      EXPECT_EQ(line.find(file.string() + ": "), 0u) << line;
      EXPECT_NE(line.find(reason), std::string::npos) << line;
      EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    }
    EXPECT_TRUE(files_in(folder_.path()) == before) << file << " or its folder has changed";
  }

  TemporaryFolder folder_;
  fs::path file_ = folder_ / "stash.db";
};

TEST_F(SqliteStoreTest, KeepsEverythingAcrossReopening) {
  StoreState state{.epoch = Epoch{7}, .config = {{"tombstone", 1}}, .contents = {}};
  state.contents = Contents{.format = 3, .entries = {{"", ""}, {"key", std::string(5000, 'x')}}};
  SqliteStore("stash", file_, kCreate).restore(state);
  EXPECT_EQ(SqliteStore("stash", file_, kMustExist).inspect(), state);
  SqliteStore store("stash", file_, kCreate);
  EXPECT_EQ(store.inspect(), state);
  EXPECT_EQ(run(open(store)).epoch(), Epoch{8});
}

TEST_F(SqliteStoreTest, AnAnswerOfOkOutlivesItsProcess) {
  SqliteStore store("stash", file_, kCreate);
  Session session = run(open(store));
  run(session.commit(put("key", "value")));
  // What a killed process leaves behind: its files as they are, never closed.
  const fs::path left_behind = folder_ / "left_behind";
  fs::create_directory(left_behind);
  fs::copy(file_, left_behind);
  fs::copy(file_.string() + "-wal", left_behind);
  SqliteStore recovered("stash", left_behind / "stash.db", kMustExist);
  EXPECT_EQ(recovered.inspect(), store.inspect());
  EXPECT_EQ(recovered.inspect().contents.entries, (Entries{{"key", "value"}}));
}

TEST_F(SqliteStoreTest, ClosingLeavesOneFileThatCanBeMoved) {
  create_store();
  EXPECT_EQ(files_in(folder_.path()).size(), 1u) << "companions were left beside the file";
  fs::rename(file_, folder_ / "moved.db");
  SqliteStore moved("stash", folder_ / "moved.db", kMustExist);
  EXPECT_EQ(moved.inspect().contents.entries, (Entries{{"key", "value"}}));
}

TEST_F(SqliteStoreTest, InspectNeitherOpensNorFences) {
  SqliteStore store("stash", file_, kCreate);
  Session session = run(open(store));
  EXPECT_EQ(store.inspect().epoch, Epoch{1});
  EXPECT_EQ(run(session.snapshot()), Contents());
}

TEST_F(SqliteStoreTest, TwoConnectionsToOneFileFenceOneAnother) {
  SqliteStore first_store("stash", file_, kCreate);
  SqliteStore second_store("stash", file_, kMustExist);
  Session first = run(open(first_store));
  run(first.commit(put("key", "first")));
  Session second = run(open(second_store));
  EXPECT_EQ(second.epoch(), Epoch{2});
  EXPECT_EQ(run(first.try_commit(put("key", "late"))).error(), Status::fenced);
  EXPECT_EQ(run(second.try_get("key")).value(), "first");
  run(open(first_store));
  EXPECT_EQ(run(second.try_get("key")).error(), Status::fenced);
}

// ---- every kind of request

/// Every kind: a new one does not compile until it is here.
std::vector<Request::Kind> every_kind() {
  std::vector<Request::Kind> kinds;
  for (auto kind = Request::Kind::open;; kind = static_cast<Request::Kind>(int(kind) + 1)) {
    switch (kind) {
      case Request::Kind::open:
      case Request::Kind::read_config:
      case Request::Kind::snapshot:
      case Request::Kind::get: kinds.push_back(kind); continue;
      case Request::Kind::commit: kinds.push_back(kind); return kinds;
    }
  }
}

Contents one_entry(const std::string& value) {
  return Contents{.format = 1, .entries = {{"key", value}}};
}

/// Each part of a transaction alone, and all together: a new one does not compile until it is here.
std::vector<std::pair<std::string, Transaction>> every_part() {
  std::vector<std::pair<std::string, Transaction>> parts(6);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto& [name, part] = parts[i];
    auto& [replace, entries, config, raise_epoch] = part;
    const bool all = i == 5;
    if (i == 0 || all) name = "replace", replace = one_entry("mine");
    if (i == 1 || all) name = "put", entries["key"] = "mine";
    if (i == 2) name = "delete", entries["key"] = std::nullopt;
    if (i == 3 || all) name = "config", config["tombstone"] = 9;
    if (i == 4 || all) name = "raise", raise_epoch = Epoch{0};
    if (all) name = "all";
  }
  return parts;
}

struct NamedRequest {
  std::string name;
  Request request;
};

/// Every kind, and every part of a commit, by the session with this epoch.
std::vector<NamedRequest> every_request(Epoch session) {
  std::vector<NamedRequest> requests;
  for (const Request::Kind kind : every_kind()) {
    Request request;
    request.kind = kind;
    request.session = session;
    request.key = kind == Request::Kind::get ? "key" : "tombstone";
    if (kind != Request::Kind::commit) {
      requests.push_back({"kind " + std::to_string(int(kind)), request});
      continue;
    }
    for (const auto& [name, part] : every_part()) {
      request.transaction = part;
      requests.push_back({name, request});
    }
  }
  return requests;
}

/// A store and another process that opens it, and writes to all it holds, at the n-th statement of
/// a step.
class Race {
 public:
  Race(const fs::path& file, std::size_t request, int statement)
      : elsewhere_("stash", file, kCreate, milliseconds(1)),
        hook_([this, statement](const std::string&) {
          if (armed_ && statements_++ == statement) interfere();
        }),
        store_("stash", file, kCreate, milliseconds(1)) {
    Session session = run(open(store_));
    Transaction older;
    older.replace = one_entry("older");
    older.config["tombstone"] = 1;
    run(session.commit(older));
    request_ = every_request(session.epoch()).at(request);
    before_ = store_.inspect();
    armed_ = true;
    answer_ = run(store_.perform(request_.request));
    armed_ = false;
  }

  /// How many statements the step has.
  int statements() const { return statements_; }
  bool was_opened() const { return opened_; }
  const Answer& answer() const { return answer_; }

  void judge() {
    SCOPED_TRACE(request_.name);
    const Request& request = request_.request;
    const bool ok = answer_.status == Status::ok;
    if (request.kind == Request::Kind::open) {
      EXPECT_TRUE(!ok || answer_.epoch != newer_) << "two opens got one epoch";
    } else if (!request.read_only()) {
      EXPECT_FALSE(ok && opened_) << "the store was opened inside a step that took effect";
    }
    if (!ok && !request.read_only()) {
      const StoreState expected = opened_ ? after_ : before_;
      EXPECT_TRUE(store_.inspect() == expected) << "a step that failed has written";
    }
    if (!ok) return;
    EXPECT_TRUE(!answer_.number || answer_.number == 1u) << "it read past its fence";
    EXPECT_TRUE(!answer_.value || answer_.value == "older") << "it read past its fence";
    if (request.kind == Request::Kind::snapshot) {
      EXPECT_TRUE(answer_.contents == Snapshot(one_entry("older"))) << "it read past its fence";
    }
  }

 private:
  void interfere() {
    armed_ = false;
    const Answer opened = run(elsewhere_.perform(Request()));
    opened_ = opened.status == Status::ok;
    if (opened_) {
      Session newer(elsewhere_, opened.epoch);
      newer_ = opened.epoch;
      Transaction all;
      all.replace = one_entry("newer");
      all.config["tombstone"] = 2;
      run(newer.commit(all));
      after_ = elsewhere_.inspect();
    }
    armed_ = true;
  }

  bool armed_ = false, opened_ = false;
  int statements_ = 0;
  Epoch newer_{};
  StoreState before_, after_;
  NamedRequest request_;
  Answer answer_;
  SqliteStore elsewhere_;
  StatementHook hook_;
  SqliteStore store_;
};

TEST_F(SqliteStoreTest, TheFenceIsAtomicWithTheStepForEveryRequestAtEveryStatement) {
  int races = 0;
  bool ever_opened = false, ever_kept_out = false, ever_fenced = false;
  const std::size_t requests = every_request(Epoch{}).size();
  for (std::size_t request = 0; request < requests; ++request) {
    for (int statement = 0, statements = 1; statement < statements; ++statement) {
      const fs::path file = folder_ / (std::to_string(races++) + ".db");
      Race race(file, request, statement);
      race.judge();
      statements = race.statements();
      ASSERT_GE(statements, 2) << "the hook sees nothing of it";
      ever_opened |= race.was_opened();
      ever_kept_out |= !race.was_opened();
      ever_fenced |= race.answer().status == Status::fenced;
    }
  }
  EXPECT_TRUE(ever_opened && ever_kept_out && ever_fenced);
}

TEST_F(SqliteStoreTest, EveryRequestThatChangesSomethingIsSyncedWhenItIsAnswered) {
  const std::string log = file_.string() + "-wal";
  std::map<std::string, int> unsynced;  // writes since the last sync
  int writes = 0;
  const SyncHook hook(
      [&](const std::string& file) { return unsynced[file] = 0, SQLITE_OK; },
      [&](const std::string& file) { return ++unsynced[file], ++writes, SQLITE_OK; });
  SqliteStore store("stash", file_, kCreate);
  const std::size_t requests = every_request(Epoch{}).size();
  for (std::size_t i = 0; i < requests; ++i) {
    Session session = run(open(store));
    EXPECT_EQ(unsynced[log], 0) << "an open";
    run(session.commit(put("key", "value")));
    const NamedRequest request = every_request(session.epoch()).at(i);
    writes = 0;
    ASSERT_EQ(run(store.perform(request.request)).status, Status::ok) << request.name;
    EXPECT_EQ(writes > 0, !request.request.read_only()) << request.name;
    EXPECT_EQ(unsynced[log], 0) << request.name << " was answered before it was durable";
  }
}

// ---- damage

/// Overwrites a file behind the back of whoever has it open.
void overwrite(const fs::path& file, std::size_t from, std::size_t count) {
  std::fstream bytes(file, std::ios::binary | std::ios::in | std::ios::out);
  bytes.seekp(static_cast<std::streamoff>(from));
  bytes << std::string(count, 'x');
}

class DamageTest : public SqliteStoreTest {
 protected:
  DamageTest() {
    SqliteStore store("stash", file_, kCreate);
    Contents many;
    many.format = 1;
    for (int i = 0; i < 2000; ++i) many.entries[std::to_string(i)] = std::string(100, 'v');
    Session session = run(open(store));
    run(session.replace_contents(many));
    run(session.set_config("tombstone", 1));
  }

  /// The step must be an error that names the file and has `found` in it.
  template <class Step>
  void expect_damage(const Step& step, const std::string& found) {
    try {
      step();
      ADD_FAILURE() << "no error: " << found;
    } catch (const StoreError& error) {
      const std::string line = error.what();
      EXPECT_EQ(line.find(file_.string() + ": "), 0u) << line;
      EXPECT_NE(line.find(found), std::string::npos) << line;
      EXPECT_NE(line.find("is damaged"), std::string::npos) << line;
      EXPECT_NE(line.find("restore it from a backup"), std::string::npos) << line;
    }
  }
};

TEST_F(DamageTest, OfPagesUnderARunningStoreIsAnErrorThatNamesFileAndStep) {
  SqliteStore store("stash", file_, kMustExist);
  const Session session = run(open(store));
  ASSERT_TRUE(store.fold_log());
  const auto size = fs::file_size(file_);
  overwrite(file_, 4096, size - 4096);
  for (const NamedRequest& each : every_request(session.epoch())) {
    if (each.name == "raise" || each.request.kind == Request::Kind::open) continue;  // see below
    const bool is_snapshot = each.request.kind == Request::Kind::snapshot;
    SCOPED_TRACE(each.name);
    expect_damage([&] { run(store.perform(each.request)); },
                  "at '" + label("stash", each.request) + "': is damaged");
    if (is_snapshot) expect_damage([&] { store.look(); }, "is damaged");
  }
  // The epoch's page is in memory, whole. Who comes anew finds it damaged.
  expect_refused(file_, kMustExist, "is damaged");
}

TEST_F(DamageTest, OfTheHeaderUnderARunningStoreIsNoOtherFile) {
  SqliteStore store("stash", file_, kMustExist);
  const Session session = run(open(store));
  ASSERT_TRUE(store.fold_log());
  overwrite(file_, 0, 100);
  Request request;
  request.kind = Request::Kind::snapshot;
  request.session = session.epoch();
  expect_damage([&] { run(store.perform(request)); }, "at 'read stash snapshot'");
}

TEST_F(DamageTest, InTheMiddleOfACopyUndoesTheCopy) {
  SqliteStore source("stash", file_, kMustExist);
  Session from = run(open(source));
  ASSERT_TRUE(source.fold_log());
  SqliteStore destination("persist", folder_ / "persist.db", kCreate);
  Session to = run(open(destination));
  run(to.commit(put("key", "value")));
  const StoreState before = destination.inspect();
  const Snapshot snapshot = run(from.snapshot());
  const auto size = fs::file_size(file_);
  overwrite(file_, size / 2 / 4096 * 4096, 8 * 4096);
  expect_damage([&] { run(to.replace_contents(snapshot)); }, "is damaged");
  EXPECT_EQ(destination.inspect(), before);
}

TEST_F(DamageTest, OfTheOrderOfKeysIsNoticedInACopy) {
  SqliteStore store("stash", file_, kMustExist);
  run(open(store));
  ASSERT_TRUE(store.fold_log());
  std::string bytes = read_file(file_);
  const std::size_t at = bytes.find("1500" + std::string(100, 'v'));
  ASSERT_NE(at, std::string::npos);
  bytes[at] = '\0';
  write_file(file_, bytes);
  SqliteStore again("stash", file_, kMustExist);
  const Snapshot contents = again.look().contents;
  expect_damage([&] { contents.contents(); }, "comes after");
}

TEST_F(DamageTest, OfTheFormatIsAnError) {
  OtherProgram(file_).execute("UPDATE cutover_meta SET number = 4294967298 WHERE name = 'format'");
  SqliteStore store("stash", file_, kMustExist);
  expect_damage([&] { store.inspect(); }, "is damaged");
}

TEST_F(DamageTest, OfAMissingEpochIsAnError) {
  SqliteStore store("stash", file_, kMustExist);
  OtherProgram(file_).execute("DELETE FROM cutover_meta WHERE name = 'epoch'");
  for (const NamedRequest& each : every_request(Epoch{1})) {
    expect_damage([&] { run(store.perform(each.request)); }, "at '");
  }
}

TEST(Outages, AreWhatKeepsAStoreFromBeingReachedAndNothingElse) {
  const std::set<int> outages = {SQLITE_BUSY,     SQLITE_LOCKED, SQLITE_IOERR,
                                 SQLITE_FULL,     SQLITE_NOMEM,  SQLITE_CANTOPEN,
                                 SQLITE_READONLY, SQLITE_PERM,   SQLITE_PROTOCOL};
  const std::set<int> damage = {SQLITE_CORRUPT, SQLITE_NOTADB};
  for (int code = 0; code < 256; ++code) {
    EXPECT_EQ(sqlite::is_outage(code), outages.contains(code)) << sqlite3_errstr(code);
    EXPECT_EQ(sqlite::is_damage(code), damage.contains(code)) << sqlite3_errstr(code);
  }
}

/// What a commit is answered when its sync fails so; "error" if that is no outcome.
std::string commit_whose_sync_fails(const fs::path& file, int failure) {
  int fails_with = SQLITE_OK;
  const SyncHook hook([&](const std::string&) { return fails_with; });
  SqliteStore store("stash", file, kCreate);
  Session session = run(open(store));
  fails_with = failure;
  try {
    const auto committed = run(session.try_commit(put("key", "value")));
    return committed ? "ok" : to_string(committed.error());
  } catch (const StoreError&) {
    return "error";
  }
}

TEST_F(SqliteStoreTest, EachFailureOfACommitHasItsOutcome) {
  const std::map<int, std::string> outcomes = {{SQLITE_OK, "ok"},
                                               {SQLITE_BUSY, "unavailable"},
                                               {SQLITE_IOERR_FSYNC, "lost answer"},
                                               {SQLITE_FULL, "lost answer"},
                                               {SQLITE_READONLY, "lost answer"},
                                               {SQLITE_NOMEM, "lost answer"},
                                               {SQLITE_CANTOPEN, "lost answer"},
                                               {SQLITE_CORRUPT, "error"},
                                               {SQLITE_NOTADB, "error"},
                                               {SQLITE_ERROR, "error"}};
  for (const auto& [code, outcome] : outcomes) {
    EXPECT_EQ(commit_whose_sync_fails(folder_ / (std::to_string(code) + ".db"), code), outcome)
        << sqlite3_errstr(code);
  }
}

TEST_F(SqliteStoreTest, ConcurrentCreationAndOpensGetDistinctEpochs) {
  std::vector<std::future<std::uint64_t>> opens;
  for (int i = 0; i < 8; ++i) {
    opens.push_back(std::async(std::launch::async, [this] {
      SqliteStore store("stash", file_, kCreate, milliseconds(30000));
      return run(open(store)).epoch().value;
    }));
  }
  std::vector<std::uint64_t> epochs;
  for (auto& one : opens) epochs.push_back(one.get());
  std::sort(epochs.begin(), epochs.end());
  EXPECT_EQ(epochs, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST_F(SqliteStoreTest, AStoreLockedForWritingIsUnavailableWithinTheBusyTimeout) {
  SqliteStore store("stash", file_, kCreate, milliseconds(50));
  Session session = run(open(store));
  OtherProgram other(file_);
  other.execute("BEGIN IMMEDIATE");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run(session.try_commit(put("key", "value"))).error(), Status::unavailable);
  const auto waited = std::chrono::steady_clock::now() - start;
  EXPECT_GE(waited, milliseconds(30)) << "it did not wait for the lock";
  EXPECT_LT(waited, std::chrono::seconds(10));
  EXPECT_EQ(run(session.try_get("key")).value(), std::nullopt) << "readers need not wait";
  EXPECT_EQ(run(peek_config(store, "tombstone")), std::nullopt);

  other.execute("COMMIT");
  run(session.commit(put("key", "value")));
  EXPECT_EQ(run(session.try_get("key")).value(), "value");
}

TEST_F(SqliteStoreTest, AStepWaitsForALockThatIsReleasedInTime) {
  SqliteStore store("stash", file_, kCreate, milliseconds(30000));
  OtherProgram other(file_);
  other.execute("BEGIN IMMEDIATE");
  const auto release = std::async(std::launch::async, [&other] {
    std::this_thread::sleep_for(milliseconds(50));
    other.execute("COMMIT");
  });
  EXPECT_EQ(run(open(store)).epoch(), Epoch{1});
}

TEST_F(SqliteStoreTest, EveryCommitIsSynced) {
  int syncs = 0;
  const SyncHook hook([&](const std::string&) { return ++syncs, SQLITE_OK; });
  SqliteStore store("stash", file_, kCreate);
  Session session = run(open(store));
  for (int i = 0; i < 3; ++i) {
    syncs = 0;
    run(session.commit(put("key", std::to_string(i))));
    EXPECT_GE(syncs, 1);
  }
}

TEST_F(SqliteStoreTest, ACommitWhoseSyncFailsIsALostAnswer) {
  int failure = SQLITE_OK;
  const SyncHook hook([&](const std::string&) { return failure; });
  SqliteStore store("stash", file_, kCreate);
  Session session = run(open(store));
  failure = SQLITE_IOERR_FSYNC;
  EXPECT_EQ(run(session.try_commit(put("key", "value"))).error(), Status::lost_answer);
  failure = SQLITE_OK;
  run(session.commit(put("key", "other")));
  EXPECT_EQ(run(session.try_get("key")).value(), "other");
}

TEST_F(SqliteStoreTest, ACommitThatIsBusyIsUnavailableAndUndone) {
  int failure = SQLITE_OK;
  const SyncHook hook([&](const std::string&) { return failure; });
  SqliteStore store("stash", file_, kCreate);
  Session session = run(open(store));
  failure = SQLITE_BUSY;
  EXPECT_EQ(run(session.try_commit(put("key", "value"))).error(), Status::unavailable);
  failure = SQLITE_OK;
  EXPECT_EQ(run(session.try_get("key")).value(), std::nullopt);
  EXPECT_EQ(run(open(store)).epoch(), Epoch{2}) << "its transaction is still open";
}

TEST_F(SqliteStoreTest, CreationCutShortByAPowerLossStartsAgain) {
  const fs::path written = folder_ / "written";
  const fs::path zeros = folder_ / "zeros";
  {
    const SyncHook hook([&](const std::string& synced) {
      if (synced == file_ && !fs::exists(written)) {
        for (const fs::path& image : {written, zeros}) {
          fs::create_directory(image);
          fs::copy(file_, image);
          fs::copy(file_.string() + "-journal", image);
        }
      }
      return SQLITE_OK;
    });
    SqliteStore store("stash", file_, kCreate);
  }
  const std::string bytes = read_file(zeros / "stash.db");
  ASSERT_GT(bytes.size(), 0u);
  write_file(zeros / "stash.db", std::string(bytes.size(), '\0'));
  for (const fs::path& image : {written, zeros}) {
    SqliteStore store("stash", image / "stash.db", kCreate);
    EXPECT_EQ(run(open(store)).epoch(), Epoch{1}) << image;
  }
}

TEST_F(SqliteStoreTest, TellsOnceAWaitThatItLastsAndForWhatFile) {
  std::vector<fs::path> told;
  const auto tell = [&](const fs::path& file) { told.push_back(file); };
  SqliteStore store("stash", file_, kCreate, {2 * LockWait::kUntold, tell});
  Session session = run(open(store));
  OtherProgram other(file_);
  other.execute("BEGIN IMMEDIATE");
  for (std::size_t waits = 1; waits <= 2; ++waits) {
    EXPECT_EQ(run(session.try_commit(put("key", "value"))).error(), Status::unavailable);
    EXPECT_EQ(told, std::vector<fs::path>(waits, file_));
  }
  other.execute("COMMIT");
  run(session.commit(put("key", "value")));
  EXPECT_EQ(told.size(), 2u) << "told without a wait";
}

TEST_F(SqliteStoreTest, AShortWaitIsNotTold) {
  bool told = false;
  SqliteStore store("stash", file_, kCreate,
                    {LockWait::kUntold / 4, [&](const fs::path&) { told = true; }});
  OtherProgram other(file_);
  other.execute("BEGIN IMMEDIATE");
  EXPECT_EQ(run(store.perform(Request())).status, Status::unavailable);
  EXPECT_FALSE(told);
}

// ---- read only

/// Stands for a user without permission to write: root has all permissions.
class AsNobody {
 public:
  AsNobody() : effective_(::geteuid()) {
    if (effective_ == 0 && ::seteuid(65534) != 0) ADD_FAILURE() << "is still root";
  }
  ~AsNobody() {
    if (effective_ == 0 && ::seteuid(effective_) != 0) ADD_FAILURE() << "is no longer root";
  }

 private:
  uid_t effective_;
};

class ReadOnlyTest : public SqliteStoreTest {
 protected:
  static constexpr auto kReadable =
      fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read;

  ReadOnlyTest() { create_store(); }
  ~ReadOnlyTest() override { fs::permissions(folder_.path(), fs::perms::owner_all); }

  /// What a process that was killed leaves: a log that nobody has folded in.
  void leave_a_log() {
    const fs::path killed = folder_ / "killed";
    fs::create_directory(killed);
    SqliteStore store("stash", file_, kMustExist);
    Session session = run(open(store));
    run(session.commit(put("in the log", "value")));
    fs::copy(file_, killed);
    fs::copy(file_.string() + "-wal", killed);
    file_ = killed / "stash.db";
  }
  void forbid_writing(bool also_the_file) {
    constexpr auto kEnter = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
    constexpr auto kWrite =
        fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
    fs::permissions(folder_.path(), kReadable | kEnter);
    fs::permissions(file_.parent_path(), kReadable | kEnter);
    for (const char* companion : {"", "-wal", "-shm", "-journal"}) {
      const fs::path file = file_.string() + companion;
      if (fs::exists(file)) fs::permissions(file, also_the_file ? kReadable : kReadable | kWrite);
    }
  }
  Entries read_entries() {
    const AsNobody nobody;
    return SqliteStore("stash", file_, kReadOnly).inspect().contents.entries;
  }
};

/// It is said before anything is opened, and so fenced.
TEST_F(ReadOnlyTest, AFileThatMayNotBeWrittenIsToldSoThoughItsFolderMay) {
  fs::permissions(folder_.path(), fs::perms::all);
  fs::permissions(file_, kReadable);
  const AsNobody nobody;
  for (const auto mode : {kMustExist, kCreate}) {
    expect_refused(file_, mode, "may not be written; change its permissions");
  }
}

TEST_F(ReadOnlyTest, ReadsAStoreThatMayNotBeWrittenAndLeavesNothing) {
  for (const bool also_the_file : {true, false}) {
    forbid_writing(also_the_file);
    const auto before = files_in(folder_.path());
    EXPECT_EQ(read_entries(), (Entries{{"key", "value"}}));
    EXPECT_TRUE(files_in(folder_.path()) == before);
  }
}

TEST_F(ReadOnlyTest, ReadsAStoreInAFolderThatMayBeWritten) {
  fs::permissions(folder_.path(), fs::perms::all);
  for (const auto mode : {kReadable, fs::perms::all}) {
    fs::permissions(file_, mode);
    const auto before = files_in(folder_.path());
    EXPECT_EQ(read_entries(), (Entries{{"key", "value"}}));
    EXPECT_TRUE(files_in(folder_.path()) == before) << "companions that the owner can't use";
  }
}

TEST_F(ReadOnlyTest, OddPathsAreReadToo) {
  const fs::path odd = folder_ / "a b?c#d%20e.db";
  fs::rename(file_, odd);
  file_ = odd;
  forbid_writing(true);
  EXPECT_EQ(read_entries(), (Entries{{"key", "value"}}));
}

TEST_F(ReadOnlyTest, ALogThatCannotBeFoldedInIsNotPassedOver) {
  leave_a_log();
  forbid_writing(true);
  const AsNobody nobody;
  expect_refused(file_, kReadOnly, "may not be written, and stash.db-wal holds changes");
}

TEST_F(ReadOnlyTest, AJournalThatCannotBeUndoneIsNotPassedOver) {
  write_file(file_.string() + "-journal", std::string(600, 'x'));
  forbid_writing(true);
  const AsNobody nobody;
  expect_refused(file_, kReadOnly, "may not be written, and stash.db-journal holds changes");
}

TEST_F(ReadOnlyTest, ReadsWhatAnotherHasOpen) {
  SqliteStore owner("stash", file_, kMustExist);
  Session session = run(open(owner));
  run(session.commit(put("in the log", "value")));
  forbid_writing(true);
  EXPECT_EQ(read_entries(), (Entries{{"in the log", "value"}, {"key", "value"}}));
}

TEST_F(ReadOnlyTest, TheLogIsReadWhereItMayBeFoldedIn) {
  leave_a_log();
  EXPECT_EQ(SqliteStore("stash", file_, kReadOnly).inspect().contents.entries,
            (Entries{{"in the log", "value"}, {"key", "value"}}));
}

TEST_F(ReadOnlyTest, NeverWrites) {
  SqliteStore store("stash", file_, kReadOnly);
  const StoreState before = store.inspect();
  EXPECT_EQ(run(store.perform(Request())).status, Status::unavailable);
  Session session(store, before.epoch);
  EXPECT_EQ(run(session.try_commit(put("key", "other"))).error(), Status::unavailable);
  EXPECT_EQ(run(session.try_get("key")).value(), "value");
  EXPECT_EQ(store.inspect(), before);
}

TEST_F(ReadOnlyTest, RefusesWhatIsNoStore) {
  expect_refused(folder_ / "missing.db", kReadOnly, "does not exist");
  write_file(file_, "");
  expect_refused(file_, kReadOnly, "is empty; create the store first");
  write_file(file_, "notes");
  expect_refused(file_, kReadOnly, "is not a SQLite database");
}

TEST_F(ReadOnlyTest, AStoreToBeWrittenInAFolderThatMayNotIsToldSo) {
  for (const bool also_the_file : {true, false}) {
    forbid_writing(also_the_file);
    const AsNobody nobody;
    expect_refused(file_, kMustExist, "permissions");
  }
}

// ---- the log

TEST_F(SqliteStoreTest, FoldsItsLogIntoTheFileUnlessAnotherIsInTheWay) {
  create_store();
  SqliteStore store("stash", file_, kMustExist, milliseconds(20));
  Session session = run(open(store));
  run(session.commit(put("late", "value")));
  {
    OtherProgram reader(file_);
    reader.execute("BEGIN; SELECT * FROM config");
    run(session.commit(put("later", "value")));
    EXPECT_FALSE(store.fold_log());
    EXPECT_TRUE(store.fold_log_without_waiting()) << "a reader is no hindrance to it";
    EXPECT_GT(fs::file_size(file_.string() + "-wal"), 0u);
  }
  EXPECT_TRUE(store.fold_log());
  EXPECT_EQ(fs::file_size(file_.string() + "-wal"), 0u);
  fs::copy(file_, folder_ / "alone.db");
  EXPECT_EQ(SqliteStore("stash", folder_ / "alone.db", kMustExist).inspect(), store.inspect());
}

TEST_F(SqliteStoreTest, SaysThatItsLogCannotBeFoldedInAndLosesNothing) {
  create_store();
  bool is_full = false;
  const SyncHook hook(
      [](const std::string&) { return SQLITE_OK; },
      [&](const std::string& file) { return is_full && file == file_ ? SQLITE_FULL : SQLITE_OK; });
  SqliteStore store("stash", file_, kMustExist);
  Session session = run(open(store));
  run(session.commit(put("late", "value")));
  is_full = true;
  EXPECT_FALSE(store.fold_log());
  EXPECT_FALSE(store.fold_log_without_waiting());
  EXPECT_EQ(run(session.try_get("late")).value(), "value");
  is_full = false;
  EXPECT_TRUE(store.fold_log_without_waiting());
  EXPECT_TRUE(store.fold_log());
}

TEST_F(SqliteStoreTest, AFileOfSizeZeroCountsAsMissing) {
  write_file(file_, "");
  expect_refused(file_, kMustExist, "is empty; create the store first");
  SqliteStore store("stash", file_, kCreate);
  EXPECT_EQ(run(open(store)).epoch(), Epoch{1});
}

TEST_F(SqliteStoreTest, RefusesAMissingFileIfItMustExist) {
  expect_refused(file_, kMustExist, "does not exist; create the store first");
}

TEST_F(SqliteStoreTest, RefusesPathsThatCannotBeAFile) {
  expect_refused(folder_.path(), kCreate, "is a directory");
  expect_refused(folder_ / "missing" / "stash.db", kCreate, "missing does not exist; create it");
  expect_refused("/dev/null", kCreate, "is not a regular file");
}

TEST_F(SqliteStoreTest, RefusesFilesThatAreNoDatabase) {
  for (const std::string& bytes :
       {std::string("x"), std::string("notes: buy milk\n"), std::string(8192, 'x'),
        std::string("SQLite format 3"), std::string(2, '\0'), std::string(8192, '\0')}) {
    write_file(file_, bytes);
    expect_refused(file_, kCreate, "is not a SQLite database; name another file");
    expect_refused(file_, kMustExist, "is not a SQLite database; name another file");
  }
}

TEST_F(SqliteStoreTest, RefusesDatabasesOfOtherApplications) {
  OtherProgram(file_).execute("CREATE TABLE entries(key, value)");
  expect_refused(file_, kCreate, "is another application's SQLite database");
  OtherProgram(file_).execute("PRAGMA application_id = 1; DROP TABLE entries");
  expect_refused(file_, kMustExist, "is another application's SQLite database");
}

TEST_F(SqliteStoreTest, RefusesADatabaseOfAnotherApplicationThatNeedsRecovery) {
  const fs::path live = folder_ / "live.db";
  OtherProgram other(live);
  other.execute("PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1)");
  fs::copy(live, file_);
  fs::copy(live.string() + "-wal", file_.string() + "-wal");
  expect_refused(file_, kCreate, "is another application's SQLite database");
  other.execute("BEGIN IMMEDIATE");
  expect_refused(live, kCreate, "is another application's SQLite database");
  other.execute("COMMIT");
}

TEST_F(SqliteStoreTest, RefusesALockedStore) {
  create_store();
  OtherProgram other(file_);
  other.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT");
  expect_refused(file_, kMustExist, "is locked by another process");
}

TEST_F(SqliteStoreTest, RefusesAStoreOfAnotherSchemaVersion) {
  create_store();
  OtherProgram(file_).execute("UPDATE cutover_meta SET number = 9 WHERE name = 'schema_version'");
  expect_refused(file_, kCreate, "has schema version 9");
}

TEST_F(SqliteStoreTest, RefusesADamagedStore) {
  create_store();
  const std::string bytes = read_file(file_);
  write_file(file_, bytes.substr(0, 100) + std::string(bytes.size() - 100, 'x'));
  expect_refused(file_, kCreate, "restore it from a backup");
}

TEST_F(SqliteStoreTest, DamageUnderARunningStoreIsAnExceptionAndNoOutcome) {
  create_store();
  SqliteStore store("stash", file_, kMustExist);
  Session session = run(open(store));
  OtherProgram(file_).execute("DROP TABLE entries");
  Request request;
  request.kind = Request::Kind::snapshot;
  request.session = session.epoch();
  EXPECT_THROW(run(store.perform(request)).contents.contents(), StoreError);
  EXPECT_EQ(run(peek_config(store, "tombstone")), 1u)
      << "the failed step left its transaction open";
}

TEST_F(SqliteStoreTest, StoresInMemoryAreSeparateAndLeaveNoFile) {
  SqliteStore first("stash", ":memory:", kCreate);
  SqliteStore second("persist", ":memory:", kMustExist);
  run(open(first));
  EXPECT_EQ(second.inspect(), StoreState());
  EXPECT_FALSE(fs::exists(":memory:"));
}

}  // namespace
}  // namespace cutover
