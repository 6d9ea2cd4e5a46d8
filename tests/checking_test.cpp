// How the cases of an engine are checked: in which order, and within which time; and what a search
// may use.
#include "cli/checking.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <thread>

#include "cli/report.h"
#include "engines/judging.h"
#include "engines/limits.h"
#include "run.h"
#include "tests/named_cases.h"

namespace cutover::cli {
namespace {

TEST(CheckingOfSeveralCases, ShareOneBudget) {
  std::vector<double> left;
  const auto check = [](const Case& of, const EngineOptions& options) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    Verdict verdict = blank(of, "fake", options);
    verdict.note = std::to_string(options.seconds.value_or(-1));
    return verdict;
  };
  const Engine engine{.name = "fake",
                      .about = "takes its time",
                      .can_check = [](const Case&) { return true; },
                      .check = check};
  const Case one = case_of("catalog/first-draft"), other = case_of("catalog/single-tombstone");
  EngineOptions options;
  options.threads = 1;
  const Clock clock;
  std::vector<std::string> names;
  Checking(engine, {&one, &other}, options, 5, clock).run([&](const Verdict& verdict) {
    names.push_back(verdict.of->name);
    left.push_back(std::stod(verdict.note));
    EXPECT_GE(verdict.seconds, 0.2);
  });
  EXPECT_EQ(names, (std::vector<std::string>{one.name, other.name}));
  ASSERT_EQ(left.size(), 2u);
  EXPECT_LE(left[0], 5);
  EXPECT_GT(left[1], 0);
  EXPECT_LE(left[1], left[0] - 0.2);
}

/// Counts those that are checked at the same time: each waits for as many as are expected.
struct AtOnce {
  static inline std::mutex mutex;
  static inline unsigned now = 0, most = 0, expected = 0;

  static bool came_or_went(int more) {
    const std::scoped_lock lock(mutex);
    now += more;
    most = std::max(most, now);
    return most >= expected;
  }

  static unsigned of(unsigned at_once, bool waits, unsigned threads, unsigned expect) {
    now = most = 0;
    expected = expect;
    const auto check = [](const Case& of, const EngineOptions& options) {
      came_or_went(+1);
      for (int i = 0; i < 2000 && !came_or_went(0); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      came_or_went(-1);
      return blank(of, "fake", options);
    };
    const Engine engine{.name = "fake",
                        .about = "waits for others",
                        .can_check = [](const Case&) { return true; },
                        .check = check,
                        .at_once = at_once,
                        .waits = waits};
    const Case one = case_of("catalog/first-draft");
    EngineOptions options;
    options.threads = threads;
    const Clock clock;
    Checking(engine, std::vector<const Case*>(6, &one), options, {}, clock).run([](auto&&) {});
    return most;
  }
};

TEST(CheckingOfSeveralCases, IsAtOnceAsFarAsThereAreThreadsAndTheirWaitsAllow) {
  EXPECT_EQ(AtOnce::of(3, false, 1, 1), 1u);
  EXPECT_EQ(AtOnce::of(3, true, 1, 1), 1u);
  EXPECT_EQ(AtOnce::of(3, false, 2, 2), 2u);
  EXPECT_EQ(AtOnce::of(3, true, 2, 3), 3u);
  EXPECT_EQ(AtOnce::of(3, true, 8, 3), 3u);
  EXPECT_EQ(AtOnce::of(1, true, 8, 1), 1u);
}

TEST(JUnit, TellsWhatWentWrongInWordsOfXml) {
  const TemporaryFolder folder;
  const Case holds = case_of("catalog/single-tombstone"), violates = case_of("catalog/first-draft");
  Verdict unknown = blank(holds, "tla", {}), differs = blank(violates, "model", {}),
          expected = blank(holds, "model", {});
  unknown.reason = "a \"<b>\" & c\nd";
  differs.finding = expected.finding = Finding::holds;
  write_junit(folder / "j.xml", {unknown, differs, expected});
  std::ifstream in(folder / "j.xml");
  const std::string xml{std::istreambuf_iterator<char>(in), {}};
  for (const char* part :
       {"tests=\"2\" failures=\"1\" errors=\"0\"", "tests=\"1\" failures=\"0\" errors=\"1\"",
        "<failure message=\"expected violates OneSourceOfTruth, found holds",
        "<error message=\"expected holds, found unknown",
        "a &quot;&lt;b&gt;&quot; &amp; c&#10;d"}) {
    EXPECT_NE(xml.find(part), std::string::npos) << part << "\n" << xml;
  }
}

TEST(SearchLimits, AreWhatTheMachineHas) {
  EngineOptions options;
  options.threads = 7;
  options.seconds = 3;
  const checker::Limits limits = limits_of(options);
  EXPECT_EQ(limits.threads, 7u);
  EXPECT_EQ(limits.seconds, 3);
  const double all =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  EXPECT_GT(limits.bytes, 0u);
  EXPECT_LE(static_cast<double>(limits.bytes), all);
}

/// A process may have less than there is. (Not under a sanitizer, which has more addresses
/// already.)
TEST(SearchLimits, AreWhatTheProcessMayHave) {
  if (memory_limit() < (std::size_t{4} << 30)) GTEST_SKIP() << "there is less anyway";
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit small{rlim_t{3} << 30, rlim_t{3} << 30};
    ::setrlimit(RLIMIT_AS, &small);
    ::_exit(memory_limit() <= (std::size_t{3} << 30) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace cutover::cli
