// Many rounds of what can happen to two store files at once: migrations in both directions by real
// commands, killed at any moment, with full disks and loads in between. Whatever happened, the next
// undisturbed command goes through, and what was acknowledged is there.
//
// CUTOVER_TORTURE_ROUNDS says how many rounds (30), CUTOVER_TORTURE_SEED from which seed.
#include <sys/resource.h>

#include <chrono>
#include <iostream>
#include <random>
#include <thread>

#include "tests/command.h"
#include "tests/files.h"

namespace cutover::cli {
namespace {

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = ::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

class Torture : public Files {
 protected:
  using Number = std::uint64_t;

  void SetUp() override {
    seed_ = number_of("CUTOVER_TORTURE_SEED", 20'261);
    std::cout << "seed " << seed_ << std::endl;
    random_.seed(seed_);
  }
  void TearDown() override {
    std::cout << fmt::format("{} commands, {} killed, {} on a full disk, {} fenced or stopped\n",
                             commands_, killed_, full_, stopped_);
  }

  Number below(Number bound) { return random_() % bound; }
  std::string any_direction() { return below(2) == 0 ? "persist" : "stash"; }

  std::vector<std::string> migrate_arguments(const std::string& to) const {
    return {"migrate", "--stash", argument("stash"), "--persist", argument("persist"),
            "--to",    to,        "--protocol",      protocol_};
  }

  /// So many entries that a copy takes a while.
  Entries new_values() {
    Entries values;
    const Number count = 1 + below(3000);
    for (Number i = 0; i < count; ++i) {
      values[fmt::format("{:06}", below(1'000'000))] = fmt::format("{:020}", random_());
    }
    return values;
  }

  struct Running {
    std::unique_ptr<Started> process;
    bool is_full;  ///< its disk
  };

  Running start(const std::string& to) {
    ++commands_;
    std::function<void()> in_child;
    const bool is_full = below(4) == 0;
    if (is_full) {
      ++full_;
      const rlim_t bytes = 4096 * (1 + below(60));
      in_child = [bytes] {
        const rlimit limit{bytes, bytes};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::signal(SIGXFSZ, SIG_IGN);
      };
    }
    return {std::make_unique<Started>(migrate_arguments(to), in_child), is_full};
  }

  void expect_known(const Running& of, const Ended& ended) {
    stopped_ += ended.status == 1;
    const bool is_known = ended.status == 0 || ended.status == 1 || ended.status == 128 + SIGKILL;
    const bool cannot_open = of.is_full && ended.status == 2 && !ended.errors.empty();
    EXPECT_TRUE(is_known || cannot_open) << ended.status << "\n" << ended.output << ended.errors;
  }

  /// Two or three at once, some of them killed.
  void disturb() {
    std::vector<Running> running;
    const Number count = 1 + below(3);
    for (Number i = 0; i < count; ++i) running.push_back(start(any_direction()));
    for (auto& each : running) {
      std::this_thread::sleep_for(std::chrono::microseconds(below(30'000)));
      if (below(2) == 0) {
        expect_known(each, each.process->wait());
        continue;
      }
      const Ended ended = each.process->kill(SIGKILL);
      killed_ += ended.status == 128 + SIGKILL;
      expect_known(each, ended);
    }
  }

  /// By one command that nobody disturbs; then what it says is the truth holds the values.
  void expect_nothing_lost(const std::string& to, const Entries& values) {
    ++commands_;
    const Ended ended = run_command(migrate_arguments(to));
    ASSERT_EQ(ended.status, 0) << ended.output << ended.errors;
    ASSERT_NE(ended.output.find("done: " + to), std::string::npos) << ended.output;
    ASSERT_EQ(this->values(to), values);
  }

  void load_values(const std::string& name, const Entries& values) {
    ++commands_;
    std::string lines;
    for (const auto& [key, value] : values) {
      lines += fmt::format("{{\"key\":\"{}\",\"value\":\"{}\"}}\n", key, value);
    }
    write("lines", lines);
    std::vector<std::string> arguments = {"load", "--replace", "--store", argument(name),
                                          path("lines")};
    if (fs::exists(path("persist"))) {
      const std::string other = name == "stash" ? "persist" : "stash";
      arguments.insert(arguments.end(), {"--other", argument(other)});
    }
    const Ended ended = run_command(arguments);
    ASSERT_EQ(ended.status, 0) << ended.output << ended.errors;
  }

  void run_round() {
    const char* const protocols[] = {"single-tombstone", "single-tombstone-one-write",
                                     "single-tombstone-lazy-open", "two-tombstones"};
    protocol_ = protocols[below(4)];
    for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove(entry.path());
    Entries values = new_values();
    load_values("stash", values);
    for (Number i = 0, count = 2 + below(3); i < count && !HasFatalFailure(); ++i) {
      disturb();
      const std::string to = any_direction();
      expect_nothing_lost(to, values);
      if (HasFatalFailure()) return;
      values = new_values();
      load_values(to, values);
    }
  }

  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  std::string protocol_;
  unsigned commands_ = 0, killed_ = 0, full_ = 0, stopped_ = 0;
};

TEST_F(Torture, LosesNothing) {
  const auto rounds = number_of("CUTOVER_TORTURE_ROUNDS", 30);
  ASSERT_GT(rounds, 0u);
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    SCOPED_TRACE(fmt::format("round {} of seed {}", round, seed_));
    run_round();
    ASSERT_FALSE(HasFailure());
  }
  // Each kind of trouble has happened.
  EXPECT_GT(killed_, 0u);
  EXPECT_GT(full_, 0u);
  EXPECT_GT(stopped_, 0u);
}

}  // namespace
}  // namespace cutover::cli
