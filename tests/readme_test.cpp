// The table of mutants in docs/mutants.md is made from the code: each mutant with its property and
// its shortest counterexample by each engine, TLC among them, or that random search found it. With
// CUTOVER_REWRITE=1 in the environment the table is written anew.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "cli/checking.h"
#include "engines/bounds.h"
#include "engines/engines.h"
#include "engines/random_engine.h"
#include "engines/tla_engine.h"
#include "properties/catalog/cases.h"
#include "properties/online/cases.h"
#include "properties/state_version/cases.h"
#include "system/text.h"
#include "tests/random_runs.h"

namespace cutover {

void PrintTo(const Family& family, std::ostream* out) { *out << family.name; }  // for GoogleTest

namespace {

constexpr const char* kPage = CUTOVER_SOURCE "/docs/mutants.md";
constexpr const char* kEnd = "<!-- end of mutants -->\n";
std::string begin_of(const Family& family) {
  return fmt::format("<!-- mutants of {}: made by readme_test -->\n", family.name);
}

bool is_shown(const Case& of) { return of.is_mutant() || !of.violates.empty(); }

std::string extent(const crashsim::Schedule& found) {
  const auto faults = count_faults(found);
  const std::string steps = plural(found.choices.size(), "step");
  return faults == 0 ? steps : steps + ", " + plural(faults, "fault");
}

/// What the engine found, "9 steps", or empty. A violation of another property is an error.
std::string found_by(const char* engine, const Case& of,
                     const std::optional<crashsim::Schedule>& found) {
  if (!found) return "";
  EXPECT_EQ(found->violated, of.violates) << of.name << " by " << engine;
  return extent(*found);
}

std::string found_by_crashsim(const Case& of) {
  if (of.violates_only_refinement()) return "";
  return found_by("crashsim", of, violation_of(of, bounds_for(of, find_engine("crashsim"), "")));
}

std::string found_by_model(const Case& of) {
  if (!of.model) return "";
  return found_by("model", of,
                  of.model->check(bounds_for(of, find_engine("model"), ""), {}, true).violation);
}

std::string found_by_refinement(const Case& of) {
  if (!of.violates_only_refinement()) return "";
  return found_by("refinement", of, of.refinement({}, {}, true).violation);
}

/// What TLC makes of the cases that have a specification, two at a time.
std::map<std::string, Verdict> checked_by_tlc(const Registry& cases) {
  std::vector<const Case*> chosen;
  for (const Case& of : cases) {
    if (is_shown(of) && has_specification(of)) chosen.push_back(&of);
  }
  EngineOptions options;
  options.threads = 2;
  const cli::Clock clock;
  std::map<std::string, Verdict> by_name;
  cli::Checking(find_engine("tla"), chosen, options, std::nullopt, clock)
      .run([&](const Verdict& verdict) {
        EXPECT_TRUE(verdict.as_expected()) << verdict.of->name << ": " << verdict.note << "\n"
                                           << verdict.details;
        by_name.emplace(verdict.of->name, verdict);
      });
  return by_name;
}

/// How long TLC's counterexample is, if that is always the same: a violation of liveness is told as
/// some way into a cycle.
std::string extent_by_tlc(const Verdict& verdict) {
  return verdict.violated == "CanFinish" ? "found" : verdict.note;
}

/// Found by none of as many runs. A process has to die before its folder is synced, a newer one to
/// be up by then, and power to be lost, one after the other; and in random worlds no source forgets
/// what was deleted, as two of the shadow's need, and the shadow of one seldom misses just the last
/// of its many writes.
const std::set<std::string> kTooRare = {
    "state_version/reference-file+unsynced-start", "online/shadow+compares-in-backfill",
    "online/shadow+does-not-drain", "online/shadow+keeps-what-the-source-lacks"};

/// A violation of its property at random, by the first of these runs that has one.
std::string found_at_random(const Case& of) {
  if (of.violates.empty() || of.violates_only_refinement() || kTooRare.contains(of.name)) return "";
  constexpr std::uint64_t kRuns = 20'000;
  const auto search =
      crashsim::search_at_random(random_worlds_of(of), first_runs(kRuns, of.violates));
  EXPECT_TRUE(search.found) << of.name << " survives " << search.runs << " runs";
  if (!search.found) return "";
  EXPECT_EQ(search.found->schedule.violated, of.violates) << of.name;
  return "found";
}

std::string table_of_mutants(const Family& family) {
  std::string table =
      "| mutant | flaw | violates | crashsim | model | tla | random | refinement | happened as |\n"
      "|---|---|---|---|---|---|---|---|---|\n";
  const Registry cases = registry_of({family});
  const auto by_tlc = checked_by_tlc(cases);
  for (const Case& of : cases) {
    if (!is_shown(of)) continue;
    const auto tlc = by_tlc.find(of.name);
    const std::vector<std::string> found = {found_by_crashsim(of), found_by_model(of),
                                            tlc == by_tlc.end() ? "" : extent_by_tlc(tlc->second),
                                            found_at_random(of), found_by_refinement(of)};
    const bool survives = std::ranges::all_of(found, &std::string::empty);
    EXPECT_EQ(survives, of.violates.empty()) << of.name;
    table += fmt::format("| {} | {} | {} | {} | {} |\n", of.name.substr(of.name.find('/') + 1),
                         of.about, survives ? "nothing: harmless" : of.violates,
                         fmt::join(found, " | "), of.record);
  }
  return table;
}

class Readme : public testing::TestWithParam<Family> {};
INSTANTIATE_TEST_SUITE_P(Families, Readme,
                         testing::Values(catalog::family(), state_version::family(),
                                         online::family()),
                         [](const auto& info) { return info.param.name; });

TEST_P(Readme, ShowsTheMutantsAsTheyAreFound) {
  std::ifstream in(kPage);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto begin = text.find(begin_of(GetParam()));
  const auto end = text.find(kEnd, begin);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const auto from = begin + begin_of(GetParam()).size();
  const std::string table = table_of_mutants(GetParam());
  if (std::getenv("CUTOVER_REWRITE") != nullptr) {
    std::ofstream(kPage) << text.replace(from, end - from, table);
    return;
  }
  EXPECT_EQ(text.substr(from, end - from), table) << "stale: CUTOVER_REWRITE=1 writes it anew";
}

}  // namespace
}  // namespace cutover
