// The witnesses and the properties of the TLA+ modules. That TLC reaches each witness in every
// small configuration is tla_test's; here is a small one of each module with one kind of step ruled
// out, without which the witness must not be seen: it is not printed whatever happens. Mutants
// violate the properties, each in the way that comes first; here each of their clauses is broken
// alone.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
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

/// An invariant of a configuration, what it changes of the small one's constants, and one step from
/// the beginning that breaks the invariant.
struct Broken {
  const char* small;
  const char* invariant;
  std::string step;
  std::map<std::string, std::string> constants = {};
};

const std::map<std::string, std::string> kDeletes = {{"MaxDeletes", "1"}};
constexpr const char* kAckedDeletion =
    "clients' = [clients EXCEPT !.acked.deletion[1] = 1, !.deletion = TimeOf(ADeletion, 1)]";

const std::vector<Broken> kBroken = {
    {kShadow, "PhasesAdjacent", "record' = [record EXCEPT !.turn = 1]"},
    {kShadow, "DoneIsDone", "record' = [record EXCEPT !.ranges[1].done = TRUE]"},
    {kShadow, "DoneIsDone",
     "clients' = [clients EXCEPT !.copied[1] = [time |-> 3, value |-> Old]]"},
    {kShadow, "DoneIsDone",
     "clients' = [clients EXCEPT !.copied[1] = [time |-> 3, value |-> Old]]\n  /\\ target' = "
     "[target EXCEPT ![1] = [deleted |-> 0, written |-> 3, value |-> 2]]"},
    {kShadow, "NewerWins", "clients' = [clients EXCEPT !.inTarget = <<Clients, 0>>]"},
    {kShadow, "NewerWins", "clients' = [clients EXCEPT !.inTarget = <<0, Clients>>]"},
    {kShadow, "NewerWins",
     "clients' = [clients EXCEPT !.inTarget = <<5, 0>>]\n  /\\ target' = [target EXCEPT ![1] = "
     "[deleted |-> 0, written |-> 5, value |-> Old]]"},
    {kShadow, "NoLostWrite", "clients' = [clients EXCEPT !.acked.put[1] = 1]"},
    {kShadow, "NoLostWrite", "source' = [source EXCEPT ![2] = NoRow]"},
    {kShadow, "NoLostWrite",
     "source' = [source EXCEPT ![3] = [deleted |-> 0, written |-> Lately, value |-> Old]]"},
    {kShadow,
     "NoLostWrite",
     "target' = [target EXCEPT ![1] = NoRow]",
     {{"Begins", "\"verified\""}}},
    {kShadow, "NoResurrection", kAckedDeletion, kDeletes},
    {kShadow, "NoResurrection",
     "clients' = [clients EXCEPT !.acked.deletion[1] = 1, !.acked.put[1] = 1, !.deletion = "
     "TimeOf(ADeletion, 1)]\n  /\\ source' = [source EXCEPT ![1] = RowOf(TimeOf(APut, 1))]",
     kDeletes},
    {kShadow, "CanGoBack", "source' = [source EXCEPT ![1] = NoRow]", {{"Begins", "\"verified\""}}},
    {kShadow,
     "CanGoBack",
     std::string(kAckedDeletion) +
         "\n  /\\ target' = [target EXCEPT ![1] = RowOf(TimeOf(ADeletion, 1))]",
     {{"Begins", "\"verified\""}, {"MaxDeletes", "1"}}},
    {kShadow, "OneSourceOfTruth", "clients' = [clients EXCEPT !.staleRead = TRUE]"},
    {kCounters, "CounterExact", "source' = source + 1"},
    {kCounters, "CounterExact", "clients' = [clients EXCEPT !.sent = 1, !.counts = 1]"},
    {kCounters, "CounterExact",
     "target' = [base |-> [generation |-> 1, value |-> Before], counter |-> <<1, 0>>]"},
    {kCounters, "CounterExact",
     "target' = [base |-> [generation |-> 2, value |-> Before], counter |-> <<0, 1>>]"},
    {kCounters, "ReadsExact", "clients' = [clients EXCEPT !.wrongRead = TRUE]"},
    {kTable, "NothingLost", "operators' = [operators EXCEPT !.acked[\"a\"].labels = {1}]"},
    {kTable, "NothingLost", "operators' = [operators EXCEPT !.acked[\"b\"].limits = {1}]"},
    {kTable, "NothingLost", "operators' = [operators EXCEPT !.mayGo = TRUE, !.gone = TRUE]"},
    {kTable, "NothingLost",
     "operators' = [operators EXCEPT !.acked[\"b\"].labels = {1}]\n  /\\ table' = [table EXCEPT "
     "!.rows[\"b\"] = NoRow]"},
    {kTable, "NothingLost",
     "operators' = [operators EXCEPT !.acked[\"a\"].labels = {1}, !.mayGo = TRUE]\n  /\\ table' = "
     "[table EXCEPT !.rows[\"a\"] = NoRow]"},
    {kTable, "NoOldWriter", "operators' = [operators EXCEPT !.up = 2]"},
    {kTable, "OthersDoNothing", "operators' = [operators EXCEPT !.up = Newest]"},
    {kZnode, "NothingLost", "operators' = [operators EXCEPT !.acked.labels = {1}]"},
    {kZnode, "NothingLost", "operators' = [operators EXCEPT !.acked.limits = {1}]"},
    {kZnode, "NoOldWriter", "operators' = [operators EXCEPT !.up = 2]"},
    {kZnode, "OthersDoNothing", "operators' = [operators EXCEPT !.up = Newest]"},
    {kFile, "NothingLost",
     "Len(disk.inodes) = 1 /\\ operators' = [operators EXCEPT !.acked.labels = {1}]"},
    {kFile, "NothingLost",
     "Len(disk.inodes) = 1 /\\ operators' = [operators EXCEPT !.acked.limits = {1}]"},
    {kFile, "NothingLost",
     "Len(disk.inodes) = 0 /\\ operators' = [operators EXCEPT !.acked.labels = {1}]"},
    {kFile, "NoOldWriter", "operators' = [operators EXCEPT !.up = 2]"},
    {kFile, "OthersDoNothing", "operators' = [operators EXCEPT !.up = Newest]"},
    {kFile, "IsWhole", "Len(disk.inodes) = 1 /\\ disk' = [disk EXCEPT !.inodes[1].written = Torn]"},
    {kFile, "IsWhole",
     "Len(disk.inodes) = 1 /\\ disk' = [disk EXCEPT !.inodes[1].written = Empty]"},
};

/// That configuration, of that invariant alone, where that step is the only one.
Configuration broken(const Broken& of, std::size_t number, const fs::path& root) {
  const Configuration small =
      tla::read_configuration(kFolder / (std::string(of.small) + ".cfg"), kFolder);
  const fs::path family = root / *fs::path(of.small).begin();
  const std::string module = fmt::format("Broken{}", number);
  std::ifstream in(kFolder / family.filename() / (small.module + ".tla"));
  std::vector<std::string> kept;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("vars == <<")) continue;
    std::istringstream names(line.substr(10, line.find(">>") - 10));
    for (std::string name; std::getline(names >> std::ws, name, ',');) {
      if (of.step.find(name + "' =") == std::string::npos) kept.push_back(name);
    }
  }
  std::ofstream(family / (module + ".tla"))
      << fmt::format("---- MODULE {} ----\nEXTENDS {}\n\nBreak ==\n  /\\ {}\n", module,
                     small.module, of.step)
      << fmt::format("  /\\ UNCHANGED <<{}>>\n", fmt::join(kept, ", "))
      << "SpecBroken == Init /\\ [][Break]_vars\n====\n";
  const fs::path file = family / "broken" / (module + ".cfg");
  fs::create_directories(file.parent_path());
  std::ofstream out(file);
  out << fmt::format(
      "\\* module: {}\n\\* case: {}\n\\* expect: violates {}\n\\* size: mutant\n"
      "SPECIFICATION SpecBroken\nINVARIANTS\n  {}\n",
      module, small.case_name, of.invariant, of.invariant);
  bool is_constant = false;
  std::ifstream constants(small.file);
  for (std::string line; std::getline(constants, line);) {
    if (line == "CONSTANTS") is_constant = true;
    if (line == "INVARIANTS") break;
    if (!is_constant) continue;
    for (const auto& [name, value] : of.constants) {
      if (line.starts_with("  " + name + " = ")) line = fmt::format("  {} = {}", name, value);
    }
    out << line << "\n";
  }
  out.close();
  return tla::read_configuration(file, root);
}

/// A copy of the modules, to which a test adds its own.
void copy_modules(const fs::path& to) {
  for (const char* family : {"catalog", "online", "state_version"}) {
    fs::create_directories(to / family);
    for (const auto& entry : fs::directory_iterator(kFolder / family)) {
      if (entry.is_regular_file()) fs::copy(entry.path(), to / family);
    }
  }
}

std::vector<tla::Result> run_all(const std::vector<Configuration>& all) {
  std::string missing;
  const auto tools = tla::find_tools(missing);
  EXPECT_TRUE(tools) << missing;
  std::vector<tla::Result> results(all.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    tla::RunOptions options;
    options.tools = *tools;
    for (std::size_t i = next++; i < all.size(); i = next++) {
      results[i] = tla::run_tlc(all[i], options);
    }
  };
  const std::jthread one(work), other(work);
  return results;
}

TEST(TlaInvariants, FallByEachOfTheirClauses) {
  const TemporaryFolder folder;
  copy_modules(folder.path());
  std::vector<Configuration> all;
  for (std::size_t i = 0; i < kBroken.size(); ++i) {
    all.push_back(broken(kBroken[i], i, folder.path()));
  }
  const std::vector<tla::Result> results = run_all(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(is_as_expected(all[i], results[i]))
        << kBroken[i].small << ": " << kBroken[i].invariant << " by " << kBroken[i].step << ": "
        << to_string(results[i]) << "\n"
        << results[i].errors;
  }
}

/// Of the families whose mutants do not violate all of them.
TEST(TlaInvariants, AreAllBroken) {
  for (const char* small : {kCounters, kShadow, kTable, kZnode, kFile}) {
    std::set<std::string> broken = {"TypeOK", "Witnessed"};
    for (const Broken& each : kBroken) {
      if (std::string(each.small) == small) broken.insert(each.invariant);
    }
    for (const std::string& each :
         tla::read_configuration(kFolder / (std::string(small) + ".cfg"), kFolder).invariants) {
      EXPECT_TRUE(broken.contains(each)) << small << ": " << each;
    }
  }
}

/// Who may stop at any moment need not complete anything: that it does is due to fairness.
TEST(TlaLiveness, IsViolatedWithoutFairness) {
  const TemporaryFolder folder;
  copy_modules(folder.path());
  std::vector<Configuration> all;
  for (const Configuration& each : tla::read_configurations(kFolder)) {
    if (each.size != "liveness") continue;
    const fs::path file = folder.path() / fs::relative(each.file, kFolder);
    fs::create_directories(file.parent_path());
    std::ifstream in(each.file);
    std::ofstream out(file);
    for (std::string line; std::getline(in, line);) {
      if (line == "SPECIFICATION FairSpec") line = "SPECIFICATION Spec";
      if (line == "\\* expect: holds") line = "\\* expect: violates " + each.properties.at(0);
      if (line == "\\* size: liveness") line = "\\* size: mutant";
      out << line << "\n";
    }
    out.close();
    all.push_back(tla::read_configuration(file, folder.path()));
  }
  EXPECT_EQ(all.size(), 9u);
  const std::vector<tla::Result> results = run_all(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(is_as_expected(all[i], results[i]))
        << all[i].name << ": " << to_string(results[i]) << "\n"
        << results[i].errors;
  }
}

/// Where the witnesses of a configuration are written: the catalog's in Witnesses.tla.
std::string module_of_witnesses(const std::string& configuration) {
  if (configuration.starts_with("catalog/")) return "catalog/Witnesses";
  const std::string module =
      tla::read_configuration(kFolder / (configuration + ".cfg"), kFolder).module;
  return configuration.substr(0, configuration.find('/') + 1) + module;
}

TEST(TlaWitnesses, AreNotSeenWhereWhatTheyAreOfIsRuledOut) {
  const TemporaryFolder folder;
  copy_modules(folder.path());
  std::vector<Configuration> all;
  for (std::size_t i = 0; i < kRuledOut.size(); ++i) {
    all.push_back(ruled_out(kRuledOut[i], i, folder.path()));
  }
  const std::vector<tla::Result> results = run_all(all);
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
