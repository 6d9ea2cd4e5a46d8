// The worlds that random search draws: of many kinds, functions of their names, sound at the
// beginning, printable, and named in traces.
#include "properties/catalog/random_world.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "crashsim/live/live_world.h"
#include "crashsim/trace/trace.h"
#include "impl/catalog/contents.h"
#include "properties/catalog/adaptor.h"
#include "random_runs.h"
#include "run.h"

namespace cutover {
namespace {

using crashsim::LiveWorld;
using crashsim::World;
using crashsim::WorldName;

const crashsim::Bounds kMost = case_of("catalog/single-tombstone").random.most();

StoreState state_of(const World& world, std::size_t store) {
  return crashsim::catalog::state_from(world.beginnings[0].stores[store]);
}

TEST(RandomWorlds, AreFunctionsOfTheirNames) {
  const auto& make = case_of("catalog/single-tombstone").random.make;
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const WorldName name{seed, seed * 5 / 2};
    const World one = make(kMost, name), two = make(kMost, name);
    EXPECT_EQ(one.beginnings[0].stores, two.beginnings[0].stores);
    EXPECT_EQ(one.beginnings[0].memory, two.beginnings[0].memory);
    ASSERT_EQ(one.inputs.size(), two.inputs.size());
    for (std::size_t i = 0; i < one.inputs.size(); ++i) {
      EXPECT_EQ(one.inputs[i].label, two.inputs[i].label);
      EXPECT_EQ(one.inputs[i].budget, two.inputs[i].budget);
      EXPECT_EQ(one.inputs[i].request(2), two.inputs[i].request(2));
    }
  }
}

TEST(RandomWorlds, ViolateNothingAtTheBeginning) {
  for (const Case& of : registry_of({catalog::family()})) {
    if (of.is_mutant()) continue;
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
      const World world = of.random.make({}, {seed, seed % 101});
      EXPECT_EQ(LiveWorld(world, world.beginnings[0].name).violated(), std::nullopt)
          << of.name << " seed " << seed;
    }
  }
}

TEST(RandomWorlds, AreOfManyKinds) {
  const Case& of = case_of("catalog/single-tombstone");
  std::set<std::string> seen;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const World world = of.random.make(kMost, {seed, seed % 101});
    const StoreState stash = state_of(world, 0), persist = state_of(world, 1);
    const bool moved = stash.config.contains("tombstone") && stash.config.at("tombstone") == 1;
    const StoreState &truth = moved ? persist : stash, &other = moved ? stash : persist;
    seen.insert(moved ? "persist is the truth" : "the stash is the truth");
    seen.insert("truth of format " + std::to_string(truth.contents.format));
    if (!other.contents.entries.empty()) {
      seen.insert(moved ? "garbage in the stash" : "garbage in persist");
    }
    if (truth.contents.entries.size() >= 200) seen.insert("hundreds of keys");
    if (truth.contents.entries.contains("")) seen.insert("an empty key");
    for (const auto& [key, value] : catalog::decode(truth.contents)) {
      if (value.empty()) seen.insert("an empty value");
      if (value.size() >= 100'000) seen.insert("a huge value");
      if (value.find('\xff') != std::string::npos) seen.insert("a value that is no UTF-8");
      if (key.find('\0') != std::string::npos) seen.insert("a key with a NUL");
    }
    unsigned requests = 0;
    for (const auto& input : world.inputs) requests += input.budget;
    EXPECT_EQ(requests, catalog::kWrites.many + catalog::kReads.many);
  }
  EXPECT_EQ(seen, (std::set<std::string>{
                      "persist is the truth", "the stash is the truth", "truth of format 0",
                      "truth of format 1", "truth of format 3", "garbage in the stash",
                      "garbage in persist", "hundreds of keys", "an empty key", "an empty value",
                      "a huge value", "a value that is no UTF-8", "a key with a NUL"}));
}

/// Of the first worlds of a search, how many are such.
template <class Is>
int count_drawn(Is&& is) {
  int count = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    crashsim::Random size(crashsim::derived(seed, {0})), bounds(crashsim::derived(seed, {1}));
    count += is(draw_size(size), draw_bounds(bounds, kMost, {catalog::kWrites, catalog::kReads}));
  }
  return count;
}

TEST(RandomWorlds, AreMostlySmallAndSometimesAsWideAsTheyMayBe) {
  using crashsim::Bounds;
  EXPECT_GT(count_drawn([](unsigned size, const Bounds&) { return size < 20; }), 1000);
  EXPECT_GT(count_drawn([](unsigned size, const Bounds&) { return size >= 60; }), 50);
  EXPECT_GT(count_drawn([](unsigned, const Bounds& b) { return b.processes >= 5; }), 50);
  EXPECT_GT(count_drawn([](unsigned, const Bounds& b) { return b.crashes >= 8; }), 50);
  EXPECT_GT(count_drawn([](unsigned, const Bounds& b) { return b.in_flight >= 5; }), 50);
  EXPECT_GT(count_drawn([](unsigned, const Bounds& b) { return b.lost >= 5; }), 50);
  EXPECT_GT(count_drawn([](unsigned, const Bounds& b) {
              return catalog::kWrites.of(b) + catalog::kReads.of(b) >= 25;
            }),
            50);
  for (const auto& bound : case_of("catalog/single-tombstone").bounds.all()) {
    const auto is_near = [&](unsigned, const Bounds& b) {
      return bound.of(b) * 10 >= bound.many * 8;
    };
    EXPECT_GT(count_drawn(is_near), 0) << bound.name;
    EXPECT_EQ(count_drawn([&](unsigned, const Bounds& b) { return bound.of(b) > bound.many; }), 0);
  }
}

TEST(RandomWorlds, HaveStepsThatCanBePrinted) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const World world = case_of("catalog/single-tombstone").random.make({}, {seed, 100});
    LiveWorld live(world, world.beginnings[0].name);
    std::string text;
    for (const auto& [column, cell] : live.describe()) text += cell;
    for (const auto& input : world.inputs) text += input.label;
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; })) << text;
    EXPECT_LT(text.size(), 4000u);
  }
}

TEST(Printable, TellsDifferentBytesApart) {
  const std::vector<std::string> keys = {"",
                                         std::string(1, '\0'),
                                         "\\x00",
                                         "\\empty",
                                         "a",
                                         "a\n",
                                         "\xff",
                                         "\\",
                                         "\\\\",
                                         std::string(100, 'a'),
                                         std::string(99, 'a') + "b",
                                         std::string(101, 'a')};
  std::set<std::string> shown;
  for (const std::string& key : keys) shown.insert(printable(key));
  EXPECT_EQ(shown.size(), keys.size());
  EXPECT_EQ(printable("plain key"), "plain key");
  EXPECT_EQ(printable(std::string("\0\xff\\", 3)), "\\x00\\xff\\\\");
}

class RandomTrace : public testing::Test {
 protected:
  std::string refusal(const std::string& what, const std::string& instead) {
    crashsim::write_trace(
        file_, {"catalog/first-draft", "random", {}, {"random", {}, ""}, WorldName{7, 3}});
    std::ifstream in(file_);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    std::ofstream(file_) << text.replace(at, what.size(), instead);
    try {
      crashsim::read_trace(file_);
    } catch (const crashsim::TraceError& error) {
      return std::string(error.what()).substr(file_.string().size());
    }
    return "accepted";
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "trace.json";
};

TEST_F(RandomTrace, NamesItsWorld) {
  const crashsim::Trace trace{
      "catalog/first-draft", "random", kMost, {"random", {}, "P"}, WorldName{4'294'967'295, 100}};
  crashsim::write_trace(file_, trace);
  const crashsim::Trace read = crashsim::read_trace(file_);
  EXPECT_EQ(read.world, trace.world);
  EXPECT_EQ(read.bounds, trace.bounds) << "more clients than can be explored exhaustively";
}

TEST_F(RandomTrace, ThatCannotBeUsedIsRefusedWithThePlace) {
  EXPECT_EQ(refusal("\"seed\": 7", "\"seed\": -7"),
            ": at /world/seed: expected a number that is not negative");
  EXPECT_EQ(refusal("\"seed\": 7", "\"seed\": 4294967296"),
            ": at /world/seed: expected a number below 2^32");
  EXPECT_EQ(refusal("\"size\": 3", "\"size\": 101"), ": at /world/size: 101 is more than 100");
  EXPECT_EQ(refusal("\"size\": 3", "\"other\": 3"), ": at /world: the member 'size' is missing");
  EXPECT_EQ(refusal("\"processes\": 2", "\"processes\": 4294967298"),
            ": at /bounds/processes: expected a number below 2^32");
}

}  // namespace
}  // namespace cutover
