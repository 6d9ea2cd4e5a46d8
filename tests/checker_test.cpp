// The search over small models whose state spaces are known by hand.
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>

#include "model/checker/search.h"

namespace cutover::checker {
namespace {

/// Walks on an n by n grid, right and down, from the corner; `bad` violates property 1, `worse`
/// property 2, and at `too_much` there is no memory to go on. (n * n states, 2 * n * (n - 1)
/// transitions, depth 2 * (n - 1).)
struct Grid {
  struct State {
    std::uint32_t x = 0, y = 0;
  };
  struct Worker {
    const Grid& grid;
    template <class Emit>
    void successors(const State& state, Emit&& emit) {
      if (state.x == grid.too_much.x && state.y == grid.too_much.y) throw std::bad_alloc();
      if (state.x + 1 < grid.n) emit(State{state.x + 1, state.y});
      if (state.y + 1 < grid.n) emit(State{state.x, state.y + 1});
    }
    Property judge(const State& state) {
      if (state.x == grid.worse.x && state.y == grid.worse.y) return 2;
      return state.x == grid.bad.x && state.y == grid.bad.y ? 1 : kHolds;
    }
  };

  std::uint32_t n = 0;
  State bad{~0u, ~0u};
  State worse{~0u, ~0u};
  State too_much{~0u, ~0u};

  std::vector<State> initial_states() const { return {{0, 0}}; }
  std::unique_ptr<Worker> worker() const { return std::make_unique<Worker>(*this); }
};

Limits with_threads(unsigned threads) {
  Limits limits;
  limits.threads = threads;
  return limits;
}

class OnThreads : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Search, OnThreads, testing::Values(1, 2, 5));

TEST_P(OnThreads, CountsStatesTransitionsAndDepthExactly) {
  for (const std::uint32_t n : {1u, 2u, 3u, 100u, 1500u}) {  // 1500: the table grows several times
    Grid grid{.n = n};
    Search<Grid> search(grid, with_threads(GetParam()));
    const Result result = search.run();
    EXPECT_EQ(result.ended, Ended::complete);
    EXPECT_EQ(result.states, std::uint64_t{n} * n);
    EXPECT_EQ(result.transitions, 2ull * n * (n - 1));
    EXPECT_EQ(result.depth, 2 * (n - 1));
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
    search.for_each_state([&](const Grid::State& state) { seen.emplace(state.x, state.y); });
    EXPECT_EQ(seen.size(), result.states);
    std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> by_thread(search.threads());
    search.for_each_state_in_parallel([&](std::size_t thread, const Grid::State& state) {
      by_thread.at(thread).emplace_back(state.x, state.y);
    });
    std::size_t all = 0;
    for (const auto& part : by_thread) {
      all += part.size();
      seen.insert(part.begin(), part.end());
    }
    EXPECT_EQ(all, result.states);  // each once
    EXPECT_EQ(seen.size(), result.states);
  }
}

TEST_P(OnThreads, FindsTheNearestViolationAndAllShortestPathsToIt) {
  Grid grid{.n = 50, .bad = {2, 1}, .worse = {20, 20}};
  Search<Grid> search(grid, with_threads(GetParam()));
  const Result result = search.run();
  ASSERT_EQ(result.ended, Ended::violation);
  EXPECT_EQ(result.violated, 1u);
  EXPECT_EQ(result.depth, 3u);
  EXPECT_EQ(result.states, 10u);  // none of the level beyond
  EXPECT_EQ(result.transitions, 12u);
  const auto paths = search.shortest_paths();
  EXPECT_EQ(paths.steps(), 3u);
  EXPECT_TRUE(paths.contains(0, {0, 0}));
  EXPECT_TRUE(paths.contains(1, {1, 0}));
  EXPECT_TRUE(paths.contains(1, {0, 1}));
  EXPECT_TRUE(paths.contains(2, {1, 1}));
  EXPECT_FALSE(paths.contains(2, {0, 2}));  // leads past it
  EXPECT_TRUE(paths.contains(3, {2, 1}));
}

TEST_P(OnThreads, ReportsTheFirstPropertyOfALevelThatViolatesTwo) {
  Grid grid{.n = 50, .bad = {3, 0}, .worse = {0, 3}};
  Search<Grid> search(grid, with_threads(GetParam()));
  EXPECT_EQ(search.run().violated, 1u);
}

TEST(Search, FindsAViolationInAnInitialState) {
  Grid grid{.n = 3, .bad = {0, 0}};
  Search<Grid> search(grid, with_threads(2));
  ASSERT_EQ(search.run().ended, Ended::violation);
  EXPECT_EQ(search.shortest_paths().steps(), 0u);
}

TEST(Search, EndsWhenItsTimeIsOver) {
  Grid grid{.n = 1u << 20};
  Limits limits = with_threads(2);
  limits.seconds = 0.05;
  Search<Grid> search(grid, limits);
  const Result result = search.run();
  EXPECT_EQ(result.ended, Ended::out_of_time);
  EXPECT_GT(result.states, 0u);
}

TEST(Search, EndsBeforeItsMemoryIsExceeded) {
  Grid grid{.n = 1u << 20};
  Limits limits = with_threads(2);
  limits.bytes = 64u << 20;
  Search<Grid> search(grid, limits);
  const Result result = search.run();
  EXPECT_EQ(result.ended, Ended::out_of_memory);
  EXPECT_GT(result.states, 100'000u);
  EXPECT_LE(result.bytes, 80u << 20);
}

TEST_P(OnThreads, EndsTruncatedWhereThereIsNoMemoryToGoOn) {
  Grid grid{.n = 50, .too_much = {3, 1}};
  Search<Grid> search(grid, with_threads(GetParam()));
  const Result result = search.run();
  EXPECT_EQ(result.ended, Ended::out_of_memory);
  EXPECT_GE(result.states, 15u);
  EXPECT_LT(result.states, 50u * 50u);
}

TEST(Search, AViolationCountsThoughTheSearchCouldNotGoOn) {
  Grid grid{.n = 50, .bad = {4, 0}, .too_much = {2, 2}};  // in the same level, and expanded later
  Search<Grid> search(grid, with_threads(1));
  EXPECT_EQ(search.run().ended, Ended::violation);
  EXPECT_EQ(search.shortest_paths().steps(), 4u);
}

TEST(Search, ReportsProgress) {
  Grid grid{.n = 1u << 20};
  Limits limits = with_threads(2);
  limits.seconds = 2;
  Progress last;
  limits.progress = [&](const Progress& progress) {
    EXPECT_GE(progress.states, last.states);
    EXPECT_GE(progress.seconds, last.seconds + 0.2);
    last = progress;
  };
  Search<Grid> search(grid, limits);
  const Result result = search.run();
  EXPECT_GE(last.seconds, 1);
  EXPECT_GT(last.states, 0u);
  EXPECT_LE(last.states, result.states);
}

/// What one search has taken of its time, another one has not.
TEST(SearchLimits, AreSharedBySeveralSearches) {
  Limits limits = with_threads(3);
  EXPECT_FALSE(left_of(limits, 5).seconds);
  limits.seconds = 4;
  EXPECT_EQ(left_of(limits, 1.5).seconds, 2.5);
  EXPECT_EQ(left_of(limits, 5).seconds, 0);
  EXPECT_EQ(left_of(limits, 1).threads, 3u);
}

/// Many states, each of which takes a while.
struct Slow {
  struct State {
    std::uint64_t x = 0;
  };
  struct Worker {
    template <class Emit>
    void successors(const State&, Emit&&) {}
    Property judge(const State&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return kHolds;
    }
  };
  std::vector<State> initial_states() const {
    std::vector<State> states;
    for (std::uint64_t i = 0; i < 6000; ++i) states.push_back({i});
    return states;
  }
  std::unique_ptr<Worker> worker() const { return std::make_unique<Worker>(); }
};

TEST(Search, EndsAmidALevelWhenItsTimeIsOver) {
  Slow slow;
  Limits limits = with_threads(1);
  limits.seconds = 0.05;
  Search<Slow> search(slow, limits);
  const Result result = search.run();
  EXPECT_EQ(result.ended, Ended::out_of_time);
  EXPECT_LT(result.seconds, 4);  // a block takes a quarter; all of it six
}

/// Its only state takes longer than a search may go without a word, and there is no memory to end
/// it.
struct Stuck {
  struct State {
    std::uint64_t x = 0;
  };
  struct Worker {
    template <class Emit>
    void successors(const State&, Emit&&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1100));
      throw std::bad_alloc();
    }
    Property judge(const State&) { return kHolds; }
  };
  std::vector<State> initial_states() const { return {{}}; }
  std::unique_ptr<Worker> worker() const { return std::make_unique<Worker>(); }
};

TEST(Limits, LeaveToTheNextSearchTheTimeThatIsLeft) {
  Limits limits;
  EXPECT_EQ(left_of(limits, 2).seconds, std::nullopt);
  limits.seconds = 5;
  EXPECT_EQ(left_of(limits, 2).seconds, 3);
  EXPECT_EQ(left_of(limits, 7).seconds, 0);
}

TEST_P(OnThreads, ReportsALongSearchAlsoIfNoBlockOfItIsEverDone) {
  Stuck stuck;
  Limits limits = with_threads(GetParam());
  std::vector<Progress> reports;
  limits.progress = [&](const Progress& progress) { reports.push_back(progress); };
  Search<Stuck> search(stuck, limits);
  EXPECT_EQ(search.run().ended, Ended::out_of_memory);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].states, 1u);
  EXPECT_GE(reports[0].seconds, 1.1);
}

/// A set of numbers under hashes of the test's choice.
struct Numbers {
  struct State {
    std::uint64_t value;
  };
  StateSet<State> set;
  StateSet<State>::Writer writer;
  StateSet<State>::Index at = 0;

  bool insert(std::uint64_t i, std::uint64_t hash) {
    return set.insert({i}, hash, set.candidate(hash), writer, at);
  }
};

TEST(StateSet, TellsStatesApartWhoseHashesAgree) {
  Numbers numbers;
  constexpr std::uint64_t kSameHash = 42;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE(numbers.insert(i, kSameHash));
    EXPECT_EQ(numbers.set[numbers.at].value, i);
  }
  for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_FALSE(numbers.insert(i, kSameHash));
}

TEST(StateSet, GrowsWithStatesThatHadFoundNoRoomInTheirBuckets) {
  Numbers numbers;
  auto& set = numbers.set;
  // A few buckets' hashes, the last bucket's among them: it goes on with the first.
  const auto hash = [](std::uint64_t i) { return (i % 7 - 3) << 32; };
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(numbers.insert(i, hash(i)));
  }
  for (int grown = 0; grown < 3; ++grown) {
    set.begin_grow();
    for (std::size_t part = 0; part < 3; ++part) set.split_part(part, 3);
    for (std::size_t part = 0; part < 3; ++part) set.move_part(part, 3);
    set.end_grow();
    for (std::uint64_t i = 0; i < 1000; ++i) {
      ASSERT_TRUE(set.find({i}, hash(i)).has_value());
      ASSERT_FALSE(numbers.insert(i, hash(i)));
    }
    EXPECT_FALSE(set.find({1000}, hash(1000)).has_value());
  }
}

}  // namespace
}  // namespace cutover::checker
