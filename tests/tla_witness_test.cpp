// The witnesses of the TLA+ modules. That TLC reaches each in every small configuration is
// tla_test's; here is a small one of each module with one kind of step ruled out, without which the
// witness must not be seen: it is not printed whatever happens.
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

/// A witness of a configuration, and what every step must keep to so that it is not seen.
struct RuledOut {
  const char* small;
  const char* witness;
  const char* every_step;
};

constexpr const char* kCatalog = "catalog/single-tombstone/small";
constexpr const char* kNoneAnsweredOnPersist = "client'.on # \"persist\"";
constexpr const char* kNoneAnsweredOnStash = "client'.on # \"stash\"";
constexpr const char* kNeverMoved = "store'[\"stash\"].tombstone # \"true\"";
constexpr const char* kNeverBack = "store'[\"stash\"].tombstone # \"false\"";
constexpr const char* kOneAtATime =
    "Cardinality({p \\in Processes : process'[p].pc # 0}) <= 1 /\\ used'.inFlight = 0";
constexpr const char* kNoFaults = "used'.crashes = 0 /\\ used'.lost = 0";

constexpr const char* kCounters = "online/counters/small";
constexpr const char* kShadow = "online/shadow/small";
constexpr const char* kTable = "state_version/table/small";
constexpr const char* kZnode = "state_version/znode/small";
constexpr const char* kFile = "state_version/file/small";
constexpr const char* kOneProcess =
    "Cardinality({p \\in Processes : process'[p].at # \"nowhere\"}) <= 1 /\\ used'.inFlight = 0";

/// No session is left when the next one is opened.
constexpr const char* kOneAlive = "Cardinality(lock'.open) <= 1";

const std::vector<RuledOut> kRuledOut = {
    {kCatalog, "Moves", kNeverMoved},
    {kCatalog, "MovesBack", kNeverBack},
    {kCatalog, "MovesBack", kNoneAnsweredOnPersist},
    {kCatalog, "MovesAPut", kNeverMoved},
    {kCatalog, "MovesAPut", "used'.puts = 0"},
    {kCatalog, "MovesAPut", "client'.on = \"none\""},
    {kCatalog, "MovesADelete", kNeverMoved},
    {kCatalog, "MovesADelete", "used'.deletes = 0"},
    {kCatalog, "MovesADelete", "client'.on = \"none\""},
    {kCatalog, "HoldsUnanswered", kNoFaults},
    {kCatalog, "HoldsUnanswered", "used'.puts + used'.deletes = 0"},
    {kCatalog, "ServesStash", "\\A p \\in Processes : process'[p].target = \"persist\""},
    {kCatalog, "ServesPersist",
     "\\A p \\in Processes : process'[p].pc = 0 \\/ process'[p].target = \"stash\""},
    {kCatalog, "Believes", kOneAtATime},
    {kCatalog, "Lands", "used'.inFlight = 0"},
    {kCatalog, "Lands",
     "\\A i \\in 1 .. MaxInFlight : inFlight[i] # Nothing /\\ inFlight'[i] = Nothing\n"
     "              => IsFenced(inFlight[i].at, inFlight[i].session)"},
    {kCatalog, "Rejects", kOneAtATime},
    {kCatalog, "AnswersOnBoth", kNoneAnsweredOnPersist},
    {kCatalog, "AnswersOnBoth", kNoneAnsweredOnStash},
    {kCounters, "AllIsAtTheTarget", "target'.base.generation < 2"},
    {kCounters, "AnAdditionCounts", "clients'.sent = 0"},
    {kCounters, "AFoldIsTooLate", kOneProcess},
    {kCounters, "AReadBeginsAgain", kOneProcess},
    {kShadow, "TheTargetAloneIsLeft", "record'.phase # \"target only\""},
    {kShadow, "APutIsAcknowledged", "clients'.puts = 0"},
    {kShadow, "ARequestIsDoneAgain", kOneProcess},
    {kShadow, "AWorkerLosesItsRange", kOneProcess},
    {kShadow, "ASessionEndsTooEarly", "used'.crashes = 0"},
    {kShadow, "ARowIsRepaired", "\\A p \\in Processes : process'[p].at # \"drain\""},
    {kTable, "TheNewestIsUp", "\\A p \\in Processes : process'[p].program # \"newest-b\""},
    {kTable, "AChangeIsAcknowledged", "operators'.brought = 0"},
    {kTable, "AWriteIsRefused", kOneProcess},
    {kFile, "TheNewestIsUp", "\\A p \\in Processes : process'[p].program # \"newest\""},
    {kFile, "AChangeIsAcknowledged", "operators'.brought = 0"},
    {kFile, "AProcessWaits", kOneAlive},
    {kFile, "AWriteIsTorn", "used'.crashes = 0"},
    {kZnode, "TheNewestIsUp", "\\A p \\in Processes : process'[p].program # \"newest\""},
    {kZnode, "AChangeIsAcknowledged", "operators'.brought = 0"},
    {kZnode, "AWriteIsRefused", kOneProcess},
};

/// That configuration, where every step keeps to that. One process will do, but for what is of
/// several.
Configuration ruled_out(const RuledOut& of, std::size_t number, const fs::path& root) {
  const Configuration small =
      tla::read_configuration(kFolder / (std::string(of.small) + ".cfg"), kFolder);
  const fs::path family = root / *fs::path(of.small).begin();
  const std::string module = fmt::format("RuledOut{}", number);
  std::ofstream(family / (module + ".tla"))
      << fmt::format("---- MODULE {} ----\nEXTENDS {}, FiniteSets\n\nKept == {}\n\n", module,
                     small.module, of.every_step)
      << "SpecKept == Init /\\ [][Next /\\ Kept]_vars\n====\n";
  const bool is_of_several =
      of.every_step == kOneAtATime || of.every_step == kOneProcess || of.every_step == kOneAlive;
  std::ifstream in(small.file);
  const fs::path file = family / "ruled-out" / (module + ".cfg");
  fs::create_directories(file.parent_path());
  std::ofstream out(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("\\* module")) line = "\\* module: " + module;
    if (line.starts_with("SPECIFICATION")) line = "SPECIFICATION SpecKept";
    if (line == "  Processes = {1, 2}" && !is_of_several) line = "  Processes = {1}";
    out << line << "\n";
  }
  out.close();
  return tla::read_configuration(file, root);
}

/// Where the witnesses of a configuration are written: the catalog's in Witnesses.tla.
std::string module_of_witnesses(const std::string& configuration) {
  if (configuration.starts_with("catalog/")) return "catalog/Witnesses";
  const std::string module =
      tla::read_configuration(kFolder / (configuration + ".cfg"), kFolder).module;
  return configuration.substr(0, configuration.find('/') + 1) + module;
}

TEST(TlaWitnesses, AreNotSeenWhereWhatTheyAreOfIsRuledOut) {
  std::string missing;
  const auto tools = tla::find_tools(missing);
  ASSERT_TRUE(tools) << missing;
  TemporaryFolder folder;
  for (const char* family : {"catalog", "online", "state_version"}) {
    fs::create_directories(folder / family);
    for (const auto& entry : fs::directory_iterator(kFolder / family)) {
      if (entry.is_regular_file()) fs::copy(entry.path(), folder / family);
    }
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
    const auto& [small, witness, every_step] = kRuledOut[i];
    const std::string where = fmt::format("{}: {} with {}", small, witness, every_step);
    EXPECT_EQ(results[i].ended, tla::Result::Ended::holds)
        << where << ": " << to_string(results[i]) << "\n"
        << results[i].errors;
    EXPECT_FALSE(results[i].seen.contains(witness)) << where;
    EXPECT_FALSE(results[i].seen.empty()) << where;
    EXPECT_GT(results[i].states, 100u) << where;
  }
}

/// None is left out above. A family's modules that share a module of witnesses are one.
TEST(TlaWitnesses, AreAllRuledOutOnce) {
  std::set<std::string> ruled_out, demanded;
  for (const auto& each : kRuledOut) {
    ruled_out.insert(fmt::format("{}: {}", module_of_witnesses(each.small), each.witness));
  }
  for (const auto& each : tla::read_configurations(kFolder)) {
    for (const auto& witness : each.witnesses) {
      demanded.insert(fmt::format("{}: {}", module_of_witnesses(each.name), witness));
    }
  }
  EXPECT_EQ(ruled_out, demanded);
}

}  // namespace
}  // namespace cutover
