// The tables that random search draws for the shadow (properties/online/random_table.h): of many
// kinds, functions of their names, sound at the beginning; and that the references hold over them.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "crashsim/live/live_world.h"
#include "engines/family.h"
#include "properties/online/cases.h"
#include "properties/online/random_table.h"
#include "tests/random_runs.h"

namespace cutover::online {
namespace {

using crashsim::WorldName;
using nlohmann::json;

const Registry& cases() {
  static const Registry all = registry_of({family()});
  return all;
}

TEST(RandomTables, AreFunctionsOfTheirNames) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const WorldName name{seed, seed * 5 / 2};
    const RandomTable one = random_table(name), two = random_table(name);
    EXPECT_EQ(json(one.rows), json(two.rows));
    EXPECT_EQ(json(one.plan), json(two.plan));
    EXPECT_EQ(one.rows_of_page, two.rows_of_page);
    for (const char* kind : {"put", "delete", "insert", "read"}) {
      EXPECT_EQ(random_key(name, kind, 3), random_key(name, kind, 3));
    }
  }
}

/// A larger world of the same seed has the rows of a smaller one, unless that is of the plain ones.
TEST(RandomTables, GrowByRows) {
  std::size_t kept = 0;
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const Rows small = random_table({seed, 20}).rows, large = random_table({seed, 50}).rows;
    EXPECT_LE(small.size(), large.size());
    for (const auto& [key, row] : small) {
      ASSERT_TRUE(large.contains(key)) << key;
      EXPECT_EQ(json(row), json(large.at(key)));
      ++kept;
    }
  }
  EXPECT_GT(kept, 40U);
}

/// Ranges that follow on each other, from the first key to the last; and of insertions no key that
/// is there.
TEST(RandomTables, HavePlansOfAllKeys) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const WorldName name{seed, seed % 101};
    const RandomTable table = random_table(name);
    ASSERT_FALSE(table.plan.empty());
    EXPECT_EQ(table.plan.front().first, "");
    EXPECT_EQ(table.plan.back().end, "");
    for (std::size_t i = 1; i < table.plan.size(); ++i) {
      EXPECT_EQ(table.plan[i].first, table.plan[i - 1].end);
      EXPECT_LT(table.plan[i - 1].first, table.plan[i].first);
    }
    for (int i = 1; i < 10; ++i) EXPECT_FALSE(table.rows.contains(random_key(name, "insert", i)));
  }
}

TEST(RandomTables, AreOfManyKinds) {
  std::set<std::string> seen;
  const auto see = [&](const std::string& kind, bool is_seen) {
    if (is_seen) seen.insert(kind);
  };
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    const WorldName name{seed, seed % 101};
    const RandomTable table = random_table(name);
    see("hundreds of rows", table.rows.size() >= 200);
    see("one row", table.rows.size() == 1);
    see("several ranges", table.plan.size() > 2);
    see("pages of one row", table.rows_of_page == 1);
    see("pages of many rows", table.rows_of_page > 4);
    see("a put where there is no row", !table.rows.contains(random_key(name, "put", 1)));
    for (const auto& [key, row] : table.rows) {
      see("a key with a NUL", key.find('\0') != std::string::npos);
      see("a key that is no ASCII", key.starts_with("\xc3"));
      see("a long key", key.size() > 50);
      see("nothing that is live", !is_live(row));
      see("a marker of the row below what is live", row.deleted != 0 && is_live(row));
      see("no value of the clients'", is_live(row) && !row.columns.contains("v"));
      std::set<std::int64_t> expires;
      for (const auto& [column, cells] : row.columns) {
        see("a marker of a column below its elements",
            cells.deleted != 0 && !cells.elements.empty());
        for (const auto& [element, cell] : cells.elements) {
          EXPECT_LT(cell.written, 2500);  // before any client
          see("a marker of a cell", element.empty() && cell.is_marker());
          see("a marker of an element", !element.empty() && cell.is_marker());
          see("an element that expires", !element.empty() && cell.expires != 0);
          see("an empty value", cell.value == "");
          see("a number", cell.value.is_number());
          see("an array", cell.value.is_array());
          see("a long value", cell.value.dump().size() > 200);
          see("later than a copy", cell.written >= 2000);
          see("older than a copy", cell.written < 1000);
          if (!cell.is_marker()) expires.insert(cell.expires);
        }
      }
      see("cells that expire beside one that does not", expires.contains(0) && expires.size() > 1);
    }
  }
  EXPECT_EQ(seen.size(), 23U) << json(seen).dump(1);
}

TEST(RandomTables, ViolateNothingAtTheBeginning) {
  int looked_at = 0;
  for (const Case& of : cases()) {
    if (of.is_mutant() || of.random.make == nullptr) continue;
    for (std::uint32_t seed = 0; seed < 30; ++seed, ++looked_at) {
      const crashsim::World world = of.random.make({}, {seed, seed * 3});
      EXPECT_EQ(crashsim::LiveWorld(world, world.beginnings[0].name).violated(), std::nullopt)
          << of.name << " seed " << seed;
    }
  }
  EXPECT_EQ(looked_at, 5 * 30);
}

/// The others are the same at random, where nothing is forgotten.
class OverRandomTables : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Online, OverRandomTables,
                         testing::Values("shadow", "shadow-and-back", "shadow-elements"));

/// Up to six processes, 20 crashes, ten lost answers, ten requests in flight.
TEST_P(OverRandomTables, AReferenceHolds) {
  const std::string name = std::string("online/") + GetParam();
  const auto of = std::ranges::find(cases(), name, &Case::name);
  ASSERT_NE(of, cases().end());
  constexpr std::uint64_t kRuns = 1500;
  const auto search = crashsim::search_at_random(of->random, first_runs(kRuns, ""));
  EXPECT_FALSE(search.found) << search.found->schedule.violated << "; cutover check " << name
                             << " --engine random --seed " << kSeed;
  EXPECT_EQ(search.runs, kRuns);
  EXPECT_TRUE(search.unseen.empty()) << search.unseen[0];
  EXPECT_GE(search.coverage.covered() * 100, search.coverage.possible() * 80);
  const crashsim::Bounds most = most_of(of->random, {});
  EXPECT_EQ(most.processes, 6U);
  EXPECT_EQ(most.crashes, 20U);
  EXPECT_EQ(most.lost, 10U);
  EXPECT_EQ(most.in_flight, 10U);
}

}  // namespace
}  // namespace cutover::online
