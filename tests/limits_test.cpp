// The command where the system gives it less than it wants, and where a signal ends it: it does
// with what it got, says what it could not do, and leaves nothing behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/command.h"
#include "tests/fake_java.h"
#include "tests/run.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;

class Limits : public testing::Test {
 protected:
  /// A check whose files go into the folder.
  std::vector<std::string> check(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"check",       "--report", file("r.json"), "--junit",
                                          file("j.xml"), "--traces", file("traces")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  std::string file(const std::string& name) { return (folder_ / name).string(); }
  nlohmann::json report() {
    std::ifstream in(folder_ / "r.json");
    return nlohmann::json::parse(in);
  }

  TemporaryFolder folder_;
};

void limit(int resource, rlim_t bytes) {
  const rlimit both{bytes, bytes};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

constexpr rlim_t kMiB = rlim_t{1} << 20;

/// Threads have stacks so large that few of them fit.
void few_threads() {
  limit(RLIMIT_STACK, 1000 * kMiB);
  limit(RLIMIT_AS, 2600 * kMiB);
}

TEST_F(Limits, ThreadsThatCannotBeHadAreDoneWithout) {
  for (const std::string engine : {"crashsim", "model", "refinement", "random"}) {
    const Ended ran =
        run_command(check({"catalog/first-draft", "catalog/single-tombstone+snapshot-first",
                           "--engine", engine, "--threads", "16", "--budget", "20"}),
                    few_threads);
    EXPECT_EQ(ran.status, 0) << engine << "\n" << ran.output << ran.errors;
  }
  const auto started = std::chrono::steady_clock::now();
  const Ended ran = run_command(check({"catalog/single-tombstone", "--engine", "process",
                                       "--threads", "16", "--budget", "1"}),
                                few_threads);
  EXPECT_EQ(ran.status, 3) << ran.output << ran.errors;
  EXPECT_NE(ran.output.find("out of time, with "), std::string::npos) << ran.output;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  EXPECT_LT(took.count(), 20) << "the budget did not hold";
}

TEST_F(Limits, ThreadsThatCannotBeHadForSeveralCasesAtOnce) {
  const FakeJava java(folder_.path(), "echo nothing; exit 1");
  const Ended ran = run_command(check({"catalog/single-tombstone+merge", "catalog/first-draft",
                                       "--engine", "tla", "--threads", "16"}),
                                few_threads);
  EXPECT_EQ(ran.status, 3) << ran.output << ran.errors;
  EXPECT_NE(ran.output.find("0 of 2 verdicts as expected, 2 UNKNOWN"), std::string::npos)
      << ran.output;
}

TEST_F(Limits, MemoryThatRunsOutMakesTheCaseUnknownAndTheRestIsReported) {
  // Room for the program and a thread, for the smallest search, and for no large one.
  bool was_unknown = false, was_whole = false;
  for (const rlim_t mebibytes : {20, 60, 100, 150}) {
    const Ended ran =
        run_command(check({"catalog/single-tombstone", "catalog/first-draft", "--engine",
                           "model,crashsim,refinement", "--threads", "1"}),
                    [=] { limit(RLIMIT_AS, mebibytes * kMiB); });
    if (ran.status == 127) continue;  // it could not even be loaded
    EXPECT_EQ(ran.status, 3) << mebibytes << "\n" << ran.output << ran.errors;
    if (!fs::exists(folder_ / "r.json")) {
      EXPECT_NE(ran.errors.find("cutover: check: out of memory"), std::string::npos) << ran.errors;
      continue;
    }
    was_whole = true;
    const auto read = report();
    for (const auto& each : read["cases"]) {
      if (each["verdict"] != "unknown") continue;
      was_unknown = true;
      EXPECT_NE(each["reason"].dump().find("memory"), std::string::npos) << mebibytes << each;
    }
    fs::remove(folder_ / "r.json");
  }
  EXPECT_TRUE(was_unknown && was_whole);
}

// ---- signals

bool runs(pid_t process) {
  std::ifstream in(fmt::format("/proc/{}/stat", process));
  std::string text;
  std::getline(in, text);
  const auto name_end = text.rfind(')');
  return name_end != std::string::npos && text.at(name_end + 2) != 'Z';
}

template <class Condition>
bool comes_true(Condition&& condition) {
  constexpr int kAttempts = 1500;
  for (int i = 0; i < kAttempts; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

/// Of all its threads.
std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> children;
  std::error_code ignored;
  for (const auto& thread :
       fs::directory_iterator(fmt::format("/proc/{}/task", process), ignored)) {
    std::ifstream in(thread.path() / "children");
    for (pid_t child = 0; in >> child;) children.push_back(child);
  }
  return children;
}

std::size_t count(const fs::path& folder) {
  std::error_code ignored;
  std::size_t found = 0;
  for (fs::directory_iterator at(folder, ignored), end; at != end; at.increment(ignored)) ++found;
  return found;
}

/// The folders that it holds locks on.
std::vector<fs::path> folders_of(pid_t process) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(fmt::format("/proc/{}/fd", process), ignored)) {
    const fs::path opened = fs::read_symlink(file.path(), ignored);
    if (opened.filename() == ".in-use") folders.push_back(opened.parent_path());
  }
  return folders;
}

/// Makes more and more files in its folder, by itself: what a process of its own would still do
/// after it is not covered.
constexpr const char* kBusyJava =
    "i=0; while :; do i=$((i + 1)); : > $temporary/$((i % 500)); done";
constexpr std::size_t kSomeFiles = 50;

class Signals : public Limits {
 protected:
  Signals() {
    fs::create_directory(folder_ / "tmp");
    ::setenv("TMPDIR", (folder_ / "tmp").c_str(), 1);
  }
  ~Signals() override { ::unsetenv("TMPDIR"); }

  bool is_tmp_empty() { return fs::is_empty(folder_ / "tmp"); }

  /// Ends it while it has children, which must end too. Returns the folders that it had.
  /// `files`: how many of them are in each by then.
  std::vector<fs::path> end_by(int signal, const std::vector<std::string>& arguments,
                               std::size_t files = 1) {
    Started running(arguments, [] { ::signal(SIGINT, SIG_DFL); });
    std::vector<pid_t> children;
    std::vector<fs::path> folders;
    EXPECT_TRUE(comes_true([&] {
      children = children_of(running.pid());
      folders = folders_of(running.pid());
      const auto is_full = [&](const fs::path& folder) { return count(folder) >= files; };
      return !children.empty() && !folders.empty() && std::ranges::all_of(folders, is_full);
    })) << "it has no children";
    const Ended ended = running.kill(signal);
    EXPECT_EQ(ended.status, 128 + signal) << ended.errors;
    EXPECT_EQ(ended.errors, "");
    for (const pid_t child : children) {
      // A signal that is handled ends the children first.
      const bool is_gone =
          signal == SIGKILL ? comes_true([&] { return !runs(child); }) : !runs(child);
      EXPECT_TRUE(is_gone) << "a child goes on";
    }
    return folders;
  }
};

TEST_F(Signals, LeaveNothingOfTlc) {
  const FakeJava java(folder_.path(), kBusyJava);
  for (const auto& arguments :
       {check({"catalog/single-tombstone", "--engine", "tla", "--threads", "2"}),
        std::vector<std::string>{"bench", "--tlc"}}) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
      SCOPED_TRACE(signal);
      for (const fs::path& folder : end_by(signal, arguments, kSomeFiles)) {
        EXPECT_FALSE(fs::exists(folder));
      }
      EXPECT_TRUE(is_tmp_empty());
    }
    SCOPED_TRACE("killed");
    EXPECT_FALSE(end_by(SIGKILL, arguments, kSomeFiles).empty());
    EXPECT_FALSE(is_tmp_empty()) << "nothing for the next one to remove";
    end_by(SIGTERM, arguments);
    EXPECT_TRUE(is_tmp_empty()) << "the next one did not remove it";
  }
}

TEST_F(Signals, LeaveNothingOfProcesses) {
  const auto arguments = check({"catalog/two-tombstones", "--engine", "process"});
  for (const int signal : {SIGTERM, SIGINT}) {
    SCOPED_TRACE(signal);
    for (const fs::path& folder : end_by(signal, arguments)) EXPECT_FALSE(fs::exists(folder));
  }
  const auto left = end_by(SIGKILL, arguments);
  for (const fs::path& folder : left) EXPECT_TRUE(fs::exists(folder)) << folder;
  const auto own = end_by(SIGTERM, arguments);
  for (const fs::path& folder : left) EXPECT_FALSE(fs::exists(folder)) << folder;
  for (const fs::path& folder : own) EXPECT_FALSE(fs::exists(folder)) << folder;
}

TEST_F(Signals, ThatAreIgnoredStayIgnored) {
  const FakeJava java(folder_.path(), "kill -HUP $$; exit 75");
  const Ended ran = run_command(check({"catalog/single-tombstone+merge", "--engine", "tla"}),
                                [] { ::signal(SIGHUP, SIG_IGN); });
  EXPECT_EQ(ran.status, 3);
  EXPECT_NE(ran.output.find("TLC failed, status 75"), std::string::npos) << ran.output;
}

TEST_F(Signals, ThatAChildEndedIsSeenWhateverTheParentsDidWithIt) {
  const FakeJava java(folder_.path(), "exit 75");
  const Ended ran = run_command(check({"catalog/single-tombstone+merge", "--engine", "tla"}),
                                [] { ::signal(SIGCHLD, SIG_IGN); });
  EXPECT_NE(ran.output.find("TLC failed, status 75"), std::string::npos)
      << ran.output << ran.errors;
}

}  // namespace
}  // namespace cutover
