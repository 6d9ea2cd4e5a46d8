// `upgrade` as several real processes at once over one table, killed at random with SIGKILL. After
// each kill every state is as some version has it, and says so; a run without a kill finishes; each
// migration is logged once. One that is killed at each of its steps is upgrade_process_test's.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <set>

#include "crashsim/process/child.h"
#include "impl/state_version/sqlite_table.h"
#include "impl/store/sqlite.h"
#include "system/temporary_folder.h"
#include "tests/upgrade/chain.h"

namespace cutover::state_version {
namespace {

namespace fs = std::filesystem;
using crashsim::Child;

constexpr const char* kNewest = "0.10";

/// What is wrong with it, or nothing: it is as its version has it, and what is in effect by its log
/// is each migration up to there, once, in order.
std::string complaint(const json& state, const json& begun) {
  json without = state;
  without.erase("applied");
  json expected = as_of(version_of(state).text(), begun);
  expected.erase("applied");
  if (!state.contains("version")) expected.erase("version");
  if (without != expected) return "it is " + without.dump() + "\nand not " + expected.dump();
  std::vector<std::string> logged, due;
  const json applied = state.value("applied", json::array());
  for (const json& line : applied) {
    if (!line.value("down", false)) {
      logged.push_back(line["version"]);
    } else if (logged.empty() || logged.back() != line["version"].get<std::string>()) {
      return "its log undoes what was not applied last: " + applied.dump();
    } else {
      logged.pop_back();
    }
  }
  static const Chain chain = read_migrations(kMigrations);
  for (const Migration* each : chain.between(unversioned(), version_of(state))) {
    due.push_back(each->version.text());
  }
  return logged == due ? "" : "its log is " + applied.dump();
}

Child::Options upgrade_in(const fs::path& folder, const std::string& to = kNewest) {
  return {CUTOVER_COMMAND,
          {"upgrade", "--store", "sqlite:" + (folder / "states.db").string(), "--migrations",
           kMigrations.string(), "--to", to, "--pause-fds", "3,4"},
          folder / "output"};
}

int run_on(const Child::Options& options) {
  Child child(options);
  while (child.next()) child.go_on();
  return child.exit_code();
}

void make_table(const fs::path& folder) {
  const fs::path path = folder / "states.db";
  const sqlite::Connection db(path.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, path, {});
  db.execute(
      "CREATE TABLE states (namespace TEXT PRIMARY KEY, master TEXT, resources TEXT, nodes "
      "INTEGER, timeout INTEGER, dashboard TEXT)");
  for (const char* key : {"a", "b"}) {
    db.execute(
        fmt::format("INSERT INTO states VALUES ('{0}', '{0}', "
                    "'{{\"cpus\":2,\"memory\":4096}}', 3, 5, 'http://b')",
                    key));
  }
}

/// What is wrong with it, or nothing; and the version, which all of it has: or empty.
std::pair<std::string, std::string> look(const fs::path& folder) {
  const SqliteTable table(folder / "states.db", {}, {});
  const json stored = complete(table.version()).state;
  const Version version = stored.is_null() ? unversioned() : Version(stored.get<std::string>());
  std::set<std::string> versions = {version.text()};
  std::string wrong;
  for (const char* key : {"a", "b"}) {
    const json row = complete(table.get(key));
    wrong += complaint(row, oldest(key));
    versions.insert(version_of(row).text());
    if (version_of(row) < version) wrong += fmt::format("the row of {} is behind", key);
  }
  return {wrong, versions.size() == 1 ? version.text() : ""};
}

/// Somebody upgrades it further between the look and the first step: it is not said to be done.
TEST(UpgradeBesideAnother, IsRefusedWhereTheStateIsNewerByThen) {
  const system::TemporaryFolder folder{"beside"};
  const fs::path file = folder.path() / "state.json";
  std::ofstream(file) << oldest("a").dump();
  make_table(folder.path());
  const auto of = [&](const std::string& store, const std::string& to) {
    Child::Options options = upgrade_in(folder.path(), to);
    options.arguments[2] = store;
    return options;
  };
  for (const auto& [store, step] :
       {std::pair("file:" + file.string(), "take lock"),
        std::pair("sqlite:" + (folder.path() / "states.db").string(), "add column version")}) {
    Child older(of(store, "0.3"));
    bool is_held = false;
    while (const auto at = older.next()) {
      if (!is_held && at->label == step) {
        is_held = true;
        ASSERT_EQ(run_on(of(store, kNewest)), 0) << store;
      }
      older.go_on();
    }
    EXPECT_TRUE(is_held) << store;
    EXPECT_EQ(older.exit_code(), 2) << store;
    EXPECT_EQ(run_on(of(store, kNewest)), 0) << store;
  }
  EXPECT_EQ(look(folder.path()), std::pair(std::string(), std::string(kNewest)));
}

/// Schedulers of several versions at once over one table, as they are restarted one after the other
/// or are not: each is let go on at random, and some are killed.
TEST(UpgradeKilled, OfOneTableBySeveralAtOnceLosesNothing) {
  std::map<int, unsigned> statuses;
  unsigned kills = 0;
  for (unsigned seed = 1; seed <= 25; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::size_t end) {
      return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
    };
    const system::TemporaryFolder folder{"several"};
    make_table(folder.path());
    const std::vector<std::string> versions = {"0.2.1.10", "0.3", kNewest};
    std::vector<std::unique_ptr<Child>> alive;
    for (unsigned step = 0, started = 0; step < 400 && (started < 6 || !alive.empty()); ++step) {
      if (alive.size() < 3 && started < 6 && (alive.empty() || below(8) == 0)) {
        alive.push_back(
            std::make_unique<Child>(upgrade_in(folder.path(), versions[below(versions.size())])));
        ++started;
      }
      const std::size_t which = below(alive.size());
      Child& child = *alive[which];
      const auto at = child.next();
      const bool dies = at && below(30) == 0;
      if (at && !dies) {
        child.go_on();
        continue;
      }
      if (dies) child.kill();
      if (!dies) ++statuses[child.exit_code()];
      kills += dies ? 1 : 0;
      alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(which));
      ASSERT_EQ(look(folder.path()).first, "") << "seed " << seed;
    }
    alive.clear();
    ASSERT_EQ(run_on(upgrade_in(folder.path())), 0) << "seed " << seed;
    ASSERT_EQ(look(folder.path()), std::pair(std::string(), std::string(kNewest)))
        << "seed " << seed;
  }
  // Some finished, some found a newer state; none failed in another way.
  EXPECT_GT(kills, 20u);
  EXPECT_GT(statuses[0], 20u);
  EXPECT_GT(statuses[2], 0u);
  EXPECT_EQ(statuses.size(), 2u);
}

}  // namespace
}  // namespace cutover::state_version
