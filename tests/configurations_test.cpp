// What each configuration below tla/ must check, by its kind. TLC checks what a configuration
// names, no more: one that lost an invariant, or names another property, still holds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "engines/tla_engine.h"
#include "properties/catalog/cases.h"
#include "properties/online/cases.h"
#include "properties/state_version/cases.h"
#include "run.h"
#include "tla/configuration.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;
using tla::Configuration;
using Names = std::set<std::string>;

const fs::path kFolder = fs::path(CUTOVER_SOURCE) / "tla";

/// Of the configurations of a family, or of a module that has others.
struct Demanded {
  Names invariants;
  std::string liveness;
  Names witnesses;  ///< of all cases, in the bounds in which all else is checked
  Names of_steps;   ///< the properties beside the invariant Witnessed that see some of them
};
const std::map<std::string, Demanded> kDemandedOf = {
    {"catalog",
     {{"TypeOK", "OneSourceOfTruth", "NoLostWrite", "NoResurrection", "ServeOnlyTruth",
       "FencedNeverSucceeds", "EpochMonotone"},
      "LastMoveCompletes",
      {"Moves", "MovesBack", "MovesAPut", "MovesADelete", "HoldsUnanswered", "ServesStash",
       "ServesPersist", "Believes", "Lands", "Rejects", "AnswersOnBoth"},
      {"WitnessedSteps"}}},
    {"state_version",
     {{"TypeOK", "NothingLost", "NoOldWriter", "OthersDoNothing"},
      "LastUpgradeCompletes",
      {"TheNewestIsUp", "AChangeIsAcknowledged", "AWriteIsRefused"},
      {}}},
    {"Counters",
     {{"TypeOK", "CounterExact", "ReadsExact"},
      "LastMoveCompletes",
      {"AllIsAtTheTarget", "AnAdditionCounts", "AFoldIsTooLate", "AReadBeginsAgain"},
      {}}},
    {"Shadow",
     {{"TypeOK", "PhasesAdjacent", "DoneIsDone", "NewerWins", "NoLostWrite", "NoResurrection",
       "CanGoBack", "OneSourceOfTruth"},
      "LastMoveCompletes",
      {"TheTargetAloneIsLeft", "APutIsAcknowledged", "ARequestIsDoneAgain", "AWorkerLosesItsRange",
       "ASessionEndsTooEarly", "ARowIsRepaired"},
      {}}},
    {"File",
     {{"TypeOK", "NothingLost", "NoOldWriter", "OthersDoNothing"},
      "LastUpgradeCompletes",
      {"TheNewestIsUp", "AChangeIsAcknowledged", "AProcessWaits", "AWriteIsTorn"},
      {}}},
};

/// What does hold of a case that is expected to violate something.
const std::map<std::string, Names> kHoldsAllTheSame = {
    {"catalog/first-draft", {"TypeOK", "FencedNeverSucceeds", "EpochMonotone"}}};

Registry all_cases() {
  return registry_of({catalog::family(), state_version::family(), online::family()});
}

Names together(const std::vector<Names>& all) {
  Names names;
  for (const Names& each : all) names.insert(each.begin(), each.end());
  return names;
}

/// The configurations that each case has, besides mutants, by size.
const std::map<std::string, Names> kDemanded = {
    {"catalog/single-tombstone", {"small", "long", "liveness"}},
    {"catalog/single-tombstone-one-write", {"small", "liveness"}},
    {"catalog/single-tombstone-lazy-open", {"small", "large", "liveness"}},
    {"catalog/two-tombstones", {"small", "long", "liveness"}},
    {"catalog/first-draft", {"small"}},
    {"online/counters", {"small", "liveness"}},
    {"online/shadow", {"small", "liveness"}},
    {"online/shadow-and-back", {"long"}},
    {"online/shadow-forgetful", {"long"}},
    {"online/shadow-two-operators", {"long"}},
    {"state_version/reference-file", {"small", "liveness"}},
    {"state_version/reference-table", {"small", "liveness"}},
    {"state_version/reference-znode", {"small", "liveness"}},
};

/// What `check --engine tla` runs: all of them, but for the large ones, which take minutes.
TEST(Configurations, AreRunByTheEngine) {
  const Registry cases = all_cases();
  for (const Case& of : cases) {
    Names sizes, expected;
    for (const Configuration& each : configurations_of(of)) sizes.insert(each.size);
    const auto demanded = kDemanded.find(of.name);
    if (demanded != kDemanded.end()) expected = demanded->second;
    if (!of.violates.empty()) {
      expected = sizes.empty() ? Names{} : Names{"mutant"};
    }
    expected.erase("large");
    EXPECT_EQ(sizes, expected) << of.name;
  }
}

/// What is wrong with a configuration, or empty.
std::string complaint(const Configuration& of, const Registry& cases) {
  const auto at = std::ranges::find(cases, of.case_name, &Case::name);
  if (at == cases.end()) return "is of no case: " + of.case_name;
  const auto& [all_invariants, liveness, witnesses, of_steps] =
      kDemandedOf.at(kDemandedOf.contains(of.module) ? of.module : at->family);
  const Names properties(of.properties.begin(), of.properties.end());
  const auto checks = [&](const std::string& specification, const Names& invariants,
                          const Names& temporal) -> std::string {
    if (of.specification != specification) return "expected SPECIFICATION " + specification;
    if (of.invariants != invariants) {
      return fmt::format("expected INVARIANTS {}, found {}", fmt::join(invariants, ", "),
                         fmt::join(of.invariants, ", "));
    }
    if (properties != temporal || of.properties.size() > 1) {
      return fmt::format("expected PROPERTIES {}, found {}", fmt::join(temporal, ", "),
                         fmt::join(properties, ", "));
    }
    return "";
  };
  const bool is_small = of.size == "small";
  if (of.witnesses != (is_small ? witnesses : Names{})) {
    return fmt::format("witnesses: {}", fmt::join(of.witnesses, ", "));
  }
  if (of.size == "mutant") {
    if (of.expect != Configuration::Expect::violates) return "a mutant violates something";
    if (of.property != at->violates) return "the registry expects " + at->violates;
    // Besides what it violates a mutant is held to all that the sound ones are: that it violates
    // nothing else first is part of what is expected.
    if (of.violated == liveness) return checks("FairSpec", {}, {liveness});
    if (!properties.empty()) return checks("Spec", of.invariants, {of.violated});
    return checks("Spec", together({all_invariants, {of.violated}}), {});
  }
  if (of.expect != Configuration::Expect::holds) return "only mutants are violated";
  if (of.size == "liveness") return checks("FairSpec", {}, {liveness});
  const auto same = kHoldsAllTheSame.find(of.case_name);
  if (!at->violates.empty() && same == kHoldsAllTheSame.end()) {
    return "the case is expected to violate " + at->violates;
  }
  const Names& invariants = at->violates.empty() ? all_invariants : same->second;
  if (!is_small) return checks("Spec", invariants, {});
  return checks("Spec", together({invariants, {"Witnessed"}}), of_steps);
}

TEST(Configurations, CheckExactlyWhatTheirKindDemands) {
  const Registry cases = all_cases();
  const auto all = tla::read_configurations(kFolder);
  EXPECT_GT(all.size(), 40u);
  for (const Configuration& each : all) EXPECT_EQ(complaint(each, cases), "") << each.name;
}

TEST(Configurations, AreThereForEveryCaseThatHasAModel) {
  const auto all = tla::read_configurations(kFolder);
  for (const Case& of : all_cases()) {
    if (!of.model) continue;
    Names found;
    bool has_mutant = false;
    for (const Configuration& each : all) {
      if (each.case_name != of.name) continue;
      if (each.size == "mutant") has_mutant = true;
      if (each.size != "mutant") found.insert(each.size);
    }
    EXPECT_EQ(has_mutant, !of.violates.empty()) << of.name;
    const auto demanded = kDemanded.find(of.name);
    if (demanded == kDemanded.end()) {
      EXPECT_TRUE(of.is_mutant()) << of.name << " has no entry here";
      continue;
    }
    EXPECT_EQ(found, demanded->second) << of.name;
  }
}

/// Every line of every section, taken out or replaced, is noticed: by the reader, or as above.
TEST(Configurations, NoLineOfAnyCanGoMissing) {
  const Registry cases = all_cases();
  const TemporaryFolder folder;
  const auto is_noticed = [&](const fs::path& file, const std::string& text) {
    fs::create_directories((folder / "catalog"));
    std::ofstream(folder / "catalog" / file.filename()) << text;
    try {
      const auto read =
          tla::read_configuration(folder / "catalog" / file.filename(), folder.path());
      return !complaint(read, cases).empty();
    } catch (const std::runtime_error&) {
      return true;
    }
  };
  unsigned tried = 0;
  for (const Configuration& each : tla::read_configurations(kFolder)) {
    std::ifstream in(each.file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    ASSERT_FALSE(is_noticed(each.file, text)) << each.name;
    const auto checked = std::min(text.find("\nINVARIANTS"), text.find("\nPROPERTIES"));
    for (auto at = text.find("\n  ", checked); at != std::string::npos;
         at = text.find("\n  ", at + 1)) {
      const auto end = std::min(text.find('\n', at + 1), text.size());
      std::string without = text, other = text;
      without.erase(at, end - at);
      other.replace(at, end - at, "\n  Other");
      EXPECT_TRUE(is_noticed(each.file, without)) << each.name << text.substr(at, end - at);
      EXPECT_TRUE(is_noticed(each.file, other)) << each.name << text.substr(at, end - at);
      ++tried;
    }
    for (const std::string& added : {"CONSTRAINT\n  Few\n", "SYMMETRY\n  Same\n", "VIEW\n  Some\n",
                                     "INVARIANT TypeOK\n", "  TypeOK TypeOK\n", "\tTypeOK\n"}) {
      EXPECT_TRUE(is_noticed(each.file, text + added)) << each.name << ": " << added;
    }
    for (auto at = text.find("\n\\* witnesses: "); at != std::string::npos;
         at = text.find("\n\\* witnesses: ", at + 1)) {
      std::string without = text;
      EXPECT_TRUE(is_noticed(each.file, without.erase(at, text.find('\n', at + 1) - at)))
          << each.name;
      ++tried;
    }
    std::string type_only = text;
    type_only.replace(checked, std::string::npos, "\nINVARIANTS\n  TypeOK\n");
    EXPECT_TRUE(is_noticed(each.file, type_only)) << each.name;
  }
  EXPECT_GT(tried, 150u);
}

}  // namespace
}  // namespace cutover
