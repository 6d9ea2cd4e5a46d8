#include "crashsim/random/random_search.h"

#include <atomic>
#include <chrono>
#include <mutex>

#include "crashsim/random/random_schedule.h"
#include "crashsim/random/shrink.h"
#include "model/checker/threads.h"

namespace cutover::crashsim {
namespace {

/// A world costs more to draw than a schedule on it.
constexpr std::uint64_t kRunsOfAWorld = 8;

enum Use : std::uint64_t { kWorld, kSize, kBounds, kSchedule };

/// One world, and the schedules drawn on it.
class Batch {
 public:
  Batch(const RandomWorlds& worlds, const RandomSearchOptions& options, std::uint64_t index)
      : worlds_(worlds), seed_(derived(options.seed, {index})) {
    Random size(derived(seed_, {kSize})), bounds(derived(seed_, {kBounds}));
    name_.seed = static_cast<std::uint32_t>(derived(seed_, {kWorld}));
    name_.size = draw_size(size);
    bounds_ = draw_bounds(bounds, most_of(worlds, options), worlds.own_bounds);
    world_ = worlds.make(bounds_, name_);
  }

  Run run(std::uint64_t number, Coverage& coverage) {
    DrawnSchedule drawn =
        draw_schedule(world_, worlds_, derived(seed_, {kSchedule, number}), alone_, coverage);
    if (!drawn.schedule.violated.empty()) {  // not every property was judged at every step
      drawn.schedule = followed(world_, drawn.schedule, alone_);
    }
    return {{name_, bounds_, std::move(drawn.schedule)}, drawn.witnesses};
  }

 private:
  const RandomWorlds& worlds_;
  std::uint64_t seed_;
  WorldName name_;
  Bounds bounds_;
  World world_;
  LoneRuns alone_{world_};
};

class Search {
 public:
  Search(const RandomWorlds& worlds, const RandomSearchOptions& options)
      : worlds_(worlds), options_(options), most_(most_of(worlds, options)), total_(most_) {}

  RandomSearch run();

 private:
  using Clock = std::chrono::steady_clock;

  /// The first run with a violation of a kind.
  struct First {
    std::uint64_t index = ~0ull;
    std::optional<Counterexample> found;
    void offer(std::uint64_t at, const Counterexample& other) {
      if (at >= index) return;
      index = at;
      found = other;
    }
  };

  void work(bool tells_progress);
  bool one_batch(std::uint64_t batch, Coverage& coverage, std::uint64_t& witnesses);
  bool judge(std::uint64_t index, const Counterexample& attempt);
  double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }
  bool is_out_of_time() const { return options_.seconds && seconds() >= *options_.seconds; }

  const RandomWorlds& worlds_;
  const RandomSearchOptions& options_;
  const Bounds most_;
  const Clock::time_point started_ = Clock::now();
  std::atomic<std::uint64_t> next_{0}, end_{~0ull}, runs_{0};
  std::mutex mutex_;  // guards what follows
  First wanted_, other_;
  Coverage total_;
  std::uint64_t witnesses_ = 0;
  std::exception_ptr thrown_;
};

/// Returns true if the run ends the search.
bool Search::judge(std::uint64_t index, const Counterexample& attempt) {
  const std::string& violated = attempt.schedule.violated;
  if (violated.empty()) return false;
  const bool is_wanted = options_.wanted.empty() || violated == options_.wanted;
  const std::lock_guard lock(mutex_);
  (is_wanted ? wanted_ : other_).offer(index, attempt);
  return is_wanted;
}

/// Returns false where the search is over.
bool Search::one_batch(std::uint64_t batch, Coverage& coverage, std::uint64_t& witnesses) {
  Batch of(worlds_, options_, batch);
  for (std::uint64_t i = 0; i < kRunsOfAWorld; ++i) {
    const std::uint64_t index = batch * kRunsOfAWorld + i;
    if (is_out_of_time() || (options_.runs && index >= *options_.runs)) return false;
    const Run run = of.run(i, coverage);
    witnesses |= run.witnesses;
    ++runs_;
    if (!judge(index, run.attempt)) continue;
    std::uint64_t end = end_;
    while (batch < end && !end_.compare_exchange_weak(end, batch)) {
    }
    return false;
  }
  return true;
}

void Search::work(bool tells_progress) {
  Coverage coverage(most_);
  std::uint64_t witnesses = 0;
  std::exception_ptr thrown;
  try {
    // Batches before one that ended the search are still finished: one of them may come first.
    for (std::uint64_t batch = next_++; batch < end_; batch = next_++) {
      if (!one_batch(batch, coverage, witnesses)) break;
      if (tells_progress) options_.progress(runs_, seconds());
    }
  } catch (...) {
    thrown = std::current_exception();
    end_ = 0;
  }
  const std::lock_guard lock(mutex_);
  total_.merge(coverage);
  witnesses_ |= witnesses;
  if (thrown) thrown_ = thrown;
}

RandomSearch Search::run() {
  checker::on_threads(options_.threads, [this](std::size_t number) {
    work(number == 0 && options_.progress != nullptr);
  });
  if (thrown_) std::rethrow_exception(thrown_);

  RandomSearch search(total_);
  search.runs = wanted_.found ? wanted_.index + 1 : runs_.load();
  const World world = worlds_.make(most_, {});
  for (std::size_t i = 0; i < world.witnesses.size(); ++i) {
    const Witness& witness = world.witnesses[i];
    if ((witnesses_ >> i & 1) == 0 && witness.possible(most_)) {
      search.unseen.push_back(witness.name);
    }
  }
  const auto& found = wanted_.found ? wanted_.found : other_.found;
  if (found) search.found = shrunk(worlds_, *found, most_);
  search.seconds = seconds();
  return search;
}

}  // namespace

Bounds most_of(const RandomWorlds& worlds, const RandomSearchOptions& options) {
  return options.most ? *options.most : worlds.most();
}

RandomSearch search_at_random(const RandomWorlds& worlds, const RandomSearchOptions& options) {
  return Search(worlds, options).run();
}

Run one_run(const RandomWorlds& worlds, const RandomSearchOptions& options, std::uint64_t index,
            Coverage& coverage) {
  return Batch(worlds, options, index / kRunsOfAWorld).run(index % kRunsOfAWorld, coverage);
}

}  // namespace cutover::crashsim
