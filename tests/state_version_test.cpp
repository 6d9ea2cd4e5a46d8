// The family state_version: versions, chains, and the simulated file system.
#include <gtest/gtest.h>

#include <set>

#include "properties/state_version/disk.h"
#include "properties/state_version/sample.h"

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
