// The visited set, held to std::set: no state is lost or kept twice, whatever their hashes, on
// however many threads, however often it grows.
#include "model/checker/state_set.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <thread>

namespace cutover::checker {
namespace {

RC_GTEST_PROP(Bucket, IsSeenAtOnceAsEntryByEntry, ()) {
  alignas(64) std::array<Entry, kBucket> entries{};
  // Few hashes, at both ends of what 32 bits can be, so that some are alike; and places of all
  // sizes.
  const auto hash = [] { return *rc::gen::element(0u, 1u, 0x7fffffffu, 0x80000000u, ~0u); };
  const std::size_t filled = *rc::gen::inRange<std::size_t>(0, kBucket + 1);
  for (std::size_t i = 0; i < filled; ++i) {
    const std::uint64_t place = *rc::gen::element(1u, 2u, 0x7fffffffu, 0x80000000u, ~0u);
    entries[i] = std::uint64_t{hash()} << 32 | place;
  }
  const std::uint64_t wanted = std::uint64_t{hash()} << 32 | hash();
  const Seen seen = look_at_each(entries.data(), wanted);
  unsigned alike = 0;
  for (std::size_t i = 0; i < filled; ++i) alike |= entries[i] >> 32 == wanted >> 32 ? 1u << i : 0u;
  RC_ASSERT(seen.alike == alike);
  RC_ASSERT(seen.free == (0xffu << filled & 0xffu));
  RC_ASSERT(look_at(entries.data(), wanted) == seen);
}

struct State {
  std::uint64_t number = 0;
  auto operator<=>(const State&) const = default;
};
using Set = StateSet<State>;

/// How a state's hash is made of it: well, or with so few bits that most collide.
using Hash = std::uint64_t (*)(const State&);
std::uint64_t good(const State& state) { return hash_of(state); }
std::uint64_t few_places(const State& state) { return (hash_of(state) & 0x3ffull << 32) | 7; }
std::uint64_t last_bucket(const State& state) { return state.number << 60 | 0xffffffffull << 28; }

void grow(Set& set) {
  set.begin_grow();
  constexpr std::size_t kParts = 3;
  for (std::size_t part = 0; part < kParts; ++part) set.split_part(part, kParts);
  for (std::size_t part = 0; part < kParts; ++part) set.move_part(part, kParts);
  set.end_grow();
}

/// All states that the ranges name, and that none is named twice.
std::multiset<State> listed(const Set& set, const std::vector<Set::Range>& ranges) {
  std::multiset<State> states;
  for (const Set::Range range : ranges) {
    for (Set::Index i = range.begin; i < range.end; ++i) states.insert(set[i]);
  }
  return states;
}

/// Inserts numbers below `most`, each several times, on `threads` threads, growing twice on the
/// way.
void hold_to_std_set(Hash hash, std::uint64_t most, std::size_t inserts, std::size_t threads) {
  Set set;
  std::vector<Set::Writer> writers(threads);
  std::set<State> expected;
  std::multiset<State> levels;
  std::atomic<std::size_t> fresh = 0;
  for (unsigned round = 0; round < 3; ++round) {
    const auto work = [&](std::size_t thread) {
      std::mt19937_64 random(round * 100 + thread);
      for (std::size_t i = 0; i < inserts; ++i) {
        const State state{random() % most};
        Set::Index at = 0;
        const Set::Index candidate = i % 2 == 0 ? set.candidate(hash(state)) : Set::kNone;
        if (set.insert(state, hash(state), candidate, writers[thread], at)) ++fresh;
      }
    };
    {
      std::vector<std::jthread> running;
      for (std::size_t thread = 0; thread < threads; ++thread) running.emplace_back(work, thread);
    }
    for (std::size_t thread = 0; thread < threads; ++thread) {
      std::mt19937_64 random(round * 100 + thread);
      for (std::size_t i = 0; i < inserts; ++i) expected.insert({random() % most});
      levels.merge(listed(set, set.take_level(writers[thread])));
    }
    ASSERT_EQ(fresh.load(), expected.size());
    ASSERT_TRUE(std::ranges::equal(levels, expected));
    for (const State& state : expected) {
      const auto at = set.find(state, hash(state));
      ASSERT_TRUE(at.has_value()) << state.number;
      ASSERT_EQ(set[*at], state);
    }
    for (std::uint64_t number = most; number < most + 1000; ++number) {
      ASSERT_FALSE(set.find(State{number}, hash(State{number})).has_value()) << number;
    }
    grow(set);
  }
}

class OnThreads : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(StateSet, OnThreads, testing::Values(1, 2, 4));

// More than one chunk of states a thread; the table is some three quarters full at the end.
TEST_P(OnThreads, KeepsEachStateOnce) { hold_to_std_set(good, 190'000, 100'000, GetParam()); }

// The same few hundred buckets and 1,024 hashes for 6,000 states: most are told apart by comparing
// them, and most find room in a later bucket.
TEST_P(OnThreads, KeepsEachStateOnceWhereHashesAgree) {
  hold_to_std_set(few_places, 6'000, 9'000, GetParam());
}

// What finds no room in the last bucket goes on in the first.
TEST_P(OnThreads, KeepsEachStateOnceBehindTheLastBucket) {
  hold_to_std_set(last_bucket, 400, 2'000, GetParam());
}

TEST(StateSet, ACandidateIsWhatTheSearchMostLikelyLooksFor) {
  Set set;
  Set::Writer writer;
  Set::Index at = 0;
  const State state{42};
  EXPECT_EQ(set.candidate(hash_of(state)), Set::kNone);
  ASSERT_TRUE(set.insert(state, hash_of(state), Set::kNone, writer, at));
  EXPECT_EQ(set.candidate(hash_of(state)), at);
  EXPECT_FALSE(set.insert(state, hash_of(state), at, writer, at));
  // One that only shares the hash is no reason to leave a state out.
  const State other{43};
  const Set::Index candidate = set.candidate(hash_of(state));
  EXPECT_TRUE(set.insert(other, hash_of(state), candidate, writer, at));
}

TEST(StateSet, HashesOfNeighboursSpreadOverAllBits) {
  std::array<unsigned, 64> ones{};
  constexpr unsigned kStates = 4'096;
  for (std::uint64_t number = 0; number < kStates; ++number) {
    const std::uint64_t hash = hash_of(State{number});
    for (unsigned bit = 0; bit < 64; ++bit) ones[bit] += hash >> bit & 1;
  }
  for (unsigned bit = 0; bit < 64; ++bit) EXPECT_NEAR(ones[bit], kStates / 2, kStates / 8) << bit;
}

}  // namespace
}  // namespace cutover::checker
