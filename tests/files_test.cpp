// The commands over real store files: migrate, load, dump. What is refused must leave every file as
// it was, so each refusal compares all of them byte by byte.
#include "cli/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>

#include "cli/errors.h"
#include "cli/protocol_mark.h"
#include "impl/catalog/contents.h"
#include "impl/store/sqlite_store.h"
#include "tests/run.h"

namespace cutover::cli {
namespace {

namespace fs = std::filesystem;
using catalog::kCurrentFormat;
using catalog::kOldFormat;
using catalog::kTombstone;
using Mode = SqliteStore::Mode;

const std::string kProtocols[] = {"single-tombstone", "single-tombstone-one-write",
                                  "two-tombstones"};

std::string read_file(const fs::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename()] = entry.is_regular_file() ? read_file(entry.path()) : "other";
  }
  return files;
}

Contents encoded(std::uint32_t format, const Entries& values) {
  Contents contents{.format = format, .entries = {}};
  for (const auto& [key, value] : values) {
    contents.entries[key] = catalog::encode_value(format, value);
  }
  return contents;
}

std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) last = line;
  return last;
}

class Files : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_ / name; }
  std::string argument(const std::string& name) const { return "sqlite:" + path(name).string(); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }

  void make_store(const std::string& name, const StoreState& state) const {
    SqliteStore(name, path(name), Mode::create_if_missing).restore(state);
  }
  StoreState inspect(const std::string& name) const {
    return SqliteStore(name, path(name), Mode::must_exist).inspect();
  }
  Entries values(const std::string& name) const { return catalog::decode(inspect(name).contents); }

  MigrateOptions options(const std::string& to, const std::string& protocol) const {
    MigrateOptions options;
    options.stash = argument("stash");
    options.persist = argument("persist");
    options.to = to;
    options.protocol = protocol;
    return options;
  }
  int migrate(const std::string& to, const std::string& protocol = "single-tombstone") {
    out_.str("");
    return run_migrate(options(to, protocol), out_);
  }
  int load(const std::string& text, bool replace = false) {
    write("lines", text);
    out_.str("");
    return run_load(argument("stash"), path("lines"), replace, out_);
  }
  std::string dump(const std::string& name) {
    std::ostringstream lines;
    EXPECT_EQ(run_dump(argument(name), "-", lines), kAsExpected);
    return lines.str();
  }

  /// The command must throw one line with `what` in it, and leave all files as they are.
  template <class Error = UsageError>
  void expect_refused(const std::function<void()>& command, const std::string& what) {
    const auto before = files_in(folder_.path());
    try {
      command();
      ADD_FAILURE() << "was not refused: " << what;
    } catch (const Error& error) {
      const std::string line = error.what();
      EXPECT_NE(line.find(what), std::string::npos) << line;
      EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    }
    EXPECT_TRUE(files_in(folder_.path()) == before) << "files changed: " << what;
  }
  void expect_migrate_refused(const std::string& to, const std::string& protocol,
                              const std::string& what) {
    expect_refused([&] { migrate(to, protocol); }, what);
  }

  TemporaryFolder folder_;
  std::ostringstream out_;
};

constexpr const char* kThree =
    "{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\",\"value\":\"2\"}\n"
    "{\"key\":\"c\",\"value\":\"\"}\n";
const Entries kThreeEntries = {{"a", "1"}, {"b", "2"}, {"c", ""}};

// ---- migrate

using Migrate = Files;

TEST_F(Migrate, TellsItsStepsAndWhatIsTheTruth) {
  make_store("stash",
             {.epoch = Epoch{3}, .config = {}, .contents = encoded(kOldFormat, kThreeEntries)});
  EXPECT_EQ(migrate("persist"), kAsExpected);
  EXPECT_EQ(out_.str(),
            "  1  open stash                 ok\n"
            "  2  open persist               ok\n"
            "  3  read stash tombstone       ok\n"
            "  4  read stash snapshot        ok\n"
            "  5  replace persist contents   ok\n"
            "  6  set stash tombstone true   ok\n"
            "  7  read persist snapshot      ok\n"
            "  8  replace persist contents   ok\n"
            "\n"
            "done: persist (" +
                argument("persist") + ") is the source of truth: 3 entries, format 2, epoch 5\n");
  EXPECT_EQ(values("persist"), kThreeEntries);
  EXPECT_EQ(inspect("persist").contents.format, kCurrentFormat);
  EXPECT_EQ(inspect("stash").config.at(kTombstone), 1u);
}

TEST_F(Migrate, MovesTheTruthThereAndBackByEveryProtocol) {
  for (const std::string& protocol : kProtocols) {
    SCOPED_TRACE(protocol);
    fs::remove(path("stash"));
    fs::remove(path("persist"));
    load(kThree);
    ASSERT_EQ(migrate("persist", protocol), kAsExpected) << out_.str();
    EXPECT_EQ(values("persist"), kThreeEntries);
    EXPECT_NE(last_line(out_.str()).find("done: persist "), std::string::npos) << out_.str();

    SqliteStore persist("persist", path("persist"), Mode::must_exist);
    Session session(persist, persist.inspect().epoch);
    Transaction write;
    write.entries = {{"a", catalog::encode_value(kCurrentFormat, "new")}, {"b", std::nullopt}};
    run(session.commit(write));
    ASSERT_EQ(migrate("persist", protocol), kAsExpected) << out_.str();
    EXPECT_EQ(values("persist"), (Entries{{"a", "new"}, {"c", ""}})) << "it was not there already";

    ASSERT_EQ(migrate("stash", protocol), kAsExpected) << out_.str();
    EXPECT_EQ(values("stash"), (Entries{{"a", "new"}, {"c", ""}}));
    EXPECT_NE(last_line(out_.str()).find("done: stash "), std::string::npos) << out_.str();
    EXPECT_GT(inspect("stash").epoch, inspect("persist").epoch);
    ASSERT_EQ(migrate("stash", protocol), kAsExpected) << out_.str();
    EXPECT_EQ(values("stash"), (Entries{{"a", "new"}, {"c", ""}}));
  }
}

TEST_F(Migrate, ARollbackOfWhatWasNeverMovedKeepsTheStash) {
  load(kThree);
  EXPECT_EQ(migrate("stash"), kAsExpected);
  EXPECT_EQ(values("stash"), kThreeEntries);
}

TEST_F(Migrate, RefusesArgumentsThatAreWrong) {
  load(kThree);
  for (const std::string bad : {"x", "", "sqlite:", "postgres:x", "SQLITE:x"}) {
    MigrateOptions wrong = options("persist", "single-tombstone");
    wrong.persist = bad;
    expect_refused([&] { run_migrate(wrong, out_); }, "store '" + bad + "': expected sqlite:PATH");
  }
  MigrateOptions memory = options("persist", "single-tombstone");
  memory.persist = "sqlite::memory:";
  expect_refused([&] { run_migrate(memory, out_); }, "would end with this command");
  expect_migrate_refused("persit", "single-tombstone", "expected persist or stash, found 'persit'");
  expect_migrate_refused("persist", "first-draft",
                         "there is no protocol 'first-draft'; there are single-tombstone, "
                         "single-tombstone-one-write, two-tombstones");
}

TEST_F(Migrate, RefusesAMissingStash) {
  make_store("persist", {.epoch = Epoch{3}, .config = {}, .contents = encoded(2, kThreeEntries)});
  for (const std::string to : {"persist", "stash"}) {
    expect_refused<StoreOpenError>([&] { migrate(to); }, "stash: does not exist");
  }
}

TEST_F(Migrate, RefusesAMissingPersistStoreThatMayBeTheTruth) {
  for (const std::string& protocol : kProtocols) {
    SCOPED_TRACE(protocol);
    fs::remove(path("stash"));
    load(kThree);
    ASSERT_EQ(migrate("persist", protocol), kAsExpected);
    fs::remove(path("persist"));
    for (const std::string to : {"persist", "stash"}) {
      expect_migrate_refused(to, protocol, "persist: does not exist, but the tombstone in");
    }
    write("persist", "");
    expect_migrate_refused("stash", protocol, "persist: does not exist, but the tombstone in");
    fs::remove(path("persist"));
  }
}

TEST_F(Migrate, ARollbackMakesThePersistStoreDispensable) {
  load(kThree);
  ASSERT_EQ(migrate("persist"), kAsExpected);
  ASSERT_EQ(migrate("stash"), kAsExpected);
  fs::remove(path("persist"));
  EXPECT_EQ(migrate("persist"), kAsExpected);
  EXPECT_EQ(values("persist"), kThreeEntries);
}

TEST_F(Migrate, RefusesOneFileUnderTwoNames) {
  load(kThree);
  fs::create_symlink("stash", path("symbolic"));
  fs::create_hard_link(path("stash"), path("hard"));
  for (const std::string name : {"stash", "./stash", "symbolic", "hard"}) {
    MigrateOptions same = options("persist", "single-tombstone");
    same.persist = argument(name);
    expect_refused([&] { run_migrate(same, out_); }, "--stash and --persist are one file");
  }
}

TEST_F(Migrate, RefusesStoresThatAnotherKindOfProtocolMoved) {
  load(kThree);
  ASSERT_EQ(migrate("persist", "two-tombstones"), kAsExpected);
  expect_migrate_refused("stash", "single-tombstone", "use --protocol two-tombstones");
  expect_migrate_refused("stash", "single-tombstone-one-write", "use --protocol two-tombstones");
  ASSERT_EQ(migrate("stash", "two-tombstones"), kAsExpected);
  expect_migrate_refused("persist", "single-tombstone", "use --protocol two-tombstones");

  fs::remove(path("stash"));
  fs::remove(path("persist"));
  load(kThree);
  ASSERT_EQ(migrate("persist", "single-tombstone"), kAsExpected);
  expect_migrate_refused("persist", "two-tombstones", "use --protocol single-tombstone");
  expect_migrate_refused("stash", "two-tombstones", "use --protocol single-tombstone");
  EXPECT_EQ(migrate("stash", "single-tombstone-one-write"), kAsExpected) << "of the same kind";
}

TEST_F(Migrate, RefusesTombstonesOfOtherProgramsThatItCannotTell) {
  make_store("stash", {.epoch = Epoch{3}, .config = {{kTombstone, 1}}, .contents = {}});
  make_store("persist", {.epoch = Epoch{3}, .config = {}, .contents = encoded(2, kThreeEntries)});
  expect_migrate_refused("persist", "two-tombstones", "finish with that program");
  EXPECT_EQ(migrate("stash", "single-tombstone"), kAsExpected);
  EXPECT_EQ(values("stash"), kThreeEntries);
  fs::remove(path("persist"));
  make_store("persist", {.epoch = Epoch{3}, .config = {{kTombstone, 0}}, .contents = {}});
  expect_migrate_refused("stash", "single-tombstone", "use --protocol two-tombstones");
  fs::remove(path("stash"));
  make_store("stash", {.epoch = Epoch{3}, .config = {{kProtocolMark, 9}}, .contents = {}});
  expect_migrate_refused("stash", "single-tombstone", "a protocol that this program does not know");
}

TEST_F(Migrate, RefusesAFormatNewerThanOurs) {
  const StoreState newer{.epoch = Epoch{3}, .config = {}, .contents = {.format = 3, .entries = {}}};
  make_store("stash", newer);
  expect_migrate_refused("persist", "single-tombstone", "contents have format 3");
  fs::remove(path("stash"));
  load(kThree);
  make_store("persist", newer);
  expect_migrate_refused("persist", "single-tombstone", "contents have format 3");
}

TEST_F(Migrate, RefusesEntriesWithoutAFormat) {
  const StoreState strange{
      .epoch = Epoch{3}, .config = {}, .contents = {.format = 0, .entries = {{"a", "1"}}}};
  make_store("stash", strange);
  expect_migrate_refused("persist", "single-tombstone", "entries without a format");
  EXPECT_EQ(inspect("stash"), strange);
  fs::remove(path("stash"));
  load(kThree);
  make_store("persist", strange);
  expect_migrate_refused("persist", "single-tombstone", "entries without a format");
}

/// Answers one step in its own way; a plain function, since that is what run_migrate takes.
class Interfering final : public Store {
 public:
  using Act = std::function<std::optional<Status>(const std::string& step)>;
  static inline Act act;

  explicit Interfering(std::unique_ptr<Store> store)
      : Store(store->name()), store_(std::move(store)) {}
  static std::unique_ptr<Store> wrap(std::unique_ptr<Store> store) {
    return std::make_unique<Interfering>(std::move(store));
  }
  awaitable<Answer> perform(Request request) override {
    const auto status = act(label(name(), request));
    Answer answer;
    if (status) {
      answer.status = *status;
    } else {
      answer = co_await store_->perform(std::move(request));
    }
    co_return answer;
  }

 private:
  std::unique_ptr<Store> store_;
};

TEST_F(Migrate, SaysWhoFencedItAndCanBeRunAgain) {
  load(kThree);
  Interfering::act = [&](const std::string& step) -> std::optional<Status> {
    if (step == "replace persist contents") {
      SqliteStore elsewhere("stash", path("stash"), Mode::must_exist);
      run(open(elsewhere));
    }
    return std::nullopt;
  };
  const MigrateParts parts{catalog::kSingleTombstone, Interfering::wrap};
  EXPECT_EQ(run_migrate(options("persist", "single-tombstone"), parts, out_), kDiffers);
  EXPECT_EQ(last_line(out_.str()),
            "stopped at 'set stash tombstone true': another process has opened the stash since; "
            "nothing was lost; run again to finish");
  EXPECT_EQ(values("stash"), kThreeEntries);
  EXPECT_EQ(migrate("persist"), kAsExpected);
  EXPECT_EQ(values("persist"), kThreeEntries);
}

TEST_F(Migrate, SaysWhatIsUnsureOrUnavailable) {
  for (const auto& [status, what] :
       {std::pair(Status::ambiguous, "it is not known whether the stash (" + argument("stash") +
                                         ") has written it; nothing was lost; check the disk"),
        std::pair(Status::unavailable,
                  "the stash (" + argument("stash") +
                      ") is locked by another process or cannot be written")}) {
    load(kThree, true);
    Interfering::act = [&](const std::string& step) -> std::optional<Status> {
      if (step == "set stash tombstone true") return status;
      return std::nullopt;
    };
    const MigrateParts parts{catalog::kSingleTombstone, Interfering::wrap};
    out_.str("");
    EXPECT_EQ(run_migrate(options("persist", "single-tombstone"), parts, out_), kDiffers);
    EXPECT_NE(last_line(out_.str()).find(what), std::string::npos) << out_.str();
  }
  EXPECT_EQ(migrate("persist"), kAsExpected);
  EXPECT_EQ(values("persist"), kThreeEntries);
}

TEST_F(Migrate, AnInterruptedMigrationIsNotTakenForAnotherProtocols) {
  load(kThree);
  Interfering::act = [](const std::string& step) -> std::optional<Status> {
    if (step == "read persist tombstone") return Status::unavailable;
    return std::nullopt;
  };
  const MigrateParts parts{catalog::kTwoTombstones, Interfering::wrap};
  ASSERT_EQ(run_migrate(options("persist", "two-tombstones"), parts, out_), kDiffers);
  // By a single tombstone, persist would be the truth now, and it is empty.
  expect_migrate_refused("persist", "single-tombstone", "use --protocol two-tombstones");
  EXPECT_EQ(migrate("persist", "two-tombstones"), kAsExpected) << out_.str();
  EXPECT_EQ(values("persist"), kThreeEntries);
}

TEST_F(Migrate, DoesNothingMoreOnceItsHolderIsGone) {
  load(kThree);
  ASSERT_EQ(migrate("persist"), kAsExpected);
  const auto before = files_in(folder_.path());
  int go_on[2], announce[2];
  ASSERT_EQ(::pipe(go_on), 0);
  ASSERT_EQ(::pipe(announce), 0);
  ::close(go_on[1]);
  MigrateOptions held = options("persist", "single-tombstone");
  held.pause_read_fd = go_on[0];
  held.pause_write_fd = announce[1];
  EXPECT_THROW(run_migrate(held, out_), std::runtime_error);
  char bytes[64] = {};
  EXPECT_GT(::read(announce[0], bytes, sizeof bytes - 1), 0);
  EXPECT_STREQ(bytes, "before open stash\n");
  for (const int descriptor : {go_on[0], announce[0], announce[1]}) ::close(descriptor);
  EXPECT_TRUE(files_in(folder_.path()) == before);
}

// ---- load

using Load = Files;

TEST_F(Load, FillsANewStoreInTheCurrentFormat) {
  EXPECT_EQ(load(kThree), kAsExpected);
  EXPECT_EQ(out_.str(), argument("stash") + ": loaded 3 entries, format 2, epoch 1\n");
  EXPECT_EQ(inspect("stash").contents, encoded(kCurrentFormat, kThreeEntries));
}

TEST_F(Load, ReadsStandardInput) {
  std::istringstream in(kThree);
  std::streambuf* before = std::cin.rdbuf(in.rdbuf());
  EXPECT_EQ(run_load(argument("stash"), "-", false, out_), kAsExpected);
  std::cin.rdbuf(before);
  EXPECT_EQ(values("stash"), kThreeEntries);
}

TEST_F(Load, AnEmptyFileMakesAnEmptyStore) {
  EXPECT_EQ(load(""), kAsExpected);
  EXPECT_EQ(inspect("stash").contents, encoded(kCurrentFormat, {}));
}

TEST_F(Load, TakesAnyBytesAndAnyLayout) {
  EXPECT_EQ(load("{ \"value\" : {\"hex\": \"00ff\"} , \"key\" : \"\\u0000\" }\r\n"
                 "{\"key\":{\"hex\":\"\"},\"value\":\"\xc3\xa9\"}"),
            kAsExpected);
  EXPECT_EQ(values("stash"),
            (Entries{{std::string(1, '\0'), std::string("\0\xff", 2)}, {"", "\xc3\xa9"}}));
}

TEST_F(Load, RefusesEveryBadLineByItsNumber) {
  const std::string good = "{\"key\":\"a\",\"value\":\"1\"}\n";
  const std::pair<std::string, std::string> bad[] = {
      {"hello", "found no JSON (wrong at byte 1)"},
      {"{\"key\":\"b\",\"value\":\"1\"} x", "found no JSON (wrong at byte 25)"},
      {"", "found an empty line"},
      {"[1]", "found JSON of type array"},
      {"7", "found JSON of type number"},
      {"{}", "found no \"key\""},
      {"{\"key\":\"b\"}", "found no \"value\""},
      {"{\"key\":\"b\",\"value\":7}", "found a \"value\" of type number"},
      {"{\"key\":null,\"value\":\"\"}", "found a \"key\" of type null"},
      {"{\"key\":\"b\",\"value\":\"\",\"ttl\":1}", "found an unknown member \"ttl\""},
      {"{\"key\":\"b\",\"key\":\"c\",\"value\":\"\"}", "found \"key\" twice"},
      {"{\"key\":\"b\",\"value\":{}}", "found an object other than {\"hex\": digits} as \"value\""},
      {"{\"key\":\"b\",\"value\":{\"hex\":\"0\"}}", "an odd number of hex digits in \"value\""},
      {"{\"key\":{\"hex\":\"0g\"},\"value\":\"\"}", "digits of \"key\" that are not 0-9, a-f"},
      {"{\"key\":\"b\",\"value\":\"\xff\"}", "found no JSON"},
      {"{\"key\":\"b\",\"damaged\":{\"hex\":\"00\"}}", "found a damaged value"},
  };
  for (const auto& [line, what] : bad) {
    write("lines", good + line + "\n" + good);
    expect_refused([&] { run_load(argument("stash"), path("lines"), true, out_); },
                   path("lines").string() + ":2: expected {\"key\": string, \"value\": string}");
    expect_refused([&] { run_load(argument("stash"), path("lines"), true, out_); }, what);
  }
}

TEST_F(Load, RefusesAKeyThatOccursTwice) {
  write("lines", std::string(kThree) + "{\"key\":{\"hex\":\"62\"},\"value\":\"\"}\n");
  expect_refused([&] { run_load(argument("stash"), path("lines"), true, out_); },
                 path("lines").string() + ":4: the key \"b\" is on line 2 already");
}

TEST_F(Load, RefusesAFileThatCannotBeRead) {
  expect_refused([&] { run_load(argument("stash"), path("none"), false, out_); },
                 "none: cannot be read (No such file or directory)");
  expect_refused([&] { run_load(argument("stash"), folder_.path(), false, out_); },
                 "is a directory");
}

TEST_F(Load, ReplacesEntriesOnlyIfToldTo) {
  load(kThree);
  write("lines", "{\"key\":\"z\",\"value\":\"9\"}\n");
  expect_refused([&] { run_load(argument("stash"), path("lines"), false, out_); },
                 "holds 3 entries already; use --replace");
  EXPECT_EQ(run_load(argument("stash"), path("lines"), true, out_), kAsExpected);
  EXPECT_EQ(values("stash"), (Entries{{"z", "9"}}));
}

TEST_F(Load, FencesWhoeverServedTheStoreButNotIfRefused) {
  load(kThree);
  SqliteStore store("stash", path("stash"), Mode::must_exist);
  Session serving = run(open(store));
  EXPECT_THROW(load(kThree), UsageError);
  EXPECT_TRUE(run(serving.try_get("a")).has_value());
  EXPECT_EQ(load(kThree, true), kAsExpected);
  EXPECT_EQ(run(serving.try_get("a")).error(), Status::fenced);
}

TEST_F(Load, RefusesAFileThatIsNoStore) {
  write("stash", "notes: buy milk");
  write("lines", kThree);
  expect_refused<StoreOpenError>([&] { run_load(argument("stash"), path("lines"), true, out_); },
                                 "is not a SQLite database");
}

// ---- dump

using Dump = Files;

TEST_F(Dump, WritesWhatLoadReadsInKeyOrder) {
  const std::string lines =
      "{\"key\":{\"hex\":\"00ff\"},\"value\":\"x\\u0000y\"}\n"
      "{\"key\":\"a\",\"value\":{\"hex\":\"c3\"}}\n"
      "{\"key\":\"\xc3\xa9\",\"value\":\"\"}\n";
  load(lines);
  EXPECT_EQ(dump("stash"), lines);
  EXPECT_EQ(run_dump(argument("stash"), path("dumped"), out_), kAsExpected);
  EXPECT_EQ(read_file(path("dumped")), lines);
  EXPECT_NE(out_.str().find("dumped 3 entries to " + path("dumped").string()), std::string::npos);
}

TEST_F(Dump, DecodesEveryFormat) {
  make_store("old", {.epoch = {}, .config = {}, .contents = encoded(kOldFormat, kThreeEntries)});
  make_store("empty", {});
  EXPECT_EQ(dump("old"), kThree);
  EXPECT_EQ(dump("empty"), "");
}

TEST_F(Dump, NeitherOpensNorChangesTheStore) {
  load(kThree);
  const std::string before = read_file(path("stash"));
  dump("stash");
  EXPECT_EQ(inspect("stash").epoch, Epoch{1});
  EXPECT_EQ(read_file(path("stash")), before);
}

TEST_F(Dump, ReplacesAFileAsAWhole) {
  load(kThree);
  write("dumped", std::string(10'000, 'x'));
  const auto count = files_in(folder_.path()).size();
  EXPECT_EQ(run_dump(argument("stash"), path("dumped"), out_), kAsExpected);
  EXPECT_EQ(read_file(path("dumped")), kThree);
  EXPECT_EQ(files_in(folder_.path()).size(), count) << "something was left beside it";
}

TEST_F(Dump, NamesDamagedValuesAndKeepsTheirBytes) {
  Contents contents = encoded(kCurrentFormat, kThreeEntries);
  contents.entries["b"][0] ^= 1;
  make_store("stash", {.epoch = {}, .config = {}, .contents = contents});
  std::ostringstream lines, errors;
  EXPECT_EQ(run_dump(argument("stash"), "-", lines, errors), kDiffers);
  EXPECT_EQ(errors.str(), argument("stash") +
                              ": the value of key \"b\" is damaged (its checksum "
                              "differs); restore it from a backup\n");
  EXPECT_EQ(lines.str(),
            "{\"key\":\"a\",\"value\":\"1\"}\n"
            "{\"damaged\":{\"hex\":\"330dbed51a\"},\"key\":\"b\"}\n"
            "{\"key\":\"c\",\"value\":\"\"}\n");
  EXPECT_EQ(run_dump(argument("stash"), path("dumped"), out_, errors), kDiffers);
  EXPECT_EQ(read_file(path("dumped")), lines.str());
  expect_refused([&] { run_load(argument("other"), path("dumped"), false, out_); },
                 "dumped:2: expected");
}

TEST_F(Dump, RefusesWhatItCannotDump) {
  expect_refused<StoreOpenError>([&] { run_dump(argument("none"), "-", out_); }, "does not exist");
  make_store("newer", {.epoch = {}, .config = {}, .contents = {.format = 3, .entries = {}}});
  expect_refused([&] { run_dump(argument("newer"), "-", out_); }, "contents have format 3");
  load(kThree);
  expect_refused([&] { run_dump(argument("stash"), path("./stash"), out_); },
                 "is the store itself; name another file");
  expect_refused([&] { run_dump(argument("stash"), path("none/x"), out_); },
                 "none/x: cannot be written (No such file or directory)");
  fs::create_directory(path("folder"));
  expect_refused([&] { run_dump(argument("stash"), path("folder"), out_); },
                 "folder: cannot be written");
}

}  // namespace
}  // namespace cutover::cli
