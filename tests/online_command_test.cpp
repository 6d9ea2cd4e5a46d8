// The commands of an online migration as a user runs them: rows, copy, verify, phase, counters.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "impl/online/file_workers.h"
#include "impl/online/sqlite_counters.h"
#include "impl/online/sqlite_record.h"
#include "impl/online/sqlite_table.h"
#include "system/temporary_folder.h"
#include "tests/command.h"
#include "tests/online_applications.h"

namespace cutover::online {
namespace {

class OnlineCommand : public testing::Test {
 protected:
  std::string store(const std::string& name) const {
    return "sqlite:" + (folder_.path() / name).string();
  }
  /// With --from, --to and --table.
  std::vector<std::string> over(std::vector<std::string> command,
                                const std::string& table = "users") const {
    for (const std::string& each :
         {std::string("--from"), old_, std::string("--to"), new_, std::string("--table"), table}) {
      command.push_back(each);
    }
    return command;
  }
  Ended run(const std::vector<std::string>& command) const { return run_command(command); }

  void make(const std::string& columns = "name:text,tags:map<number>") const {
    const Ended made =
        run({"rows", "create", "--store", old_, "--table", "users", "--columns", columns});
    ASSERT_EQ(made.status, 0) << made.errors;
  }
  Ended load(const std::string& store, const std::string& lines,
             const std::string& table = "users") const {
    const std::string file = (folder_.path() / "lines").string();
    std::ofstream(file) << lines;
    return run({"rows", "load", "--store", store, "--table", table, file});
  }
  std::string dump(const std::string& store, bool times = false) const {
    std::vector<std::string> command = {"rows", "dump", "--store", store, "--table", "users"};
    if (times) command.push_back("--times");
    const Ended dumped = run(command);
    EXPECT_EQ(dumped.status, 0) << dumped.errors;
    return dumped.output;
  }
  /// Fails in one line that says so, and changes nothing of the stores.
  void expect_refused(const std::vector<std::string>& command, const std::string& why) const {
    const Ended ended = run(command);
    EXPECT_EQ(ended.status, 2) << ended.output;
    EXPECT_NE(ended.errors.find(why), std::string::npos) << ended.errors;
    EXPECT_EQ(std::ranges::count(ended.errors, '\n'), 1) << ended.errors;
  }
  /// That it has so many rows, and a percentile with this limit.
  void expect_chart(const std::string& file, int rows, double limit) const {
    std::ifstream in(file);
    const auto chart = nlohmann::json::parse(in);
    EXPECT_EQ(chart.at("title"), old_ + " -> " + new_ + ", table users");
    double copied = 0;
    for (const auto& point : chart.at("curves").at(0).at("points")) {
      copied += point.at(1).get<double>();
    }
    EXPECT_EQ(copied, rows);
    EXPECT_EQ(chart.at("curves").at(1).at("limit"), limit);
    const Ended shown = run({"show", file, "-o", file + ".dot"});
    EXPECT_EQ(shown.status, 0) << shown.errors;
  }
  std::string phase() const {
    const std::string text = run(over({"phase"})).output;
    const auto at = text.find("\n> ");
    return at == std::string::npos ? text : text.substr(at + 3, text.find('\n', at + 3) - at - 3);
  }

  /// Another process's, which lets nobody write to the store until it is gone.
  class Lock {
   public:
    explicit Lock(const std::filesystem::path& file)
        : db_(file.string(), SQLITE_OPEN_READWRITE, file, {}) {
      db_.execute("BEGIN IMMEDIATE");
    }

   private:
    sqlite::Connection db_;
  };

  system::TemporaryFolder folder_{"online"};
  const std::string old_ = store("old.db"), new_ = store("new.db");
};

TEST_F(OnlineCommand, ATableMovesPhaseByPhase) {
  make();
  std::string lines;
  for (int i = 0; i < 50; ++i) {
    lines += fmt::format("{{\"key\":\"u{:02}\",\"written\":{},\"columns\":{{\"name\":\"n{}\"}}}}\n",
                         i, 1000 + i, i);
  }
  ASSERT_EQ(load(old_, lines).status, 0);
  const std::string before = dump(old_, true);

  const std::string chart = (folder_.path() / "chart.json").string();
  const Ended copied = run(
      over({"copy", "--ranges", "7", "--workers", "3", "--source-p99", "500", "--chart", chart}));
  EXPECT_EQ(copied.status, 0) << copied.output << copied.errors;
  EXPECT_NE(copied.output.find("50 rows copied"), std::string::npos) << copied.output;
  EXPECT_NE(copied.output.find("all 7 ranges are\nnext: cutover verify --from " + old_ + " --to " +
                               new_ + " --table users\n"),
            std::string::npos)
      << copied.output;
  expect_chart(chart, 50, 500);
  EXPECT_EQ(dump(new_), dump(old_));
  EXPECT_NE(dump(new_, true), before);  // of write times of their own
  EXPECT_EQ(phase(), "backfill");

  // What differs by then is repaired, with the source's write times.
  ASSERT_EQ(load(old_, "{\"key\":\"u07\",\"columns\":{\"name\":\"later\"}}\n").status, 0);
  ASSERT_EQ(load(new_, "{\"key\":\"gone\",\"columns\":{\"name\":\"x\"}}\n").status, 0);
  const Ended verified = run(over({"verify"}));
  EXPECT_EQ(verified.status, 0) << verified.output << verified.errors;
  // And what only the target has is deleted.
  EXPECT_NE(verified.output.find("51 rows compared, 2 repairs made"), std::string::npos)
      << verified.output;
  EXPECT_EQ(dump(new_), dump(old_));
  EXPECT_EQ(phase(), "strict");
  EXPECT_NE(run(over({"verify"})).output.find("0 repairs made"), std::string::npos);

  EXPECT_EQ(run(over({"phase", "--next"})).status, 0);
  EXPECT_EQ(phase(), "verified");
  EXPECT_EQ(run(over({"phase", "--back"})).status, 0);
  EXPECT_EQ(phase(), "strict, waits for: a comparison");
  const Ended early = run(over({"phase", "--next"}));
  EXPECT_EQ(early.status, 1);
  EXPECT_NE(early.output.find("not changed: it waits for a comparison"), std::string::npos);
  EXPECT_EQ(run(over({"verify"})).status, 0);
  EXPECT_EQ(run(over({"phase", "--next"})).status, 0);
  EXPECT_EQ(run(over({"phase", "--next"})).status, 0);
  EXPECT_EQ(phase(), "target only");
  EXPECT_EQ(run(over({"phase", "--next"})).status, 1);
  EXPECT_EQ(run(over({"phase", "--back"})).status, 1);
  EXPECT_EQ(phase(), "target only");
  EXPECT_NE(run(over({"copy"})).output.find("nothing to copy, the phase is 'target only'"),
            std::string::npos);
  EXPECT_NE(run(over({"verify"})).output.find("nothing to verify"), std::string::npos);
}

TEST_F(OnlineCommand, AnOlderCopyNeverWinsOverWhatIsWrittenMeanwhile) {
  make();
  ASSERT_EQ(load(old_, "{\"key\":\"a\",\"columns\":{\"name\":\"old\"}}\n").status, 0);
  // A client wrote both, with a clock that is half an hour behind.
  const auto half_an_hour_ago =
      std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::system_clock::now().time_since_epoch() - std::chrono::minutes(30))
          .count();
  ASSERT_EQ(run(over({"copy"})).status, 0);
  ASSERT_EQ(
      load(new_, fmt::format("{{\"key\":\"a\",\"written\":{},\"columns\":{{\"name\":\"new\"}}}}",
                             half_an_hour_ago))
          .status,
      0);
  EXPECT_EQ(dump(new_), "{\"columns\":{\"name\":\"new\"},\"key\":\"a\"}\n");
}

TEST_F(OnlineCommand, AChartIsNotWrittenOverAStore) {
  make();
  ASSERT_EQ(load(old_, "{\"key\":\"a\",\"columns\":{\"name\":\"n\"}}\n").status, 0);
  const std::string file = old_.substr(old_.find(':') + 1);
  expect_refused(over({"copy", "--chart", file}), "--chart: " + file + " is the store " + old_);
  expect_refused(over({"copy", "--chart", folder_.path() / "none" / ".." / "new.db"}), "--chart: ");
  expect_refused(over({"copy", "--chart", "/proc/none"}), "--chart: /proc/none: ");
  EXPECT_EQ(dump(old_), "{\"columns\":{\"name\":\"n\"},\"key\":\"a\"}\n");
  EXPECT_EQ(run(over({"phase"})).status, 2);  // nothing was begun
  // Nor is one that could not be written passed over.
  const Ended full = run(over({"copy", "--chart", "/dev/full"}));
  EXPECT_EQ(full.status, 2);
  EXPECT_NE(full.output.find("1 row copied"), std::string::npos) << full.output;
  EXPECT_NE(full.errors.find("--chart: "), std::string::npos) << full.errors;
}

TEST_F(OnlineCommand, NoTableHasTheNameOfWhatIsNone) {
  expect_refused({"rows", "create", "--store", old_, "--table", "cutover_cells", "--columns", "a"},
                 "'cutover_cells': names that begin with cutover_ are taken");
}

TEST_F(OnlineCommand, AThrottledCopyWaits) {
  make();
  std::string lines;
  for (int i = 0; i < 3000; ++i) {
    lines += fmt::format("{{\"key\":\"u{}\",\"columns\":{{\"name\":\"n\"}}}}\n", i);
  }
  ASSERT_EQ(load(old_, lines).status, 0);
  // No answer is as fast as that. (As it begins, at 1000 rows a second, a range takes a tenth.)
  Started throttled(
      over({"copy", "--source-p99", "0.001", "--workers", "2", "--write-time", "5000"}));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_EQ(throttled.kill(SIGKILL).status, 128 + SIGKILL);
  const std::string waits = phase();
  int left = 0;
  EXPECT_EQ(std::sscanf(waits.c_str(), "backfill, waits for: %d of 64 ranges", &left), 1) << waits;
  EXPECT_GE(left, 58);

  const Ended early = run(over({"verify"}));
  EXPECT_EQ(early.status, 1);
  EXPECT_NE(early.output.find("not copied yet, the phase is 'backfill', and it waits for"),
            std::string::npos)
      << early.output;
  EXPECT_EQ(phase(), waits);
  {
    const Lock lock(folder_.path() / "new.db");
    const Ended locked = run(over({"copy", "--resume", "--wait", "0.2"}));
    EXPECT_EQ(locked.status, 1);
    EXPECT_NE(locked.output.find("database is locked"), std::string::npos) << locked.output;
  }
  EXPECT_EQ(phase(), waits);

  const Ended resumed = run(over({"copy", "--resume"}));
  EXPECT_EQ(resumed.status, 0) << resumed.output << resumed.errors;
  EXPECT_EQ(phase(), "backfill");
  EXPECT_EQ(dump(new_), dump(old_));
  // Of the write time with which it was begun, so that nothing newer is hidden.
  std::istringstream rows(dump(new_, true));
  int count = 0;
  for (std::string line; std::getline(rows, line); ++count) {
    const auto row = nlohmann::json::parse(line).at("cells").get<Row>();
    const WriteTime written = row.columns.at("name").elements.at("").written;
    EXPECT_TRUE(written > 5000 && written < 6000) << line;
  }
  EXPECT_EQ(count, 3000);
}

TEST_F(OnlineCommand, AThrottledCopyReadsSmallPages) {
  make();
  std::string lines;
  for (int i = 0; i < 1500; ++i) {
    lines += fmt::format("{{\"key\":\"u{}\",\"columns\":{{\"name\":\"n{}\"}}}}\n", i, i);
  }
  ASSERT_EQ(load(old_, lines).status, 0);
  const auto begun = std::chrono::steady_clock::now();
  const Ended copied = run(over({"copy", "--ranges", "1", "--source-p99", "500"}));
  EXPECT_EQ(copied.status, 0) << copied.errors;
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(1100));
  EXPECT_NE(copied.output.find("1500 rows copied"), std::string::npos) << copied.output;
  EXPECT_EQ(dump(new_), dump(old_));
}

TEST_F(OnlineCommand, ACopyFromWhichSomebodyGoesBackIsNotDone) {
  make();
  std::string lines;
  for (int i = 0; i < 3000; ++i) {
    lines += fmt::format("{{\"key\":\"u{}\",\"columns\":{{\"name\":\"n\"}}}}\n", i);
  }
  ASSERT_EQ(load(old_, lines).status, 0);
  Started copying(over({"copy", "--source-p99", "500"}));
  for (int i = 0; i < 1000 && !phase().starts_with("backfill"); ++i) {
  }
  EXPECT_EQ(run(over({"phase", "--back"})).status, 0);
  const Ended ended = copying.wait();
  EXPECT_EQ(ended.status, 1) << ended.output << ended.errors;
  EXPECT_NE(ended.output.find("ranges are not copied; run again to finish"), std::string::npos)
      << ended.output;
  EXPECT_EQ(run(over({"copy"})).status, 0);
  EXPECT_EQ(dump(new_), dump(old_));
}

TEST_F(OnlineCommand, AStoreIsTheSameByAnyName) {
  make();
  ASSERT_EQ(load(old_, "{\"key\":\"a\",\"columns\":{\"name\":\"n\"}}\n").status, 0);
  std::filesystem::create_symlink(folder_.path() / "old.db", folder_.path() / "link.db");
  const std::string link = store("link.db");
  expect_refused({"copy", "--from", old_, "--to", link, "--table", "users"}, "are the same store");
  ASSERT_EQ(run(over({"copy"})).status, 0);
  const Ended told = run({"phase", "--from", link, "--to", new_, "--table", "users"});
  EXPECT_EQ(told.status, 0) << told.errors;
}

TEST_F(OnlineCommand, WhatCouldNotBeDoneSaysWhetherToRepeatIt) {
  make();
  ASSERT_EQ(run(over({"copy"})).status, 0);
  const auto counters = [&](std::vector<std::string> command) {
    command.insert(command.begin(), "counters");
    command.insert(command.end(), {"--wait", "0.2"});
    return run(over(command, "likes"));
  };
  for (const std::string& each : {old_, new_}) {
    ASSERT_EQ(
        run({"rows", "create", "--store", each, "--table", "likes", "--columns", "n", "--counters"})
            .status,
        0);
  }
  {
    const Lock old_store(folder_.path() / "old.db"), new_store(folder_.path() / "new.db");
    const Ended next = run(over({"phase", "--next", "--wait", "0.2"}));
    EXPECT_EQ(next.status, 1);
    EXPECT_NE(next.output.find("see whether it was done"), std::string::npos) << next.output;
    EXPECT_EQ(next.output.find("run again"), std::string::npos) << next.output;
    const Ended added = counters({"add", "--key", "a", "--column", "n"});
    EXPECT_EQ(added.status, 1);
    EXPECT_NE(added.output.find("do not repeat it"), std::string::npos) << added.output;
    EXPECT_EQ(added.output.find("run again"), std::string::npos) << added.output;
  }
  EXPECT_EQ(phase(), "backfill");
  EXPECT_EQ(counters({"read", "--key", "a", "--column", "n"}).output, "0\n");
}

/// The kill tests' witness of what is read.
TEST_F(OnlineCommand, AnApplicationTellsWhatIsWrong) {
  make("v:text");
  ASSERT_EQ(run({"rows", "create", "--store", new_, "--table", "other", "--columns", "x"}).status,
            0);
  Application application(over({"application", "--name", "app", "--keys", "1"}));
  ASSERT_EQ(
      load(old_, "{\"key\":\"app-0\",\"written\":9000000000000000,\"columns\":{\"v\":\"strange\"}}")
          .status,
      0);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const Ended ended = application.stop();
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.output.find("WRONG: app-0 is strange"), std::string::npos);

  for (const std::string& each : {old_, new_}) {
    const Ended made = run(
        {"rows", "create", "--store", each, "--table", "likes", "--columns", "v", "--counters"});
    ASSERT_EQ(made.status, 0) << made.errors;
  }
  Application counting(over({"application", "--name", "app", "--keys", "1"}, "likes"));
  EXPECT_EQ(run(over({"counters", "add", "--key", "app-0", "--column", "v", "--amount", "1000000"},
                     "likes"))
                .status,
            0);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const Ended counted = counting.stop();
  EXPECT_EQ(counted.status, 1);
  EXPECT_NE(counted.output.find("WRONG: app-0 is 1000"), std::string::npos);
}

TEST_F(OnlineCommand, AComparisonWaitsForWorkers) {
  make();
  ASSERT_EQ(run(over({"copy"})).status, 0);
  const FileWorkers worker(folder_.path() / "new.db", "users", {});
  complete(worker.join());
  std::vector<std::string> verify = over({"verify"});
  verify.insert(verify.end(), {"--wait", "0.2"});
  const Ended waits = run(verify);
  EXPECT_EQ(waits.status, 1);
  EXPECT_NE(waits.output.find("new.db: workers still write to it"), std::string::npos)
      << waits.output;
  EXPECT_EQ(phase(), "strict, waits for: a comparison");
  // Nor is it done if somebody changes the phase meanwhile.
  verify.back() = "20";
  Started verifying(verify);
  wait_until_says(verifying, "waiting for");
  EXPECT_EQ(run(over({"phase", "--back"})).status, 0);
  complete(worker.leave());
  const Ended changed = verifying.wait();
  EXPECT_EQ(changed.status, 1);
  EXPECT_NE(changed.output.find("somebody changed the phase meanwhile"), std::string::npos)
      << changed.output;
  EXPECT_EQ(run(verify).status, 0);
}

TEST_F(OnlineCommand, TheWriteTimeAndTheGraceAreTheUsers) {
  make();
  ASSERT_EQ(load(old_, "{\"key\":\"a\",\"columns\":{\"name\":\"x\"}}\n").status, 0);
  ASSERT_EQ(run(over({"copy", "--write-time", "5000"})).status, 0);
  EXPECT_NE(dump(new_, true).find("\"written\":5001"), std::string::npos) << dump(new_, true);
  // As it was begun, whatever is asked for later.
  ASSERT_EQ(run(over({"copy", "--write-time", "9000"})).status, 0);
  EXPECT_NE(dump(new_, true).find("\"written\":5001"), std::string::npos);
}

TEST_F(OnlineCommand, RowsAreLoadedAndDumpedAsTheyAre) {
  make();
  const std::string lines =
      "{\"key\":\"a\",\"written\":10,\"columns\":{\"name\":\"Ann\",\"tags\":{\"x\":1,\"y\":2}}}\n"
      "{\"key\":\"a\",\"written\":11,\"columns\":{\"tags\":{\"x\":null}}}\n"
      "{\"key\":\"b\",\"written\":12,\"columns\":{\"name\":\"Bob\"}}\n"
      "{\"key\":\"b\",\"written\":13,\"deleted\":true}\n"
      "{\"key\":\"c\",\"written\":14,\"columns\":{\"name\":\"C\"}}\n"
      "{\"key\":\"c\",\"written\":13,\"columns\":{\"name\":\"older\"}}\n"
      "{\"key\":\"d\",\"written\":15,\"columns\":{\"tags\":{\"x\":1}}}\n"
      "{\"key\":\"d\",\"written\":16,\"columns\":{\"tags\":null}}\n";
  const Ended loaded = load(old_, lines);
  EXPECT_EQ(loaded.status, 0) << loaded.errors;
  EXPECT_EQ(dump(old_),
            "{\"columns\":{\"name\":\"Ann\",\"tags\":{\"y\":2}},\"key\":\"a\"}\n"
            "{\"columns\":{\"name\":\"C\"},\"key\":\"c\"}\n");
  // With write times a dump is loaded as it was.
  const std::string all = dump(old_, true);
  ASSERT_EQ(run({"rows", "create", "--store", new_, "--table", "users", "--columns",
                 "name:text,tags:map<number>"})
                .status,
            0);
  ASSERT_EQ(load(new_, all).status, 0);
  EXPECT_EQ(dump(new_, true), all);
  // What expires is live until then.
  ASSERT_EQ(load(old_,
                 "{\"key\":\"e\",\"expires\":99999999999,\"columns\":{\"name\":\"E\",\"tags\":"
                 "{\"x\":1}}}\n"
                 "{\"key\":\"f\",\"expires\":5,\"columns\":{\"name\":\"F\"}}\n")
                .status,
            0);
  const std::string expiring = dump(old_, true);
  const std::string when = "\"expires\":99999999999";
  const auto first = expiring.find(when);
  EXPECT_NE(first, std::string::npos) << expiring;
  EXPECT_NE(expiring.find(when, first + 1), std::string::npos) << expiring;
  EXPECT_NE(dump(old_).find("\"key\":\"e\""), std::string::npos);
  EXPECT_EQ(dump(old_).find("\"key\":\"f\""), std::string::npos) << dump(old_);
}

TEST_F(OnlineCommand, ALineThatIsNoRowIsNamed) {
  make();
  const auto cells = [](const std::string& column, const nlohmann::json& elements) {
    Row row;
    for (const auto& [element, value] : elements.items()) {
      row.columns[column].elements[element] = {value, 1};
    }
    return nlohmann::json{{"key", "a"}, {"cells", row}}.dump();
  };
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"nonsense", "it is no JSON object"},
      {"{\"columns\":{}}", "it has no \"key\""},
      {"{\"key\":\"\",\"columns\":{}}", "it has no \"key\""},
      {"{\"key\":\"a\"}", "it has neither"},
      {"{\"key\":\"a\",\"colums\":{}}", "there is no 'colums'"},
      {"{\"key\":\"a\",\"columns\":{\"age\":1}}", "there is no column 'age'"},
      {"{\"key\":\"a\",\"columns\":{\"name\":1}}", "column 'name': 1 is no text"},
      {"{\"key\":\"a\",\"columns\":{\"tags\":1}}", "column 'tags': it is no map<number>"},
      {"{\"key\":\"a\",\"columns\":{\"tags\":{\"x\":\"y\"}}}", "column 'tags': \"y\" is no number"},
      {"{\"key\":\"a\",\"written\":-1,\"columns\":{\"name\":\"x\"}}", "\"written\" is no number"},
      {"{\"key\":\"a\",\"written\":18446744073709551615,\"columns\":{\"name\":\"x\"}}",
       "\"written\" is no number from 0 to 9223372036854775807"},
      {"{\"key\":\"a\",\"written\":1.5,\"columns\":{\"name\":\"x\"}}", "\"written\" is no number"},
      {"{\"key\":\"a\",\"expires\":\"soon\",\"columns\":{\"name\":\"x\"}}", "\"expires\" is no"},
      {"{\"key\":\"a\",\"cells\":{}}", "\"cells\": "},
      {cells("age", {{"", 1}}), "there is no column 'age'"},
      {cells("name", {{"", 1}}), "column 'name': 1 is no text"},
      {cells("name", {{"x", "y"}}), "column 'name': it is no map"},
      {cells("tags", {{"", 1}}), "column 'tags': it is a map"},
  };
  for (const auto& [line, why] : lines) {
    const Ended ended = load(old_, "{\"key\":\"z\",\"columns\":{\"name\":\"z\"}}\n" + line + "\n");
    EXPECT_EQ(ended.status, 2) << line;
    EXPECT_NE(ended.errors.find("lines:2: " + why), std::string::npos) << ended.errors;
    EXPECT_NE(ended.errors.find("the 1 row before it were written"), std::string::npos);
  }
  EXPECT_EQ(dump(old_), "{\"columns\":{\"name\":\"z\"},\"key\":\"z\"}\n");
}

TEST_F(OnlineCommand, BadInputIsRefusedBeforeAnythingIsTouched) {
  expect_refused(over({"copy"}), "old.db: there is no such file");
  make();
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "new.db"));
  expect_refused(over({"copy", "--resume"}), "new.db: there is no such file");
  expect_refused(over({"copy"}, "nothing"), "there is no table 'nothing'; there is users");
  expect_refused({"copy", "--from", old_, "--to", old_, "--table", "users"}, "are the same store");
  expect_refused({"copy", "--from", old_, "--to", "cql://127.0.0.1/shop", "--table", "users"},
                 "are stores of two kinds");
  expect_refused(
      {"copy", "--from", "cql://127.0.0.1", "--to", "cql://127.0.0.1/shop", "--table", "t"},
      "no keyspace is named");
  expect_refused({"rows", "dump", "--store", "cql://127.0.0.1/shop", "--table", "t"}, "use cqlsh");
  expect_refused({"copy", "--from", "old.db", "--to", new_, "--table", "users"},
                 "expected sqlite:PATH");
  ASSERT_EQ(
      run({"rows", "create", "--store", old_, "--table", "likes", "--columns", "n", "--counters"})
          .status,
      0);
  expect_refused(over({"copy"}, "likes"), "has counters; move it by `cutover counters`");
  expect_refused(over({"counters", "move"}), "has rows; move it by `cutover copy`");
  // A table of other types, one that is not empty, and one that is moved from elsewhere.
  ASSERT_EQ(run({"rows", "create", "--store", new_, "--table", "users", "--columns", "name:number"})
                .status,
            0);
  expect_refused(over({"copy"}), "has rows: name text, tags map<number>, and ");
  std::filesystem::remove(folder_.path() / "new.db");
  ASSERT_EQ(run({"rows", "create", "--store", new_, "--table", "users", "--columns",
                 "name:text,tags:map<number>"})
                .status,
            0);
  expect_refused(over({"verify"}), "nothing was begun; run `cutover copy");
  expect_refused(over({"phase"}), "nothing was begun");
  expect_refused(over({"copy", "--resume"}), "nothing was begun; leave --resume out");
  ASSERT_EQ(load(new_, "{\"key\":\"a\",\"columns\":{\"name\":\"x\"}}\n").status, 0);
  expect_refused(over({"copy"}), "the table 'users' is not empty");
  ASSERT_EQ(load(new_, "{\"key\":\"a\",\"deleted\":true}\n").status, 0);
  expect_refused(over({"copy"}), "the table 'users' is not empty");
  const std::string other = store("other.db");
  ASSERT_EQ(run({"copy", "--from", old_, "--to", other, "--table", "users"}).status, 0);
  ASSERT_EQ(run({"rows", "create", "--store", new_, "--table", "more", "--columns", "x"}).status,
            0);
  std::filesystem::copy_file(folder_.path() / "old.db", folder_.path() / "stranger.db");
  expect_refused({"copy", "--from", store("stranger.db"), "--to", other, "--table", "users"},
                 "is being moved there from sqlite:");
  expect_refused({"rows", "create", "--store", old_, "--table", "users", "--columns", "x"},
                 "has a table 'users'");
  expect_refused({"rows", "create", "--store", old_, "--table", "t", "--columns", "x:strange"},
                 "'strange' is no type");
  expect_refused({"rows", "create", "--store", old_, "--table", "t", "--columns", "x,x"},
                 "'x' is there twice");
  expect_refused({"rows", "load", "--store", old_, "--table", "likes", "-"}, "has counters");
}

/// Whatever they hold would be added to what is moved there.
TEST_F(OnlineCommand, CountersMoveToNoneThatCount) {
  for (const std::string& each : {old_, new_}) {
    const Ended made = run(
        {"rows", "create", "--store", each, "--table", "likes", "--columns", "n", "--counters"});
    ASSERT_EQ(made.status, 0) << made.errors;
  }
  const SqliteCluster target(folder_.path() / "new.db", {});
  const SqliteCounter counter(target, "likes", "a", "n");
  complete(counter.add(0, 4));
  expect_refused(over({"counters", "move"}, "likes"), "the table 'likes' is not empty");
  complete(counter.drop(0));
  complete(counter.fold(0, 4, 1));  // a base alone
  expect_refused(over({"counters", "move"}, "likes"), "the table 'likes' is not empty");
}

/// What a move that was cut off has left is not dropped.
TEST_F(OnlineCommand, CountersAreDroppedOnceTheyAreMoved) {
  for (const std::string& each : {old_, new_}) {
    const Ended made = run(
        {"rows", "create", "--store", each, "--table", "likes", "--columns", "n", "--counters"});
    ASSERT_EQ(made.status, 0) << made.errors;
  }
  const SqliteCluster source(folder_.path() / "old.db", {}), target(folder_.path() / "new.db", {});
  const SqliteRecord record(target, "likes");
  record.begin({source.identity("likes"), 0, {}, 0});
  complete(SqliteCounter(source, "likes", "a", "n").add(5));
  for (const int generation : {0, 1}) {
    const Ended dropped = run(over({"counters", "drop"}, "likes"));
    EXPECT_EQ(dropped.status, 1);
    EXPECT_NE(dropped.output.find("not moved yet; run `cutover counters move"), std::string::npos)
        << dropped.output;
    complete(record.next(generation));
  }
  EXPECT_EQ(complete(SqliteCounter(source, "likes", "a", "n").value()), 5);
}

TEST_F(OnlineCommand, CountersMove) {
  ASSERT_EQ(
      run({"rows", "create", "--store", old_, "--table", "likes", "--columns", "n,m", "--counters"})
          .status,
      0);
  const auto add = [&](const std::string& key, const std::string& amount) {
    return run(
        over({"counters", "add", "--key", key, "--column", "n", "--amount", amount}, "likes"));
  };
  const auto read = [&](const std::string& key) {
    return run(over({"counters", "read", "--key", key, "--column", "n"}, "likes")).output;
  };
  EXPECT_EQ(add("a", "1").status, 2);  // the target is not there
  ASSERT_EQ(run({"rows", "create", "--store", new_, "--table", "other", "--columns", "x"}).status,
            0);
  EXPECT_EQ(add("a", "5").output, "counted\n");
  EXPECT_EQ(run(over({"counters", "add", "--key", "a", "--column", "m", "--amount", "40"}, "likes"))
                .output,
            "counted\n");
  EXPECT_EQ(add("b", "7").status, 0);
  EXPECT_EQ(read("a"), "5\n");
  EXPECT_EQ(run(over({"counters", "drop"}, "likes")).status, 2);  // nothing was begun
  const Ended moved = run(over({"counters", "move"}, "likes"));
  EXPECT_EQ(moved.status, 0) << moved.output << moved.errors;
  EXPECT_NE(moved.output.find("3 counters moved"), std::string::npos) << moved.output;
  EXPECT_EQ(add("a", "1").status, 0);
  EXPECT_EQ(add("c", "3").status, 0);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(read("a"), "6\n");
    EXPECT_EQ(read("b"), "7\n");
    EXPECT_EQ(read("c"), "3\n");
    EXPECT_EQ(read("d"), "0\n");
    EXPECT_EQ(run(over({"counters", "read", "--key", "a", "--column", "m"}, "likes")).output,
              "40\n");
    EXPECT_EQ(run(over({"counters", i == 0 ? "drop" : "move"}, "likes")).status, 0);
  }
  const SqliteCluster source(folder_.path() / "old.db", {});
  sqlite::Statement left(source.connection(), "SELECT count(*) FROM likes");
  EXPECT_EQ(sqlite::only_number(left), 0U);
  expect_refused(over({"counters", "read", "--key", "a", "--column", "x"}, "likes"),
                 "there is no 'x'");
}

}  // namespace
}  // namespace cutover::online
