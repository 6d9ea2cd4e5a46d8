// The witnesses of tla/catalog/Witnesses.tla. That TLC reaches each in every small configuration is
// tla_test's; here is that of the single tombstone with one kind of step ruled out, without which
// the witness must not be seen: it is not printed whatever happens.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include "run.h"
#include "tla/tlc.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;
using tla::Configuration;

const fs::path kFolder = fs::path(CUTOVER_SOURCE) / "tla";

/// A witness, and what every step must keep to so that it is not seen.
struct RuledOut {
  const char* witness;
  const char* every_step;
};

constexpr const char* kNoneAnsweredOnPersist = "client'.on # \"persist\"";
constexpr const char* kNoneAnsweredOnStash = "client'.on # \"stash\"";
constexpr const char* kNeverMoved = "store'[\"stash\"].tombstone # \"true\"";
constexpr const char* kNeverBack = "store'[\"stash\"].tombstone # \"false\"";
constexpr const char* kOneAtATime =
    "Cardinality({p \\in Processes : process'[p].pc # 0}) <= 1 /\\ used'.inFlight = 0";
constexpr const char* kNoFaults = "used'.crashes = 0 /\\ used'.lost = 0";

const std::vector<RuledOut> kRuledOut = {
    {"Moves", kNeverMoved},
    {"MovesBack", kNeverBack},
    {"MovesBack", kNoneAnsweredOnPersist},
    {"MovesAPut", kNeverMoved},
    {"MovesAPut", "used'.puts = 0"},
    {"MovesAPut", "client'.on = \"none\""},
    {"MovesADelete", kNeverMoved},
    {"MovesADelete", "used'.deletes = 0"},
    {"MovesADelete", "client'.on = \"none\""},
    {"HoldsUnanswered", kNoFaults},
    {"HoldsUnanswered", "used'.puts + used'.deletes = 0"},
    {"ServesStash", "\\A p \\in Processes : process'[p].target = \"persist\""},
    {"ServesPersist",
     "\\A p \\in Processes : process'[p].pc = 0 \\/ process'[p].target = \"stash\""},
    {"Believes", kOneAtATime},
    {"Lands", "used'.inFlight = 0"},
    {"Lands",
     "\\A i \\in 1 .. MaxInFlight : inFlight[i] # Nothing /\\ inFlight'[i] = Nothing\n"
     "              => IsFenced(inFlight[i].at, inFlight[i].session)"},
    {"Rejects", kOneAtATime},
    {"AnswersOnBoth", kNoneAnsweredOnPersist},
    {"AnswersOnBoth", kNoneAnsweredOnStash},
};

/// The single tombstone, where every step keeps to that. One process will do, but for what is of
/// several.
Configuration ruled_out(const RuledOut& of, std::size_t number, const fs::path& root) {
  const std::string module = fmt::format("RuledOut{}", number);
  std::ofstream(root / "catalog" / (module + ".tla"))
      << fmt::format("---- MODULE {} ----\nEXTENDS MCSingleTombstone\n\nKept == {}\n\n", module,
                     of.every_step)
      << "SpecKept == Init /\\ [][Next /\\ Kept]_vars\n====\n";
  std::ifstream in(kFolder / "catalog" / "single-tombstone" / "small.cfg");
  const fs::path file = root / "catalog" / "ruled-out" / (module + ".cfg");
  fs::create_directories(file.parent_path());
  std::ofstream out(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("\\* module")) line = "\\* module: " + module;
    if (line.starts_with("SPECIFICATION")) line = "SPECIFICATION SpecKept";
    if (line == "  Processes = {1, 2}" && of.every_step != kOneAtATime) line = "  Processes = {1}";
    out << line << "\n";
  }
  out.close();
  return tla::read_configuration(file, root);
}

TEST(TlaWitnesses, AreNotSeenWhereWhatTheyAreOfIsRuledOut) {
  std::string missing;
  const auto tools = tla::find_tools(missing);
  ASSERT_TRUE(tools) << missing;
  TemporaryFolder folder;
  fs::create_directories(folder / "catalog");
  for (const auto& entry : fs::directory_iterator(kFolder / "catalog")) {
    if (entry.is_regular_file()) fs::copy(entry.path(), folder / "catalog");
  }
  std::vector<Configuration> all;
  for (std::size_t i = 0; i < kRuledOut.size(); ++i) {
    all.push_back(ruled_out(kRuledOut[i], i, folder.path()));
  }
  std::vector<tla::Result> results(all.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    tla::RunOptions options;
    options.tools = *tools;
    for (std::size_t i = next++; i < all.size(); i = next++) {
      results[i] = tla::run_tlc(all[i], options);
    }
  };
  {
    const std::jthread one(work), other(work);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [witness, every_step] = kRuledOut[i];
    const std::string where = fmt::format("{} with {}", witness, every_step);
    EXPECT_EQ(results[i].ended, tla::Result::Ended::holds)
        << where << ": " << to_string(results[i]) << "\n"
        << results[i].errors;
    EXPECT_FALSE(results[i].seen.contains(witness)) << where;
    EXPECT_FALSE(results[i].seen.empty()) << where;
    EXPECT_GT(results[i].states, 100u) << where;
  }
}

/// None is left out above.
TEST(TlaWitnesses, AreAllRuledOutOnce) {
  std::set<std::string> ruled_out, demanded;
  for (const auto& each : kRuledOut) ruled_out.insert(each.witness);
  for (const auto& each : tla::read_configurations(kFolder)) {
    demanded.insert(each.witnesses.begin(), each.witnesses.end());
  }
  EXPECT_EQ(ruled_out, demanded);
}

}  // namespace
}  // namespace cutover
