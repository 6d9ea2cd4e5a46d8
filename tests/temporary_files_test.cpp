// Files that go when their scope does, or the process.
#include "system/temporary_files.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/run.h"

namespace cutover::system {
namespace {

namespace fs = std::filesystem;

void make(const fs::path& file) { std::ofstream(file) << "x"; }

TEST(TemporaryFiles, AreRemovedAtTheEndOfTheScope) {
  const TemporaryFolder folder;
  {
    const TemporaryFiles removed({folder / "a", folder / "b", folder / "never-there"});
    make(folder / "a");
    make(folder / "b");
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

/// How a child ends that has temporary files and, outside their scope, another, and is sent the
/// signal.
int status_after(int signal, const TemporaryFolder& folder, void (*before)(int) = SIG_DFL) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(signal, before);
    {
      const TemporaryFiles given_up({folder / "kept"});
    }
    make(folder / "kept");
    const TemporaryFiles removed({folder / "a", folder / "b"});
    make(folder / "a");
    make(folder / "b");
    ::raise(signal);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(TemporaryFiles, AreRemovedWhenASignalEndsTheProcess) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    SCOPED_TRACE(signal);
    const TemporaryFolder folder;
    const int status = status_after(signal, folder);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), signal);
    EXPECT_FALSE(fs::exists(folder / "a"));
    EXPECT_FALSE(fs::exists(folder / "b"));
    EXPECT_TRUE(fs::exists(folder / "kept"));
  }
}

TEST(TemporaryFiles, SignalsThatAreIgnoredStayIgnored) {
  const TemporaryFolder folder;
  const int status = status_after(SIGHUP, folder, SIG_IGN);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_TRUE(fs::exists(folder / "a"));
}

TEST(LastWords, AreSaidWhenASignalEndsTheProcess) {
  for (const bool taken_back : {false, true}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(ends[1], STDERR_FILENO);
      set_last_words("\n");
      if (taken_back) set_last_words(nullptr);
      ::raise(SIGINT);
      ::_exit(0);
    }
    ::close(ends[1]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    char text[8] = {};
    EXPECT_EQ(::read(ends[0], text, sizeof text), taken_back ? 0 : 1);
    EXPECT_STREQ(text, taken_back ? "" : "\n");
    ::close(ends[0]);
  }
}

}  // namespace
}  // namespace cutover::system
