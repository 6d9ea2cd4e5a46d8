// docs/design.md is held to the code: its steps are those that a process takes whom nobody
// disturbs, and it names every mutant, and none that there is not.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "crashsim/live/live_world.h"
#include "properties/state_version/cases.h"
#include "tests/named_cases.h"

namespace cutover {
namespace {

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells;
  for (std::size_t begin = 1; begin < row.size();) {
    const std::size_t end = std::min(row.find('|', begin), row.size());
    cells.push_back(row.substr(begin, end - begin));
    begin = end + 1;
  }
  return cells;
}

std::vector<std::string> quoted(const std::string& text) {
  static const std::regex pattern("`([^`]+)`");
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    found.push_back((*at)[1]);
  }
  return found;
}

struct Page {
  std::map<std::string, std::vector<std::string>> steps;  ///< "single-tombstone: migrate"
  std::multiset<std::string> mutants;                     ///< "two-tombstones+merge"
  std::vector<std::string> reasonless;                    ///< steps without one
  std::string text;
};

const Page& page() {
  static const Page read = [] {
    Page page;
    std::ifstream in(CUTOVER_SOURCE "/docs/design.md");
    std::string section;
    for (std::string line; std::getline(in, line);) {
      page.text += line + "\n";
      if (line.starts_with("#")) section = line.starts_with("### ") ? line.substr(4) : "";
      if (!line.starts_with("|") || line.starts_with("|-") || line.ends_with("| shown by |") ||
          line.ends_with("of contents |")) {
        continue;
      }
      const auto cells = cells_of(line);
      // What shows a promise is of the accepted design.
      const std::string of =
          section.empty() ? "single-tombstone" : section.substr(0, section.find(':'));
      for (const std::string& mutant : quoted(cells.back())) page.mutants.insert(of + "+" + mutant);
      if (section.empty()) continue;
      page.steps[section].push_back(quoted(cells[1]).at(0));
      if (cells[2].size() < 5) page.reasonless.push_back(line);
    }
    return page;
  }();
  return read;
}

/// The steps of the last of these programs, which run one after the other, each alone.
std::vector<std::string> steps_of(const std::string& protocol, const std::string& beginning,
                                  const std::vector<std::string>& programs) {
  const crashsim::World world = case_of("catalog/" + protocol).world({});
  crashsim::LiveWorld live(world, beginning);
  std::map<std::string, unsigned> starts;
  std::vector<std::string> taken;
  const auto take = [&](const crashsim::Choice& choice) {
    EXPECT_EQ(live.take(choice), std::nullopt) << choice.actor << " " << choice.step;
  };
  for (const std::string& program : programs) {
    const std::string who = program + "-" + std::to_string(++starts[program]);
    taken.clear();
    take({who, crashsim::kStart, "ok"});
    while (const auto* step = live.pending(who)) {
      taken.push_back(step->label);
      take({who, step->label, "ok"});
    }
    take({who, crashsim::kStop, "ok"});
  }
  return taken;
}

class Design : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Pages, Design,
                         testing::Values("single-tombstone: migrate", "single-tombstone: rollback",
                                         "single-tombstone-one-write: rollback",
                                         "single-tombstone-lazy-open: migrate",
                                         "single-tombstone-lazy-open: rollback",
                                         "two-tombstones: migrate", "two-tombstones: rollback"),
                         [](const auto& info) {
                           return std::regex_replace(info.param, std::regex("[^a-z]+"), "_");
                         });

TEST_P(Design, HasTheStepsThatAreTaken) {
  ASSERT_TRUE(page().steps.contains(GetParam()));
  const auto colon = GetParam().find(": ");
  const std::string protocol = GetParam().substr(0, colon), program = GetParam().substr(colon + 2);
  // From the beginning in which there is most to do; a rollback's is after a migration.
  std::vector<std::string> programs = {program};
  if (program == "rollback") programs.insert(programs.begin(), "migrate");
  EXPECT_EQ(page().steps.at(GetParam()), steps_of(protocol, "leftovers", programs));
}

TEST(Design, KnowsEveryProtocolOfWhichItTells) {
  std::set<std::string> told, known;
  for (const auto& [section, steps] : page().steps)
    told.insert(section.substr(0, section.find(':')));
  for (const Case& each : cases_that(true)) {
    if (!each.is_mutant()) known.insert(each.name.substr(each.name.find('/') + 1));
  }
  EXPECT_EQ(told, known);
  EXPECT_EQ(page().steps.size(), 7u);
}

/// What the optimisation would have saved, as the page's table has it.
TEST(Design, CountsWhatOpeningLazilyWouldSave) {
  struct Row {
    std::string what, beginning;
    std::vector<std::string> programs;
  };
  const std::vector<Row> rows = {
      {"migrate, both stores never used", "fresh", {"migrate"}},
      {"migrate, the stash in the old format", "leftovers", {"migrate"}},
      {"migrate, already done", "leftovers", {"migrate", "migrate"}},
      {"rollback", "leftovers", {"migrate", "rollback"}},
      {"rollback, nothing to do", "leftovers", {"migrate", "rollback", "rollback"}},
  };
  std::string table;
  for (const Row& row : rows) {
    table += "| " + row.what;
    for (const char* protocol : {"single-tombstone", "single-tombstone-lazy-open"}) {
      const auto steps = steps_of(protocol, row.beginning, row.programs);
      const auto writes = std::ranges::count_if(
          steps, [](const std::string& step) { return step.starts_with("replace "); });
      table += " | " + std::to_string(steps.size()) + " | " + std::to_string(writes);
    }
    table += " |\n";
  }
  EXPECT_NE(page().text.find(table), std::string::npos) << "the page's rows should be\n" << table;
}

TEST(Design, GivesAReasonForEachStep) { EXPECT_EQ(page().reasonless, std::vector<std::string>()); }

TEST(Design, NamesEveryMutantOnce) {
  std::multiset<std::string> known;
  for (const Case& each : registry_of({catalog::family()})) {
    if (each.is_mutant()) known.insert(each.name.substr(each.name.find('/') + 1));
  }
  EXPECT_EQ(page().mutants, known);
}

TEST(Design, OfStateVersionsNamesEveryMutantAndNoOther) {
  std::ifstream in(CUTOVER_SOURCE "/docs/design-state-version.md");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  static const std::regex pattern("(reference|as-described)-[a-z]+[+][a-z-]*[a-z]");
  std::set<std::string> told, known;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    told.insert(at->str());
  }
  for (const Case& each : registry_of({state_version::family()})) {
    if (each.is_mutant()) known.insert(each.name.substr(each.name.find('/') + 1));
  }
  EXPECT_EQ(told, known);
}

}  // namespace
}  // namespace cutover
