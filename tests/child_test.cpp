// Child processes: held, let go on, killed, and left nothing that is not theirs.
#include "crashsim/process/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "tests/run.h"

namespace cutover::crashsim {
namespace {

using When = Announcement::When;
using std::chrono::milliseconds;

/// Announces the labels, each before and after, and ends with status 3.
const std::string kTwoSteps =
    "for label in 'open x' write; do for when in before after; do "
    "echo \"$when $label\" >&4; read -r line <&3; echo \"went on\"; done; done; exit 3";

class ChildTest : public testing::Test {
 protected:
  Child::Options shell(const std::string& script) const {
    Child::Options options;
    options.executable = "/bin/sh";
    options.arguments = {"-c", script};
    options.output = output_;
    return options;
  }
  std::string output() const {
    std::ostringstream bytes;
    bytes << std::ifstream(output_).rdbuf();
    return bytes.str();
  }

  TemporaryFolder folder_;
  const std::filesystem::path output_ = folder_ / "output";
};

TEST_F(ChildTest, WaitsBeforeAndAfterEachStep) {
  Child child(shell(kTwoSteps));
  EXPECT_EQ(child.next(), (Announcement{When::before, "open x"}));
  child.go_on();
  EXPECT_EQ(child.next(), (Announcement{When::after, "open x"}));
  EXPECT_EQ(output(), "went on\n");
  child.go_on();
  EXPECT_EQ(child.next(), (Announcement{When::before, "write"}));
  child.go_on();
  EXPECT_EQ(child.next(), (Announcement{When::after, "write"}));
  child.go_on();
  EXPECT_EQ(child.next(), std::nullopt);
  EXPECT_EQ(child.exit_code(), 3);
  EXPECT_EQ(child.exit_code(), 3);
  EXPECT_EQ(output(), "went on\nwent on\nwent on\nwent on\n");
}

TEST_F(ChildTest, AKillEndsItWhereItWaits) {
  Child child(shell(kTwoSteps));
  child.next();
  child.kill();
  EXPECT_EQ(child.exit_code(), 128 + SIGKILL);
  EXPECT_EQ(child.next(), std::nullopt);
  EXPECT_EQ(output(), "");
  child.go_on();
  child.kill();
}

TEST_F(ChildTest, IsGoneWithItsObject) {
  pid_t pid = 0;
  {
    Child child(shell("echo $$; echo 'before x' >&4; read -r line <&3"));
    child.next();
    pid = std::stoi(output());
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(ChildTest, HasOnlyItsOwnDescriptors) {
  const int leaking = ::open("/dev/null", O_RDONLY);
  const int high = ::fcntl(leaking, F_DUPFD, 100);
  Child child(shell("ls -1 /proc/$$/fd"));
  EXPECT_EQ(child.exit_code(), 0);
  EXPECT_EQ(output(), "0\n1\n2\n3\n4\n");
  ::close(leaking);
  ::close(high);
}

TEST_F(ChildTest, HasTheSignalsOfANewProcess) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, mask;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &mask);
  Child child(
      shell("exec sed -n 's/^Sig\\(Blk\\|Ign\\):.*\\(....\\)$/\\1 \\2/p' /proc/self/status"));
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::signal(SIGPIPE, before);
  EXPECT_EQ(child.exit_code(), 0);
  EXPECT_EQ(output(), "Blk 0000\nIgn 0000\n") << "of the first 16";
}

TEST_F(ChildTest, DropsItsOutputIfNoFileIsNamed) {
  auto options = shell("echo hello; echo hello >&2; exit 0");
  options.output.clear();
  EXPECT_EQ(Child(options).exit_code(), 0);
}

TEST_F(ChildTest, GivesUpOnAChildThatHangs) {
  auto options = shell("exec sleep 60");
  options.timeout = milliseconds(30);
  Child child(options);
  try {
    child.next();
    ADD_FAILURE() << "it did not hang";
  } catch (const ChildTimeout& timeout) {
    EXPECT_NE(std::string(timeout.what()).find("/bin/sh -c exec sleep 60: "), std::string::npos)
        << timeout.what();
  }
  EXPECT_THROW(child.exit_code(), ChildTimeout);
  child.kill();
  EXPECT_EQ(child.exit_code(), 128 + SIGKILL);
}

TEST_F(ChildTest, RefusesWhatIsNoAnnouncement) {
  Child child(shell("echo 'during x' >&4; read -r line <&3"));
  EXPECT_THROW(child.next(), std::runtime_error);
}

TEST_F(ChildTest, MayCloseItsDescriptorsBeforeItEnds) {
  Child child(shell("exec 3<&- 4>&-; sleep 0.05; exit 5"));
  EXPECT_EQ(child.next(), std::nullopt);
  child.go_on();
  EXPECT_EQ(child.exit_code(), 5);
}

TEST_F(ChildTest, ThrowsIfItCannotBeStarted) {
  auto options = shell("");
  options.executable = folder_ / "none";
  try {
    Child child(options);
    ADD_FAILURE() << "it was started";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), "cannot start " + options.executable + ": No such file or directory");
  }
}

TEST_F(ChildTest, SeveralThreadsMayStartChildrenAtOnce) {
  constexpr int kThreads = 8, kChildren = 25;
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kChildren; ++j) {
        auto options = shell("echo 'before x' >&4; read -r line <&3; exit $0");
        options.arguments.push_back(std::to_string(i + 1));
        options.output.clear();
        Child child(options);
        if (!child.next()) continue;
        if (j % 2 == 0) {
          child.kill();
          right += child.exit_code() == 128 + SIGKILL;
        } else {
          child.go_on();
          right += !child.next() && child.exit_code() == i + 1;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, kThreads * kChildren);
}

}  // namespace
}  // namespace cutover::crashsim
