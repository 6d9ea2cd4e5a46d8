// The witnesses of tla/catalog/Witnesses.tla. That TLC finds each within its configuration is
// tla_test's; here are the same configurations with one kind of step ruled out, without which the
// witness must not be found: it is not seen in whatever happens.
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
constexpr const char* kOneAtATime = "Cardinality({p \\in Processes : process'[p].pc # 0}) <= 1";
constexpr const char* kNoFaults = "used'.crashes = 0 /\\ used'.lost = 0";

const std::vector<RuledOut> kRuledOut = {
    {"NeverMoves", kNeverMoved},
    {"NeverMovesBack", kNeverBack},
    {"NeverMovesBack", kNoneAnsweredOnPersist},
    {"NeverMovesAPut", kNeverMoved},
    {"NeverMovesAPut", "used'.puts = 0"},
    {"NeverMovesAPut", "client'.on = \"none\""},
    {"NeverMovesADelete", kNeverMoved},
    {"NeverMovesADelete", "used'.deletes = 0"},
    {"NeverMovesADelete", "client'.on = \"none\""},
    {"NeverHoldsUnanswered", kNoFaults},
    {"NeverHoldsUnanswered", "used'.puts + used'.deletes = 0"},
    {"NeverServesStash", "\\A p \\in Processes : process'[p].target = \"persist\""},
    {"NeverServesPersist",
     "\\A p \\in Processes : process'[p].pc = 0 \\/ process'[p].target = \"stash\""},
    {"NeverBelieves", kOneAtATime},
    {"NeverLands", "used'.inFlight = 0"},
    {"NeverLands",
     "\\A i \\in 1 .. MaxInFlight : inFlight[i] # Nothing /\\ inFlight'[i] = Nothing\n"
     "              => IsFenced(inFlight[i].at, inFlight[i].session)"},
    {"NeverRejects", kOneAtATime},
    {"NeverAnswersOnBoth", kNoneAnsweredOnPersist},
    {"NeverAnswersOnBoth", kNoneAnsweredOnStash},
};

/// The witness's configuration of the single tombstone, where every step keeps to that.
Configuration ruled_out(const RuledOut& of, std::size_t number, const fs::path& root) {
  const std::string module = fmt::format("RuledOut{}", number);
  std::ofstream(root / "catalog" / (module + ".tla"))
      << fmt::format("---- MODULE {} ----\nEXTENDS MCSingleTombstone\n\nKept == {}\n\n", module,
                     of.every_step)
      << "SpecKept == Init /\\ [][Next /\\ Kept]_vars\n====\n";
  std::ifstream in(kFolder / "catalog" / "single-tombstone" / (std::string(of.witness) + ".cfg"));
  const fs::path file = root / "catalog" / "ruled-out" / (module + ".cfg");
  fs::create_directories(file.parent_path());
  std::ofstream out(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("\\* module")) line = "\\* module: " + module;
    if (line.starts_with("\\* expect")) line = "\\* expect: holds";
    if (line.starts_with("\\* size")) line = "\\* size: small";
    if (line.starts_with("SPECIFICATION")) line = "SPECIFICATION SpecKept";
    // So that all the rest may happen.
    if (line == "  MaxStarts = 1") line = "  MaxStarts = 2";
    if (line == "  MaxPuts = 0") line = "  MaxPuts = 1";
    if (line == "  MaxDeletes = 0") line = "  MaxDeletes = 1";
    out << line << "\n";
  }
  out.close();
  return tla::read_configuration(file, root);
}

TEST(TlaWitnesses, AreNotFoundWhereWhatTheyAreOfIsRuledOut) {
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
    EXPECT_TRUE(is_as_expected(all[i], results[i]))
        << witness << " with " << every_step << ": " << to_string(results[i]) << "\n"
        << results[i].errors;
    EXPECT_GT(results[i].states, 10u) << witness << " with " << every_step;
  }
}

/// None is left out above.
TEST(TlaWitnesses, AreAllRuledOutOnce) {
  std::set<std::string> ruled_out, found;
  for (const auto& each : kRuledOut) ruled_out.insert(each.witness);
  for (const auto& each : tla::read_configurations(kFolder)) {
    if (each.expect == Configuration::Expect::witness) found.insert(each.violated);
  }
  EXPECT_EQ(ruled_out, found);
}

}  // namespace
}  // namespace cutover
