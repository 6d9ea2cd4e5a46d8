// The README's table of mutants is made from the code: each mutant with its property and its
// shortest counterexample by each engine. With CUTOVER_REWRITE=1 in the environment the table is
// written anew.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cli/text.h"
#include "crashsim/explorer.h"
#include "properties/catalog/cases.h"
#include "properties/catalog/mutants.h"
#include "tla/tlc.h"

namespace cutover {
namespace {

constexpr const char* kReadme = CUTOVER_SOURCE "/README.md";
constexpr const char* kBegin = "<!-- mutants: made by readme_test -->\n";
constexpr const char* kEnd = "<!-- end of mutants -->\n";

std::string record_of(const std::string& name) {
  if (name == "catalog/first-draft")
    return "both-true-draft (first draft of the catalog migration)";
  for (const auto& mutants : {catalog::protocol_mutants(), catalog::store_mutants()}) {
    for (const auto& mutant : mutants) {
      if (name.ends_with(mutant.of + "+" + mutant.name)) return mutant.record;
    }
  }
  return "";
}

std::string extent(const crashsim::Schedule& found) {
  const auto faults = count_faults(found);
  const std::string steps = cli::plural(found.choices.size(), "step");
  return faults == 0 ? steps : steps + ", " + cli::plural(faults, "fault");
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
  crashsim::Options options;
  options.expect_violation = !of.violates.empty();
  return found_by("crashsim", of, crashsim::explore(of.world({}), options).violation);
}

std::string found_by_model(const Case& of) {
  if (!of.model) return "";
  return found_by("model", of, of.model->check({}, {}, true).violation);
}

std::string found_by_refinement(const Case& of) {
  if (!of.violates_only_refinement()) return "";
  return found_by("refinement", of, of.refinement({}, {}, true).violation);
}

/// That they do is what tla_test and random_mutants_test show.
std::string found_by_tla(const Case& of) {
  const auto all = tla::read_configurations(tla::specifications());
  const auto mutant = [&](const auto& each) {
    return each.case_name == of.name && each.size == "mutant";
  };
  return std::ranges::any_of(all, mutant) ? "found" : "";
}
std::string found_by_random(const Case& of) {
  return of.violates.empty() || of.violates_only_refinement() ? "" : "found";
}

std::string table_of_mutants() {
  std::string table =
      "| mutant | flaw | violates | crashsim | model | tla | random | refinement | happened as |\n"
      "|---|---|---|---|---|---|---|---|---|\n";
  for (const Case& of : catalog::cases()) {
    if (!of.is_mutant() && of.violates.empty()) continue;
    const std::vector<std::string> found = {found_by_crashsim(of), found_by_model(of),
                                            found_by_tla(of), found_by_random(of),
                                            found_by_refinement(of)};
    const bool survives = std::ranges::all_of(found, &std::string::empty);
    EXPECT_EQ(survives, of.violates.empty()) << of.name;
    table += fmt::format("| {} | {} | {} | {} | {} |\n", of.name.substr(of.name.find('/') + 1),
                         of.about, survives ? "nothing: harmless" : of.violates,
                         fmt::join(found, " | "), record_of(of.name));
  }
  return table;
}

TEST(Readme, ShowsTheMutantsAsTheyAreFound) {
  std::ifstream in(kReadme);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const auto from = begin + std::string(kBegin).size();
  const std::string table = table_of_mutants();
  if (std::getenv("CUTOVER_REWRITE") != nullptr) {
    std::ofstream(kReadme) << text.replace(from, end - from, table);
    return;
  }
  EXPECT_EQ(text.substr(from, end - from), table) << "stale: CUTOVER_REWRITE=1 writes it anew";
}

}  // namespace
}  // namespace cutover
