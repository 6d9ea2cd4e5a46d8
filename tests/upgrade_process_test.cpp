// The check by real processes of the family of schedulers that upgrade their state: that `upgrade`
// holds over each kind of store, killed at each of its steps and in each recovery, that the
// original does not, and that the check finds what is wrong.
#include <gtest/gtest.h>

#include <iostream>

#include "crashsim/process/process_check.h"
#include "properties/state_version/process_subject.h"
#include "system/temporary_folder.h"

namespace cutover::state_version {
namespace {

using crashsim::ProcessCheckResult;
using crashsim::ProcessSubject;

/// Nothing is left of what is found.
ProcessCheckResult check(const ProcessSubject& subject) {
  const std::filesystem::path memory = "/dev/shm";
  const system::TemporaryFolder folder{"process-test",
                                       std::filesystem::exists(memory) ? memory : ""};
  crashsim::ProcessCheckOptions options;
  options.scratch = folder.path();
  return check_processes(subject, options);
}

/// One way of each kind that holds. `kills`: fewer, and what two of them have left was taken for
/// the same though it was not; more, and it was not recognized.
void expect_holds(const std::string& name, std::shared_ptr<const RealStore> store,
                  std::uint64_t kills, std::uint64_t kept_out) {
  const ProcessCheckResult found = check(upgrades_of(name, std::move(store), CUTOVER_COMMAND));
  std::cout << format_matrix(found.matrix) << "\n";
  EXPECT_TRUE(found.complete) << found.detail;
  EXPECT_EQ(found.violated, std::nullopt) << found.detail;
  EXPECT_EQ(found.kills, kills);
  EXPECT_EQ(found.fenced, kept_out);
}

TEST(UpgradeByProcesses, HoldsOverAFile) { expect_holds("file", a_file(), 264, 80); }
TEST(UpgradeByProcesses, HoldsOverATable) { expect_holds("table", a_table(), 1568, 0); }
TEST(UpgradeByProcesses, HoldsOverAZnode) { expect_holds("znode", a_znode(), 80, 0); }

/// The original is killed where it loses its state.
void expect_killed(const ProcessSubject& subject, const std::string& where,
                   const std::string& and_then) {
  const ProcessCheckResult found = check(subject);
  EXPECT_EQ(found.violated, "CanFinish") << found.detail;
  EXPECT_NE(found.detail.find("is killed after '" + where + "'"), std::string::npos)
      << found.detail;
  EXPECT_NE(found.detail.find(and_then), std::string::npos) << found.detail;
}

TEST(AsDescribedByProcesses, TearsItsFile) {
  expect_killed(described_over("torn-file", a_file(), CUTOVER_COMMAND), "truncate state",
                "it is no state");
}
TEST(AsDescribedByProcesses, HasWindowsWithoutAVersion) {
  expect_killed(described_over("create-window", a_table(), CUTOVER_COMMAND), "create versions",
                "the version table is empty");
  expect_killed(described_over("truncate-window", a_table(), CUTOVER_COMMAND, true),
                "truncate versions", "the version table is empty");
}
TEST(AsDescribedByProcesses, AddsAColumnTwice) {
  expect_killed(described_over("partial-alter", a_table_with_versions(), CUTOVER_COMMAND),
                "add column timeout_ms", "duplicate column name");
}

/// What is claimed of it, and is not so.
std::optional<std::string> violated_by(const ProcessSubject& subject) {
  return check(subject).violated;
}

TEST(UpgradeByProcesses, IsFoundToKeepNobodyOutWithoutALock) {
  ProcessSubject subject = upgrades_of("unlocked", a_table(), CUTOVER_COMMAND);
  subject.locks = [](const std::string& label) { return label == "read version"; };
  EXPECT_EQ(violated_by(subject), "SingleMigrator");
}

/// Who does not get the lock must both say so and change nothing.
TEST(UpgradeByProcesses, IsFoundToKeepNobodyOutByHalf) {
  ProcessSubject idle = upgrades_of("idle", a_table(), CUTOVER_COMMAND);
  idle.locks = [](const std::string& label) { return label == "read version"; };
  idle.moves.erase(idle.moves.begin());  // to the oldest, where it is
  idle.moves[0].to = 0;
  idle.beginnings.pop_back();
  EXPECT_EQ(violated_by(idle), "SingleMigrator");
  ProcessSubject moves = upgrades_of("moves", a_table(), CUTOVER_COMMAND);
  moves.locks = idle.locks;
  moves.fenced_status = 0;
  EXPECT_EQ(violated_by(moves), "SingleMigrator");
}

TEST(UpgradeByProcesses, NeedsNobodyHeldWhereNobodyIsToBe) {
  ProcessSubject subject = upgrades_of("kills", a_file(), CUTOVER_COMMAND);
  subject.holds = false;
  const ProcessCheckResult found = check(subject);
  EXPECT_TRUE(found.complete) << found.detail;
  EXPECT_EQ(found.fenced, 0u);
  for (const auto& row : found.matrix) EXPECT_EQ(row.pauses, 0u);
}

TEST(UpgradeByProcesses, IsFoundToWaitWhereItHasALock) {
  ProcessSubject subject = upgrades_of("locked", a_file(), CUTOVER_COMMAND);
  subject.locks = nullptr;
  EXPECT_EQ(violated_by(subject), "CanFinish");
}

/// Ends with success, and has done nothing.
TEST(UpgradeByProcesses, IsFoundToLie) {
  ProcessSubject subject = upgrades_of("lies", a_file(), CUTOVER_COMMAND);
  for (crashsim::ProcessMove& move : subject.moves) move.to = 1 - move.to;
  EXPECT_EQ(violated_by(subject), "VersionMatchesState");
}

/// What the states of a table are judged by, besides by themselves.
TEST(RealStores, OfATableHaveAVersionOnceItIsThere) {
  const system::TemporaryFolder folder{"real-stores"};
  const auto version_in = [&](const RealStore& store, const std::string& name) {
    std::filesystem::create_directory(folder.path() / name);
    store.make(folder.path() / name, {{"seeds", 1}});
    return store.version(folder.path() / name);
  };
  EXPECT_EQ(version_in(*a_table_with_versions(), "versions"), unversioned());
  EXPECT_EQ(version_in(*a_table(), "none"), std::nullopt);
  EXPECT_EQ(version_in(*a_file(), "file"), std::nullopt);
}

/// A store in which something changes whenever it is looked at.
class Spoilt final : public RealStore {
 public:
  using Change = std::function<void(json&)>;
  explicit Spoilt(Change change, std::optional<Version> version = {})
      : change_(std::move(change)), version_(std::move(version)) {}

  std::vector<std::string> namespaces() const override { return file_->namespaces(); }
  std::string argument(const std::filesystem::path& folder) const override {
    return file_->argument(folder);
  }
  void make(const std::filesystem::path& folder, const json& state) const override {
    file_->make(folder, state);
  }
  void copy(const std::filesystem::path& from, const std::filesystem::path& to) const override {
    file_->copy(from, to);
  }
  States read(const std::filesystem::path& folder) const override {
    States states = file_->read(folder);
    for (auto& [name, state] : states) change_(state);
    return states;
  }
  std::optional<Version> version(const std::filesystem::path&) const override { return version_; }
  std::string rest(const std::filesystem::path& folder) const override {
    return file_->rest(folder);
  }
  std::optional<std::string> serve(const std::filesystem::path& folder, const Build& build,
                                   const std::string& name, const json& change) const override {
    return file_->serve(folder, build, name, change);
  }

 private:
  std::shared_ptr<const RealStore> file_ = a_file();
  Change change_;
  std::optional<Version> version_;
};

TEST(UpgradeByProcesses, IsJudgedByEachProperty) {
  const auto violated = [](const Spoilt::Change& change) {
    return violated_by(upgrades_of("spoilt", std::make_shared<Spoilt>(change), CUTOVER_COMMAND));
  };
  const auto once_upgraded = [](const auto& change) {
    return [change](json& state) {
      if (state.contains("limits")) change(state);
    };
  };
  EXPECT_EQ(violated(once_upgraded([](json& state) { state = "half a sta"; })), "CanFinish");
  EXPECT_EQ(violated(once_upgraded([](json& state) { state.erase("version"); })),
            "VersionMatchesState");
  EXPECT_EQ(violated(once_upgraded([](json& state) { state["limits"]["timeout_ms"] = 5; })),
            "EachMigrationOnce");
  EXPECT_EQ(violated(once_upgraded([](json& state) { state["did"].push_back("m9"); })),
            "EachMigrationOnce");
  EXPECT_EQ(violated(once_upgraded([](json& state) { state["applied"].erase(0); })),
            "EachMigrationOnce");
  EXPECT_EQ(
      violated(once_upgraded([](json& state) { std::swap(state["did"][0], state["did"][1]); })),
      "InOrder");
  const auto nothing = [](json&) {};
  EXPECT_EQ(violated_by(upgrades_of(
                "version", std::make_shared<Spoilt>(nothing, Version("0.2.1.9")), CUTOVER_COMMAND)),
            "VersionMatchesState");
  EXPECT_EQ(violated([](json& state) { state.erase("labels"); }), "NothingLost");
  EXPECT_EQ(violated([](json& state) { state["labels"]["ghost"] = 1; }), "NothingLost");
  EXPECT_EQ(violated(once_upgraded([](json& state) { state["seeds"] = 2; })), "NothingLost");
}

}  // namespace
}  // namespace cutover::state_version
