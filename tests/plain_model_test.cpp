// Packing, goals and counterexamples of plain models, on a model whose graph is known by hand.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>

#include "model/checker/plain.h"

namespace cutover::checker {
namespace {

struct Bytes {
  std::array<std::uint8_t, 24> byte{};
  bool operator==(const Bytes&) const = default;
};

RC_GTEST_PROP(Packing, GivesBackWhatWasPacked, ()) {
  Bytes widest, state;
  for (std::size_t i = 0; i < widest.byte.size(); ++i) {
    widest.byte[i] = *rc::gen::arbitrary<std::uint8_t>();
    state.byte[i] = *rc::gen::inRange<std::uint8_t>(0, std::max<int>(1, widest.byte[i]));
  }
  // With the machine's own instructions for it, and without.
  const Packing<Bytes> packing(widest), plain(widest, false);
  RC_ASSERT(packing.bits() <= 192u);
  RC_ASSERT(packing.unpack<3>(packing.pack<3>(state)) == state);
  RC_ASSERT(plain.unpack<3>(plain.pack<3>(state)) == state);
  RC_ASSERT(plain.pack<3>(state) == packing.pack<3>(state));
}

RC_GTEST_PROP(Packing, TellsDifferentStatesApart, ()) {
  Bytes widest;
  widest.byte.fill(7);
  Bytes one, other;
  for (std::size_t i = 0; i < one.byte.size(); ++i) {
    one.byte[i] = *rc::gen::inRange<std::uint8_t>(0, 8);
    other.byte[i] = *rc::gen::inRange<std::uint8_t>(0, 8);
  }
  const Packing<Bytes> packing(widest);
  RC_ASSERT(packing.bits() == 72u);
  RC_ASSERT((packing.pack<2>(one) == packing.pack<2>(other)) == (one == other));
}

TEST(PackingDeathTest, RefusesAStateWiderThanTheWidest) {
  Bytes widest, state;
  widest.byte[3] = 4;
  state.byte[3] = 8;
  const Packing<Bytes> packing(widest), plain(widest, false);
  EXPECT_DEATH(packing.pack<2>(state), "internal check failed");
  EXPECT_DEATH(plain.pack<2>(state), "internal check failed");
  state.byte[3] = 0;
  state.byte[20] = 1;
  EXPECT_DEATH(packing.pack<2>(state), "internal check failed");
  EXPECT_DEATH(plain.pack<2>(state), "internal check failed");
}

/// A walker on a line of `length` places that may go on, and at `trap` may also fall into a pit
/// that it can't leave. The goal is the end of the line.
struct Line {
  struct State {
    std::uint8_t at = 0, pit = 0;
    std::array<std::uint8_t, 6> unused{};
  };
  enum class Action { on, fall, stay_in_pit };
  static constexpr std::uint8_t kGoals = 1;
  static constexpr Property kGoalsStayPossible = 2;

  std::uint8_t length = 10;
  std::uint8_t trap = 255;
  std::uint8_t bad = 255;

  std::vector<State> initial_states() const { return {State{}}; }
  State widest() const { return {255, 1, {}}; }
  template <class F>
  void successors(const State& state, F&& f) const {
    State next = state;
    if (state.pit != 0) {
      next.at ^= 1;
      f(Action::stay_in_pit, next);
      return;
    }
    if (state.at == trap) {
      next.pit = 1;
      f(Action::fall, next);
    }
    next = state;
    if (state.at + 1 < length) {
      ++next.at;
      f(Action::on, next);
    }
  }
  Property judge(const State& state) const { return state.at == bad ? 1 : kHolds; }
  std::uint64_t seen_in(const State& state) const { return state.at == 5 ? 1 : 0; }
  std::uint64_t seen_in(const State&, Action action, const State&) const {
    return action == Action::fall ? 2 : 0;
  }
  std::uint64_t expected() const { return 3; }
  bool goals_due(const State&) const { return true; }
  std::uint8_t goals_reached(const State& state) const {
    return state.pit == 0 && state.at + 1 == length ? 1 : 0;
  }
};

TEST(Plain, ExploresAllAndNotesWhatItSaw) {
  const auto checked = check(Line{.length = 200}, {});
  EXPECT_EQ(checked.result.ended, Ended::complete);
  EXPECT_EQ(checked.result.states, 200u);
  EXPECT_EQ(checked.result.transitions, 199u);
  EXPECT_EQ(checked.seen, 1u);
  EXPECT_EQ(checked.state_bits, 9u);
}

TEST(Plain, TellsTheShortestCounterexample) {
  const auto checked = check(Line{.bad = 3}, {});
  EXPECT_EQ(checked.result.ended, Ended::violation);
  EXPECT_EQ(checked.result.violated, 1u);
  ASSERT_EQ(checked.path.size(), 3u);
  EXPECT_EQ(checked.path.back().state.at, 3);
}

TEST(Plain, FindsTheNearestStateFromWhichTheGoalCantBeReached) {
  const auto checked = check(Line{.trap = 4}, {});
  EXPECT_EQ(checked.result.ended, Ended::violation);
  EXPECT_EQ(checked.result.violated, Line::kGoalsStayPossible);
  ASSERT_EQ(checked.path.size(), 5u);
  EXPECT_EQ(checked.path.back().action, Line::Action::fall);
  EXPECT_EQ(checked.seen, 3u);
}

}  // namespace
}  // namespace cutover::checker
