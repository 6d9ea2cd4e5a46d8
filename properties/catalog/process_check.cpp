#include "properties/catalog/process_check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "model/checker/threads.h"
#include "properties/catalog/process_history.h"
#include "properties/catalog/process_matrix.h"
#include "system/temporary_folder.h"

namespace cutover::catalog {
namespace {

namespace fs = std::filesystem;
using crashsim::Announcement;
using crashsim::catalog::Which;
using Clock = std::chrono::steady_clock;
using Hit = ProcessMatrix::Hit;
using Past = ProcessHistory::Past;

constexpr std::array kBothWays = {Target::persist, Target::stash};

Target opposite(Target to) { return to == Target::persist ? Target::stash : Target::persist; }

/// Without its steps yet.
Move move_of(const ProcessHistory& past, Target to) {
  return {to, past.truth(), past.past() == Past::pair, {}};
}

/// Where the folder for a check is made.
fs::path place_in(const fs::path& scratch) {
  if (!scratch.empty()) return scratch;
  const fs::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK | X_OK) == 0 ? memory : fs::path();
}

/// A history to which a move was recorded, and what to do to that move at one of its steps.
struct Item {
  const ProcessHistory* past = nullptr;
  const Move* move = nullptr;
  std::size_t at = 0;
  bool hold = false;  ///< else kill
};

class Check {
 public:
  Check(const Protocol& protocol, Truth truth, const ProcessCheckOptions& options)
      : options_(options),
        scratch_(fmt::format("process-check.{}", protocol.name), place_in(options.scratch)),
        folder_(scratch_.path()) {
    subject_.executable = options.executable;
    subject_.reference = protocol;
    subject_.truth = truth;
    if (options.seconds) {
      const std::chrono::duration<double> limit(*options.seconds);
      deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
    }
  }

  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;

  ProcessCheckResult run() {
    const auto started = Clock::now();
    ProcessCheckResult result;
    failure_ = record_moves();
    if (!failure_) run_items();
    conclude(result);
    result.executions = subject_.children;
    result.kills = subject_.kills;
    result.fenced = subject_.fenced;
    result.matrix = matrix_.rows();
    result.seconds = std::chrono::duration<double>(Clock::now() - started).count();
    return result;
  }

 private:
  fs::path folder_of(const std::string& name) const { return folder_ / name; }
  fs::path folder_of(std::size_t item) const { return folder_of(fmt::format("item-{}", item + 1)); }

  /// Once true, the check is not complete.
  bool is_out_of_time() {
    if (!deadline_ || Clock::now() < *deadline_) return false;
    is_cut_short_ = true;
    return true;
  }

  /// Makes the beginnings and the moves from them.
  MaybeFailure record_moves() {
    // Reserved, because the items point to them.
    pasts_.reserve(3);
    moves_.reserve(3 * kBothWays.size());
    // A destination's epoch may be below the source's, or above. So each move begins with the one
    // that it has to do something about.
    const Epoch stash{5}, below{2}, above{9};
    const auto beginning = [&](const std::string& name, Past past, Epoch persist) {
      return ProcessHistory::beginning(subject_, folder_of(name), past, stash, persist);
    };
    pasts_.push_back(beginning("stash-is-truth", Past::pair, below));
    ProcessHistory moved = beginning("persist-is-truth", Past::pair, above);
    Announcements ignored;
    if (auto failed = move_undisturbed(moved, Target::persist, ignored)) return failed;
    pasts_.push_back(std::move(moved));
    pasts_.push_back(beginning("no-pair", Past::strangers, below));
    for (const ProcessHistory& past : pasts_) {
      for (const Target to : kBothWays) {
        Move& move = moves_.emplace_back(move_of(past, to));
        ProcessHistory history = past.in(folder_of(fmt::format("undisturbed-{}", moves_.size())));
        if (auto failed = move_undisturbed(history, to, move.steps)) return failed;
        for (std::size_t at = 0; at < move.steps.size(); ++at) {
          items_.push_back({&past, &move, at, false});
          items_.push_back({&past, &move, at, true});
        }
      }
    }
    return std::nullopt;
  }

  /// The move, and then clients are served by the process that moved.
  MaybeFailure move_undisturbed(ProcessHistory& history, Target to, Announcements& steps) {
    MaybeFailure failed = history.complete(to, &steps);
    if (steps.empty()) {
      const std::string what = failed ? failed->what : "";
      return Failure{"",
                     fmt::format("{} migrate announced no step\n{}", options_.executable, what)};
    }
    return failed ? failed : history.serve_on();
  }

  void run_items() {
    checker::on_threads(std::max(1u, options_.threads), [this](std::size_t) { work(); });
    if (thrown_) std::rethrow_exception(thrown_);
  }

  /// Takes items until there is none, or something was found. Whoever took an item finishes it, so
  /// all before the one that failed are finished, and the earliest failure is found however the
  /// threads run.
  void work() {
    while (!stop_) {
      const std::size_t number = next_++;
      if (number >= items_.size() || is_out_of_time()) return;
      try {
        const fs::path folder = folder_of(number);
        MaybeFailure failed = run_item(items_[number], folder);
        if (!failed) fs::remove_all(folder);
        finish_item(number, std::move(failed));
      } catch (...) {
        const std::scoped_lock lock(mutex_);
        thrown_ = std::current_exception();
        stop_ = true;
      }
    }
  }

  void finish_item(std::size_t number, MaybeFailure failed) {
    const std::scoped_lock lock(mutex_);
    if (failed && number < failed_item_) {
      failure_ = std::move(failed);
      failed_item_ = number;
      stop_ = true;
    }
    ++done_;
    if (options_.progress) options_.progress(done_, items_.size());
  }

  MaybeFailure run_item(const Item& item, const fs::path& folder) {
    const ProcessHistory past = item.past->in(folder);
    return item.hold ? hold(past, item) : kill_and_recover(past, item);
  }

  MaybeFailure hold(const ProcessHistory& past, const Item& item) {
    for (const Target other : kBothWays) {
      ProcessHistory history = past;
      if (auto failed = history.hold_at(item.move->to, item.move->steps, item.at, other)) {
        return failed;
      }
      if (auto failed = history.complete(opposite(other))) return failed;
    }
    matrix_.add(*item.move, item.at, Hit::pause);
    return std::nullopt;
  }

  MaybeFailure kill_and_recover(ProcessHistory history, const Item& item) {
    const Announcements& steps = item.move->steps;
    if (auto failed = history.kill_at(item.move->to, steps, item.at)) return failed;
    matrix_.add(*item.move, item.at, Hit::first_kill);
    // Killed after a step and before the next one, the stores are the same: clients are served in
    // one of the two cases.
    const bool was_served = steps[item.at].when == Announcement::When::before;
    if (was_served) {
      if (auto failed = history.serve_anew()) return failed;
    }
    for (const Target to : kBothWays) {
      if (auto failed = recover(history, to, was_served)) return failed;
    }
    return std::nullopt;
  }

  MaybeFailure recover(const ProcessHistory& past, Target to, bool was_served) {
    Move move = move_of(past, to);
    ProcessHistory undisturbed = past;
    if (auto failed = undisturbed.complete(to, &move.steps)) return failed;
    if (auto failed = undisturbed.serve_on()) return failed;
    for (std::size_t at = 0; at < move.steps.size() && !is_out_of_time(); ++at) {
      ProcessHistory history = past;
      if (auto failed = history.kill_at(to, move.steps, at)) return failed;
      matrix_.add(move, at, Hit::recovery_kill);
      if (!was_served && move.steps[at].when == Announcement::When::before) {
        if (auto failed = history.serve_anew()) return failed;
      }
      // Two announcements a step: of two kills that leave the stores the same, after one step and
      // before the next, the last move resumes in one case and turns back in the other.
      const bool turns_back = at / 2 % 2 == 1;
      if (auto failed = history.complete(turns_back ? opposite(to) : to)) return failed;
    }
    return std::nullopt;
  }

  void conclude(ProcessCheckResult& result) {
    if (failure_) {
      result.detail = failure_->what;
      if (!failure_->property.empty()) result.violated = failure_->property;
      keep_failed_folder();
    } else if (is_cut_short_) {
      result.detail = fmt::format("out of time, with {} of {} parts done\n", done_, items_.size());
    } else {
      for (const Move& move : moves_) {
        if (const auto missing = matrix_.missing(move)) result.detail += *missing + "\n";
      }
      result.complete = result.detail.empty();
    }
  }

  /// Removes the folders of other items, if it was an item that failed.
  void keep_failed_folder() {
    scratch_.keep();
    if (failed_item_ >= items_.size()) return;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path() != folder_of(failed_item_)) fs::remove_all(entry.path());
    }
  }

  const ProcessCheckOptions& options_;
  system::TemporaryFolder scratch_;
  const fs::path folder_;
  std::optional<Clock::time_point> deadline_;
  Subject subject_;
  ProcessMatrix matrix_;
  std::vector<ProcessHistory> pasts_;
  std::vector<Move> moves_;
  std::vector<Item> items_;

  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stop_ = false, is_cut_short_ = false;
  std::mutex mutex_;  // of the following
  std::uint64_t done_ = 0;
  MaybeFailure failure_;
  std::size_t failed_item_ = std::numeric_limits<std::size_t>::max();
  std::exception_ptr thrown_;
};

}  // namespace

ProcessCheckResult check_processes(const Protocol& protocol, Truth truth,
                                   const ProcessCheckOptions& options) {
  return Check(protocol, truth, options).run();
}

}  // namespace cutover::catalog
