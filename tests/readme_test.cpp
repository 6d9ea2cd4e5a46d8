// The README's table of mutants is made from the code: each mutant with its property and its
// shortest counterexample. With CUTOVER_REWRITE=1 in the environment the table is written anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "crashsim/explorer.h"
#include "properties/catalog/cases.h"
#include "properties/catalog/mutants.h"

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

std::string table_of_mutants() {
  std::string table =
      "| mutant | flaw | violates | faults | steps | happened as |\n|---|---|---|---|---|---|\n";
  for (const Case& of : catalog::cases()) {
    if ((!of.is_mutant() && of.violates.empty()) || of.violates_only_refinement()) continue;
    crashsim::Options options;
    options.expect_violation = !of.violates.empty();
    const auto found = crashsim::explore(of.world({}), options);
    const std::string name = of.name.substr(of.name.find('/') + 1);
    if (found.violation) {
      table += fmt::format("| {} | {} | {} | {} | {} | {} |\n", name, of.about,
                           found.violation->violated, count_faults(*found.violation),
                           found.violation->choices.size(), record_of(of.name));
    } else {
      table += fmt::format("| {} | {} | holds: harmless | | | {} |\n", name, of.about,
                           record_of(of.name));
    }
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
