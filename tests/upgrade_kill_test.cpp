// `upgrade` as a real process, killed with SIGKILL before and after each of its steps, and again
// while it recovers; and several at once, over one table, killed at random. After each kill every
// state is as some version has it, and says so; a run without a kill finishes; each migration is
// logged once.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "crashsim/process/child.h"
#include "impl/state_version/migrations_file.h"
#include "impl/state_version/sqlite_table.h"
#include "impl/state_version/upgrade.h"
#include "impl/store/sqlite.h"
#include "system/temporary_folder.h"

namespace cutover::state_version {
namespace {

namespace fs = std::filesystem;
using crashsim::Announcement;
using crashsim::Child;

const fs::path kMigrations = fs::path(CUTOVER_SOURCE) / "tests/upgrade/migrations.json";
constexpr const char* kNewest = "0.10";

json oldest(const std::string& master) {
  return {{"master", master},
          {"resources", {{"cpus", 2}, {"memory", 4096}}},
          {"nodes", 3},
          {"timeout", 5},
          {"dashboard", "http://b"}};
}

/// As a clean run has it, without the log.
json as_of(const std::string& version, const json& begun) {
  static const Chain chain = read_migrations(kMigrations);
  json state = upgraded({Version(version), chain, {}, nullptr}, begun);
  state.erase("applied");
  return state;
}

/// What is wrong with it, or nothing: it is as its version has it, and what is in effect by its log
/// is each migration up to there, once, in order.
std::string complaint(const json& state, const json& begun) {
  json without = state;
  without.erase("applied");
  json expected = as_of(version_of(state).text(), begun);
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

/// A store in a folder: how it begins, and how it is judged.
struct Subject {
  std::string store;  ///< its name in the folder, "file:state.json"
  std::function<void(const fs::path&)> make;
  /// What is wrong, or nothing; and its version, which all of it has: or empty.
  std::function<std::pair<std::string, std::string>(const fs::path&)> look;
};

std::string in(const fs::path& folder, const std::string& store) {
  const auto colon = store.find(':');
  return store.substr(0, colon + 1) + (folder / store.substr(colon + 1)).string();
}

Child::Options upgrade_in(const fs::path& folder, const Subject& of,
                          const std::string& to = kNewest, bool down = false) {
  std::vector<std::string> arguments = {
      "upgrade", "--store", in(folder, of.store), "--migrations", kMigrations.string(),
      "--to",    to,        "--pause-fds",        "3,4"};
  if (down) arguments.push_back("--down");
  return {CUTOVER_COMMAND, arguments, folder / "output"};
}

/// Lets it go on to its nth announcement, from 0, and kills it there. Nothing if it has ended.
std::optional<Announcement> kill_at(const Child::Options& options, std::size_t nth) {
  Child child(options);
  std::optional<Announcement> at = child.next();
  for (std::size_t i = 0; at && i < nth; ++i) {
    child.go_on();
    at = child.next();
  }
  child.kill();
  return at;
}

int run_on(const Child::Options& options) {
  Child child(options);
  while (child.next()) child.go_on();
  return child.exit_code();
}

void copy_folder(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::create_directories(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    if (!entry.path().filename().string().starts_with('.')) {
      fs::copy(entry.path(), to / entry.path().filename());
    }
  }
}

/// An upgrade, or a way down.
struct Way {
  std::string to;
  bool down = false;
};
const Way kUp = {kNewest}, kDown = {"0.2.1.10", true}, kUpAgain = {"0.3"};

/// Kills one at each of its places, and its recovery at every nth of its own. The store was brought
/// to `from` before.
void kill_everywhere(const Subject& of, std::size_t every_nth, const std::string& from,
                     const Way& first, const Way& recovery) {
  const system::TemporaryFolder folder{"kill"};
  const fs::path begun = folder.path() / "begun", killed = folder.path() / "killed",
                 again = folder.path() / "again";
  fs::create_directories(begun);
  of.make(begun);
  ASSERT_EQ(run_on(upgrade_in(begun, of, from)), 0);
  std::size_t places = 0, recoveries = 0;
  std::set<std::string> found;
  for (bool ended = false; !ended; ++places) {
    copy_folder(begun, killed);
    const auto at = kill_at(upgrade_in(killed, of, first.to, first.down), places);
    ended = !at;
    const std::string where = at ? fmt::format("{} {}", to_string(at->when), at->label) : "no kill";
    const auto [wrong, version] = of.look(killed);
    ASSERT_EQ(wrong, "") << where;
    found.insert(version);
    std::size_t tried = 0;
    for (bool recovered = false; !recovered; tried += recovered ? 0 : 1) {
      copy_folder(killed, again);
      const auto again_at =
          kill_at(upgrade_in(again, of, recovery.to, recovery.down), tried * every_nth);
      recovered = !again_at;
      ASSERT_EQ(of.look(again).first, "") << where << ", then again at " << tried * every_nth;
      ASSERT_EQ(run_on(upgrade_in(again, of, recovery.to, recovery.down)), 0) << where;
      ASSERT_EQ(of.look(again), std::pair(std::string(), recovery.to)) << where;
      ASSERT_LT(tried, 1000u);
    }
    recoveries += tried;
    std::cout << fmt::format(
        "  killed {:<26} {:<10} its recovery killed at {} places: all finish\n", where,
        version.empty() ? "in between" : version, tried);
    ASSERT_LT(places, 1000u);
  }
  std::cout << fmt::format("{}: {} kills, {} in recoveries, nothing lost\n", of.store, places - 1,
                           recoveries);
  EXPECT_GT(places, 14u);
  EXPECT_TRUE(found.contains(from) && found.contains(first.to));
}

const Subject& file() {
  static const Subject subject{
      "file:state.json",
      [](const fs::path& folder) { std::ofstream(folder / "state.json") << oldest("a").dump(); },
      [](const fs::path& folder) {
        std::ifstream in(folder / "state.json");
        const json state = json::parse(in, nullptr, false);
        if (state.is_discarded()) return std::pair<std::string, std::string>("it is torn", "");
        return std::pair(complaint(state, oldest("a")), version_of(state).text());
      }};
  return subject;
}

const Subject& table() {
  static const Subject subject{
      "sqlite:states.db",
      [](const fs::path& folder) {
        const fs::path path = folder / "states.db";
        const sqlite::Connection db(path.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, path,
                                    {});
        db.execute(
            "CREATE TABLE states (namespace TEXT PRIMARY KEY, master TEXT, resources TEXT, nodes "
            "INTEGER, timeout INTEGER, dashboard TEXT)");
        for (const char* key : {"a", "b"}) {
          db.execute(
              fmt::format("INSERT INTO states VALUES ('{0}', '{0}', "
                          "'{{\"cpus\":2,\"memory\":4096}}', 3, 5, 'http://b')",
                          key));
        }
      },
      [](const fs::path& folder) {
        const SqliteTable table(folder / "states.db", {}, {});
        const json stored = complete(table.version()).state;
        const Version version =
            stored.is_null() ? unversioned() : Version(stored.get<std::string>());
        std::set<std::string> versions = {version.text()};
        std::string wrong;
        for (const char* key : {"a", "b"}) {
          const json row = complete(table.get(key));
          wrong += complaint(row, oldest(key));
          versions.insert(version_of(row).text());
          if (version_of(row) < version) wrong += fmt::format("the row of {} is behind", key);
        }
        return std::pair(wrong, versions.size() == 1 ? version.text() : "");
      }};
  return subject;
}

constexpr const char* kOldest = "0.2.1.2";
TEST(UpgradeKilled, OfAFileLosesNothing) { kill_everywhere(file(), 1, kOldest, kUp, kUp); }
TEST(UpgradeKilled, OfATableLosesNothing) { kill_everywhere(table(), 9, kOldest, kUp, kUp); }
TEST(UpgradeKilled, OfATableOnItsWayDownGoesOn) {
  kill_everywhere(table(), 9, kUpAgain.to, kDown, kDown);
}
TEST(UpgradeKilled, OfATableOnItsWayDownGoesUpAgain) {
  kill_everywhere(table(), 9, kUpAgain.to, kDown, kUpAgain);
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
    table().make(folder.path());
    const std::vector<std::string> versions = {"0.2.1.10", "0.3", kNewest};
    std::vector<std::unique_ptr<Child>> alive;
    for (unsigned step = 0, started = 0; step < 400 && (started < 6 || !alive.empty()); ++step) {
      if (alive.size() < 3 && started < 6 && (alive.empty() || below(8) == 0)) {
        alive.push_back(std::make_unique<Child>(
            upgrade_in(folder.path(), table(), versions[below(versions.size())])));
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
      ASSERT_EQ(table().look(folder.path()).first, "") << "seed " << seed;
    }
    alive.clear();
    ASSERT_EQ(run_on(upgrade_in(folder.path(), table())), 0) << "seed " << seed;
    ASSERT_EQ(table().look(folder.path()), std::pair(std::string(), std::string(kNewest)))
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
