// The teeth of the check by processes: each flawed migration must be found, as a
// violation of the property that it is known to violate.
//
// The flawed migrations are this very executable: started as `process_check_test migrate ...` it
// runs the real command with a mutant in the protocol's place. The environment says which.
#include "crashsim/process/process_check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/catalog/files.h"
#include "cli/errors.h"
#include "impl/catalog/contents.h"
#include "properties/catalog/file_monitor.h"
#include "properties/catalog/mutants.h"
#include "properties/catalog/process_subject.h"
#include "properties/catalog/store_files.h"
#include "tests/named_cases.h"
#include "tests/run.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;
using When = crashsim::Announcement::When;

constexpr const char* kMutantVariable = "CUTOVER_TEST_MUTANT";
constexpr const char* kCounterVariable = "CUTOVER_TEST_COUNTER";

// ---- this executable as a migration

/// A process that, when it is fenced, opens the store again and goes on: as if there were no fence.
class OpensAgain final : public Store {
 public:
  explicit OpensAgain(std::unique_ptr<Store> store)
      : Store(store->name()), store_(std::move(store)) {}
  static std::unique_ptr<Store> wrap(std::unique_ptr<Store> store) {
    return std::make_unique<OpensAgain>(std::move(store));
  }
  awaitable<Answer> perform(Request request) override {
    Answer answer = co_await store_->perform(request);
    if (answer.status != Status::fenced) co_return answer;
    Request open_again;
    const Answer opened = co_await store_->perform(open_again);
    request.session = opened.epoch;
    answer = co_await store_->perform(request);
    co_return answer;
  }

 private:
  std::unique_ptr<Store> store_;
};

/// From its fifth run on it takes one step more: not a function of what it finds in the stores.
awaitable<Session> whimsical(Store& stash, Store& persist) {
  const fs::path counter = ::getenv(kCounterVariable);
  std::ofstream(counter, std::ios::app) << "x";
  if (fs::file_size(counter) >= 5) co_await peek_config(stash, catalog::kTombstone);
  const Session session = co_await catalog::kSingleTombstone.migrate(stash, persist);
  co_return session;
}

int migrate_as_child(int argc, char** argv) {
  cli::MigrateOptions options;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--stash") options.stash = value;
    if (name == "--persist") options.persist = value;
    if (name == "--to") options.to = value;
    if (name == "--protocol") options.protocol = value;
    if (name == "--pause-fds") {
      std::sscanf(value.c_str(), "%d,%d", &options.pauses.read_fd, &options.pauses.write_fd);
    }
  }
  const char* variable = ::getenv(kMutantVariable);
  const std::string mutant = variable == nullptr ? "" : variable;
  if (mutant.empty()) return cli::run_migrate(options, std::cout);
  if (mutant == "opens-again") {
    return cli::run_migrate(options, {catalog::kSingleTombstone, OpensAgain::wrap}, std::cout);
  }
  if (mutant == "whimsical") {
    const catalog::Protocol protocol{mutant, whimsical, catalog::kSingleTombstone.rollback};
    return cli::run_migrate(options, {protocol}, std::cout);
  }
  for (const catalog::Mutant& known : catalog::protocol_mutants()) {
    if (known.name == mutant) return cli::run_migrate(options, {known.parts.protocol}, std::cout);
  }
  return cli::kBadInput;
}

// ---- the check

struct Flaw {
  const char* mutant;
  const char* violates;
};
void PrintTo(const Flaw& flaw, std::ostream* out) { *out << flaw.mutant; }

class ProcessCheck : public testing::TestWithParam<Flaw> {
 protected:
  ~ProcessCheck() override {
    ::unsetenv(kMutantVariable);
    ::unsetenv(kCounterVariable);
  }

  crashsim::ProcessCheckOptions options() const {
    crashsim::ProcessCheckOptions options;
    options.scratch = folder_ / "scratch";
    return options;
  }
  crashsim::ProcessCheckResult check(
      const std::string& mutant, const crashsim::ProcessCheckOptions& options,
      const std::string& executable = fs::read_symlink("/proc/self/exe")) const {
    ::setenv(kMutantVariable, mutant.c_str(), 1);
    const auto subject = catalog::process_subject(catalog::kSingleTombstone,
                                                  catalog::truth_by_single_tombstone, executable);
    return check_processes(subject, options);
  }
  bool is_scratch_empty() const { return fs::is_empty(folder_ / "scratch"); }

  TemporaryFolder folder_;
};

TEST_P(ProcessCheck, FindsTheFlaw) {
  const auto found = check(GetParam().mutant, options());
  EXPECT_EQ(found.violated, GetParam().violates) << found.detail;
  EXPECT_FALSE(found.complete);
  const auto files = found.detail.find("files: ");
  ASSERT_NE(files, std::string::npos) << found.detail;
  std::string kept = found.detail.substr(files + 7);
  kept.pop_back();
  EXPECT_TRUE(fs::exists(fs::path(kept) / "stash.db")) << found.detail;
}

INSTANTIATE_TEST_SUITE_P(
    Mutants, ProcessCheck,
    testing::Values(
        Flaw{"flip-before-copy", "NoLostWrite"}, Flaw{"snapshot-before-open", "NoLostWrite"},
        Flaw{"merge", "NoResurrection"}, Flaw{"rollback-without-copy", "NoLostWrite"},
        Flaw{"trust-earlier-copy", "NoLostWrite"}, Flaw{"rollback-without-raise", "EpochMonotone"},
        Flaw{"no-lower-bound", "EpochMonotone"}, Flaw{"peek-before-open", "ServeOnlyTruth"},
        Flaw{"absent-means-moved", "ServeOnlyTruth"}, Flaw{"emergency-open", "ServeOnlyTruth"},
        Flaw{"old-binary", "ServeOnlyTruth"}, Flaw{"exclusive-mark", "CanFinish"},
        Flaw{"opens-again", "FencedNeverSucceeds"}),
    [](const auto& info) {
      std::string name = info.param.mutant;
      std::ranges::replace(name, '-', '_');
      return name;
    });

/// So that what is lost of either would be noticed.
TEST_F(ProcessCheck, ItsClientsPutOneKeyAndDeleteAnother) {
  const auto subject =
      catalog::process_subject(catalog::kSingleTombstone, catalog::truth_by_single_tombstone, "");
  const auto stores = subject.beginnings[0].make(folder_.path());
  SqliteStore stash("stash", catalog::store_file(folder_.path(), catalog::Which::stash),
                    SqliteStore::Mode::must_exist);
  Entries expected = catalog::decode(stash.inspect().contents);
  for (const std::string deleted : {"b", "c"}) {
    std::string told;
    bool is_before_closing = false;
    const auto failed =
        stores->serve(folder_.path(), true, told, [&] { is_before_closing = true; });
    EXPECT_FALSE(failed.has_value());
    EXPECT_TRUE(is_before_closing);
    EXPECT_EQ(expected.erase(deleted), 1u);
    expected["a"] = deleted == "b" ? "w1" : "w2";
    EXPECT_EQ(told, fmt::format("a new process serves stash: put a={}, delete {}", expected["a"],
                                deleted));
    EXPECT_EQ(catalog::decode(stash.inspect().contents), expected);
  }
}

TEST_F(ProcessCheck, TheDesignHolds) {
  auto all = options();
  std::uint64_t last = 0, total = 0;
  all.progress = [&](std::uint64_t done, std::uint64_t of) {
    EXPECT_EQ(done, last + 1);
    last = done;
    total = of;
  };
  const auto found = check("", all);
  EXPECT_TRUE(found.complete) << found.detail;
  EXPECT_EQ(found.violated, std::nullopt);
  EXPECT_EQ(found.detail, "");
  EXPECT_GT(last, 100u);
  EXPECT_EQ(last, total);
  EXPECT_GT(found.kills, 1000u);
  EXPECT_GT(found.executions, 2 * found.kills);
  // Held before the first open or after the last step, a move is not fenced. Each direction, from
  // each of three beginnings, while another moves in each direction.
  std::uint64_t held = 0;
  for (const auto& row : found.matrix) held += 2 * row.pauses;
  EXPECT_EQ(found.fenced, held - 3 * 2 * 2 * 2);
  EXPECT_TRUE(is_scratch_empty());

  std::istringstream lines(format_matrix(found.matrix));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 100u) << line;
    text += line + "\n";
  }
  EXPECT_NE(text.find("to stash, while persist is the truth\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  replace persist contents (2)  "), std::string::npos) << text;
  for (const std::string to : {"persist", "stash"}) {
    const auto title = text.find("to " + to + ", while stash is the truth, no pair yet\n");
    ASSERT_NE(title, std::string::npos) << text;
    EXPECT_NE(text.find("  pair stash  ", title), std::string::npos) << text;
    EXPECT_NE(text.find("  pair persist  ", title), std::string::npos) << text;
  }
}

TEST_F(ProcessCheck, ReportsTheSameHoweverManyThreads) {
  std::string details[2];
  for (const unsigned threads : {1u, 4u}) {
    auto some = options();
    some.threads = threads;
    some.scratch = folder_ / ("scratch-" + std::to_string(threads));
    std::string detail = check("trust-earlier-copy", some).detail;
    details[threads == 4] = detail.substr(0, detail.find("files: "));
  }
  EXPECT_EQ(details[0], details[1]);
}

TEST_F(ProcessCheck, IsNotCompleteOutOfTime) {
  auto hurried = options();
  hurried.seconds = 0.2;
  const auto found = check("", hurried);
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(found.violated, std::nullopt);
  EXPECT_NE(found.detail.find("out of time, with "), std::string::npos) << found.detail;
  EXPECT_TRUE(is_scratch_empty());
}

TEST_F(ProcessCheck, IsNotCompleteWithoutSteps) {
  const auto found = check("", options(), "/bin/true");
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(found.violated, std::nullopt);
  EXPECT_NE(
      found.detail.find("/bin/true announced no step when it was to move the truth to persist"),
      std::string::npos)
      << found.detail;
}

TEST_F(ProcessCheck, IsNotCompleteIfAMoveTakesOtherSteps) {
  ::setenv(kCounterVariable, (folder_ / "counter").c_str(), 1);
  const auto found = check("whimsical", options());
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(found.violated, std::nullopt);
  EXPECT_NE(found.detail.find("the same move took other steps: expected before 'open stash', found "
                              "before 'peek at stash tombstone'"),
            std::string::npos)
      << found.detail;
}

TEST_F(ProcessCheck, ThrowsForWhatItCannotRun) {
  EXPECT_THROW(check("", options(), folder_ / "none"), std::runtime_error);
  EXPECT_TRUE(is_scratch_empty());
}

// ---- its parts

StoreState state(std::uint64_t epoch, std::optional<bool> tombstone, const Entries& values) {
  StoreState state{.epoch = Epoch{epoch}, .config = {}, .contents = {}};
  if (tombstone) state.config[catalog::kTombstone] = *tombstone ? 1 : 0;
  state.contents = {.format = catalog::kOldFormat, .entries = values};
  return state;
}

TEST(FileMonitor, KnowsEveryViolation) {
  const auto monitor = [] {
    return catalog::FileMonitor(catalog::truth_by_first_draft, {{"a", "1"}}, {"gone"},
                                {Epoch{5}, Epoch{2}});
  };
  const StoreState persist = state(2, std::nullopt, {{"a", "old"}, {"gone", "x"}});
  const auto violated = [&](const StoreState& stash, const StoreState& other) {
    const auto failure = monitor().look({stash, other});
    return failure ? failure->property : "";
  };
  EXPECT_EQ(violated(state(5, {}, {{"a", "1"}}), persist), "");
  EXPECT_EQ(violated(state(5, true, {{"a", "1"}}), state(2, true, {})), "OneSourceOfTruth");
  EXPECT_EQ(violated(state(5, {}, {}), persist), "NoLostWrite");
  EXPECT_EQ(violated(state(5, {}, {{"a", "2"}}), persist), "NoLostWrite");
  EXPECT_EQ(violated(state(5, {}, {{"a", "1"}, {"never", "x"}}), persist), "NoLostWrite");
  EXPECT_EQ(violated(state(5, {}, {{"a", "1"}, {"gone", "x"}}), persist), "NoResurrection");
  EXPECT_EQ(violated(state(4, {}, {{"a", "1"}}), persist), "EpochMonotone");
  EXPECT_EQ(violated(state(5, {}, {{"a", "1"}}), state(1, {}, {})), "EpochMonotone");

  // Compared with the last look, not with the first.
  auto twice = monitor();
  EXPECT_FALSE(twice.look({state(7, {}, {{"a", "1"}}), persist}));
  EXPECT_EQ(twice.look({state(6, {}, {{"a", "1"}}), persist})->property, "EpochMonotone");

  auto later = monitor();
  EXPECT_FALSE(later.acknowledged("a", "2", Epoch{6}));
  EXPECT_FALSE(later.acknowledged("a", std::nullopt, Epoch{6}));
  EXPECT_EQ(later.look({state(6, {}, {{"a", "2"}}), persist})->property, "NoResurrection");
  EXPECT_EQ(later.acknowledged("b", "1", Epoch{5})->property, "EpochMonotone");
}

/// A process is killed before it has folded its log into its files.
TEST(CatalogStores, AreCopiedWithTheirLogs) {
  const TemporaryFolder folder;
  const Case& of = case_of("catalog/single-tombstone");
  ASSERT_TRUE(of.process);
  const crashsim::ProcessSubject subject = of.process("");
  ASSERT_FALSE(subject.beginnings.empty());
  for (const crashsim::ProcessBeginning& beginning : subject.beginnings) {
    const auto place = folder / beginning.name;
    std::filesystem::create_directory(place);
    std::string told;
    unsigned logs = 0, calls = 0;
    const auto before_closing = [&] {
      ++calls;
      for (const char* store : {"stash.db", "persist.db"}) {
        logs += std::filesystem::exists(place / (std::string(store) + "-wal"));
      }
    };
    EXPECT_FALSE(beginning.make(place)->serve(place, true, told, before_closing)) << told;
    EXPECT_EQ(calls, 1u) << beginning.name;
    EXPECT_GT(logs, 0u) << beginning.name;
  }
}

TEST(ProcessMatrix, MissesWhatWasNotHit) {
  using Hit = crashsim::ProcessMatrix::Hit;
  crashsim::RecordedMove move;
  for (const char* label : {"open stash", "copy", "copy"}) {
    move.steps.push_back({When::before, label});
    move.steps.push_back({When::after, label});
  }
  crashsim::ProcessMatrix matrix;
  for (const Hit hit : {Hit::first_kill, Hit::recovery_kill, Hit::pause}) {
    for (std::size_t at = 0; at < move.steps.size(); ++at) {
      EXPECT_TRUE(matrix.missing(move, true).has_value());
      matrix.add(move, at, hit);
    }
  }
  EXPECT_EQ(matrix.missing(move, true), std::nullopt);
  const auto rows = matrix.rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2].step, "copy (2)");
  EXPECT_EQ(rows[2].after.recovery, 1u);
  EXPECT_EQ(rows[2].pauses, 2u);
  move.steps.push_back({When::before, "open stash"});
  EXPECT_NE(matrix.missing(move, true)->find("before 'open stash (2)'"), std::string::npos);
}

}  // namespace
}  // namespace cutover

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "migrate") {
    try {
      return cutover::migrate_as_child(argc, argv);
    } catch (const std::exception& error) {
      std::cerr << error.what() << "\n";
      return cutover::cli::kBadInput;
    }
  }
  // On a disk that really syncs, the whole would take minutes.
  if (::access("/dev/shm", W_OK | X_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
