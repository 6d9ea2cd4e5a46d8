// The figures of states in README.md and docs/speed.md are those of this version: each is searched
// again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>

#include "engines/bounds.h"
#include "engines/engines.h"
#include "engines/family.h"
#include "properties/catalog/cases.h"
#include "properties/online/cases.h"
#include "properties/state_version/cases.h"
#include "system/text.h"

namespace cutover {
namespace {

std::vector<std::string> lines_of(const std::string& page) {
  std::ifstream in(CUTOVER_SOURCE "/" + page);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Verdict check(const std::string& engine, const std::string& name, const std::string& bounds) {
  static const Registry all =
      registry_of({catalog::family(), state_version::family(), online::family()});
  EngineOptions options;
  const Case& of = *std::ranges::find(all, name, &Case::name);
  options.bounds = bounds_for(of, find_engine(engine), bounds);
  options.threads = 2;
  return find_engine(engine).check(of, options);
}

/// The check that the first screens show: what holds there, under crashsim and the model.
TEST(PinnedCounts, OfTheCheckThatTheReadmeShows) {
  const std::regex heading("engine (\\w+) .*");
  const std::regex holds("(\\S+) +holds, complete +([0-9,]+) states .*");
  std::string engine;
  int compared = 0;
  for (const std::string& line : lines_of("README.md")) {
    std::smatch found;
    if (std::regex_match(line, found, heading)) engine = found[1];
    if (engine != "crashsim" && engine != "model") continue;
    if (!std::regex_match(line, found, holds)) continue;
    const Verdict verdict = check(engine, found[1], "");
    EXPECT_EQ(verdict.finding, Finding::holds) << line;
    EXPECT_EQ(with_commas(verdict.states), found[2]) << line;
    ++compared;
  }
  EXPECT_EQ(compared, 18);
}

/// The table of speeds. The largest model is left to `cutover bench`: it takes a minute and 5 GB.
TEST(PinnedCounts, OfTheTableOfSpeeds) {
  struct Row {
    const char *begins, *engine, *bounds;
  };
  const std::vector<Row> rows = {
      {"| implementation | 2 processes, 3 starts, 2 crashes |", "crashsim", "starts=3,crashes=2"},
      {"| implementation | the default: 2 processes, 4 starts, 2 crashes |", "crashsim", ""},
      {"| implementation | 3 processes, 4 starts, 2 crashes |", "crashsim",
       "processes=3,starts=4,crashes=2"},
      {"| model | 2 processes, 3 starts, 2 crashes |", "model", "starts=3,crashes=2"},
      {"| model | 3 processes, 4 starts, no faults |", "model",
       "processes=3,starts=4,crashes=0,in_flight=0,lost=0"},
      {"| model | 2 processes, 4 starts, 2 crashes |", "model", "starts=4,crashes=2"},
  };
  std::size_t found = 0, in_page = 0;
  for (const std::string& line : lines_of("docs/speed.md")) {
    in_page += line.starts_with("| implementation | ") || line.starts_with("| model | ");
    for (const Row& row : rows) {
      if (!line.starts_with(row.begins)) continue;
      ++found;
      const Verdict verdict = check(row.engine, "catalog/single-tombstone-lazy-open", row.bounds);
      const std::string expected = fmt::format("{} {} |", row.begins, with_commas(verdict.states));
      EXPECT_TRUE(line.starts_with(expected)) << line << "\nis now\n" << expected;
    }
  }
  EXPECT_EQ(found, rows.size());
  EXPECT_EQ(in_page, rows.size() + 1);
}

}  // namespace
}  // namespace cutover
