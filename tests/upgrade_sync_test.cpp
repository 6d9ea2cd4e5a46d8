// What a loss of power would take: that `upgrade` syncs what it has written before anything rests
// on it. A kill does not show that, as the operating system keeps what was written; so the calls of
// a real process are recorded (call_recorder.cpp).
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "crashsim/process/child.h"
#include "impl/store/sqlite.h"
#include "system/temporary_folder.h"
#include "tests/command.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;
using crashsim::Announcement;
using crashsim::Child;
using When = Announcement::When;

class UpgradesSync : public testing::Test {
 protected:
  UpgradesSync() {
    ::setenv("LD_PRELOAD", CUTOVER_CALL_RECORDER, 1);
    ::setenv("CALLS", calls_.c_str(), 1);
  }
  ~UpgradesSync() override {
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("CALLS");
  }

  Child::Options upgrade(const std::string& store, bool down = false) const {
    std::vector<std::string> arguments = {"upgrade",
                                          "--store",
                                          store,
                                          "--migrations",
                                          CUTOVER_SOURCE "/tests/upgrade/migrations.json",
                                          "--to",
                                          down ? "0.2.1.9" : "0.3",
                                          "--pause-fds",
                                          "3,4"};
    if (down) arguments.push_back("--down");
    return {CUTOVER_COMMAND, arguments, folder_.path() / "output"};
  }

  /// The calls since the last time.
  std::vector<std::string> recorded() {
    std::ifstream in(calls_);
    in.seekg(read_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
      read_ += static_cast<std::streamoff>(line.size()) + 1;
      const auto at = line.find(root_);
      if (at != line.npos) line.replace(at, root_.size(), "FOLDER");
      if (line.find("FOLDER/output") == line.npos) lines.push_back(line);
    }
    return lines;
  }

  const system::TemporaryFolder folder_{"sync"};
  const std::string root_ = folder_.path().string();
  const fs::path calls_ = folder_.path() / "calls";
  std::streamoff read_ = 0;
};

TEST_F(UpgradesSync, AFileBeforeItsNameAndThenTheName) {
  const fs::path file = folder_.path() / "state.json";
  std::ofstream(file) << R"({"master": "a", "resources": {"cpus": 1, "memory": 2}, "nodes": 1,
                             "timeout": 5, "dashboard": "x"})";
  for (const bool down : {false, true}) {
    Child child(upgrade("file:" + file.string(), down));
    std::vector<std::string> steps;
    while (const auto at = child.next()) {
      const auto calls = recorded();
      if (at->when == When::after) {
        for (const std::string& call : calls) steps.push_back(at->label + ": " + call);
      } else {
        EXPECT_EQ(calls, std::vector<std::string>()) << "between steps, before " << at->label;
      }
      child.go_on();
    }
    EXPECT_EQ(child.exit_code(), 0);
    EXPECT_EQ(steps, (std::vector<std::string>{"sync folder: fsync FOLDER",  // what was found
                                               "write state.new: write FOLDER/state.json.new",
                                               "sync state.new: fsync FOLDER/state.json.new",
                                               "rename state.new: rename FOLDER/state.json",
                                               "sync folder: fsync FOLDER"}));
  }
}

/// A dump takes its name once it is on the disk.
TEST_F(UpgradesSync, ADumpBeforeItsName) {
  const std::string store = "sqlite:" + (folder_.path() / "store.db").string();
  const fs::path lines = folder_.path() / "lines", dump = folder_.path() / "dump";
  std::ofstream(lines) << R"({"key": "a", "value": "1"})";
  ASSERT_EQ(run_command({"load", "--store", store, lines.string()}).status, 0);
  recorded();
  ASSERT_EQ(run_command({"dump", "--store", store, dump.string()}).status, 0);
  const auto calls = recorded();
  const auto renamed = std::ranges::find(calls, "rename FOLDER/dump");
  ASSERT_NE(renamed, calls.end());
  const auto is_of_dump = [](const char* call) {
    return [call](const std::string& line) {
      return line.starts_with(std::string(call) + " FOLDER/") && !line.ends_with(".db") &&
             line.find(".db-") == line.npos;
    };
  };
  const auto written = std::find_if(calls.begin(), renamed, is_of_dump("write"));
  ASSERT_NE(written, renamed);
  EXPECT_NE(std::find_if(written, renamed, is_of_dump("fsync")), renamed)
      << testing::PrintToString(calls);
}

/// And so do a load, and the names of both.
TEST_F(UpgradesSync, ALoadAndADumpAreThereAlsoAfterALossOfPower) {
  const std::string store = (folder_.path() / "store.db").string();
  const fs::path lines = folder_.path() / "lines", dump = folder_.path() / "dump";
  std::ofstream(lines) << R"({"key": "a", "value": "1"})";
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"load", "--store", "sqlite:" + store, lines.string()},
        std::vector<std::string>{"dump", "--store", "sqlite:" + store, dump.string()}}) {
    recorded();
    ASSERT_EQ(run_command(command).status, 0);
    const auto calls = recorded();
    ASSERT_GE(calls.size(), 2u);
    EXPECT_TRUE(calls.back().starts_with("write /memfd:output")) << "what it says of it";
    EXPECT_EQ(calls.rbegin()[1], "fsync FOLDER") << command[0] << testing::PrintToString(calls);
  }
  // Where nobody can say whether it was loaded, that is what is said.
  ::setenv("FAIL", ("fsync " + store + "-wal").c_str(), 1);
  const Ended ended =
      run_command({"load", "--replace", "--store", "sqlite:" + store, lines.string()});
  ::unsetenv("FAIL");
  EXPECT_EQ(ended.status, 1) << ended.errors;
  EXPECT_NE(ended.output.find("it is not known whether it was loaded; check the disk"),
            std::string::npos)
      << ended.output;
}

/// A disk that fails, or a file system without locks, is told, and the state is as it was.
TEST_F(UpgradesSync, AFileFailsIfACallDoes) {
  const fs::path file = folder_.path() / "state.json";
  const std::string text = R"({"master": "a", "resources": {"cpus": 1, "memory": 2}, "nodes": 1,
                               "timeout": 5, "dashboard": "x"})";
  for (const std::string& call :
       {"fsync " + root_, "flock " + file.string() + ".lock", "write " + file.string() + ".new",
        "fsync " + file.string() + ".new", "rename " + file.string()}) {
    std::ofstream(file) << text;
    ::setenv("FAIL", call.c_str(), 1);
    Child child(upgrade("file:" + file.string()));
    while (child.next()) child.go_on();
    ::unsetenv("FAIL");
    EXPECT_EQ(child.exit_code(), 1) << call;
    std::ifstream in(file);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), text) << call;
  }
}

TEST_F(UpgradesSync, ATableAtEachStep) {
  const fs::path file = folder_.path() / "states.db";
  sqlite::Connection(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, file, {})
      .execute(
          "CREATE TABLE states (namespace TEXT PRIMARY KEY, master TEXT, resources TEXT, nodes, "
          "timeout, dashboard); INSERT INTO states VALUES "
          "('a', 'a', '{\"cpus\": 1, \"memory\": 2}', 1, 5, 'x')");
  for (const bool down : {false, true}) {
    Child child(upgrade("sqlite:" + file.string(), down));
    std::size_t written = 0;
    while (const auto at = child.next()) {
      const auto calls = recorded();
      const bool has_written = std::ranges::count(calls, "write FOLDER/states.db") > 0;
      // The last write to the database comes before its last sync.
      const auto sync = std::find(calls.rbegin(), calls.rend(), "fsync FOLDER/states.db");
      const auto write = std::find(calls.rbegin(), calls.rend(), "write FOLDER/states.db");
      if (has_written) {
        EXPECT_LT(sync - calls.rbegin(), write - calls.rbegin()) << at->label;
      }
      // And before the database the journal, twice: its content, and the head that says how much.
      const auto first = std::ranges::find(calls, "write FOLDER/states.db");
      if (has_written) {
        EXPECT_GE(std::count(calls.begin(), first, "fsync FOLDER/states.db-journal"), 2)
            << at->label;
      }
      written += has_written ? 1 : 0;
      const bool is_write = at->label.starts_with("put ") || at->label == "set version";
      if (at->when == When::after && is_write) {
        EXPECT_TRUE(has_written) << at->label;
      }
      child.go_on();
    }
    EXPECT_EQ(child.exit_code(), 0);
    EXPECT_GE(written, 2u);
  }
}

}  // namespace
}  // namespace cutover
