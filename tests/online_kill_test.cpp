// Tables and counters that move under live traffic, with SIGKILL for workers, the operator and
// applications at random moments. After each migration the target has every acknowledged write, and
// beyond them only what was tried; what an application read while it lived, it has checked itself.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "impl/online/sqlite_counters.h"
#include "impl/online/sqlite_record.h"
#include "impl/online/sqlite_table.h"
#include "system/temporary_folder.h"
#include "tests/command.h"
#include "tests/online_applications.h"

namespace cutover::online {
namespace {

namespace fs = std::filesystem;

constexpr int kKills = 100, kApplications = 3, kBaseRows = 3000;
/// Seconds that an application waits for a lock: workers often have the target's for longer, so
/// that the shadow misses what was acknowledged before the strict phase.
constexpr const char* kImpatient = "0.003";

class OnlineKill : public testing::Test {
 protected:
  /// A migration in a folder of its own.
  void begin(const std::string& name, const std::vector<std::string>& create) {
    folder_ = all_.path() / name;
    fs::create_directory(folder_);
    std::vector<std::string> command = {"rows", "create", "--store", old_db(), "--table", "t"};
    command.insert(command.end(), create.begin(), create.end());
    ASSERT_EQ(run_command(command).status, 0);
    command = {"rows", "create", "--store", new_db(), "--table", "other", "--columns", "x"};
    ASSERT_EQ(run_command(command).status, 0);
  }
  std::string old_db() const { return "sqlite:" + (folder_ / "old.db").string(); }
  std::string new_db() const { return "sqlite:" + (folder_ / "new.db").string(); }
  std::vector<std::string> over(std::vector<std::string> command,
                                const std::string& wait = "50") const {
    const std::vector<std::string> migration = {"--from",  old_db(), "--to",   new_db(),
                                                "--table", "t",      "--wait", wait};
    command.insert(command.end(), migration.begin(), migration.end());
    return command;
  }

  void start_applications() {
    applications_.start(kApplications, over({"application"}, kImpatient));
  }
  void kill_an_application() {
    applications_.kill_one(random_() % kApplications);
    ++kills_["application"];
  }

  /// Runs a command of the operator, and kills it after a moment unless it is done by then. Its
  /// status.
  int operate(const std::vector<std::string>& command) {
    Started started(over(command));
    std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 60));
    const bool is_killed = random_() % 3 != 0;
    const Ended ended = is_killed ? started.kill(SIGKILL) : started.wait();
    if (ended.status == kKilled) ++kills_[command[0]];
    EXPECT_TRUE(ended.status == kKilled || ended.status == 0 || ended.status == 1)
        << command[0] << ": " << ended.output << ended.errors;
    return ended.status;
  }
  int kills() const {
    int all = 0;
    for (const auto& [of, count] : kills_) all += count;
    return all;
  }
  void print_evidence(int migrations) const {
    std::string text;
    for (const auto& [of, count] : kills_) text += fmt::format(" {} {},", of, count);
    fmt::print("{} kills in {} migrations:{} {} attempts, {} acknowledged, nothing lost\n", kills(),
               migrations, text, applications_.tries, applications_.acknowledged);
    EXPECT_GE(applications_.acknowledged, kKills);
    EXPECT_GT(applications_.tries, applications_.acknowledged);  // some that nobody was told of
  }

  void check_rows() {
    const SqliteCluster target(folder_ / "new.db", {});
    const SqliteTable table(target, "t");
    const auto value_in = [](const Row& row) {
      if (!is_live(row)) return std::string("-");
      return row.columns.at("v").elements.at("").value.get<std::string>();
    };
    std::string from;
    int base = 0;
    do {
      const Page page = complete(table.page(from, ""));
      for (const auto& [key, row] : page.rows) {
        if (key.starts_with("base")) {
          EXPECT_EQ(value_in(row), "of " + key);
          ++base;
        } else {
          EXPECT_TRUE(applications_.said.contains(key)) << key;
        }
      }
      from = page.next;
    } while (!from.empty());
    EXPECT_EQ(base, kBaseRows);
    for (const auto& [key, said] : applications_.said) {
      const std::string value = value_in(complete(table.read(key)));
      EXPECT_TRUE(said.allows(value))
          << key << " is " << value << ", and " << said.acknowledged << " was acknowledged";
    }
  }

  void check_counters() {
    const SqliteCluster source(folder_ / "old.db", {}), target(folder_ / "new.db", {});
    const SqliteRecord record(target, "t");
    for (const auto& [key, said] : applications_.said) {
      const SqliteCounter one(source, "t", key, "v"), other(target, "t", key, "v");
      const std::int64_t value = complete(read(one, other, record));
      EXPECT_GE(value, said.counted) << key;
      EXPECT_LE(value, said.added) << key;
    }
  }

  const system::TemporaryFolder all_{"online_kill"};
  fs::path folder_;
  std::mt19937 random_{20261129};
  Applications applications_;
  std::map<std::string, int> kills_;
};

TEST_F(OnlineKill, ATableMovesWhateverIsKilled) {
  int migrations = 0;
  while (kills() < kKills) {
    begin(fmt::format("rows{}", ++migrations), {"--columns", "v:text"});
    {
      std::ofstream lines(folder_ / "lines");
      for (int i = 0; i < kBaseRows; ++i) {
        lines << fmt::format(
            "{{\"key\":\"base{0}\",\"written\":{1},\"columns\":{{\"v\":\"of base{0}\"}}}}\n", i,
            1000 + i);
      }
    }
    ASSERT_EQ(run_command({"rows", "load", "--store", old_db(), "--table", "t",
                           (folder_ / "lines").string()})
                  .status,
              0);
    start_applications();
    int backs = 2;
    Phase phase = Phase::source_only;
    while (phase != Phase::target_only) {
      if (random_() % 4 == 0) kill_an_application();
      if (phase >= Phase::strict && backs > 0 && random_() % 2 == 0) {
        --backs;
        operate({"phase", "--back"});
      } else if (phase < Phase::strict && random_() % 3 != 0) {
        operate({"copy", "--ranges", "40", "--workers", "2"});
      } else if (phase == Phase::backfill || (phase == Phase::strict && random_() % 2 == 0)) {
        operate({"verify"});
      } else if (phase != Phase::source_only) {
        operate({"phase", "--next"});
      }
      const SqliteCluster target(folder_ / "new.db", {});
      phase = complete(SqliteRecord(target, "t").get()).phase;
    }
    applications_.stop();
    check_rows();
    if (HasFailure()) return;
  }
  print_evidence(migrations);
  for (const char* of : {"application", "copy", "verify", "phase"}) EXPECT_GT(kills_[of], 0) << of;
}

TEST_F(OnlineKill, CountersMoveWhateverIsKilled) {
  int migrations = 0;
  while (kills() < kKills) {
    begin(fmt::format("counters{}", ++migrations), {"--columns", "v", "--counters"});
    start_applications();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const auto until_done = [&](const std::vector<std::string>& command) {
      do {
        if (random_() % 2 == 0) kill_an_application();
      } while (operate(command) != 0);
    };
    until_done({"counters", "move"});
    until_done({"counters", "drop"});
    applications_.stop();
    check_counters();
    if (HasFailure()) return;
  }
  print_evidence(migrations);
  for (const char* of : {"application", "counters"}) EXPECT_GT(kills_[of], 0) << of;
}

}  // namespace
}  // namespace cutover::online
