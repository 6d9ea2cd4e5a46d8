// Explicit-state breadth-first search: parallel, exact, with the shortest counterexample.
//
// A model gives its initial states, the successors of a state, and a judgement of each state: which
// property it violates, if any. A state is judged when its turn comes to be expanded, and is not
// expanded if it violates one; the search ends with its level. The search keeps no parent pointers:
// the levels are kept instead, and the shortest paths are found again backwards through them
// (shortest_paths()), so that which path is told depends on the model alone and not on the timing
// of threads.
//
// Not covered: liveness. Memory and time are bounded; a search that meets a bound ends as
// truncated.
#pragma once

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "model/checker/result.h"
#include "model/checker/state_set.h"
#include "model/checker/threads.h"

namespace cutover::checker {

/// What a model looks like to the search. One Worker exists for each thread; it may cache what it
/// likes. `successors(state, emit)` calls emit(next) for each transition, in any order.
template <class M>
concept Model = requires(M& model, typename M::Worker& worker, const typename M::State& state) {
  { model.initial_states() } -> std::convertible_to<std::vector<typename M::State>>;
  { model.worker() } -> std::same_as<std::unique_ptr<typename M::Worker>>;
  { worker.judge(state) } -> std::same_as<Property>;
  worker.successors(state, [](const typename M::State&) {});
};

template <Model M>
class Search {
 public:
  using State = typename M::State;
  using Index = typename StateSet<State>::Index;
  using Range = typename StateSet<State>::Range;

  Search(M& model, Limits limits) : model_(model), limits_(std::move(limits)) {
    for (unsigned i = 0; i < std::max(1u, limits_.threads); ++i) {
      threads_.push_back(std::make_unique<Thread>());
      threads_.back()->number = i;
      threads_.back()->worker = model_.worker();
    }
  }

  /// Explores. Call once. Throws what the model throws.
  Result run() {
    started_ = Clock::now();
    add_initial_states();
    if (threads_.size() == 1) {
      explore(*threads_[0], [] {});
    } else {
      std::optional<std::barrier<>> barrier;
      const auto prepare = [&](std::size_t count) {
        threads_.resize(count);  // nothing was given to the others yet
        barrier.emplace(static_cast<std::ptrdiff_t>(count));
      };
      on_threads(threads_.size(), prepare, [&](std::size_t number) {
        explore(*threads_[number], [&] { barrier->arrive_and_wait(); });
      });
    }
    if (failure_) std::rethrow_exception(failure_);
    result_.states = states_count_.load();
    result_.bytes = states_.bytes();
    result_.seconds = elapsed();
    return result_;
  }

  /// After a violation: for each step count, the states that lie on a shortest path from an initial
  /// state to a state that violates `result.violated`. The last set holds the violating states.
  class OnPath {
   public:
    std::uint32_t steps() const { return static_cast<std::uint32_t>(levels_.size() - 1); }
    bool contains(std::uint32_t step, const State& state) const {
      return levels_[step].contains(state);
    }

   private:
    friend class Search;
    struct Hash {
      std::size_t operator()(const State& state) const { return hash_of(state); }
    };
    struct Equal {
      bool operator()(const State& a, const State& b) const {
        return std::memcmp(&a, &b, sizeof a) == 0;
      }
    };
    std::vector<std::unordered_set<State, Hash, Equal>> levels_;
  };

  /// Finds the shortest paths to the violation again, backwards. Costs about as much as the search.
  OnPath shortest_paths() {
    CUTOVER_CHECK(result_.ended == Ended::violation);
    return paths_to(levels_.size() - 1, [&](auto& worker, const State& state) {
      return worker.judge(state) == result_.violated;
    });
  }

  /// The same to the states of a level for which `wanted(worker, state)`.
  template <class Wanted>
  OnPath paths_to(std::size_t level, Wanted&& wanted) {
    auto& worker = *threads_[0]->worker;
    OnPath paths;
    paths.levels_.resize(level + 1);
    for_each_state(levels_[level], [&](const State& state) {
      if (wanted(worker, state)) paths.levels_.back().insert(state);
    });
    for (std::size_t i = level; i-- > 0;) {
      for_each_state(levels_[i], [&](const State& state) {
        bool leads_on = false;
        worker.successors(state, [&](const State& next) {
          leads_on = leads_on || paths.levels_[i + 1].contains(next);
        });
        if (leads_on) paths.levels_[i].insert(state);
      });
      CUTOVER_CHECK(!paths.levels_[i].empty());
    }
    return paths;
  }

  /// After a complete search: looks for a state that satisfies `due(worker, state)` and from which
  /// one of the goals can't be reached any more, on the full graph (AG EF, not a fairness
  /// assumption). `reached(worker, state)` has a bit for each of up to four goals that the state
  /// satisfies; `all` has them all. Returns the shortest paths to the first such states, or nothing
  /// if every goal stays reachable.
  ///
  /// States are gone through from the last level to the first, and of each its future is searched
  /// until all goals were seen: mostly a step away, as later states were decided before.
  template <class Due, class Reached>
  std::optional<OnPath> cannot_reach(std::uint8_t all, Due&& due, Reached&& reached) {
    CUTOVER_CHECK(result_.ended == Ended::complete && all < 16);
    Futures futures(states_.index_end());
    std::optional<std::size_t> first;
    for (std::size_t level = levels_.size(); level-- > 0;) {
      std::atomic<bool> found = false;
      for_each_in_parallel(levels_[level], [&](Thread& thread, Index i) {
        if (!due(*thread.worker, states_[i])) return;
        if (!reaches(futures, *thread.worker, i, all, reached)) found = true;
      });
      if (found) first = level;
    }
    if (!first) return std::nullopt;
    return paths_to(*first, [&](auto& worker, const State& state) {
      return due(worker, state) &&
             !reaches(futures, worker, *states_.find(state, hash_of(state)), all, reached);
    });
  }

  /// Seconds since run() began.
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

  /// Every worker, to collect what it noted on the way.
  template <class F>
  void for_each_worker(F&& f) {
    for (auto& thread : threads_) f(*thread->worker);
  }

  /// Every visited state, level by level.
  template <class F>
  void for_each_state(F&& f) const {
    for (const auto& level : levels_) for_each_state(level, f);
  }

  /// The same on all threads: f(thread, state), where thread < threads(). Throws what it throws.
  template <class F>
  void for_each_state_in_parallel(F&& f) {
    for (const auto& level : levels_) {
      for_each_in_parallel(level, [&](Thread& thread, Index i) { f(thread.number, states_[i]); });
    }
  }
  std::size_t threads() const { return threads_.size(); }

 private:
  using Clock = std::chrono::steady_clock;

  /// A successor on its way into the visited set: first its slot is fetched into the cache, then
  /// the state it may equal, then it is inserted, so that no step waits for memory.
  struct Pending {
    State state;
    std::uint64_t hash;
    Index candidate;
  };
  static constexpr std::size_t kRing = 64, kHalf = kRing / 2;

  struct alignas(64) Thread {
    std::size_t number = 0;
    std::unique_ptr<typename M::Worker> worker;
    typename StateSet<State>::Writer writer;
    std::array<Pending, kRing> ring;
    std::size_t pushed = 0, looked = 0, done = 0;
    std::uint64_t transitions = 0;
    std::uint64_t inserted = 0;
    Property violated = kHolds;
    std::vector<Range> blocks;  ///< of the level in hand, what it found itself
    alignas(64) std::atomic<std::size_t> next_block = 0;  ///< the first that nobody has taken
  };

  /// Small, so that threads end a level at about the same time.
  static constexpr Index kBlock = 256;

  void add_initial_states() {
    Thread& thread = *threads_[0];
    for (const State& state : model_.initial_states()) push(thread, state);
    flush(thread);
    states_count_ += std::exchange(thread.inserted, 0);
    end_level();
  }

  /// By value: a packed state of two words stays in registers.
  [[gnu::always_inline]] void push(Thread& thread, State state) {
    const std::uint64_t hash = hash_of(state);
    states_.prefetch(hash);
    thread.ring[thread.pushed++ % kRing] = {state, hash, 0};
    if (thread.pushed - thread.looked > kHalf) look(thread);
    if (thread.pushed - thread.done >= kRing) settle(thread);
  }

  void look(Thread& thread) {
    Pending& pending = thread.ring[thread.looked++ % kRing];
    pending.candidate = states_.candidate(pending.hash);
  }

  void settle(Thread& thread) {
    const Pending& pending = thread.ring[thread.done++ % kRing];
    Index at = 0;
    if (states_.insert(pending.state, pending.hash, pending.candidate, thread.writer, at)) {
      ++thread.inserted;
    }
  }

  void flush(Thread& thread) {
    while (thread.looked < thread.pushed) look(thread);
    while (thread.done < thread.pushed) settle(thread);
  }

  /// What each thread does: rounds over the level in hand. Between two rounds one thread grows the
  /// table, starts the next level, or ends the search.
  template <class Wait>
  void explore(Thread& thread, Wait&& wait) {
    while (true) {
      wait();
      if (&thread == threads_[0].get()) prepare();
      wait();
      if (finished_) return;
      if (growing_) {
        states_.split_part(thread.number, threads_.size());
        wait();
        states_.move_part(thread.number, threads_.size());
        wait();
        if (&thread == threads_[0].get()) {
          states_.end_grow();
          growing_ = false;
        }
        wait();
      }
      try {
        explore_round(thread);
      } catch (const std::bad_alloc&) {
        no_memory_ = true;
      } catch (...) {
        fail(std::current_exception());
      }
    }
  }

  void explore_round(Thread& thread) {
    while (const auto range = next_block(thread)) {
      for (Index i = range->begin; i < range->end; ++i) {
        const State state = states_[i];
        if (const Property violated = thread.worker->judge(state); violated != kHolds) {
          if (thread.violated == kHolds || violated < thread.violated) thread.violated = violated;
          continue;
        }
        thread.worker->successors(state, [&](State next) {
          ++thread.transitions;
          push(thread, next);
        });
      }
      states_count_.fetch_add(std::exchange(thread.inserted, 0), std::memory_order_relaxed);
      transitions_count_.fetch_add(std::exchange(thread.transitions, 0), std::memory_order_relaxed);
      if (&thread == threads_[0].get()) report();
      if (out_of_time()) break;
    }
    flush(thread);
    states_count_.fetch_add(std::exchange(thread.inserted, 0), std::memory_order_relaxed);
  }

  /// Keeps the first exception of any thread, for run() to throw, and ends the search.
  void fail(std::exception_ptr thrown) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = thrown;
  }

  /// A block of what the thread itself found, as its cache has most of what follows from it; when
  /// there is none left, of what another did.
  std::optional<Range> next_block(const Thread& thread) {
    if (states_count_.load(std::memory_order_relaxed) > states_.comfortable()) return std::nullopt;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      Thread& finder = *threads_[(thread.number + i) % threads_.size()];
      const std::size_t block = finder.next_block.fetch_add(1, std::memory_order_relaxed);
      if (block < finder.blocks.size()) return finder.blocks[block];
    }
    return std::nullopt;
  }

  /// Drops the blocks that were taken. True if none is left.
  bool drop_taken_blocks() {
    bool none_left = true;
    for (auto& thread : threads_) {
      auto& blocks = thread->blocks;
      const std::size_t taken = std::min(thread->next_block.exchange(0), blocks.size());
      blocks.erase(blocks.begin(), blocks.begin() + static_cast<std::ptrdiff_t>(taken));
      none_left = none_left && blocks.empty();
    }
    return none_left;
  }

  void prepare() {
    try {
      prepare_round();
    } catch (const std::bad_alloc&) {
      give_up(Ended::out_of_memory);
    }
  }

  /// Ends the search early; but a violation that was found already counts, and is one of the
  /// nearest.
  void give_up(Ended why) {
    end_level();
    if (note_violation()) return finish_with_violation();
    if (levels_.back().empty()) levels_.pop_back();
    finish(why);
  }

  /// The level that was begun since is none of the result.
  void finish_with_violation() {
    for (const Range range : levels_.back()) states_count_ -= range.end - range.begin;
    levels_.pop_back();
    result_.transitions = transitions_before_level_;
    finish(Ended::violation);
  }

  /// True if a thread has met a violation.
  bool note_violation() {
    for (auto& thread : threads_) {
      if (thread->violated == kHolds) continue;
      if (result_.violated == kHolds || thread->violated < result_.violated) {
        result_.violated = thread->violated;
      }
    }
    return result_.violated != kHolds;
  }

  void prepare_round() {
    if (failure_) {
      finished_ = true;
      return;
    }
    report();  // a round may end, and the search with it, before this thread has had a block
    result_.transitions = transitions_count_.load();
    if (no_memory_) return give_up(Ended::out_of_memory);
    const bool level_done = drop_taken_blocks();
    if (level_done) {
      end_level();
      if (note_violation()) return finish_with_violation();
      if (levels_.back().empty()) {
        levels_.pop_back();
        return finish(Ended::complete);
      }
      transitions_before_level_ = result_.transitions;
    }
    if (out_of_time()) return give_up(Ended::out_of_time);
    if (states_count_.load() > states_.comfortable()) {
      if (states_.bytes_after_grow() > limits_.bytes) return give_up(Ended::out_of_memory);
      states_.begin_grow();
      growing_ = true;
    }
    if (states_.bytes() > limits_.bytes ||
        states_count_.load() > StateSet<State>::kMaxStates / 8 * 7) {
      return give_up(Ended::out_of_memory);
    }
  }

  void finish(Ended ended) {
    result_.ended = ended;
    result_.depth = levels_.empty() ? 0 : static_cast<std::uint32_t>(levels_.size() - 1);
    finished_ = true;
  }

  /// What was found since is the next level, and its blocks are to be taken.
  void end_level() {
    std::vector<Range> level;
    for (auto& thread : threads_) {
      const auto part = states_.take_level(thread->writer);
      level.insert(level.end(), part.begin(), part.end());
      thread->blocks = split(part);
    }
    levels_.push_back(std::move(level));
  }

  static std::vector<Range> split(const std::vector<Range>& ranges) {
    std::vector<Range> blocks;
    for (const Range range : ranges) {
      for (Index begin = range.begin; begin < range.end; begin += kBlock) {
        blocks.push_back({begin, std::min(begin + kBlock, range.end)});
      }
    }
    return blocks;
  }

  template <class F>
  void for_each_state(const std::vector<Range>& ranges, F&& f) const {
    for (const Range range : ranges) {
      for (Index i = range.begin; i < range.end; ++i) f(states_[i]);
    }
  }

  bool out_of_time() const { return limits_.seconds && elapsed() > *limits_.seconds; }

  /// For each state the goals known to be reachable (low half), or known not to be (high half).
  using Futures = std::vector<std::atomic<std::uint8_t>>;

  /// Calls f(thread, index) for every state of a level, on all threads. Throws what it throws.
  template <class F>
  void for_each_in_parallel(const std::vector<Range>& level, F&& f) {
    const std::vector<Range> blocks = split(level);
    std::atomic<std::size_t> next = 0;
    const auto work = [&](Thread& thread) {
      for (std::size_t block; (block = next.fetch_add(1)) < blocks.size();) {
        for (Index i = blocks[block].begin; i < blocks[block].end; ++i) f(thread, i);
      }
    };
    on_threads(std::min(threads_.size(), blocks.size()), [&](std::size_t number) {
      try {
        work(*threads_[number]);
      } catch (...) {
        fail(std::current_exception());
        next = blocks.size();
      }
    });
    if (failure_) std::rethrow_exception(failure_);
  }

  /// Looks all of them up together, so that they wait for memory at the same time.
  std::vector<Index> successors_of(typename M::Worker& worker, Index from) const {
    std::vector<Pending> found;
    worker.successors(states_[from], [&](const State& next) {
      found.push_back({next, hash_of(next), 0});
      states_.prefetch(found.back().hash);
    });
    for (const Pending& next : found) states_.candidate(next.hash);
    std::vector<Index> indices;
    for (const Pending& next : found) indices.push_back(*states_.find(next.state, next.hash));
    return indices;
  }

  template <class Reached>
  bool reaches(Futures& futures, typename M::Worker& worker, Index from, std::uint8_t all,
               Reached&& reached) {
    std::uint8_t found = futures[from].load(std::memory_order_relaxed) & 15;
    for (const Index to : successors_of(worker, from)) {
      found |= futures[to].load(std::memory_order_relaxed) & 15;
    }
    if (found == all) {
      futures[from].fetch_or(all, std::memory_order_relaxed);
      return true;
    }
    std::vector<Index> queue = {from};
    std::unordered_set<Index> seen = {from};
    for (std::size_t head = 0; head < queue.size(); ++head) {
      const Index at = queue[head];
      const std::uint8_t known = futures[at].load(std::memory_order_relaxed);
      found = static_cast<std::uint8_t>(found | (known & 15) | reached(worker, states_[at]));
      if (found == all) {
        futures[from].fetch_or(all, std::memory_order_relaxed);
        return true;
      }
      const auto missing = static_cast<std::uint8_t>(all & ~found);
      if ((known >> 4 & missing) == missing) continue;
      for (const Index to : successors_of(worker, at)) {
        if (seen.insert(to).second) queue.push_back(to);
      }
    }
    const auto missing = static_cast<std::uint8_t>((all & ~found) << 4);
    for (const Index at : queue) futures[at].fetch_or(missing, std::memory_order_relaxed);
    return false;
  }

  void report() {
    if (!limits_.progress) return;
    const double now = elapsed();
    if (now < next_report_) return;
    next_report_ = now + 0.2;
    limits_.progress({states_count_.load(), transitions_count_.load(),
                      static_cast<std::uint32_t>(levels_.size()), now});
  }

  M& model_;
  Limits limits_;
  StateSet<State> states_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<std::vector<Range>> levels_;
  std::atomic<std::uint64_t> states_count_ = 0, transitions_count_ = 0;
  std::uint64_t transitions_before_level_ = 0;
  bool finished_ = false, growing_ = false;
  std::atomic<bool> no_memory_ = false;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  Clock::time_point started_;
  double next_report_ = 1.0;
  Result result_;
};

}  // namespace cutover::checker
