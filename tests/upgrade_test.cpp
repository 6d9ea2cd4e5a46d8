// `upgrade` and `history` over real files and tables, with the chain of tests/upgrade/: what they
// write, and what they refuse, with nothing changed then.
#include "cli/state_version/upgrade.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <set>
#include <sstream>

#include "cli/errors.h"
#include "impl/state_version/migrations_file.h"
#include "impl/state_version/reference_file.h"
#include "impl/state_version/reference_table.h"
#include "impl/state_version/sqlite_table.h"
#include "impl/state_version/upgrade.h"
#include "impl/store/sqlite.h"
#include "system/temporary_folder.h"
#include "tests/upgrade/chain.h"

namespace cutover::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using state_version::Version;

using state_version::kMigrations;
using state_version::oldest;

json newest() {
  return {{"registry", "zk://a"},          {"cpus", 2},   {"memory", 4096}, {"nodes", 3},
          {"limits", {{"timeout", 5000}}}, {"retries", 3}};
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Without what the reference keeps for itself.
json data_of(json state) {
  state.erase("version");
  state.erase("applied");
  return state;
}

class Upgrades : public testing::Test {
 protected:
  void write(const json& state) { std::ofstream(file_) << state.dump(); }
  json state() const { return json::parse(text_of(file_)); }

  UpgradeOptions options(const std::string& to, bool down = false) const {
    UpgradeOptions made;
    made.store = "file:" + file_.string();
    made.migrations = kMigrations;
    made.to = to;
    made.down = down;
    return made;
  }
  int upgrade(const UpgradeOptions& given) {
    std::ostringstream out;
    const int status = run_upgrade(given, out);
    printed_ = out.str();
    return status;
  }
  std::string refusal(const UpgradeOptions& given) {
    try {
      upgrade(given);
    } catch (const UsageError& error) {
      const std::string what = error.what();
      const auto at = what.find(given.store + ": ");
      return at == std::string::npos ? what : what.substr(at + given.store.size() + 2);
    }
    return "none";
  }
  std::string history(const std::string& store, const std::string& name = "") {
    std::ostringstream out;
    EXPECT_EQ(run_history({.store = store, .name = name}, out), kAsExpected);
    return out.str();
  }

  // A table.
  void execute(const std::string& sql) {
    const sqlite::Connection db(table_.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, table_,
                                {});
    db.execute(sql);
  }
  void make_table() {
    execute(
        "CREATE TABLE states (namespace TEXT PRIMARY KEY, master TEXT, resources TEXT, nodes "
        "INTEGER, timeout REAL, dashboard TEXT);"
        "INSERT INTO states VALUES ('a', 'zk://a', '{\"cpus\":2,\"memory\":4096}', 3, 5, 'x');"
        "INSERT INTO states VALUES ('b', 'zk://b', '{\"cpus\": 1, \"memory\": 64}', 1, 0.5, 'y')");
  }
  UpgradeOptions of_table(const std::string& to, bool down = false) const {
    UpgradeOptions made = options(to, down);
    made.store = "sqlite:" + table_.string();
    return made;
  }
  json row(const std::string& key) const {
    const state_version::SqliteTable table(table_, {}, {}, true);
    return complete(table.get(key));
  }
  std::string dump_of_table() const {
    const state_version::SqliteTable table(table_, {}, {}, true);
    std::string text = complete(table.version()).state.dump();
    for (const std::string& key : complete(table.keys()))
      text += key + complete(table.get(key)).dump();
    return text;
  }

  const system::TemporaryFolder folder_{"upgrade"};
  const fs::path file_ = folder_.path() / "state.json", table_ = folder_.path() / "states.db";
  std::string printed_;
};

TEST_F(Upgrades, RunTheMigrationsThatAreMissingInTheirOrder) {
  write(oldest());
  ASSERT_EQ(::chmod(file_.c_str(), 0640), 0);
  EXPECT_EQ(upgrade(options("0.2.2")), kAsExpected);
  EXPECT_NE(printed_.find("is of version 0.2.1.2; 3 migrations to version 0.2.2\n"
                          "  0.2.1.9      the registry's address is called by its name\n"),
            std::string::npos)
      << printed_;
  EXPECT_EQ(state()["version"], "0.2.2");
  struct stat now = {};
  ASSERT_EQ(::stat(file_.c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 0777, 0640u);
  EXPECT_FALSE(fs::exists(file_.string() + ".new"));
  // Also where another mode is asked of new files, or one was left by somebody who died.
  const mode_t mask = ::umask(077);
  ASSERT_EQ(::chmod(file_.c_str(), 0664), 0);
  std::ofstream(file_.string() + ".new") << "half";
  EXPECT_EQ(upgrade(options("0.2.2.1")), kAsExpected);
  ::umask(mask);
  ASSERT_EQ(::stat(file_.c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 0777, 0664u);
  EXPECT_EQ(upgrade(options("0.10")), kAsExpected);
  EXPECT_EQ(data_of(state()), newest());

  const std::string before = text_of(file_);
  EXPECT_EQ(upgrade(options("0.10")), kAsExpected);
  EXPECT_NE(printed_.find("is of version 0.10; nothing is to do\n"), std::string::npos);
  EXPECT_EQ(text_of(file_), before);

  std::vector<std::string> versions;
  const json applied = state()["applied"];
  for (const json& line : applied) {
    versions.push_back(line["version"]);
    EXPECT_EQ(line["checksum"].get<std::string>().size(), 16u);
    EXPECT_EQ(line["by"], versions.size() <= 3   ? "0.2.2"
                          : versions.size() == 4 ? "0.2.2.1"
                                                 : "0.10");
    EXPECT_EQ(line["at"].get<std::string>().size(), 20u);
  }
  EXPECT_EQ(versions,
            (std::vector<std::string>{"0.2.1.9", "0.2.1.10", "0.2.2", "0.2.2.1", "0.3", "0.10"}));
  const std::string told = history("file:" + file_.string());
  EXPECT_NE(told.find(": version 0.10, 6 lines\n"), std::string::npos) << told;
  EXPECT_NE(told.find("  to   0.2.1.10      by 0.2.2         "), std::string::npos) << told;
}

TEST_F(Upgrades, ALinkIsFollowed) {
  write(oldest());
  const fs::path link = folder_.path() / "link.json";
  fs::create_symlink(file_, link);
  UpgradeOptions given = options("0.10");
  given.store = "file:" + link.string();
  EXPECT_EQ(upgrade(given), kAsExpected);
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(data_of(state()), newest());
}

TEST_F(Upgrades, ALinkIsLockedAsWhatItLeadsTo) {
  write(oldest());
  const fs::path link = folder_.path() / "link.json";
  fs::create_symlink(file_, link);
  const state_version::FileLock held(file_, LockWait(std::chrono::milliseconds(0)), {});
  complete(held.take());
  UpgradeOptions given = options("0.10");
  given.store = "file:" + link.string();
  given.wait = 0.05;
  EXPECT_EQ(upgrade(given), kDiffers);
  EXPECT_EQ(state(), oldest());
}

/// Nothing half written takes the state's place.
TEST_F(Upgrades, AFullDiskIsAnError) {
  write(oldest());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t most : {0, 40}) {
    const rlimit small{most, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const int status = upgrade(options("0.10"));
    ::setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(status, kDiffers);
    EXPECT_NE(printed_.find("cannot be written (File too large)"), std::string::npos) << printed_;
    EXPECT_EQ(state(), oldest());
  }
  ::signal(SIGXFSZ, ignored);
  EXPECT_EQ(upgrade(options("0.10")), kAsExpected);
  EXPECT_EQ(data_of(state()), newest());
}

/// That is not to say that there is none.
TEST_F(Upgrades, AStateThatCannotBeReadIsAnError) {
  write(oldest());
  UpgradeOptions given = options("0.10");
  given.store = "file:" + (file_ / "x").string();
  EXPECT_EQ(upgrade(given), kDiffers);
  EXPECT_NE(printed_.find("cannot be read (Not a directory)"), std::string::npos) << printed_;
  EXPECT_THROW(complete(state_version::StateFile(file_ / "x", {}).read(state_version::kStateFile)),
               StoreFailed);
  given.store = "file:" + folder_.path().string();
  EXPECT_EQ(upgrade(given), kDiffers);
  EXPECT_NE(printed_.find("cannot be read (Is a directory)"), std::string::npos) << printed_;
}

TEST_F(Upgrades, AFolderThatIsGoneIsNamed) {
  const auto gone = folder_.path() / "gone";
  std::string what;
  try {
    complete(state_version::StateFile(gone / "state", {}).sync_folder());
  } catch (const StoreFailed& error) {
    what = error.what();
  }
  EXPECT_EQ(what, gone.string() + ": cannot be opened (No such file or directory)");
}

TEST_F(Upgrades, APlanDoesNothing) {
  write(oldest());
  make_table();
  const std::string file = text_of(file_), table = text_of(table_);
  for (UpgradeOptions given : {options("0.10"), of_table("0.10")}) {
    given.plan = true;
    EXPECT_EQ(upgrade(given), kAsExpected);
    EXPECT_NE(printed_.find("6 migrations to version 0.10\n"), std::string::npos) << printed_;
    EXPECT_EQ(printed_.find("done"), std::string::npos);
  }
  EXPECT_NE(printed_.find("  the row of 'b': from 0.2.1.2\n"), std::string::npos) << printed_;
  EXPECT_EQ(text_of(file_), file);
  EXPECT_EQ(text_of(table_), table);
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    left.insert(entry.path().filename());
  }
  EXPECT_EQ(left, (std::set<std::string>{".in-use", "state.json", "states.db"}));
}

TEST_F(Upgrades, GoDownWhereThereIsAWay) {
  write(oldest());
  ASSERT_EQ(upgrade(options("0.3")), kAsExpected);
  const std::string at_3 = text_of(file_);
  EXPECT_EQ(refusal(options("0.2.1.2")),
            "the state is of version 0.3, and this is 0.2.1.2: run that one, or a newer");
  EXPECT_EQ(text_of(file_), at_3);
  EXPECT_EQ(upgrade(options("0.2.1.2", true)), kAsExpected);
  EXPECT_NE(printed_.find("  undo 0.3          the timeout in milliseconds\n  undo 0.2.2.1"),
            std::string::npos)
      << printed_;
  EXPECT_EQ(data_of(state()), oldest());
  EXPECT_TRUE(state()["timeout"].is_number_integer()) << state();  // 5, and not 5.0
  EXPECT_EQ(state()["applied"].size(), 10u);
  EXPECT_NE(history("file:" + file_.string()).find("  undo 0.3 "), std::string::npos);
  // And up again, also beyond.
  EXPECT_EQ(upgrade(options("0.10")), kAsExpected);
  EXPECT_EQ(data_of(state()), newest());
  const std::string at_10 = text_of(file_);
  EXPECT_EQ(refusal(options("0.3", true)),
            "the migration to 0.10 has no way down: restore a backup of before it");
  EXPECT_EQ(text_of(file_), at_10);
}

TEST_F(Upgrades, NeverGoDownFromWhatTheyDoNotKnow) {
  json newer = oldest();
  newer["version"] = "1.5";
  write(newer);
  EXPECT_EQ(refusal(options("0.2.2", true)),
            "no migration to 1.5 is known here: go down with those that led there");
}

TEST_F(Upgrades, AReleasedMigrationThatWasEditedIsNoticed) {
  write(oldest());
  ASSERT_EQ(upgrade(options("0.10")), kAsExpected);
  json edited = json::parse(text_of(kMigrations));
  edited["migrations"][2]["about"] = "other words, which change nothing";
  UpgradeOptions given = options("0.10");
  given.migrations = folder_.path() / "edited.json";
  std::ofstream(given.migrations) << edited.dump();
  EXPECT_EQ(refusal(given), "none");
  edited["migrations"][2]["document"][0]["path"] = "/attempts";
  std::ofstream(given.migrations) << edited.dump();
  EXPECT_EQ(refusal(given),
            "the migration to 0.2.2 is another than the one that was applied to this state: give "
            "the released one, and put what is new into a migration of its own");
}

TEST_F(Upgrades, AReleasedMigrationThatWasEditedIsNoticedInEachRow) {
  make_table();
  ASSERT_EQ(upgrade(of_table("0.10")), kAsExpected);
  json edited = json::parse(text_of(kMigrations));
  edited["migrations"][2]["document"][0]["path"] = "/attempts";
  UpgradeOptions given = of_table("0.10");
  given.migrations = folder_.path() / "edited.json";
  std::ofstream(given.migrations) << edited.dump();
  const std::string before = dump_of_table();
  const std::string why =
      "the migration to 0.2.2 is another than the one that was applied to this state: give the "
      "released one, and put what is new into a migration of its own";
  EXPECT_EQ(refusal(given), "the row of 'a': " + why);
  EXPECT_EQ(dump_of_table(), before);
  // Also by who upgrades it without having looked at all rows first.
  execute(
      "UPDATE state_version SET version = '0.3';"
      "UPDATE states SET version = '0.3' WHERE namespace = 'a'");
  const std::string older = dump_of_table();
  const state_version::Build build{
      Version("0.10"), state_version::read_migrations(given.migrations), {}, nullptr};
  const state_version::SqliteTable table(table_, {}, {});
  EXPECT_EQ(complete(upgrade_table(table, build)), why);
  EXPECT_EQ(dump_of_table(), older);
}

/// The oldest ones are deleted once every state is past them.
TEST_F(Upgrades, MigrationsThatNobodyNeedsMayGo) {
  write(oldest());
  ASSERT_EQ(upgrade(options("0.3")), kAsExpected);
  json fewer = json::parse(text_of(kMigrations));
  for (int i = 0; i < 3; ++i) fewer["migrations"].erase(0);
  UpgradeOptions given = options("0.10");
  given.migrations = folder_.path() / "fewer.json";
  std::ofstream(given.migrations) << fewer.dump();
  EXPECT_EQ(refusal(given), "none");
  EXPECT_EQ(data_of(state()), newest());
}

TEST_F(Upgrades, ANumberThatDoesNotFitStopsThem) {
  json large = oldest();
  for (const json& number : {json(9'300'000'000'000'000), json(18'000'000'000'000'000'000u)}) {
    large["timeout"] = number;
    write(large);
    const std::string before = text_of(file_);
    EXPECT_EQ(refusal(options("0.10")),
              "the migration to 0.3 can't scale '/limits/timeout': the number is too large; "
              "nothing was changed there");
    EXPECT_EQ(text_of(file_), before);
  }
  large["timeout"] = 1e300;
  write(large);
  EXPECT_EQ(upgrade(options("0.10")), kAsExpected);
  EXPECT_NEAR(state()["limits"]["timeout"].get<double>() / 1e303, 1, 1e-9);
}

TEST_F(Upgrades, WhatDoesNotFitStopsThemBeforeAnythingIsWritten) {
  json without = oldest();
  without.erase("timeout");
  write(without);
  const std::string before = text_of(file_);
  EXPECT_EQ(
      refusal(options("0.10")),
      "the migration to 0.2.2.1 can't move '/timeout' to '/limits/timeout': key 'timeout' not "
      "found; nothing was changed there");
  EXPECT_EQ(text_of(file_), before);
  UpgradeOptions plan = options("0.10");
  plan.plan = true;
  EXPECT_EQ(refusal(plan), refusal(options("0.10")));
  EXPECT_NE(refusal(plan), "none");
  json text = oldest();
  text["timeout"] = "5 s";
  write(text);
  EXPECT_EQ(refusal(options("0.10")),
            "the migration to 0.3 can't scale '/limits/timeout': it is no number; nothing was "
            "changed there");
  make_table();
  execute("UPDATE states SET timeout = NULL WHERE namespace = 'b'");
  const std::string table = text_of(table_);
  EXPECT_EQ(refusal(of_table("0.10")),
            "the row of 'b': the migration to 0.2.2.1 can't move '/timeout' to '/limits/timeout': "
            "key 'timeout' not found; nothing was changed there");
  EXPECT_EQ(text_of(table_), table);
}

TEST_F(Upgrades, WhatIsNoStoreIsRefused) {
  EXPECT_EQ(refusal(options("1")), "there is no such file");
  for (const auto& [text, why] : std::vector<std::pair<const char*, const char*>>{
           {"", "it is no state ("},
           {"{\"a\": ", "it is no state ("},
           {"[1]", "it is no state ("},
           {"{\"version\": 7}", "its version, or its log"},
           {"{\"version\": \"x\"}", "'x' is no version"},
           {"{\"applied\": [7]}", "its version, or its log"}}) {
    std::ofstream(file_) << text;
    EXPECT_EQ(refusal(options("1")).find(why), 0u) << text << ": " << refusal(options("1"));
    EXPECT_EQ(text_of(file_), text);
  }
  UpgradeOptions given = options("1");
  for (const auto& [store, why] : std::vector<std::pair<std::string, std::string>>{
           {"state.json", "store 'state.json': expected file:PATH, sqlite:PATH or zookeeper:"},
           {"file:", "store 'file:': expected file:PATH, sqlite:PATH or zookeeper:"},
           {"sqlite:" + (folder_.path() / "none.db").string(), "there is no such file"},
           {"sqlite:" + file_.string(), "file is not a database"}}) {
    given.store = store;
    EXPECT_NE(refusal(given).find(why), std::string::npos) << refusal(given);
  }
  execute("CREATE TABLE other (x)");
  EXPECT_NE(refusal(of_table("1")).find("it has no table 'states' with a column 'namespace'"),
            std::string::npos);
  EXPECT_EQ(refusal(options("v1")),
            "--to: 'v1' is no version; one is numbers and dots, such as 0.2.1.10");
}

TEST_F(Upgrades, WhatIsNoFileOfMigrationsIsRefusedWithThePlace) {
  write(oldest());
  UpgradeOptions given = options("1");
  given.migrations = folder_.path() / "given.json";
  const auto why = [&](const std::string& text) {
    std::ofstream(given.migrations) << text;
    const std::string found = refusal(given);
    return found.starts_with(given.migrations) ? found.substr(given.migrations.size() + 2) : found;
  };
  const auto of = [&](const std::string& migration) {
    return why("{\"migrations\": [" + migration + "]}");
  };
  const auto patch = [&](const std::string& operation) {
    return of(R"({"version": "1", "document": [)" + operation + "]}");
  };
  EXPECT_EQ(why("{"), std::string(why("{")));
  EXPECT_NE(why("{").find("parse error at line 1"), std::string::npos);
  EXPECT_EQ(why("[]"), "expected an object with an array 'migrations'");
  for (const char* none : {"{}", R"({"migrations": null})", R"({"migrations": {}})"}) {
    EXPECT_EQ(why(none), "expected an object with an array 'migrations'");
  }
  EXPECT_EQ(why(R"({"migrations": [], "more": 1})"), "unknown member 'more'; there are migrations");
  EXPECT_EQ(of("7"), "migrations[0]: expected a migration {\"version\", \"document\", ...}");
  EXPECT_EQ(of(R"({"document": []})"), "migrations[0]: expected a text 'version'");
  EXPECT_EQ(of(R"({"version": "1"})"), "migrations[0]: expected a 'document', a JSON Patch");
  EXPECT_EQ(of(R"({"version": "1", "document": {}})"),
            "migrations[0].document: expected an array of operations");
  EXPECT_EQ(
      of(R"({"version": "one", "document": []})"),
      "migrations[0].version: 'one' is no version; one is numbers and dots, such as 0.2.1.10");
  EXPECT_EQ(
      of(R"({"version": "1", "document": [], "upp": []})"),
      "migrations[0]: unknown member 'upp'; there are about, columns, document, down, version");
  EXPECT_EQ(of(R"({"version": "2", "document": []}, {"version": "1", "document": []})"),
            "the migration to 1 stands after the one to 2; they stand in the order of their "
            "versions");
  EXPECT_EQ(of(R"({"version": "1", "document": []}, {"version": "1.0", "document": []})"),
            "the migration to 1.0 stands beside another: the one to 1; they stand in the order of "
            "their versions");
  EXPECT_EQ(of(R"({"version": "1", "document": [], "columns": [7]})"),
            "migrations[0].columns: expected names");
  EXPECT_EQ(
      patch(R"({"op": "rename", "path": "/a"})"),
      "migrations[0].document[0]: unknown operation 'rename'; there are add, remove, replace, "
      "move, copy, test, scale");
  EXPECT_EQ(patch(R"({"op": "remove"})"), "migrations[0].document[0]: expected a text 'path'");
  EXPECT_EQ(patch(R"({"op": "add", "path": "/a"})"),
            "migrations[0].document[0]: expected a 'value'");
  EXPECT_EQ(patch(R"({"op": "move", "path": "/a"})"),
            "migrations[0].document[0]: expected a text 'from'");
  EXPECT_EQ(patch(R"({"op": "scale", "path": "/a", "by": "2"})"),
            "migrations[0].document[0]: expected a number 'by'");
  EXPECT_EQ(patch(R"({"op": "remove", "path": "a"})"),
            "migrations[0].document[0].path: 'a' is no JSON pointer; one is '' or begins with '/'");
  for (const char* path : {"/version", "/applied/0", ""}) {
    EXPECT_EQ(patch(fmt::format(R"({{"op": "remove", "path": "{}"}})", path)),
              fmt::format("migrations[0].document[0].path: '{}': the version and what was applied "
                          "are kept for you",
                          path));
  }
  EXPECT_EQ(patch(R"({"op": "move", "from": "/version", "path": "/a"})"),
            "migrations[0].document[0].from: '/version': the version and what was applied are kept "
            "for you");
  EXPECT_EQ(of(R"({"version": "1", "document": [], "down": [{"op": "remov", "path": "/a"}]})"),
            "migrations[0].down[0]: unknown operation 'remov'; there are add, remove, replace, "
            "move, copy, test, scale");
  EXPECT_EQ(patch(R"({"op": "remove", "path": "/a", "value": 1})"),
            "migrations[0].document[0]: unknown member 'value'; there are op, path");
  given.migrations = folder_.path();
  EXPECT_NE(refusal(given).find("cannot be read; give a file of migrations"), std::string::npos);
}

TEST_F(Upgrades, OfATableAreOfEachRow) {
  make_table();
  UpgradeOptions given = of_table("0.10");
  given.name = "c";
  EXPECT_EQ(refusal(given), "there is no row of the namespace 'c'");
  given.name = "a";
  EXPECT_EQ(upgrade(given), kAsExpected) << printed_;
  EXPECT_EQ(data_of(row("a")), newest());
  EXPECT_EQ(row("b")["limits"], (json{{"timeout", 500}}));
  EXPECT_EQ(row("b")["version"], "0.10");
  const std::string before = dump_of_table();
  EXPECT_EQ(upgrade(given), kAsExpected);
  EXPECT_EQ(dump_of_table(), before);
  EXPECT_EQ(refusal(of_table("0.3")),
            "the state is of version 0.10, and this is 0.3: run that one, or a newer");
  const std::string told = history(given.store, "b");
  EXPECT_NE(told.find(" b: version 0.10, 6 lines\n"), std::string::npos) << told;
  EXPECT_EQ(told.find(" a: "), std::string::npos);
  const std::string of_all = history(given.store);
  const auto a = of_all.find(" a: version 0.10, 6 lines\n");
  EXPECT_NE(a, std::string::npos) << of_all;
  EXPECT_NE(of_all.find(" b: version 0.10, 6 lines\n", a), std::string::npos) << of_all;
  EXPECT_THROW(history(given.store, "c"), UsageError);
}

TEST_F(Upgrades, OfATableNeedNamespaces) {
  make_table();
  execute("UPDATE states SET namespace = '' WHERE namespace = 'a'");
  const std::string before = text_of(table_);
  EXPECT_EQ(refusal(of_table("0.10")),
            "a row has no namespace, so that it would be left behind; give it one, or delete it");
  EXPECT_EQ(text_of(table_), before);
}

TEST_F(Upgrades, OfATableWaitForItsLock) {
  make_table();
  const sqlite::Connection other(table_.string(), SQLITE_OPEN_READWRITE, table_, {});
  other.execute("BEGIN EXCLUSIVE");
  UpgradeOptions given = of_table("0.10");
  given.wait = 0.05;
  EXPECT_EQ(upgrade(given), kDiffers);
  EXPECT_NE(printed_.find("database is locked"), std::string::npos) << printed_;
  other.execute("ROLLBACK");
  EXPECT_EQ(upgrade(given), kAsExpected);
}

TEST_F(Upgrades, OfATableGoDown) {
  make_table();
  ASSERT_EQ(upgrade(of_table("0.3")), kAsExpected);
  EXPECT_EQ(upgrade(of_table("0.2.1.2", true)), kAsExpected);
  EXPECT_EQ(data_of(row("b")), (json{{"master", "zk://b"},
                                     {"resources", {{"cpus", 1}, {"memory", 64}}},
                                     {"nodes", 1},
                                     {"timeout", 0.5},
                                     {"dashboard", "y"}}));
  EXPECT_EQ(upgrade(of_table("0.10")), kAsExpected);
  EXPECT_EQ(data_of(row("a")), newest());
}

/// What somebody else left half done: rows that are ahead of the version, and a column that is
/// there.
TEST_F(Upgrades, OfATableGoOnWhereAnotherDied) {
  make_table();
  execute("ALTER TABLE states ADD COLUMN registry");
  ASSERT_EQ(upgrade(of_table("0.3")), kAsExpected);
  execute("UPDATE state_version SET version = '0.2.1.2'");
  execute(
      "INSERT INTO states (namespace, master, resources, nodes, timeout, dashboard) VALUES "
      "('c', 'zk://c', '{\"cpus\":1,\"memory\":1}', 1, 1, 'z')");
  EXPECT_EQ(upgrade(of_table("0.3")), kAsExpected);
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(row(key)["applied"].size(), 5u) << key;
}

TEST_F(Upgrades, OfATableNameTheColumnThatIsMissing) {
  make_table();
  json migrations = json::parse(text_of(kMigrations));
  migrations["migrations"][3].erase("columns");
  UpgradeOptions given = of_table("0.10");
  given.migrations = folder_.path() / "given.json";
  std::ofstream(given.migrations) << migrations.dump();
  const std::string before = text_of(table_);
  EXPECT_EQ(refusal(given),
            "the row of 'a': there is no column 'limits'; name it under \"columns\" of the "
            "migration");
  EXPECT_EQ(text_of(table_), before);
}

/// What reference_table.h asks of its calls.
TEST_F(Upgrades, OfATableWriteOnlyOnWhatWasRead) {
  make_table();
  const state_version::SqliteTable table(table_, {}, {});
  table.prepare();
  const json was = complete(table.get("a"));
  json changed = was;
  changed["nodes"] = 4;
  EXPECT_TRUE(complete(table.put_if("a", changed, was)));
  EXPECT_EQ(complete(table.get("a")), changed);
  EXPECT_FALSE(complete(table.put_if("a", was, was)));
  EXPECT_EQ(complete(table.get("a")), changed);
  EXPECT_FALSE(complete(table.put_if("c", changed, changed)));  // makes no row
  EXPECT_EQ(complete(table.keys()), (std::vector<std::string>{"a", "b"}));
  json beyond = changed;
  beyond["other"] = 1;
  EXPECT_THROW(complete(table.put_if("a", beyond, changed)), StoreFailed);

  EXPECT_EQ(complete(table.version()).state, json());
  EXPECT_FALSE(complete(table.set_version_if("1", 1)));
  EXPECT_EQ(complete(table.version()).state, json());
  EXPECT_TRUE(complete(table.set_version_if("1", 0)));
  EXPECT_EQ(complete(table.version()).state, "1");
  EXPECT_FALSE(complete(table.set_version_if("2", 0)));
  EXPECT_EQ(complete(table.version()).state, "1");
  EXPECT_TRUE(complete(table.set_version_if("1", 1)));  // the same, and yet written
  EXPECT_EQ(complete(table.version()).written, 2);
  // As a whole, or not at all.
  execute(
      "CREATE TRIGGER refused BEFORE INSERT ON state_version BEGIN SELECT RAISE(ABORT, 'full'); "
      "END");
  EXPECT_THROW(complete(table.set_version_if("2", 2)), StoreFailed);
  EXPECT_EQ(complete(table.version()).state, "1");
  EXPECT_EQ(complete(table.version()).written, 2);
}

/// Between the look and the write nobody else writes.
TEST_F(Upgrades, OfATableMeetNobodyBetweenReadAndWrite) {
  make_table();
  const state_version::SqliteTable table(table_, LockWait(std::chrono::seconds(20)), {});
  table.prepare();
  const json was = complete(table.get("a"));
  json changed = was;
  changed["nodes"] = 4;
  const sqlite::Connection other(table_.string(), SQLITE_OPEN_READWRITE, table_, {});
  other.execute("BEGIN IMMEDIATE; UPDATE states SET nodes = 9 WHERE namespace = 'a'");
  auto put =
      std::async(std::launch::async, [&] { return complete(table.put_if("a", changed, was)); });
  EXPECT_EQ(put.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  other.execute("COMMIT");
  EXPECT_FALSE(put.get());
  EXPECT_EQ(complete(table.get("a"))["nodes"], 9);
}

TEST_F(Upgrades, OfATableFindTheRowsThatAreOlderOrNewer) {
  make_table();
  const state_version::SqliteTable table(table_, {}, {});
  EXPECT_EQ(complete(table.row_before("0.2.1.2")).key, "");  // none has a column for it yet
  EXPECT_EQ(complete(table.row_before("0.2.1.9")).key, "a");
  table.prepare();
  execute("UPDATE states SET version = '0.2.1.10' WHERE namespace = 'a'");
  EXPECT_EQ(complete(table.row_before("0.2.1.9")).key, "b");
  EXPECT_EQ(complete(table.row_before("0.2.1.10")).key, "b");
  EXPECT_EQ(complete(table.row_before("0.2.2")).key, "a");  // from the beginning again
  EXPECT_EQ(complete(table.row_after("0.2.1.9")).key, "a");
  EXPECT_EQ(complete(table.row_after("0.2.1.10")).key, "");
  execute("UPDATE states SET version = 'old' WHERE namespace = 'b'");
  try {
    complete(table.row_before("1"));
    ADD_FAILURE();
  } catch (const StoreFailed& failed) {
    EXPECT_NE(std::string(failed.what()).find("'old' is no version"), std::string::npos);
  }
}

TEST_F(Upgrades, KeepTheTypesOfATablesValues) {
  execute(
      "CREATE TABLE states (namespace TEXT PRIMARY KEY, n, x, t, o, l, b, s);"
      "INSERT INTO states VALUES ('a', -7, 0.5, 'text', '{\"k\":[1]}', '[true,null]', 'true', "
      "'{')");
  UpgradeOptions given = of_table("1");
  given.migrations = folder_.path() / "given.json";
  std::ofstream(given.migrations) << R"({"migrations": [{"version": "1", "document": []}]})";
  EXPECT_EQ(upgrade(given), kAsExpected);
  EXPECT_EQ(data_of(row("a")), (json{{"n", -7},
                                     {"x", 0.5},
                                     {"t", "text"},
                                     {"o", {{"k", {1}}}},
                                     {"l", {true, nullptr}},
                                     {"b", true},
                                     {"s", "{"}}));
  execute("INSERT INTO states (namespace, n) VALUES ('b', x'00')");
  EXPECT_EQ(upgrade(of_table("1")), kDiffers);
  EXPECT_NE(printed_.find("the column n holds a blob"), std::string::npos) << printed_;
}

TEST_F(Upgrades, WaitForTheLockAndSayWhoseItIs) {
  write(oldest());
  const state_version::FileLock held(file_, LockWait(std::chrono::milliseconds(0)), {});
  complete(held.take());
  UpgradeOptions given = options("0.10");
  given.wait = 0.05;
  EXPECT_EQ(upgrade(given), kDiffers);
  EXPECT_NE(printed_.find("stopped: " + file_.string() +
                          ".lock: another process holds the lock; end it, or wait longer; nothing "
                          "was lost; run again to finish\n"),
            std::string::npos)
      << printed_;
  EXPECT_EQ(state(), oldest());
}

// Of the chain itself: whatever the state holds besides, and wherever it begins.

json arbitrary_state() {
  json state = oldest();
  state["nodes"] = *rc::gen::inRange(0, 1000);
  state["timeout"] = *rc::gen::inRange(0, 100'000);
  state["resources"]["cpus"] = *rc::gen::inRange(0, 64);
  state["master"] = *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
  const int extra = *rc::gen::inRange(0, 4);
  for (int i = 0; i < extra; ++i) state["extra-" + std::to_string(i)] = i;
  return state;
}

state_version::Build build(const std::string& to, bool down = false) {
  static const state_version::Chain chain = state_version::read_migrations(kMigrations);
  state_version::Build made{Version(to), chain, {}, nullptr};
  made.goes_down = down;
  return made;
}
const std::vector<std::string> kVersions = {"0.2.1.2", "0.2.1.9", "0.2.1.10", "0.2.2",
                                            "0.2.2.1", "0.3",     "0.10"};

RC_GTEST_PROP(TheChain, GivesTheSameWhereverItIsInterrupted, ()) {
  const json begun = arbitrary_state();
  json state = begun;
  for (const std::string& version : kVersions) {
    const bool stops_there = *rc::gen::arbitrary<bool>();
    if (stops_there) state = upgraded(build(version), state);
  }
  state = upgraded(build("0.10"), state);
  RC_ASSERT(state == upgraded(build("0.10"), begun));
}

RC_GTEST_PROP(TheChain, DownAfterUpRestoresWhatUpDidNotDestroy, ()) {
  const json begun = arbitrary_state();
  const auto low = *rc::gen::inRange<std::size_t>(0, 6);
  const auto high = *rc::gen::inRange<std::size_t>(low, 6);  // 0.10 has no way down
  const json before = upgraded(build(kVersions[low]), begun);
  const json up = upgraded(build(kVersions[high]), before);
  RC_ASSERT(refusal(build(kVersions[low], true), up) == std::nullopt);
  RC_ASSERT(data_of(upgraded(build(kVersions[low], true), up)) == data_of(before));
}

}  // namespace
}  // namespace cutover::cli
