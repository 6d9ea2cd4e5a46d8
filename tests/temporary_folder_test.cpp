// Folders that go with their scope, with the process that a signal ends, and, of one that was
// killed, with the next one.
#include "system/temporary_folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/run.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;
using Temporary = system::TemporaryFolder;

void fill(const fs::path& folder) {
  fs::create_directories(folder / "a" / "b");
  for (int i = 0; i < 200; ++i) std::ofstream(folder / "a" / std::to_string(i)) << "x";
  fs::create_directory_symlink("/", folder / "a" / "b" / "link");
}

/// A child that has a filled folder and ends by the signal.
void end_by(int signal, const fs::path& place, bool is_kept = false) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(signal, SIG_DFL);
    Temporary folder("some", place);
    fill(folder.path());
    if (is_kept) folder.keep();
    ::raise(signal);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
}

std::size_t count(const fs::path& place) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(place), {}));
}

TEST(TemporaryFolder, IsRemovedAtTheEndOfItsScope) {
  const TemporaryFolder place;
  {
    const Temporary one("some", place / "new"), other("some", place / "new");
    EXPECT_NE(one.path(), other.path());
    fill(one.path());
    EXPECT_EQ(count(place / "new"), 2u);
  }
  EXPECT_EQ(count(place / "new"), 0u);
}

TEST(TemporaryFolder, IsRemovedWhenASignalEndsTheProcess) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const TemporaryFolder place;
    end_by(signal, place.path());
    EXPECT_EQ(count(place.path()), 0u) << signal;
  }
}

TEST(TemporaryFolder, OfAProcessThatWasKilledIsRemovedByTheNextOne) {
  const TemporaryFolder place;
  const Temporary alive("some", place.path());
  fs::create_directories(place / "some.7" / "kept");  // nobody says that it is temporary
  end_by(SIGKILL, place.path());
  EXPECT_EQ(count(place.path()), 3u);
  {
    const Temporary other("other", place.path());
    EXPECT_EQ(count(place.path()), 4u) << "not its own";
  }
  fs::create_directory(place / "some.8");  // by one that was killed at once
  {
    const Temporary next("some", place.path());
    EXPECT_EQ(count(place.path()), 3u);
  }
  EXPECT_TRUE(fs::exists(alive.path()));
  EXPECT_TRUE(fs::exists(place / "some.7"));
}

TEST(TemporaryFolder, ThatIsKeptStays) {
  const TemporaryFolder place;
  for (const int signal : {SIGTERM, SIGKILL}) end_by(signal, place.path(), true);
  {
    Temporary kept("some", place.path());
    fill(kept.path());
    kept.keep();
  }
  const Temporary next("some", place.path());
  EXPECT_EQ(count(place.path()), 4u);
}

TEST(TemporaryFolder, ThatCannotBeMadeSaysWhereAndTheRemedy) {
  const TemporaryFolder place;
  std::ofstream(place / "file") << "x";
  for (const fs::path& wrong : {place / "file", place / "file" / "in"}) {
    try {
      const Temporary none("some", wrong);
      ADD_FAILURE() << wrong;
    } catch (const std::runtime_error& error) {
      const std::string what = error.what();
      EXPECT_TRUE(what.starts_with(wrong.string() + ": no temporary folder can be made there"))
          << what;
      EXPECT_NE(what.find("set TMPDIR"), std::string::npos) << what;
    }
  }
}

}  // namespace
}  // namespace cutover
