// TLC on every configuration below tla/: each does what it says is expected of it, and the table in
// tla/README.md shows what came of it. With CUTOVER_REWRITE=1 the table is written anew. The large
// configuration takes minutes: it runs only with CUTOVER_LARGE=1, and without it its row is taken
// as it stands. Times are not compared.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <regex>
#include <thread>

#include "run.h"
#include "system/text.h"
#include "tla/state_graph.h"
#include "tla/value.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;
using tla::Configuration;

const fs::path kFolder = fs::path(CUTOVER_SOURCE) / "tla";
const fs::path kReadme = kFolder / "README.md";
constexpr const char* kBegin = "<!-- configurations: made by tla_test -->\n";
constexpr const char* kEnd = "<!-- end of configurations -->\n";

bool is_set(const char* variable) { return std::getenv(variable) != nullptr; }

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Tlc : public testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    const auto tools = tla::find_tools(missing);
    ASSERT_TRUE(tools) << missing;
    options_.tools = *tools;
  }
  Configuration named(const std::string& name) {
    return tla::read_configuration(kFolder / (name + ".cfg"), kFolder);
  }
  tla::RunOptions options_;
};

std::vector<tla::Result> run_two_at_a_time(const std::vector<Configuration>& all,
                                           const tla::RunOptions& options) {
  std::vector<tla::Result> results(all.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < all.size(); i = next++) {
      tla::RunOptions run = options;
      if (all[i].is_large()) run.workers = 2;
      results[i] = tla::run_tlc(all[i], run);
    }
  };
  {
    const std::jthread one(work), other(work);
  }
  return results;
}

std::string row(const Configuration& of, const tla::Result& result) {
  return fmt::format("| {} | {} | {} | {} | {:.0f} s |", of.name, to_string(of),
                     with_commas(result.states),
                     result.depth == 0 ? "" : std::to_string(result.depth), result.seconds);
}

/// The row of this configuration as the file has it.
std::string kept_row(const std::string& table, const Configuration& of) {
  const auto begin = table.find("| " + of.name + " |");
  if (begin == std::string::npos) return fmt::format("| {} | {} | | | |", of.name, to_string(of));
  return table.substr(begin, table.find('\n', begin) - begin);
}

std::string without_times(const std::string& table) {
  return std::regex_replace(table, std::regex("\\| [0-9]+ s \\|\n"), "|\n");
}

TEST_F(Tlc, EveryConfigurationDoesWhatIsExpected) {
  std::string readme = text_of(kReadme);
  const auto begin = readme.find(kBegin), end = readme.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const auto from = begin + std::string(kBegin).size();
  const std::string shown = readme.substr(from, end - from);

  const auto all = tla::read_configurations(kFolder);
  std::vector<Configuration> chosen;
  for (const Configuration& each : all) {
    if (!each.is_large() || is_set("CUTOVER_LARGE")) chosen.push_back(each);
  }
  // The longest first, so that the last ones to end are short.
  std::ranges::sort(chosen, {}, [](const Configuration& each) {
    return each.is_large() ? 0 : each.size == "mutant" ? 2 : 1;
  });
  const auto results = run_two_at_a_time(chosen, options_);
  std::string table =
      "| configuration | expected | states | depth | time |\n|---|---|---|---|---|\n";
  for (const Configuration& each : all) {
    const auto at = std::ranges::find(chosen, each.name, &Configuration::name);
    if (at == chosen.end()) {
      std::cout << each.name << " is left out: CUTOVER_LARGE=1 runs it\n";
      table += kept_row(shown, each) + "\n";
      continue;
    }
    const tla::Result& result = results[static_cast<std::size_t>(at - chosen.begin())];
    EXPECT_TRUE(is_as_expected(each, result))
        << each.name << ": expected " << to_string(each) << ", found " << to_string(result);
    table += row(each, result) + "\n";
  }
  if (is_set("CUTOVER_REWRITE")) {
    std::ofstream(kReadme) << readme.replace(from, end - from, table);
    return;
  }
  EXPECT_EQ(without_times(shown), without_times(table))
      << "stale: CUTOVER_REWRITE=1 writes it anew";
}

TEST_F(Tlc, TheStateGraphIsReadWhole) {
  const Configuration small = named("catalog/single-tombstone/small");
  const tla::StateGraph graph = tla::explore(small, options_);
  const tla::Result counted = tla::run_tlc(small, options_);
  EXPECT_EQ(graph.states.size(), counted.states);
  EXPECT_EQ(graph.edges.size() + graph.initial.size(), counted.generated);
  EXPECT_EQ(graph.initial.size(), 2u);
  for (const std::string& state : graph.states) ASSERT_EQ(tla::parse_state(state).size(), 6u);
  const auto& first = tla::parse_state(graph.states[graph.initial[0]]);
  EXPECT_EQ(first["process"][1]["target"], "persist");
}

TEST_F(Tlc, AWrongExpectationIsNotMet) {
  Configuration merge = named("catalog/mutants/merge");
  const tla::Result result = tla::run_tlc(merge, options_);
  EXPECT_TRUE(is_as_expected(merge, result));
  merge.violated = "NoLostWrite";
  EXPECT_FALSE(is_as_expected(merge, result));
  merge.expect = Configuration::Expect::holds;
  EXPECT_FALSE(is_as_expected(merge, result));
}

TEST_F(Tlc, ACounterexampleIsReadStepByStep) {
  const tla::Result result = tla::run_tlc(named("catalog/mutants/flip-before-copy"), options_);
  ASSERT_EQ(result.ended, tla::Result::Ended::violated);
  std::vector<std::string> actions;
  for (const tla::TraceStep& step : result.trace) actions.push_back(step.action);
  ASSERT_EQ(actions.size(), 10u);
  actions.erase(actions.begin());
  EXPECT_EQ(actions,
            (std::vector<std::string>{"Start", "OpenStore", "ReadContents", "UpgradeContents",
                                      "OpenStore", "ReadContents", "ReadTheTombstone",
                                      "ReadTheSnapshot", "SetTheTombstone"}));
  EXPECT_EQ(tla::parse_state(result.trace[9].state)["store"]["stash"]["tombstone"], "true");
}

TEST_F(Tlc, ARunThatTakesTooLongIsKilled) {
  options_.seconds = 0.2;
  const tla::Result result = tla::run_tlc(named("catalog/single-tombstone/small"), options_);
  EXPECT_EQ(result.ended, tla::Result::Ended::out_of_time);
}

TEST_F(Tlc, AnErrorOfTlcIsShown) {
  Configuration none = named("catalog/single-tombstone/small");
  none.module = "NoSuchModule";
  const tla::Result result = tla::run_tlc(none, options_);
  EXPECT_EQ(result.ended, tla::Result::Ended::failed);
  EXPECT_NE(result.errors.find("NoSuchModule"), std::string::npos) << result.errors;
}

/// The command beside a share/ folder of its own, as if it were installed, with the configurations
/// changed.
class Engine : public Tlc {
 protected:
  void SetUp() override {
    Tlc::SetUp();
    fs::create_directories(folder_ / "bin");
    fs::create_directories(share() / "catalog");
    fs::copy(CUTOVER_COMMAND, folder_ / "bin");
    for (const auto& entry : fs::directory_iterator(kFolder / "catalog")) {
      if (entry.is_regular_file()) fs::copy(entry.path(), share() / "catalog");
    }
  }
  fs::path share() { return folder_ / "share" / "cutover" / "tla"; }

  void copy(const std::string& name, const std::string& from = "", const std::string& to = "") {
    const fs::path into = share() / (name + ".cfg");
    fs::create_directories(into.parent_path());
    std::string text = text_of(kFolder / (name + ".cfg"));
    if (!from.empty()) {
      const auto at = text.find(from);
      ASSERT_NE(at, std::string::npos);
      text.replace(at, from.size(), to);
    }
    std::ofstream(into) << text;
  }

  /// Its exit status; its output goes to output_.
  int check(const std::string& name, const std::string& jar = "",
            const std::string& engine = "tla") {
    const std::string line =
        fmt::format("cd {} && TLA2TOOLS_JAR={} bin/{} check --engine {} {} 2>&1",
                    folder_.path().string(), jar.empty() ? options_.tools.jar.string() : jar,
                    fs::path(CUTOVER_COMMAND).filename().string(), engine, name);
    output_.clear();
    FILE* pipe = ::popen(line.c_str(), "r");
    char buffer[4096];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe))
      output_.append(buffer, got);
    const int status = ::pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void expect_output(const std::string& what) {
    EXPECT_NE(output_.find(what), std::string::npos) << output_;
  }

  TemporaryFolder folder_;
  std::string output_;
};

TEST_F(Engine, FindsWhatIsExpected) {
  copy("catalog/mutants/merge");
  EXPECT_EQ(check("catalog/single-tombstone+merge"), 0) << output_;
  expect_output("set stash tombstone true");  // a schedule of the implementation
  expect_output("1 of 1 verdicts as expected");
}

TEST_F(Engine, AGraphThatIsNotTheModelsDiffers) {
  copy("catalog/single-tombstone/small");
  EXPECT_EQ(check("catalog/single-tombstone", "", "same-graph"), 0) << output_;
  expect_output(" transitions");
  copy("catalog/single-tombstone/small", "  Rollback <- SingleRollback",
       "  Rollback <- OneWriteRollback");
  EXPECT_EQ(check("catalog/single-tombstone", "", "same-graph"), 1) << output_;
  expect_output("SameGraph DIFFERS: expected holds");
  expect_output("catalog/single-tombstone/small: ");
}

TEST_F(Engine, AWrongExpectationIsUnknown) {
  copy("catalog/mutants/merge", "violates NoResurrection", "violates NoLostWrite");
  EXPECT_EQ(check("catalog/single-tombstone+merge"), 3);
  expect_output("expects NoLostWrite, the registry NoResurrection");
}

TEST_F(Engine, AnotherViolationThanTheNamedOneDiffers) {
  copy("catalog/mutants/merge", "  Migrate <- Merge", "  Migrate <- FlipBeforeCopy");
  EXPECT_EQ(check("catalog/single-tombstone+merge"), 1);
  expect_output("NoLostWrite DIFFERS: expected NoResurrection");
}

TEST_F(Engine, AMutantThatSurvivesDiffers) {
  copy("catalog/mutants/merge", "  Migrate <- Merge", "  Migrate <- SingleMigrate");
  EXPECT_EQ(check("catalog/single-tombstone+merge"), 1);
  expect_output("DIFFERS: expected NoResurrection");
}

TEST_F(Engine, ASoundCaseThatIsViolatedDiffersWhateverElseIsUnknown) {
  copy("catalog/single-tombstone/long", "size: long", "size: long\n\\* witnesses: NoSuch");
  // A substitution that the module of the sound ones knows: the rollback's steps both ways.
  copy("catalog/single-tombstone/small", "  Migrate <- SingleMigrate",
       "  Migrate <- SingleRollback");
  EXPECT_EQ(check("catalog/single-tombstone"), 1);
  expect_output("DIFFERS: expected holds");
}

/// A single start moves nothing back, and what holds of it is not taken for more.
TEST_F(Engine, AWitnessThatIsNotReachedIsUnknown) {
  copy("catalog/single-tombstone/liveness");
  copy("catalog/single-tombstone/small", "MaxStarts = 2", "MaxStarts = 1");
  EXPECT_EQ(check("catalog/single-tombstone"), 3);
  expect_output("not exercised");
  expect_output(
      "never reached: AnswersOnBoth, Believes, MovesADelete, MovesAPut, MovesBack, Rejects\n");
}

TEST_F(Engine, WithoutTlcIsUnknown) {
  copy("catalog/mutants/merge");
  EXPECT_EQ(check("catalog/single-tombstone+merge", "/no/such.jar"), 3);
  expect_output("TLC is missing");
  expect_output("/no/such.jar is not there: run tla/fetch");
}

}  // namespace
}  // namespace cutover
