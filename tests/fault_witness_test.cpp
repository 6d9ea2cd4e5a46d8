// The witnesses that the engine itself asks for, each seen and each missing: every way in which a
// step can end, and a request in flight that took effect when it landed or had none. And that no
// witness, the catalog's among them, is asked for where bounds leave no way to see it.
#include <gtest/gtest.h>

#include <set>

#include "crashsim/explore/explorer.h"
#include "crashsim/sdk.h"
#include "tests/named_cases.h"

namespace cutover {
namespace {

using crashsim::Bounds;
using Names = std::set<std::string>;

struct Cell {
  int value = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Cell, value)

/// What was not seen of a program over one cell.
Names unseen(std::function<Task<void>(Actor&)> body, const Bounds& bounds) {
  Migration migration;
  migration.store("cell", Cell{}).memory(0).program("work", std::move(body));
  migration.property("AlwaysTrue", [](const View&) { return true; });
  migration.sometimes("something is", [](const View&) { return true; });
  const auto found = crashsim::explore(migration(bounds), {});
  EXPECT_EQ(found.result.ended, checker::Ended::complete);
  return {found.unseen.begin(), found.unseen.end()};
}

Task<void> do_nothing(Actor&) { co_return; }

Task<void> read_only(Actor& actor) {
  const auto look = [](const Cell& cell) { return cell.value; };
  co_await actor.store<Cell>("cell").read("look", look);
}

/// Takes effect whenever it lands.
Task<void> add(Actor& actor) {
  co_await actor.store<Cell>("cell").step("add", [](Cell& cell) { ++cell.value; });
}

/// Has an effect once.
Task<void> set(Actor& actor) {
  co_await actor.store<Cell>("cell").step("set", [](Cell& cell) { cell.value = 1; });
}

/// Never has an effect.
Task<void> keep(Actor& actor) {
  co_await actor.store<Cell>("cell").step("keep", [](Cell& cell) { cell.value = 0; });
}

const Bounds kBoth{
    .processes = 2, .starts = 2, .crashes = 1, .in_flight = 1, .lost = 1, .own = {{"writes", 0}}};
const Bounds kCrashes{
    .processes = 2, .starts = 2, .crashes = 1, .in_flight = 1, .lost = 0, .own = {{"writes", 0}}};
const Bounds kLosses{
    .processes = 2, .starts = 2, .crashes = 0, .in_flight = 1, .lost = 1, .own = {{"writes", 0}}};
const Bounds kNothingInFlight{
    .processes = 2, .starts = 2, .crashes = 1, .in_flight = 0, .lost = 1, .own = {{"writes", 0}}};

const std::string kApplied = "a request in flight landed and took effect",
                  kRejected = "a request in flight landed without effect";
const std::string kNoFence =
    ": at 'cell' every one took effect; a store without a fence is to say so (in a Migration: "
    "unfenced(...))";

std::string text(crashsim::Outcome outcome) { return to_string(outcome); }
const Names kBefore = {text(crashsim::Outcome::crash_before), text(crashsim::Outcome::lost_before)};
const Names kAfter = {text(crashsim::Outcome::crash_after), text(crashsim::Outcome::lost_after)};
const Names kInFlight = {text(crashsim::Outcome::crash_in_flight),
                         text(crashsim::Outcome::lost_in_flight)};
const Names kLanding = {kApplied, kRejected};

Names all_of(std::initializer_list<Names> parts) {
  Names all;
  for (Names part : parts) all.merge(part);
  return all;
}
Names of_crashes(const Names& names) {
  Names chosen;
  for (const std::string& name : names) {
    if (name.find("crash") != std::string::npos) chosen.insert(name);
  }
  return chosen;
}
Names without(Names names, const Names& taken) {
  for (const std::string& each : taken) names.erase(each);
  return names;
}

TEST(FaultWitnesses, AreAllMissingOfAProgramWithoutSteps) {
  const Names faults = all_of({kBefore, kAfter, kInFlight});
  EXPECT_EQ(faults.size(), 6u);
  EXPECT_EQ(unseen(do_nothing, kBoth), all_of({faults, kLanding}));
  EXPECT_EQ(unseen(do_nothing, kCrashes), all_of({of_crashes(faults), kLanding}));
  EXPECT_EQ(unseen(do_nothing, kLosses), all_of({without(faults, of_crashes(faults)), kLanding}));
  EXPECT_EQ(unseen(do_nothing, kNothingInFlight), without(faults, kInFlight));
}

TEST(FaultWitnesses, OfEffectsAreMissingOfAProgramThatReads) {
  EXPECT_EQ(unseen(read_only, kBoth), all_of({kAfter, kInFlight, kLanding}));
  EXPECT_EQ(unseen(read_only, kNothingInFlight), kAfter);
}

TEST(FaultWitnesses, AreAllSeenOfAProgramThatWrites) {
  for (const Bounds& bounds : {kBoth, kCrashes, kLosses, kNothingInFlight}) {
    EXPECT_EQ(unseen(set, bounds), Names{});
  }
}

TEST(FaultWitnesses, TellWhetherWhatLandsHasAnEffect) {
  EXPECT_EQ(unseen(add, kBoth), Names{kRejected + kNoFence});
  EXPECT_EQ(unseen(keep, kBoth), Names{kApplied});
  Bounds once = kBoth;
  once.starts = 1;  // nobody else is there to have fenced it
  EXPECT_EQ(unseen(add, once), Names{});
  EXPECT_EQ(unseen(keep, once), Names{kApplied});
}

/// Every witness of the designs is seen wherever bounds allow it: no verdict is unknown for asking
/// too much.
TEST(Witnesses, AreSeenWithinAllSmallBoundsThatAllowThem) {
  for (const char* name : {"catalog/single-tombstone", "catalog/two-tombstones"}) {
    const Case& of = case_of(name);
    for (unsigned i = 0; i < 2 * 2 * 2 * 2 * 2 * 3; ++i) {
      unsigned rest = i;
      const auto digit = [&](unsigned base) {
        const unsigned drawn = rest % base;
        rest /= base;
        return drawn;
      };
      const Bounds bounds{.processes = 1 + digit(2),
                          .starts = 1 + digit(2),
                          .crashes = digit(2),
                          .in_flight = digit(2),
                          .lost = digit(2),
                          .own = {{"writes", digit(3)}, {"reads", 0}}};
      // The same as with fewer: no second process starts, nothing is left in flight.
      if (bounds.processes > bounds.starts) continue;
      if (bounds.in_flight > bounds.crashes + bounds.lost) continue;
      const auto found = crashsim::explore(of.world(bounds), {});
      EXPECT_EQ(found.unseen, std::vector<std::string>()) << name << ", bounds no. " << i;
      const auto checked = of.model->check(bounds, {}, false);
      EXPECT_EQ(checked.result.ended, checker::Ended::complete) << name << ", bounds no. " << i;
      EXPECT_EQ(checked.unseen, std::vector<std::string>()) << name << ", bounds no. " << i;
    }
  }
}

}  // namespace
}  // namespace cutover
