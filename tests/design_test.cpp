// docs/design.md is held to the code: its steps are those that a process takes whom nobody
// disturbs, and it names every mutant, and none that there is not.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "crashsim/live/live_world.h"
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
  std::multiset<std::string> mutants;
  std::vector<std::string> reasonless;  ///< steps without one
};

const Page& page() {
  static const Page read = [] {
    Page page;
    std::ifstream in(CUTOVER_SOURCE "/docs/design.md");
    std::string section;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("#")) section = line.starts_with("### ") ? line.substr(4) : "";
      if (!line.starts_with("|") || line.starts_with("|-") || line.ends_with("| shown by |"))
        continue;
      const auto cells = cells_of(line);
      for (const std::string& mutant : quoted(cells.back())) page.mutants.insert(mutant);
      if (section.empty()) continue;
      page.steps[section].push_back(quoted(cells[1]).at(0));
      if (cells[2].size() < 5) page.reasonless.push_back(line);
    }
    return page;
  }();
  return read;
}

/// The steps of a program that runs alone, from the beginning in which all have work to do.
std::vector<std::string> steps_of(const std::string& protocol, const std::string& program) {
  const crashsim::World world = case_of("catalog/" + protocol).world({});
  crashsim::LiveWorld live(world, "leftovers");
  std::vector<std::string> steps;
  const auto take = [&](const crashsim::Choice& choice) {
    EXPECT_EQ(live.take(choice), std::nullopt) << choice.actor << " " << choice.step;
  };
  const auto run = [&](const std::string& who) {
    std::vector<std::string> taken;
    take({who, crashsim::kStart, "ok"});
    for (;;) {
      const auto choices = live.choices();
      const auto next = std::ranges::find_if(choices, [&](const crashsim::Choice& choice) {
        return choice.actor == who && choice.outcome == "ok";
      });
      if (next == choices.end() || next->step == crashsim::kStop ||
          next->step.starts_with("client: ")) {
        return taken;
      }
      taken.push_back(next->step);
      take(*next);
    }
  };
  // A rollback has work to do once there was a migration.
  auto moved = run("migrate-1");
  if (program == "rollback") {
    take({"migrate-1", crashsim::kStop, "ok"});
    moved = run("rollback-1");
  }
  return moved;
}

class Design : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Pages, Design,
                         testing::Values("single-tombstone: migrate", "single-tombstone: rollback",
                                         "single-tombstone-one-write: rollback",
                                         "two-tombstones: migrate", "two-tombstones: rollback"),
                         [](const auto& info) {
                           return std::regex_replace(info.param, std::regex("[^a-z]+"), "_");
                         });

TEST_P(Design, HasTheStepsThatAreTaken) {
  ASSERT_TRUE(page().steps.contains(GetParam()));
  const auto& told = page().steps.at(GetParam());
  const auto colon = GetParam().find(": ");
  auto taken = steps_of(GetParam().substr(0, colon), GetParam().substr(colon + 2));
  ASSERT_GE(taken.size(), told.size());
  // What follows is that the contents are brought up.
  const std::vector<std::string> rest(taken.begin() + static_cast<std::ptrdiff_t>(told.size()),
                                      taken.end());
  taken.resize(told.size());
  EXPECT_EQ(told, taken);
  EXPECT_LE(rest.size(), 2u);
  for (const std::string& step : rest) {
    EXPECT_TRUE(
        std::regex_match(step, std::regex("(read|replace) (stash|persist) (snapshot|contents)")))
        << step;
  }
}

TEST(Design, KnowsEveryProtocolOfWhichItTells) {
  std::set<std::string> told, known;
  for (const auto& [section, steps] : page().steps)
    told.insert(section.substr(0, section.find(':')));
  for (const Case& each : cases_that(true)) {
    if (!each.is_mutant()) known.insert(each.name.substr(each.name.find('/') + 1));
  }
  EXPECT_EQ(told, known);
  EXPECT_EQ(page().steps.size(), 5u);
}

TEST(Design, GivesAReasonForEachStep) { EXPECT_EQ(page().reasonless, std::vector<std::string>()); }

TEST(Design, NamesEveryMutantOnce) {
  std::multiset<std::string> known;
  for (const Case& each : registry_of({catalog::family()})) {
    if (each.is_mutant()) known.insert(each.name.substr(each.name.find('+') + 1));
  }
  EXPECT_EQ(page().mutants, known);
}

}  // namespace
}  // namespace cutover
