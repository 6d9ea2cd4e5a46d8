// Tables and counters that move under live traffic, with SIGKILL for workers, the operator and
// applications at random moments. After each migration the target has every acknowledged write, and
// beyond them only what was tried; what an application read while it lived, it has checked itself.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "impl/online/sqlite_counters.h"
#include "impl/online/sqlite_record.h"
#include "impl/online/sqlite_table.h"
#include "system/temporary_folder.h"
#include "tests/command.h"

namespace cutover::online {
namespace {

namespace fs = std::filesystem;

constexpr int kKills = 100, kApplications = 3, kBaseRows = 3000;
constexpr int kKilled = 128 + SIGKILL;
/// Seconds that an application waits for a lock: workers often have the target's for longer, so
/// that the shadow misses what was acknowledged before the strict phase.
constexpr const char* kImpatient = "0.003";

/// What applications have said of a key, which one of them alone writes to.
struct Said {
  std::string acknowledged = "-";
  std::set<std::string> possible = {};  ///< tried later than that
  std::string tried = "-";              ///< last
  std::int64_t counted = 0, added = 0;
};

/// A running `cutover application`. Its standard input ends when it is told to stop.
class Application {
 public:
  explicit Application(const std::vector<std::string>& arguments) : pipe_(made_pipe()) {
    started_.emplace(arguments, [this] {
      ::dup2(pipe_[0], STDIN_FILENO);
      ::close(pipe_[1]);
    });
    ::close(pipe_[0]);
  }
  Ended stop() {
    ::close(pipe_[1]);
    return started_->wait();
  }
  Ended kill() {
    const Ended ended = started_->kill(SIGKILL);
    ::close(pipe_[1]);
    return ended;
  }

 private:
  static std::array<int, 2> made_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    return ends;
  }
  std::array<int, 2> pipe_;
  std::optional<Started> started_;
};

class OnlineKill : public testing::Test {
 protected:
  /// A migration in a folder of its own.
  void begin(const std::string& name, const std::vector<std::string>& create) {
    folder_ = all_.path() / name;
    fs::create_directory(folder_);
    said_.clear();
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

  void start_application(std::size_t at) {
    const int number = ++started_;
    // The clocks of the applications differ, by less than the grace.
    const int skew = (number % 3 - 1) * 1'000'000;
    applications_[at] = std::make_unique<Application>(
        over({"application", "--name", fmt::format("app{}", number), "--seed",
              std::to_string(number), "--keys", "4", "--skew", std::to_string(skew)},
             kImpatient));
  }
  void start_applications() {
    applications_.resize(kApplications);
    for (std::size_t i = 0; i < kApplications; ++i) start_application(i);
  }
  void kill_an_application() {
    const std::size_t at = random_() % kApplications;
    const Ended ended = applications_[at]->kill();
    ASSERT_EQ(ended.status, kKilled) << ended.output;
    learn(ended.output);
    ++kills_["application"];
    start_application(at);
  }
  void stop_applications() {
    for (const auto& application : applications_) {
      const Ended ended = application->stop();
      EXPECT_EQ(ended.status, 0) << ended.output.substr(ended.output.size() / 2) << ended.errors;
      learn(ended.output);
    }
    applications_.clear();
  }
  void learn(const std::string& output) {
    std::istringstream lines(output);
    std::string line;
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string what, key, written, value;
      words >> what >> key >> written >> value;
      Said& said = said_[key];
      if (what == "try") {
        said.possible.insert(value);
        said.tried = value;
        ++tries_;
      } else if (what == "ack") {
        said.acknowledged = said.tried;
        said.possible.clear();
        ++acknowledged_;
      } else if (what == "add") {
        ++said.added;
        ++tries_;
      } else if (what == "counted") {
        ++said.counted;
        ++acknowledged_;
      }
    }
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
               migrations, text, tries_, acknowledged_);
    EXPECT_GE(acknowledged_, kKills);
    EXPECT_GT(tries_, acknowledged_);  // some that nobody was told of
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
          EXPECT_TRUE(said_.contains(key)) << key;
        }
      }
      from = page.next;
    } while (!from.empty());
    EXPECT_EQ(base, kBaseRows);
    for (const auto& [key, said] : said_) {
      const std::string value = value_in(complete(table.read(key)));
      EXPECT_TRUE(value == said.acknowledged || said.possible.contains(value))
          << key << " is " << value << ", and " << said.acknowledged << " was acknowledged";
    }
  }

  void check_counters() {
    const SqliteCluster source(folder_ / "old.db", {}), target(folder_ / "new.db", {});
    const SqliteRecord record(target, "t");
    for (const auto& [key, said] : said_) {
      const SqliteCounter one(source, "t", key, "v"), other(target, "t", key, "v");
      const std::int64_t value = complete(read(one, other, record));
      EXPECT_GE(value, said.counted) << key;
      EXPECT_LE(value, said.added) << key;
    }
  }

  const system::TemporaryFolder all_{"online_kill"};
  fs::path folder_;
  std::mt19937 random_{20261129};
  std::vector<std::unique_ptr<Application>> applications_;
  std::map<std::string, Said> said_;
  std::map<std::string, int> kills_;
  int started_ = 0, tries_ = 0, acknowledged_ = 0;
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
    stop_applications();
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
    stop_applications();
    check_counters();
    if (HasFailure()) return;
  }
  print_evidence(migrations);
  for (const char* of : {"application", "counters"}) EXPECT_GT(kills_[of], 0) << of;
}

}  // namespace
}  // namespace cutover::online
