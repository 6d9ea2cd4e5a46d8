#include "crashsim/process/process_check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <set>

#include "model/checker/threads.h"
#include "system/temporary_folder.h"

namespace cutover::crashsim {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Hit = ProcessMatrix::Hit;

/// Where the folder for a check is made.
fs::path place_in(const fs::path& scratch) {
  if (!scratch.empty()) return scratch;
  const fs::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK | X_OK) == 0 ? memory : fs::path();
}

/// A history to which a move was recorded, and what to do to that move at one of its steps.
struct Item {
  const ProcessHistory* past = nullptr;
  const RecordedMove* move = nullptr;
  std::size_t at = 0;
  bool hold = false;  ///< else kill
};

class Check {
 public:
  Check(const ProcessSubject& subject, const ProcessCheckOptions& options)
      : subject_(subject),
        options_(options),
        scratch_(fmt::format("process-check.{}", subject.name), place_in(options.scratch)),
        folder_(scratch_.path()) {
    if (options.seconds) {
      const std::chrono::duration<double> limit(*options.seconds);
      deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
    }
  }

  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;

  ProcessCheckResult run() {
    ProcessCheckResult result;
    failure_ = record_moves();
    if (!failure_) run_items();
    conclude(result);
    result.executions = counts_.children;
    result.kills = counts_.kills;
    result.fenced = counts_.fenced;
    result.matrix = matrix_.rows();
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

  const ProcessMove& move(std::size_t number) const { return subject_.moves[number]; }
  /// The next one: that goes back, where there are two.
  std::size_t other_than(std::size_t number) const { return (number + 1) % subject_.moves.size(); }

  /// Without its steps yet.
  RecordedMove recorded(const ProcessHistory& past, std::size_t number) const {
    const ProcessStores& stores = past.stores();
    return {number,
            stores.situation(),
            fmt::format("{}, {}", move(number).name, stores.situation_name()),
            {}};
  }

  /// Makes the beginnings and the moves from them.
  MaybeFailure record_moves() {
    // Reserved, because the items point to them.
    pasts_.reserve(subject_.beginnings.size());
    moves_.reserve(subject_.beginnings.size() * subject_.moves.size());
    for (const ProcessBeginning& beginning : subject_.beginnings) {
      ProcessHistory& past = pasts_.emplace_back(
          ProcessHistory(subject_, counts_, beginning, folder_of(beginning.name)));
      Announcements ignored;
      if (!beginning.moved) continue;
      if (auto failed = move_undisturbed(past, move(*beginning.moved), ignored)) return failed;
    }
    for (const ProcessHistory& past : pasts_) {
      for (std::size_t to = 0; to < subject_.moves.size(); ++to) {
        RecordedMove& recorded = moves_.emplace_back(this->recorded(past, to));
        ProcessHistory history = past.in(folder_of(fmt::format("undisturbed-{}", moves_.size())));
        if (auto failed = move_undisturbed(history, move(to), recorded.steps)) return failed;
        for (std::size_t at = 0; at < recorded.steps.size(); ++at) {
          items_.push_back({&past, &recorded, at, false});
          if (subject_.holds) items_.push_back({&past, &recorded, at, true});
        }
      }
    }
    return std::nullopt;
  }

  /// The move, and then clients are served by the process that moved.
  MaybeFailure move_undisturbed(ProcessHistory& history, const ProcessMove& move,
                                Announcements& steps) {
    MaybeFailure failed = history.complete(move, &steps);
    if (steps.empty()) {
      const std::string what = failed ? failed->what : "";
      return Failure{"", fmt::format("{} announced no step when it was to move the truth {}\n{}",
                                     subject_.executable, move.name, what)};
    }
    return failed ? failed : history.serve_on();
  }

  /// First what is done to a move, and then the recoveries from what the kills have left.
  void run_items() {
    left_.resize(items_.size());
    for (std::size_t number = 0; number < items_.size(); ++number) to_do_.push_back(number);
    work_off([this](std::size_t number) { return run_item(number); });
    if (failure_ || is_cut_short_) return;
    std::set<std::string> known;
    for (std::size_t number = 0; number < items_.size(); ++number) {
      if (!left_[number]) continue;
      if (is_new(known, *left_[number], was_served(items_[number]))) {
        to_do_.push_back(number);
      } else {
        left_[number].reset();
        fs::remove_all(folder_of(number));
      }
    }
    work_off([this](std::size_t number) { return recover_item(number); });
  }

  /// False if it is like another that was given before, and is followed by the same.
  static bool is_new(std::set<std::string>& known, const ProcessHistory& history,
                     bool followed_by) {
    const std::string fingerprint = history.fingerprint();
    return fingerprint.empty() || known.insert(fingerprint + (followed_by ? "+" : "-")).second;
  }

  /// Runs what is still to do, on the threads.
  void work_off(const std::function<MaybeFailure(std::size_t)>& run) {
    checker::on_threads(std::max(1u, options_.threads), [&](std::size_t) { work(run); });
    next_ = to_do_.size();
    if (thrown_) std::rethrow_exception(thrown_);
  }

  /// Takes items until there is none, or something was found. Whoever took an item finishes it, so
  /// all before the one that failed are finished, and the earliest failure is found however the
  /// threads run.
  void work(const std::function<MaybeFailure(std::size_t)>& run) {
    while (!stop_) {
      const std::size_t taken = next_++;
      if (taken >= to_do_.size() || is_out_of_time()) return;
      const std::size_t number = to_do_[taken];
      try {
        MaybeFailure failed = run(number);
        if (!failed && !left_[number]) fs::remove_all(folder_of(number));
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
    if (options_.progress) options_.progress(done_, to_do_.size());
  }

  MaybeFailure run_item(std::size_t number) {
    const Item& item = items_[number];
    ProcessHistory past = item.past->in(folder_of(number));
    if (item.hold) return hold(past, item);
    if (auto failed = kill(past, item)) return failed;
    left_[number].emplace(std::move(past));
    return std::nullopt;
  }

  MaybeFailure recover_item(std::size_t number) {
    const ProcessHistory past = std::move(*left_[number]);
    left_[number].reset();
    for (std::size_t to = 0; to < subject_.moves.size(); ++to) {
      if (auto failed = recover(past, to, was_served(items_[number]))) return failed;
    }
    return std::nullopt;
  }

  MaybeFailure hold(const ProcessHistory& past, const Item& item) {
    for (std::size_t other = 0; other < subject_.moves.size(); ++other) {
      ProcessHistory history = past;
      if (auto failed =
              history.hold_at(move(item.move->move), item.move->steps, item.at, move(other))) {
        return failed;
      }
      if (auto failed = history.complete(move(other_than(other)))) return failed;
    }
    matrix_.add(*item.move, item.at, Hit::pause);
    return std::nullopt;
  }

  /// Killed after a step and before the next one, the stores are the same: clients are served in
  /// one of the two cases.
  static bool was_served(const Item& item) {
    return item.move->steps[item.at].when == Announcement::When::before;
  }

  MaybeFailure kill(ProcessHistory& history, const Item& item) {
    if (auto failed = history.kill_at(move(item.move->move), item.move->steps, item.at)) {
      return failed;
    }
    matrix_.add(*item.move, item.at, Hit::first_kill);
    return was_served(item) ? history.serve_anew() : std::nullopt;
  }

  MaybeFailure recover(const ProcessHistory& past, std::size_t to, bool was_served) {
    RecordedMove recovery = recorded(past, to);
    ProcessHistory undisturbed = past;
    if (auto failed = undisturbed.complete(move(to), &recovery.steps)) return failed;
    if (auto failed = undisturbed.serve_on()) return failed;
    std::set<std::string> finished;
    for (std::size_t at = 0; at < recovery.steps.size() && !is_out_of_time(); ++at) {
      ProcessHistory history = past;
      if (auto failed = history.kill_at(move(to), recovery.steps, at)) return failed;
      matrix_.add(recovery, at, Hit::recovery_kill);
      if (!was_served && recovery.steps[at].when == Announcement::When::before) {
        if (auto failed = history.serve_anew()) return failed;
      }
      // Two announcements a step: of two kills that leave the stores the same, after one step and
      // before the next, the last move resumes in one case and turns back in the other.
      const bool turns_back = at / 2 % 2 == 1;
      if (!is_new(finished, history, turns_back)) continue;
      if (auto failed = history.complete(move(turns_back ? other_than(to) : to))) return failed;
    }
    return std::nullopt;
  }

  void conclude(ProcessCheckResult& result) {
    if (failure_) {
      result.detail = failure_->what;
      if (!failure_->property.empty()) result.violated = failure_->property;
      keep_failed_folder();
    } else if (is_cut_short_) {
      result.detail = fmt::format("out of time, with {} of {} parts done\n", done_, to_do_.size());
    } else {
      for (const RecordedMove& move : moves_) {
        const auto missing = matrix_.missing(move, subject_.holds);
        if (missing) result.detail += *missing + "\n";
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

  const ProcessSubject& subject_;
  const ProcessCheckOptions& options_;
  system::TemporaryFolder scratch_;
  const fs::path folder_;
  std::optional<Clock::time_point> deadline_;
  ProcessCounts counts_;
  ProcessMatrix matrix_;
  std::vector<ProcessHistory> pasts_;
  std::vector<RecordedMove> moves_;
  std::vector<Item> items_;
  std::vector<std::optional<ProcessHistory>> left_;  ///< by the kill of an item
  std::vector<std::size_t> to_do_;                   ///< items, in that order

  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stop_ = false, is_cut_short_ = false;
  std::mutex mutex_;  // of the following
  std::uint64_t done_ = 0;
  MaybeFailure failure_;
  std::size_t failed_item_ = std::numeric_limits<std::size_t>::max();
  std::exception_ptr thrown_;
};

}  // namespace

ProcessCheckResult check_processes(const ProcessSubject& subject,
                                   const ProcessCheckOptions& options) {
  return Check(subject, options).run();
}

}  // namespace cutover::crashsim
