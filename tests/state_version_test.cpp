// The family state_version: versions, chains, and the simulated file system.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "impl/state_version/reference_file.h"
#include "impl/state_version/upgrade.h"
#include "model/state_version/table.h"
#include "model/state_version/znode.h"
#include "properties/state_version/disk.h"
#include "properties/state_version/file_mapping.h"
#include "properties/state_version/sample.h"
#include "properties/state_version/states_of_models.h"

namespace cutover::state_version {
namespace {

std::string refusal_of(const std::string& text) {
  try {
    const Version version(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

TEST(Versions, AreComparedNumberByNumber) {
  EXPECT_GT(Version("0.2.1.10"), Version("0.2.1.9"));
  EXPECT_EQ(Version("0.2.1"), Version("0.2.1.0"));
  EXPECT_EQ(Version("0.2.1").text(), "0.2.1");
  EXPECT_LT(Version("0.2.1"), Version("0.2.1.0.1"));
  EXPECT_LT(Version("9"), Version("10"));
  EXPECT_EQ(Version("4294967295.007"), Version("4294967295.7"));
}

TEST(Versions, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", ".", "1.", ".1", "1..2", "1.x", "v1", "-1", "+1", " 1", "1 ", "4294967296", "1.2-rc"}) {
    EXPECT_EQ(refusal_of(text), "'" + std::string(text) +
                                    "' is no version; one is numbers and dots, such as 0.2.1.10");
  }
}

std::string refusal_of_chain(const std::vector<const char*>& versions) {
  std::vector<Migration> migrations;
  for (const char* version : versions) migrations.push_back({Version(version), "", nullptr});
  try {
    const Chain chain(migrations);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

TEST(Chains, AreInOrder) {
  EXPECT_EQ(refusal_of_chain({}), "none");
  EXPECT_EQ(refusal_of_chain({"0.9", "0.10", "1"}), "none");
  EXPECT_EQ(refusal_of_chain({"0.10", "0.9"}), "the migration to 0.9 stands after the one to 0.10");
  EXPECT_EQ(refusal_of_chain({"1", "1.0"}),
            "the migration to 1.0 stands beside another: the one to 1");
}

TEST(Chains, GiveWhatLiesBetween) {
  const Chain chain = build_of(Which::newest).chain;
  const auto between = [&](const char* stored, const char* running) {
    std::vector<std::string> versions;
    for (const Migration* each : chain.between(Version(stored), Version(running))) {
      versions.push_back(each->version.text());
    }
    return versions;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(between("0.2.1.2", "0.2.1.10"), (Names{"0.2.1.9", "0.2.1.10"}));
  EXPECT_EQ(between("0.2.1.9", "0.2.1.10"), (Names{"0.2.1.10"}));
  EXPECT_EQ(between("0.2.1.2", "0.2.1.9"), (Names{"0.2.1.9"}));
  EXPECT_EQ(between("0.2.1.10", "0.2.1.10"), Names{});
  EXPECT_EQ(between("0.2.1.10", "0.2.1.2"), Names{});
}

// What a migration's log and checksums decide (impl/state_version/upgrade.h).

TEST(Refusals, AreOfTheMigrationsThatAreInEffect) {
  const Build newest = build_of(Which::newest), edited = build_with_an_edited_migration();
  json state = upgraded(newest, oldest_state());
  EXPECT_EQ(refusal(newest, state), std::nullopt);
  EXPECT_NE(refusal(edited, state), std::nullopt);
  // Undone, and applied again as it was edited meanwhile.
  state["applied"].push_back({{"version", "0.2.1.9"}, {"checksum", "m9"}, {"down", true}});
  EXPECT_EQ(refusal(edited, state), std::nullopt);
  state["applied"].push_back({{"version", "0.2.1.9"}, {"checksum", "m9, edited"}});
  EXPECT_EQ(refusal(edited, state), std::nullopt);
  EXPECT_NE(refusal(newest, state), std::nullopt);
  EXPECT_EQ(refusal(newest, json()), "there is no state");
  EXPECT_EQ(refusal(newest, json("torn")), "the state is damaged; restore it from a backup");
}

TEST(Refusals, WhoeverWasOvertakenByAnotherVersionEnds) {
  const json state = upgraded(build_of(Which::middle), oldest_state());
  EXPECT_EQ(other_version(build_of(Which::middle), state), std::nullopt);
  for (const Which other : {Which::old_one, Which::newest}) {
    EXPECT_EQ(other_version(build_of(other), state), "meanwhile it was brought to version 0.2.1.9");
  }
}

// What the mappings see of a state.

TEST(StatesOfModels, AreOnlyThoseThatTheMigrationsMake) {
  json state = upgraded(build_of(Which::middle), oldest_state());
  ASSERT_TRUE(abstracted(state));
  EXPECT_EQ(abstracted(state)->version, 2);
  EXPECT_EQ(abstracted(oldest_state())->version, 1);
  state["labels"] = {{"1", 1}, {"3", 1}};
  EXPECT_EQ(abstracted(state)->changes, 0b0101);
  json newest = upgraded(build_of(Which::newest), state);
  newest["limits"]["2"] = 1;
  EXPECT_EQ(abstracted(newest)->version, 3);
  EXPECT_EQ(abstracted(newest)->changes, 0b0010'0101);
  for (const char* member : {"seeds", "timeout_ms", "did", "applied"}) {
    json other = state;
    other[member] = "other";
    EXPECT_FALSE(abstracted(other)) << member;
  }
  json other = state;
  other["version"] = "0.2.1.10";
  EXPECT_FALSE(abstracted(other));
  other["version"] = "7";
  EXPECT_FALSE(abstracted(other));
  EXPECT_FALSE(abstracted(json("torn")));
}

// What the models judge, line by line.

TEST(ModelOfTheTable, JudgesEachPropertyAlone) {
  using namespace model::state_version::table;
  const Model model({2, 3, 1, 1, 1, 2}, Flaw::none, false);
  const State begun = model.initial_states()[0];
  EXPECT_EQ(model.judge(begun), checker::kHolds);
  const auto judged = [&](const std::function<void(State&)>& change) {
    State state = begun;
    change(state);
    return model.judge(state);
  };
  // A change that was acknowledged is in its row, whatever else is.
  EXPECT_EQ(judged([](State& s) { s.operators.acked[0] = 1; }), Model::NothingLost);
  EXPECT_EQ(judged([](State& s) { s.operators.acked[0] = s.table.row[0].changes = 1; }),
            checker::kHolds);
  EXPECT_EQ(judged([](State& s) { s.operators.acked[1] = 3, s.table.row[1].changes = 1; }),
            Model::NothingLost);
  // Only b may go, and only once somebody asked for it; then it stays gone.
  EXPECT_EQ(judged([](State& s) { s.operators.acked[1] = 1, s.table.row[1] = {}; }),
            Model::NothingLost);
  EXPECT_EQ(judged([](State& s) {
              s.operators.acked[1] = s.operators.may_go = 1;
              s.table.row[1] = {};
            }),
            checker::kHolds);
  EXPECT_EQ(judged([](State& s) {
              s.operators.acked[0] = s.operators.may_go = 1;
              s.table.row[0] = {};
            }),
            Model::NothingLost);
  EXPECT_EQ(judged([](State& s) { s.operators.may_go = s.operators.gone = 1; }),
            Model::NothingLost);
  // Nothing is older than a version that was up: no row, and not the version beside them.
  const auto all_at = [](State& s, std::uint8_t version) {
    s.table.version = s.table.row[0].version = s.table.row[1].version = version;
  };
  for (const unsigned which : {0u, 1u, 2u}) {
    for (const std::uint8_t up : {2, 3}) {
      const auto found = judged([&](State& s) {
        all_at(s, up);
        s.operators.up = up;
        (which == 2 ? s.table.version : s.table.row[which].version) = 1;
      });
      EXPECT_EQ(found, up == 2 ? Model::NoOldWriter : Model::OthersDoNothing);
    }
  }
  EXPECT_EQ(judged([&](State& s) { all_at(s, 3), s.operators.up = 3; }), checker::kHolds);
  EXPECT_EQ(judged([&](State& s) { all_at(s, 3), s.operators.up = 2; }), checker::kHolds);
  // The goal: every row that is there is of the newest version.
  State state = begun;
  EXPECT_FALSE(model.goals_reached(state));
  all_at(state, 3);
  EXPECT_TRUE(model.goals_reached(state));
  state.table.row[1].version = 2;
  EXPECT_FALSE(model.goals_reached(state));
  state.table.row[1] = {};
  EXPECT_TRUE(model.goals_reached(state));
}

TEST(ModelOfTheZnode, JudgesEachPropertyAlone) {
  using namespace model::state_version::znode;
  const Model model({2, 3, 1, 1, 1, 2}, Flaw::none, false);
  const auto judged = [&](std::uint8_t version, std::uint8_t changes, std::uint8_t acked,
                          std::uint8_t up) {
    State state = model.initial_states()[0];
    state.node.version = version;
    state.node.changes = changes;
    state.acked = acked;
    state.up = up;
    return model.judge(state);
  };
  EXPECT_EQ(judged(1, 0, 0, 1), checker::kHolds);
  EXPECT_EQ(judged(1, 3, 1, 1), checker::kHolds);
  EXPECT_EQ(judged(1, 2, 1, 1), Model::NothingLost);
  EXPECT_EQ(judged(1, 0, 0, 2), Model::NoOldWriter);
  EXPECT_EQ(judged(2, 0, 0, 3), Model::OthersDoNothing);
  EXPECT_EQ(judged(3, 0, 0, 3), checker::kHolds);
  EXPECT_EQ(judged(3, 0, 0, 2), checker::kHolds);
  EXPECT_EQ(judged(0, 0, 0, 1), checker::kHolds);
  EXPECT_EQ(judged(0, 0, 0, 3), Model::OthersDoNothing);
}

TEST(ModelOfTheFile, JudgesEachPropertyAlone) {
  namespace file = model::state_version::file;
  using file::Content, file::Flaw, file::Model, file::State;
  const Model model({2, 3, 1, 1, 1, 2}, Flaw::none, false);
  const auto state_of = [&](Content content, std::uint8_t acked, std::uint8_t up) {
    State state = model.initial_states()[0];
    state.disk.inodes[0].written = content;
    state.acked = acked;
    state.up = up;
    return state;
  };
  const auto judged = [&](Content content, std::uint8_t acked, std::uint8_t up) {
    return model.judge(state_of(content, acked, up));
  };
  EXPECT_EQ(judged({1, 0}, 0, 1), checker::kHolds);
  EXPECT_EQ(judged({1, 3}, 1, 1), checker::kHolds);
  EXPECT_EQ(judged({1, 2}, 1, 1), Model::NothingLost);
  EXPECT_EQ(judged({1, 0}, 0, 2), Model::NoOldWriter);
  EXPECT_EQ(judged({2, 0}, 0, 3), Model::OthersDoNothing);
  EXPECT_EQ(judged({3, 0}, 0, 3), checker::kHolds);
  EXPECT_EQ(judged({3, 0}, 0, 2), checker::kHolds);
  EXPECT_EQ(judged({file::kEmpty, 0}, 1, 3), Model::CanFinish);
  EXPECT_EQ(judged({file::kTorn, 0}, 1, 3), Model::CanFinish);
  // Nothing can be lost that nobody was told of.
  State none = model.initial_states()[1];
  EXPECT_EQ(model.judge(none), checker::kHolds);
  none.acked = 1;
  EXPECT_EQ(model.judge(none), Model::NothingLost);
  // The goal: the newest version, or no file to be upgraded. What is in the new file is nothing.
  EXPECT_TRUE(model.goals_reached(model.initial_states()[1]));
  EXPECT_TRUE(model.goals_reached(state_of({3, 0}, 0, 1)));
  for (const std::uint8_t version : {file::kEmpty, std::uint8_t{1}, std::uint8_t{2}, file::kTorn}) {
    State state = state_of({version, 0}, 0, 1);
    EXPECT_FALSE(model.goals_reached(state)) << int{version};
    state.disk.inodes[1].written = {3, 0};
    state.disk.fresh = 2;
    EXPECT_FALSE(model.goals_reached(state)) << int{version};
  }
}

/// Of every disk that the simulated file system comes to in a few calls, what a loss of power makes
/// of it is what it makes of the model's.
TEST(ModelOfTheFile, LosesPowerAsTheSimulatedDiskDoes) {
  const FileMapping mapping;
  const auto number = [&](const Disk& disk) { return mapping.durable(json(disk)); };
  const json older = oldest_state(), newer = upgraded(build_of(Which::newest), older);
  const std::vector<std::function<void(Disk&)>> calls = {
      [](Disk& disk) { disk.truncate(kNewStateFile); },
      [&](Disk& disk) { disk.write(kNewStateFile, newer); },
      [](Disk& disk) { disk.sync(kNewStateFile); },
      [](Disk& disk) { disk.rename(kNewStateFile, kStateFile); },
      [](Disk& disk) { disk.sync_folder(); }};
  std::map<std::uint64_t, Disk> disks;
  std::vector<Disk> queue = {Disk{}, disk_with(older)};
  while (!queue.empty()) {
    const Disk disk = queue.back();
    queue.pop_back();
    ASSERT_TRUE(number(disk));
    if (!disks.emplace(*number(disk), disk).second) continue;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (i != 0 && i != 4 && !disk.names.contains(kNewStateFile)) continue;
      queue.push_back(disk);
      calls[i](queue.back());
      queue.back() = queue.back().tidy();
    }
  }
  EXPECT_GT(disks.size(), 300u);
  std::size_t most = 0;
  for (const auto& [key, disk] : disks) {
    std::set<std::uint64_t> of_store, of_model;
    for (const auto& [outcome, after] : lose_power(disk)) of_store.insert(number(after).value());
    model::state_version::file::State at;
    at.disk = mapping.disk(disk).value();
    for (const auto& after : model::state_version::file::after_loss_of_power(at.disk)) {
      model::state_version::file::State lost;
      lost.disk = after;
      EXPECT_TRUE(of_model.insert(mapping.durable(lost, 0)).second) << "twice: " << json(disk);
    }
    EXPECT_EQ(of_store, of_model) << json(disk);
    most = std::max(most, of_model.size());
  }
  EXPECT_GT(most, 6u);
}

TEST(SimulatedDisk, LosesWhatIsNotSynced) {
  Disk disk = disk_with({{"n", 1}});
  EXPECT_EQ(lose_power(disk).size(), 1U);  // nothing to lose
  disk.truncate("state.new");
  disk.write("state.new", {{"n", 2}});
  const auto contents = [](const Disk& of, const char* name) {
    std::set<std::string> found;
    for (const auto& [outcome, after] : lose_power(of)) found.insert(after.read(name).dump());
    return found;
  };
  using Texts = std::set<std::string>;
  EXPECT_EQ(contents(disk, "state"), (Texts{R"({"n":1})"}));
  EXPECT_EQ(contents(disk, "state.new"), (Texts{"null", R"("")", R"("torn")", R"({"n":2})"}));
  Disk careless = disk;  // the name may be durable before what it names
  careless.rename("state.new", "state");
  EXPECT_EQ(contents(careless, "state"), (Texts{R"({"n":1})", R"("")", R"("torn")", R"({"n":2})"}));
  disk.sync("state.new");
  disk.rename("state.new", "state");
  EXPECT_EQ(contents(disk, "state"), (Texts{R"({"n":1})", R"({"n":2})"}));
  disk.sync_folder();
  EXPECT_EQ(contents(disk, "state"), (Texts{R"({"n":2})"}));
  EXPECT_EQ(disk.tidy().inodes.size(), 1U);
}

}  // namespace
}  // namespace cutover::state_version
