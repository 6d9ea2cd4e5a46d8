// migrate, load and dump as a user meets them: standard descriptors that fail, devices, signals,
// full disks, locks. Disks that are full are limits on the size of files.
#include <pty.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "tests/command.h"
#include "tests/files.h"

namespace cutover::cli {
namespace {

#if defined(__SANITIZE_ADDRESS__)
#define CUTOVER_HAS_ADDRESS_SANITIZER true
#elif defined(__has_feature)
#define CUTOVER_HAS_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#else
#define CUTOVER_HAS_ADDRESS_SANITIZER false
#endif

using InChild = std::function<void()>;

class FilesCommand : public Files {
 protected:
  /// Status 2, one line on standard error with `what` in it, and no file has changed.
  void expect_command_refused(const std::vector<std::string>& arguments, const std::string& what,
                              const InChild& in_child = {}) {
    const auto before = files_in(folder_.path());
    const Ended ended = run_command(arguments, in_child);
    EXPECT_EQ(ended.status, 2) << ended.output << ended.errors;
    EXPECT_NE(ended.errors.find(what), std::string::npos) << ended.errors;
    EXPECT_EQ(std::ranges::count(ended.errors, '\n'), 1) << ended.errors;
    EXPECT_TRUE(files_in(folder_.path()) == before) << "files changed: " << what;
  }
  Ended dump_to(const std::string& file, const InChild& in_child = {}) const {
    return run_command({"dump", "--store", argument("stash"), file}, in_child);
  }
  Ended migrate_to(const std::string& to, const std::vector<std::string>& more = {},
                   const InChild& in_child = {}) const {
    std::vector<std::string> arguments = {
        "migrate", "--stash", argument("stash"), "--persist", argument("persist"), "--to", to};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_command(arguments, in_child);
  }
  /// Entries of some 100 bytes each.
  std::string many_lines(unsigned count) const {
    std::string lines;
    for (unsigned i = 0; i < count; ++i) {
      lines += fmt::format("{{\"key\":\"{:08}\",\"value\":\"{:080}\"}}\n", i, i);
    }
    return lines;
  }
};

/// For `in_child`: no file may be longer, and writing beyond that is an error or, by default, the
/// end.
InChild with_short_files(rlim_t bytes, bool ends = false) {
  return [=] {
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    if (!ends) ::signal(SIGXFSZ, SIG_IGN);
  };
}

/// The command's user, where this is root's.
void as_nobody() {
  if (::geteuid() == 0 && ::setresuid(65'534, 65'534, 65'534) != 0) ::_exit(126);
}

// ---- load

class LoadCommand : public FilesCommand {
 protected:
  void SetUp() override { load(kThree); }
  std::vector<std::string> load_standard_input() const {
    return {"load", "--replace", "--store", argument("stash"), "-"};
  }
};

TEST_F(LoadCommand, ReadsStandardInput) {
  write("in", "{\"key\":\"z\",\"value\":\"9\"}\n");
  const Ended ended =
      run_command(load_standard_input(), with_file(STDIN_FILENO, path("in"), O_RDONLY));
  EXPECT_EQ(ended.status, 0) << ended.errors;
  EXPECT_EQ(values("stash"), (Entries{{"z", "9"}}));
}

TEST_F(LoadCommand, RefusesStandardInputThatIsClosedOrAFolder) {
  expect_command_refused(load_standard_input(), "standard input: cannot be read",
                         with_closed(STDIN_FILENO));
  expect_command_refused(load_standard_input(), "standard input: is a directory",
                         with_file(STDIN_FILENO, folder_.path(), O_RDONLY));
  expect_command_refused(load_standard_input(), "standard input: cannot be read",
                         with_file(STDIN_FILENO, "/dev/null", O_WRONLY));
}

TEST_F(LoadCommand, RefusesATerminalThatHangsUp) {
  int ours = -1, theirs = -1;
  ASSERT_EQ(::openpty(&ours, &theirs, nullptr, nullptr, nullptr), 0);
  ::fcntl(ours, F_SETFD, FD_CLOEXEC);
  const auto before = files_in(folder_.path());
  Started loading(load_standard_input(), [=] { ::dup2(theirs, STDIN_FILENO); });
  const std::string line = "{\"key\":\"z\",\"value\":\"9\"}\n";
  ASSERT_EQ(::write(ours, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // it has read the line, or will
  ::close(theirs);
  ::close(ours);
  const Ended ended = loading.wait();
  EXPECT_EQ(ended.status, 2) << ended.output << ended.errors;
  EXPECT_NE(ended.errors.find("standard input: "), std::string::npos) << ended.errors;
  EXPECT_TRUE(files_in(folder_.path()) == before);
}

// Then it reads like an empty file.
TEST_F(LoadCommand, RefusesATerminalThatHungUpBefore) {
  int ours = -1, theirs = -1, go_on[2];
  ASSERT_EQ(::openpty(&ours, &theirs, nullptr, nullptr, nullptr), 0);
  ASSERT_EQ(::pipe(go_on), 0);
  ::fcntl(ours, F_SETFD, FD_CLOEXEC);
  const auto before = files_in(folder_.path());
  Started loading(load_standard_input(), [=] {
    ::close(ours);
    ::dup2(theirs, STDIN_FILENO);
    char byte = 0;
    if (::read(go_on[0], &byte, 1) != 1) ::_exit(126);
  });
  ::close(theirs);
  ::close(ours);
  ASSERT_EQ(::write(go_on[1], "x", 1), 1);
  const Ended ended = loading.wait();
  for (const int end : go_on) ::close(end);
  EXPECT_EQ(ended.status, 2) << ended.output << ended.errors;
  EXPECT_NE(ended.errors.find("the terminal hung up"), std::string::npos) << ended.errors;
  EXPECT_TRUE(files_in(folder_.path()) == before);
}

TEST_F(LoadCommand, LeavesNothingWhenTheDiskIsFull) {
  write("big", many_lines(20'000));
  fs::remove(path("stash"));
  const auto before = files_in(folder_.path());
  const Ended ended =
      run_command({"load", "--store", argument("stash"), path("big")}, with_short_files(1'000'000));
  EXPECT_EQ(ended.status, 1) << ended.output << ended.errors;
  EXPECT_NE(ended.output.find("not loaded"), std::string::npos) << ended.output;
  EXPECT_TRUE(files_in(folder_.path()) == before);
}

// ---- dump

class DumpCommand : public FilesCommand {
 protected:
  void SetUp() override { load(kThree); }
  static mode_t mode_of(const fs::path& file) {
    struct stat status{};
    EXPECT_EQ(::lstat(file.c_str(), &status), 0) << file;
    return status.st_mode;
  }
};

TEST_F(DumpCommand, FailsIfStandardOutputCannotBeWritten) {
  const std::vector<std::string> dump = {"dump", "--store", argument("stash")};
  for (const InChild& in_child :
       {with_file(STDOUT_FILENO, "/dev/full", O_WRONLY), with_closed(STDOUT_FILENO)}) {
    const Ended ended = run_command(dump, in_child);
    EXPECT_EQ(ended.status, 2);
    EXPECT_NE(ended.errors.find("standard output cannot be written"), std::string::npos)
        << ended.errors;
  }
  write("big", many_lines(20'000));
  ASSERT_EQ(run_command({"load", "--replace", "--store", argument("stash"), path("big")}).status,
            0);
  const Ended full = run_command(dump, [&] {
    with_file(STDOUT_FILENO, path("dumped"), O_WRONLY | O_CREAT)();
    with_short_files(1'000'000)();
  });
  EXPECT_EQ(full.status, 2);
  EXPECT_NE(full.errors.find("standard output cannot be written"), std::string::npos);
}

TEST_F(DumpCommand, WritesToWhatIsNoRegularFile) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  auto read = std::async(std::launch::async, [&] { return read_file(path("fifo")); });
  const Ended ended = dump_to(path("fifo"));
  EXPECT_EQ(ended.status, 0) << ended.errors;
  EXPECT_EQ(read.get(), kThree);
  EXPECT_TRUE(S_ISFIFO(mode_of(path("fifo"))));

  EXPECT_EQ(dump_to("/dev/null").status, 0);
  EXPECT_TRUE(S_ISCHR(mode_of("/dev/null")));
  const Ended full = dump_to("/dev/full");
  EXPECT_EQ(full.status, 2);
  EXPECT_NE(full.errors.find("/dev/full: cannot be written (No space left on device)"),
            std::string::npos)
      << full.errors;
}

TEST_F(DumpCommand, FollowsLinks) {
  write("target", "old");
  fs::create_symlink("target", path("link"));
  fs::create_symlink("new", path("dangling"));
  ASSERT_EQ(dump_to(path("link")).status, 0);
  ASSERT_EQ(dump_to(path("dangling")).status, 0);
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_TRUE(fs::is_symlink(path("dangling")));
  EXPECT_EQ(read_file(path("target")), kThree);
  EXPECT_EQ(read_file(path("new")), kThree);
  fs::create_symlink("stash", path("store-link"));
  expect_command_refused({"dump", "--store", argument("stash"), path("store-link")},
                         "is the store itself");
}

TEST_F(DumpCommand, KeepsTheModeOfAFileAndGivesANewOneTheUsual) {
  write("secret", "old");
  ASSERT_EQ(::chmod(path("secret").c_str(), 0600), 0);
  ASSERT_EQ(dump_to(path("secret")).status, 0);
  EXPECT_EQ(mode_of(path("secret")) & 07777, 0600u);
  ASSERT_EQ(dump_to(path("new"), [] { ::umask(027); }).status, 0);
  EXPECT_EQ(mode_of(path("new")) & 07777, 0640u);
}

TEST_F(DumpCommand, LeavesAFileAsItWasWhenTheDiskIsFull) {
  write("big", many_lines(20'000));
  ASSERT_EQ(run_command({"load", "--replace", "--store", argument("stash"), path("big")}).status,
            0);
  write("dumped", "old");
  expect_command_refused({"dump", "--store", argument("stash"), path("dumped")},
                         "dumped: cannot be written (File too large)", with_short_files(1'000'000));
  expect_command_refused({"dump", "--store", argument("stash"), path("new")},
                         "new: cannot be written (File too large)", with_short_files(1'000'000));
}

TEST_F(DumpCommand, IsNotTrippedByWhatAKilledOneLeft) {
  write("big", many_lines(20'000));
  ASSERT_EQ(run_command({"load", "--replace", "--store", argument("stash"), path("big")}).status,
            0);
  const auto dumps = [&] {
    return std::ranges::count_if(files_in(folder_.path()),
                                 [](const auto& file) { return file.first.starts_with("dumped"); });
  };
  const Ended killed = dump_to(path("dumped"), with_short_files(1'000'000, true));
  EXPECT_EQ(killed.status, 128 + SIGXFSZ);
  EXPECT_FALSE(fs::exists(path("dumped")));
  EXPECT_EQ(dumps(), 1);  // unfinished
  EXPECT_EQ(dump_to(path("dumped")).status, 0);
  EXPECT_EQ(read_file(path("dumped")), read_file(path("big")));
}

TEST_F(DumpCommand, ReadsAStoreThatItMayNotWrite) {
  if (::geteuid() == 0) {
    ::chmod(folder_.path().c_str(), 0755);
  }
  ::chmod(path("stash").c_str(), 0444);
  fs::create_directory(path("closed"));
  fs::copy_file(path("stash"), path("closed") / "stash");
  ::chmod((path("closed") / "stash").c_str(), 0444);
  ::chmod(path("closed").c_str(), 0555);
  for (const std::string name : {"stash", "closed/stash"}) {
    const Ended ended = run_command({"dump", "--store", argument(name)}, as_nobody);
    EXPECT_EQ(ended.status, 0) << name << ended.errors;
    EXPECT_EQ(ended.output, kThree) << name;
  }
  const Ended refused = run_command(
      {"load", "--replace", "--store", argument("closed/stash"), "/dev/null"}, as_nobody);
  EXPECT_EQ(refused.status, 2);
  EXPECT_EQ(refused.errors.find("backup"), std::string::npos) << refused.errors;
  ::chmod(path("closed").c_str(), 0755);
}

/// Nor is it replaced by a file that may be.
TEST_F(DumpCommand, LeavesAFileThatItMayNotWrite) {
  ::chmod(folder_.path().c_str(), 0777);
  ::chmod(path("stash").c_str(), 0444);
  write("kept", "as it is");
  ::chmod(path("kept").c_str(), 0444);
  const Ended refused = dump_to(path("kept"), as_nobody);
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.errors.find("Permission denied"), std::string::npos) << refused.errors;
  EXPECT_EQ(read_file(path("kept")), "as it is");
}

// ---- signals

/// Of a command that has made this temporary file; tried until the signal met it.
class SignalledCommand : public FilesCommand {
 protected:
  void SetUp() override { write("big", many_lines(100'000)); }

  void expect_nothing_left(const std::vector<std::string>& arguments, const std::string& target) {
    for (const int signal : {SIGINT, SIGTERM}) {
      bool was_met = false;
      for (int attempt = 0; attempt < 20 && !was_met; ++attempt) {
        fs::remove(path(target));
        const auto before = files_in(folder_.path()).size();
        Started started(arguments);
        const fs::path unfinished = path(fmt::format("{}.{}.tmp", target, started.pid()));
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!fs::exists(unfinished) && std::chrono::steady_clock::now() < deadline) {
          std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
        const Ended ended = started.kill(signal);
        was_met = ended.status == 128 + signal;
        if (was_met) {
          EXPECT_EQ(files_in(folder_.path()).size(), before);
        }
      }
      EXPECT_TRUE(was_met) << "the command was always faster";
    }
  }
};

TEST_F(SignalledCommand, DumpLeavesNothingTemporary) {
  ASSERT_EQ(run_command({"load", "--store", argument("stash"), path("big")}).status, 0);
  const SqliteStore kept_open("stash", path("stash"), Mode::must_exist);  // and so its companions
  expect_nothing_left({"dump", "--store", argument("stash"), path("dumped")}, "dumped");
}

TEST_F(SignalledCommand, LoadLeavesNothingTemporary) {
  expect_nothing_left({"load", "--store", argument("stash"), path("big")}, "stash");
}

// ---- progress

/// The command with this terminal as its standard error; what that shows.
class TerminalCommand : public FilesCommand {
 protected:
  static std::string shown(const std::vector<std::string>& arguments, unsigned short columns) {
    int ours = -1, theirs = -1;
    winsize size{24, columns, 0, 0};
    EXPECT_EQ(::openpty(&ours, &theirs, nullptr, nullptr, &size), 0);
    auto text = std::async(std::launch::async, [ours] {
      std::string all;
      char buffer[4096];
      for (ssize_t count; (count = ::read(ours, buffer, sizeof buffer)) > 0;) {
        all.append(buffer, static_cast<std::size_t>(count));
      }
      return all;
    });
    Started started(arguments, [=] { ::dup2(theirs, STDERR_FILENO); });
    const Ended ended = started.wait();
    EXPECT_EQ(ended.status, 0) << ended.output;
    ::close(theirs);
    const std::string all = text.get();
    ::close(ours);
    return all;
  }
  static void expect_shown(const std::string& text, const std::string& what) {
    EXPECT_NE(text.find(what), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("\r\x1b[K")) << "the line is left behind: " << text;
  }
};

TEST_F(TerminalCommand, ShowsHowFarItIs) {
  write("big", many_lines(50'000));
  const std::string loaded = shown({"load", "--store", argument("stash"), path("big")}, 200);
  expect_shown(loaded, "reading " + path("big").string() + ": ");
  expect_shown(loaded, "writing " + argument("stash") + ": ");
  expect_shown(loaded, " of 50,000 entries, ");
  const std::vector<std::string> migrate = {
      "migrate", "--stash", argument("stash"), "--persist", argument("persist"), "--to", "persist"};
  const std::string migrated = shown(migrate, 200);
  expect_shown(migrated, "replace persist contents: 4,096 of 50,000 entries, 8 %");
  const std::vector<std::string> dump = {"dump", "--store", argument("persist"), path("dumped")};
  expect_shown(shown(dump, 200),
               "dumping " + argument("persist") + ": 4,096 of 50,000 entries, 8 %");

  const std::string narrow = shown(dump, 20);
  expect_shown(narrow, ("dumping " + argument("persist")).substr(0, 19) + "\r");
}

TEST_F(TerminalCommand, ShowsNothingElsewhere) {
  write("big", many_lines(10'000));
  const Ended ended = run_command({"load", "--store", argument("stash"), path("big")});
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.errors, "");
}

// ---- memory

TEST_F(FilesCommand, LoadAndDumpTakeLittleMemoryInAnyOrder) {
  if (CUTOVER_HAS_ADDRESS_SANITIZER) GTEST_SKIP() << "AddressSanitizer takes more";
  constexpr unsigned kCount = 400'000;
  std::ofstream lines(path("big"));
  for (unsigned i = 0; i < kCount; ++i) {
    lines << fmt::format("{{\"key\":\"{:08}\",\"value\":\"{:0100}\"}}\n", i * 7919ull % kCount, i);
  }
  lines.close();
  const Ended loaded = run_command({"load", "--store", argument("stash"), path("big")});
  ASSERT_EQ(loaded.status, 0) << loaded.errors;
  EXPECT_NE(loaded.output.find("loaded 400000 entries"), std::string::npos) << loaded.output;
  EXPECT_LT(loaded.peak_bytes, 64u << 20);
  EXPECT_GT(loaded.peak_bytes, 1u << 20) << "nothing was measured";
  const Ended dumped = dump_to(path("dumped"));
  ASSERT_EQ(dumped.status, 0) << dumped.errors;
  EXPECT_LT(dumped.peak_bytes, 64u << 20);
  std::ifstream in(path("dumped"));
  unsigned count = 0;
  for (std::string line, last; std::getline(in, line); last = line, ++count) ASSERT_LT(last, line);
  EXPECT_EQ(count, kCount);
}

// ---- what SQLite takes for its own

TEST_F(FilesCommand, RefusesCompanionsOfDatabases) {
  load(kThree);
  for (const std::string ending : {"-journal", "-wal", "-shm"}) {
    const std::string what = "a companion that SQLite gives to the database old.db";
    const std::string name = "old.db" + ending;
    fs::create_symlink(name, path("link" + ending + ".db"));
    for (const std::string& file : {name, "link" + ending + ".db"}) {
      expect_command_refused({"dump", "--store", argument("stash"), path(file)}, what);
      expect_command_refused({"load", "--store", argument(file), path("lines")}, what);
      expect_command_refused(
          {"migrate", "--stash", argument("stash"), "--persist", argument(file), "--to", "persist"},
          what);
      expect_command_refused({"migrate", "--stash", argument(file), "--persist",
                              argument("persist"), "--to", "persist"},
                             what);
    }
  }
}

// ---- locks

class Lock {
 public:
  explicit Lock(const fs::path& file) {
    sqlite3_open(file.c_str(), &db_);
    EXPECT_EQ(sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~Lock() { sqlite3_close(db_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  /// Changes something, and lets it go.
  void commit(const std::string& change) {
    const std::string sql = change + "; COMMIT";
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << change;
  }

 private:
  sqlite3* db_ = nullptr;
};

/// What was judged before the store was opened may have changed by then.
TEST_F(FilesCommand, LoadJudgesTheStoreAgainUnderItsSession) {
  write("new", R"({"key": "z", "value": "9"})");
  for (const auto& [meanwhile, what] :
       {std::pair("INSERT INTO entries VALUES (CAST('a' AS BLOB), CAST('1' AS BLOB))",
                  "holds 1 entry already"),
        std::pair("INSERT INTO config VALUES (CAST('tombstone' AS BLOB), 1)",
                  "is not the source of truth")}) {
    fs::remove(path("stash"));
    make_store("stash", {.epoch = Epoch{3}, .config = {}, .contents = {kCurrentFormat, {}}});
    Lock lock(path("stash"));
    Started loading({"load", "--store", argument("stash"), path("new").string()});
    wait_until_says(loading, "waiting for");
    lock.commit(meanwhile);
    const Ended ended = loading.wait();
    EXPECT_EQ(ended.status, 2) << ended.output << ended.errors;
    EXPECT_NE(ended.errors.find(what), std::string::npos) << ended.errors;
    EXPECT_FALSE(inspect("stash").contents.entries.contains("z"));
  }
}

TEST_F(FilesCommand, WaitsAsLongAsToldForTheOtherStoreToo) {
  load(kThree);
  ASSERT_EQ(migrate_to("persist").status, 0);
  const auto begun = std::chrono::steady_clock::now();
  {
    const Lock lock(path("persist"));
    const Ended moved = migrate_to("persist", {"--wait", "0.5"});
    EXPECT_EQ(moved.status, 1) << moved.errors;
    EXPECT_NE(moved.errors.find("at most 0.5 s"), std::string::npos) << moved.errors;
    const Ended loaded =
        run_command({"load", "--replace", "--wait", "0.5", "--store", argument("persist"),
                     "--other", argument("stash"), path("lines")});
    EXPECT_EQ(loaded.status, 1) << loaded.errors;
    EXPECT_NE(loaded.output.find("not loaded: it is locked"), std::string::npos) << loaded.output;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

/// Whoever watches a long one knows where it is.
TEST_F(FilesCommand, TellsItsStepsAsTheyAreDone) {
  load(kThree);
  ASSERT_EQ(migrate_to("persist").status, 0);
  const Lock lock(path("persist"));
  Started migrating({"migrate", "--stash", argument("stash"), "--persist", argument("persist"),
                     "--to", "persist"});
  wait_until_says(migrating, "waiting for");
  const Ended ended = migrating.kill(SIGKILL);
  EXPECT_NE(ended.output.find("  1  open stash "), std::string::npos) << ended.output;
}

TEST_F(FilesCommand, ForcesWhatIsRefusedIfItIsMeant) {
  load(kThree);
  make_store("persist",
             {.epoch = Epoch{9}, .config = {}, .contents = encoded(kOldFormat, {{"z", "9"}})});
  EXPECT_EQ(migrate_to("persist").status, 2);
  EXPECT_EQ(migrate_to("persist", {"--force"}).status, 0);
  std::vector<std::string> into_the_old = {"load", "--replace", "--store", argument("stash"),
                                           path("lines")};
  EXPECT_EQ(run_command(into_the_old).status, 2);
  into_the_old.push_back("--force");
  EXPECT_EQ(run_command(into_the_old).status, 0);
}

TEST_F(FilesCommand, SaysThatTheFolderOfTheOtherStoreMayNotBeWritten) {
  load(kThree);
  fs::create_directory(path("closed"));
  ::chmod(folder_.path().c_str(), 0777);
  ::chmod(path("stash").c_str(), 0666);
  ::chmod(path("closed").c_str(), 0555);
  expect_command_refused({"migrate", "--stash", argument("stash"), "--persist",
                          argument("closed/persist"), "--to", "persist"},
                         "may not be written; change its permissions", as_nobody);
}

TEST_F(FilesCommand, RefusesACompanionBehindTwoLinks) {
  load(kThree);
  write("old.db-wal", "x");
  fs::create_symlink("old.db-wal", path("one"));
  fs::create_symlink("one", path("two"));
  expect_command_refused({"dump", "--store", argument("stash"), path("two")},
                         "a companion that SQLite gives");
}

TEST_F(FilesCommand, WaitsAsLongAsToldAndSaysForWhat) {
  load(kThree);
  const auto seconds = [](auto since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  };
  const Lock lock(path("stash"));
  const auto begun = std::chrono::steady_clock::now();
  const Ended gave_up = migrate_to("persist", {"--wait", "1"});
  EXPECT_EQ(gave_up.status, 1) << gave_up.output << gave_up.errors;
  EXPECT_GE(seconds(begun), 1.0);
  EXPECT_NE(gave_up.errors.find(path("stash").string() + ": waiting for another process's"),
            std::string::npos)
      << gave_up.errors;
  EXPECT_NE(gave_up.errors.find("at most 1 s"), std::string::npos) << gave_up.errors;
  EXPECT_NE(gave_up.output.find("is locked by another process"), std::string::npos);
  EXPECT_LT(gave_up.busy, 0.5) << "it does not sleep";
}

TEST_F(FilesCommand, GoesOnWhenTheLockIsGone) {
  load(kThree);
  auto lock = std::make_unique<Lock>(path("stash"));
  Started migrating({"migrate", "--stash", argument("stash"), "--persist", argument("persist"),
                     "--to", "persist"});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (migrating.errors().empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_NE(migrating.errors().find("at most 30 s"), std::string::npos) << migrating.errors();
  lock.reset();
  const Ended ended = migrating.wait();
  EXPECT_EQ(ended.status, 0) << ended.output << ended.errors;
}

TEST_F(FilesCommand, RefusesAWaitThatIsNone) {
  for (const std::string wait : {"-1", "nan", "x", ""}) {
    const Ended ended = migrate_to("persist", {"--wait=" + wait});
    EXPECT_EQ(ended.status, 2) << wait << ended.output << ended.errors;
  }
}

// ---- migrate

// The persist file is long already, with free pages up to its end, some of which are used again,
// and the log stays short. So the limit is met only when the log is folded into the file.
TEST_F(FilesCommand, SaysWhichFilesBelongTogetherWhenTheLogCannotBeFolded) {
  write("big", many_lines(50'000));
  ASSERT_EQ(run_command({"load", "--store", argument("stash"), path("big")}).status, 0);
  ASSERT_EQ(migrate_to("persist").status, 0);
  ASSERT_EQ(migrate_to("stash").status, 0);
  const auto load_few = [&](unsigned count) {
    write("few", many_lines(count));
    return run_command({"load", "--replace", "--store", argument("stash"), path("few")}).status;
  };
  ASSERT_EQ(load_few(100), 0);
  ASSERT_EQ(migrate_to("persist").status, 0);
  ASSERT_EQ(migrate_to("stash").status, 0);
  ASSERT_EQ(load_few(2000), 0);
  const Ended ended = migrate_to("persist", {}, with_short_files(1'000'000));
  EXPECT_EQ(ended.status, 1) << ended.output << ended.errors;
  EXPECT_NE(ended.output.find("done: persist "), std::string::npos) << ended.output;
  const std::string file = path("persist").string();
  EXPECT_NE(
      ended.output.find("left to do: " + file + " is whole only together with " + file + "-wal"),
      std::string::npos)
      << ended.output;
  ASSERT_TRUE(fs::exists(file + "-wal"));
  fs::create_directory(path("copy"));
  for (const std::string name : {"persist", "persist-wal"}) {
    fs::copy_file(path(name), path("copy") / name);
  }
  EXPECT_EQ(values("copy/persist").size(), 2000u);
  const Ended again = migrate_to("persist");
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_EQ(again.output.find("left to do"), std::string::npos);
  EXPECT_FALSE(fs::exists(file + "-wal"));
}

TEST_F(FilesCommand, DoesNotWaitForReadersToFoldTheLog) {
  load(kThree);
  sqlite3* reader = nullptr;
  sqlite3_open(path("stash").c_str(), &reader);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT * FROM entries", nullptr, nullptr, nullptr),
            SQLITE_OK);
  const Ended ended = migrate_to("persist");
  EXPECT_EQ(ended.status, 0) << ended.output;
  EXPECT_EQ(ended.errors, "") << "it waited";
  EXPECT_EQ(ended.output.find("left to do"), std::string::npos) << ended.output;
  sqlite3_close(reader);
}

// Whatever the limit is, it says at what the memory ran out, and goes on when run again.
TEST_F(FilesCommand, CanGoOnAfterItRanOutOfMemory) {
  if (CUTOVER_HAS_ADDRESS_SANITIZER) GTEST_SKIP() << "AddressSanitizer needs all memory";
  const Contents contents = encoded(kOldFormat, {{"big", std::string(50'000'000, 'x')}});
  make_store("stash", {.epoch = {}, .config = {}, .contents = contents});
  unsigned stopped = 0;
  for (rlim_t limit = 60'000'000; limit <= 1'000'000'000; limit += limit / 6) {
    SCOPED_TRACE(limit);
    const Ended ended = migrate_to("persist", {}, [=] {
      const rlimit both{limit, limit};
      ::setrlimit(RLIMIT_AS, &both);
    });
    if (ended.status == 0) break;
    const std::string text = ended.output + ended.errors;
    ASSERT_NE(text.find("memory"), std::string::npos) << text;
    const bool has_begun = ended.output.find("open stash") != std::string::npos;
    if (has_begun) {
      ++stopped;
      ASSERT_EQ(ended.status, 1) << text;
      ASSERT_NE(text.find("stopped at '"), std::string::npos) << text;
    } else {
      ASSERT_TRUE(ended.status == 1 || ended.status == 2) << text;
    }
  }
  EXPECT_GT(stopped, 0u);
  EXPECT_EQ(migrate_to("persist").status, 0);
  EXPECT_EQ(inspect("persist").contents.entries.at("big").size(), 50'000'004u);
}

TEST_F(FilesCommand, LoadAndDumpSayThatTheyRanOutOfMemory) {
  if (CUTOVER_HAS_ADDRESS_SANITIZER) GTEST_SKIP() << "AddressSanitizer needs all memory";
  write("big", "{\"key\":\"big\",\"value\":\"" + std::string(50'000'000, 'x') + "\"}\n");
  const auto with_little_memory = [] {
    const rlimit both{90'000'000, 90'000'000};
    ::setrlimit(RLIMIT_AS, &both);
  };
  const Ended loaded =
      run_command({"load", "--store", argument("stash"), path("big")}, with_little_memory);
  EXPECT_EQ(loaded.status, 1) << loaded.output << loaded.errors;
  EXPECT_NE(loaded.output.find("not loaded: out of memory"), std::string::npos) << loaded.output;
  EXPECT_FALSE(fs::exists(path("stash")));
  ASSERT_EQ(run_command({"load", "--store", argument("stash"), path("big")}).status, 0);
  const Ended dumped = dump_to(path("dumped"), with_little_memory);
  EXPECT_EQ(dumped.status, 1) << dumped.output << dumped.errors;
  EXPECT_NE(dumped.errors.find("not dumped: out of memory"), std::string::npos) << dumped.errors;
  EXPECT_FALSE(fs::exists(path("dumped")));
}

TEST_F(FilesCommand, RefusesToMoveADamagedValueUnlessToldToKeepIt) {
  Contents contents = encoded(kCurrentFormat, kThreeEntries);
  contents.entries["b"][0] ^= 1;
  for (const std::string protocol : {"single-tombstone", "two-tombstones"}) {
    SCOPED_TRACE(protocol);
    fs::remove(path("stash"));
    fs::remove(path("persist"));
    make_store("stash", {.epoch = {}, .config = {}, .contents = contents});
    const Ended refused = migrate_to("persist", {"--protocol", protocol});
    EXPECT_EQ(refused.status, 2) << refused.output;
    EXPECT_NE(refused.errors.find("the value of key b is damaged"), std::string::npos)
        << refused.errors;
    EXPECT_NE(refused.errors.find("--damaged keep"), std::string::npos) << refused.errors;
    EXPECT_TRUE(inspect("persist").contents.entries.empty());
    EXPECT_EQ(migrate_to("persist", {"--protocol", protocol, "--damaged", "refuse"}).status, 2);
    const Ended kept = migrate_to("persist", {"--protocol", protocol, "--damaged", "keep"});
    EXPECT_EQ(kept.status, 0) << kept.output << kept.errors;
    EXPECT_EQ(inspect("persist").contents, contents);
  }
  EXPECT_EQ(migrate_to("persist", {"--damaged", "ignore"}).status, 2);
}

// What a process leaves that was killed while it created a store: a database without tables.
TEST_F(FilesCommand, GoesOnWithAStoreThatWasNotCreatedToItsEnd) {
  load(kThree);
  for (const std::string name : {"persist", "half"}) {
    sqlite3* db = nullptr;
    sqlite3_open(path(name).c_str(), &db);
    const char* half = "PRAGMA application_id = 0x43545652; CREATE TABLE x(y); DROP TABLE x";
    ASSERT_EQ(sqlite3_exec(db, half, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
    ASSERT_GT(fs::file_size(path(name)), 0u);
  }
  EXPECT_EQ(migrate_to("persist").status, 0);
  EXPECT_EQ(values("persist"), kThreeEntries);
  EXPECT_EQ(run_command({"load", "--store", argument("half"), path("lines")}).status, 0);
  EXPECT_EQ(values("half"), kThreeEntries);
}

TEST_F(FilesCommand, AMigrationThatDoesNotBeginLeavesNoEmptyStore) {
  load(kThree);
  {
    const Lock lock(path("stash"));
    EXPECT_EQ(migrate_to("persist", {"--wait", "0"}).status, 1);
  }
  EXPECT_FALSE(fs::exists(path("persist")));
  expect_command_refused({"migrate", "--stash", argument("stash"), "--persist",
                          argument("none/persist"), "--to", "persist"},
                         "none/persist: its folder");
}

}  // namespace
}  // namespace cutover::cli
