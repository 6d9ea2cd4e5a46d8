#include "cli/online/copy.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "cli/chart.h"
#include "cli/command_name.h"
#include "cli/errors.h"
#include "cli/option_file.h"
#include "cli/progress_line.h"
#include "cli/stores/store_argument.h"
#include "cli/stores/with_failures.h"
#include "impl/online/shadow.h"
#include "impl/online/throttle.h"
#include "impl/online_cql/cql_address.h"
#include "impl/store/store_failed.h"
#include "system/text.h"
#include "system/whole_file.h"

namespace cutover::cli {

using namespace online;

namespace {

using Clock = std::chrono::steady_clock;

/// How far all workers are.
class Progress {
 public:
  explicit Progress(const Record& record) : ranges_(record.plan.size()) {
    for (const Range& range : record.plan) done_ += range.done ? 1 : 0;
  }

  /// `p99`: of the source, once it is known.
  void copied(const Scanned& scanned, std::optional<Throttle::Time> p99) {
    const std::lock_guard lock(mutex_);
    rows_ += scanned.rows;
    bytes_ += scanned.bytes;
    const auto second = static_cast<std::size_t>(seconds());
    rows_in_.resize(std::max(rows_in_.size(), second + 1));
    rows_in_[second] += scanned.rows;
    if (p99 && p99->count() > 0) p99_in_[second] = milliseconds(*p99);
    show(p99);
  }
  void done() {
    const std::lock_guard lock(mutex_);
    ++done_;
    ++done_now_;
  }
  void clear() { line_.clear(); }
  std::uint64_t rows() const { return rows_; }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }

  /// `limit`: of the percentile, in milliseconds; 0: none. For when the workers have ended.
  Chart chart(const std::string& title, double limit) const {
    Chart chart{title, {{"rows copied", "each second", {}, {}}}};
    for (std::size_t i = 0; i < rows_in_.size(); ++i) {
      chart.curves[0].points.push_back({static_cast<double>(i), static_cast<double>(rows_in_[i])});
    }
    if (limit == 0) return chart;
    chart.curves.push_back({"99th percentile of the source's answers", "ms", limit, {}});
    for (const auto& [second, p99] : p99_in_) {
      chart.curves[1].points.push_back({static_cast<double>(second), p99});
    }
    return chart;
  }

 private:
  static double milliseconds(Throttle::Time time) {
    return static_cast<double>(time.count()) / 1e3;
  }
  void show(std::optional<Throttle::Time> p99) {
    const double seconds = std::max(this->seconds(), 1e-3);
    std::string text = fmt::format("{} of {} ranges, {} rows, {:.1f} MB, {} rows/s", done_, ranges_,
                                   with_commas(rows_), static_cast<double>(bytes_) / 1e6,
                                   with_commas(static_cast<std::uint64_t>(rows_ / seconds)));
    if (p99) text += fmt::format(", source p99 {:.1f} ms", milliseconds(*p99));
    if (done_now_ > 0) {
      const double left =
          seconds / static_cast<double>(done_now_) * static_cast<double>(ranges_ - done_);
      text += fmt::format(", {:.0f} s left", left);
    }
    line_.text("copy", text);
  }

  const Clock::time_point begun_ = Clock::now();
  const std::size_t ranges_;
  std::mutex mutex_;  // of the rest
  std::size_t done_ = 0, done_now_ = 0;
  std::uint64_t rows_ = 0, bytes_ = 0;
  std::vector<std::uint64_t> rows_in_;    // each second
  std::map<std::size_t, double> p99_in_;  // milliseconds; of seconds in which it was known
  ProgressLine line_;
};

constexpr std::size_t kThrottledPage = 100;  ///< rows

/// What the workers of a process have in common.
class Pool {
 public:
  Pool(const CopyOptions& options, const Record& record) : progress(record) {
    if (options.source_p99 > 0) {
      const std::chrono::microseconds limit(static_cast<long>(options.source_p99 * 1000));
      throttle_.emplace(limit, std::chrono::seconds(1), 10.0 * kThrottledPage);
    }
  }

  /// Small enough for many answers a second, of which the percentile is.
  std::size_t rows_of_page() const { return throttle_ ? kThrottledPage : Table::kRowsOfPage; }
  /// Returns when a page may be read; false if the pool is to end.
  bool wait_for_turn() {
    while (throttle_ && !is_ended()) {
      Throttle::Time until{0};
      {
        const std::lock_guard lock(mutex_);
        const Throttle::Time now = time();
        until = throttle_->next(now, kThrottledPage) - now;
      }
      if (until.count() <= 0) break;
      std::this_thread::sleep_for(std::min(until, Throttle::Time(100'000)));
    }
    return !is_ended();
  }
  void answered(Clock::duration latency) {
    if (!throttle_) return;
    const std::lock_guard lock(mutex_);
    throttle_->answered(time(), std::chrono::duration_cast<Throttle::Time>(latency));
  }
  std::optional<Throttle::Time> p99() {
    if (!throttle_) return std::nullopt;
    const std::lock_guard lock(mutex_);
    return throttle_->p99();
  }

  /// A range that none of the process's workers has.
  Lease lease(const MigrationRecord& record) {
    if (is_ended()) return {};
    const std::lock_guard lock(mutex_);
    const Lease lease = complete(record.lease(held_));
    if (lease.number != 0) held_.insert(lease.range);
    return lease;
  }
  void release(const Lease& lease) {
    const std::lock_guard lock(mutex_);
    held_.erase(lease.range);
  }

  /// The other workers are to end; the first failure is kept.
  void fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    is_ended_ = true;
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  bool is_ended() const { return is_ended_; }

  Progress progress;

 private:
  Throttle::Time time() const {
    return std::chrono::duration_cast<Throttle::Time>(Clock::now() - begun_);
  }

  const Clock::time_point begun_ = Clock::now();
  std::mutex mutex_;  // of the rest
  std::optional<Throttle> throttle_;
  std::set<int> held_;
  std::exception_ptr failure_;
  std::atomic<bool> is_ended_ = false;
};

/// Thrown to end a worker because of another one's failure.
struct Ended {};

/// The source as a worker sees it: throttled, and read ahead by a page, in another thread.
class Source {
 public:
  Source(const Table& table, Pool& pool) : table_(table), pool_(pool) {}

  Task<Scanned> scan(std::string first, std::string end) const {
    const bool is_next = ahead_.valid() && first == ahead_first_;
    Scanned scanned = is_next ? ahead_.get() : read(first, end);
    if (!scanned.next.empty()) read_ahead(scanned.next, end);
    co_return scanned;
  }

 private:
  void read_ahead(const std::string& first, const std::string& end) const {
    ahead_first_ = first;
    try {
      ahead_ = std::async(std::launch::async, [this, first, end] { return read(first, end); });
    } catch (const std::system_error&) {
      ahead_ = {};  // where no thread can be had, it is read when it is asked for
    }
  }
  Scanned read(const std::string& first, const std::string& end) const {
    if (!pool_.wait_for_turn()) throw Ended();
    const Clock::time_point begun = Clock::now();
    Scanned scanned = complete(table_.scan(first, end));
    pool_.answered(Clock::now() - begun);
    return scanned;
  }

  const Table& table_;
  Pool& pool_;
  mutable std::string ahead_first_;
  mutable std::future<Scanned> ahead_;
};
struct PooledRecord {
  const MigrationRecord& record;
  Pool& pool;
  Task<Lease> lease() const { co_return pool.lease(record); }
  Task<bool> finish(Lease lease) const {
    const bool is_ours = co_await record.finish(lease);
    pool.release(lease);
    co_return is_ours;
  }
};
struct WatchCopy {
  Pool& pool;
  void copied(const Scanned& scanned, WriteTime) { pool.progress.copied(scanned, pool.p99()); }
  void done(const Lease&) { pool.progress.done(); }
};

class Copy {
 public:
  Copy(const CopyOptions& options, std::ostream& out)
      : options_(options),
        out_(out),
        move_(options.migration, OpenMigration::Of::rows, !options.resume) {}

  int run() {
    if (!options_.chart.empty()) check_chart();
    begin();
    Record now = complete(move_.record->get());
    while (now.phase < Phase::backfill) now = complete(move_.record->advance(now.turn));
    if (now.phase > Phase::backfill) {
      out_ << fmt::format("{}: nothing to copy, the phase is '{}'\n", move_.text(),
                          to_string(now.phase));
      return kAsExpected;
    }
    Pool pool(options_, now);
    backfill(pool);
    pool.progress.clear();
    const std::string no_chart = options_.chart.empty() ? "" : why_no_chart(pool);
    pool.rethrow();
    const int status = report(pool);
    if (!no_chart.empty()) throw UsageError("--chart: " + no_chart);
    return status;
  }

 private:
  /// Before anything is copied for hours, or is no more.
  void check_chart() const {
    for (const std::string& store : {move_.from, move_.to}) {
      const bool is_file = !is_cql(store);
      if (is_file && system::is_same_file(options_.chart, store_file(store))) {
        throw UsageError(
            fmt::format("--chart: {} is the store {}; name another file", options_.chart, store));
      }
    }
    try_to_write("--chart", options_.chart);
  }

  /// Empty: it is written.
  std::string why_no_chart(const Pool& pool) const {
    try {
      write_chart(options_.chart, pool.progress.chart(move_.text(), options_.source_p99));
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  void begin() {
    const auto begun = move_.record->migration();
    if (begun) {
      before_ = begun->before;
      return;
    }
    if (options_.resume) {
      throw UsageError(fmt::format("{}: nothing was begun; leave --resume out", move_.text()));
    }
    const auto grace = static_cast<std::int64_t>(options_.grace * 1e6);
    const WriteTime before = options_.written.value_or(present() - grace);
    const auto plan = move_.source->table(move_.table, {})->plan(options_.ranges);
    before_ = move_.begin(plan, before).before;
  }

  void backfill(Pool& pool) const {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < options_.workers; ++i) {
      try {
        threads.emplace_back([&] { work(pool); });
      } catch (const std::system_error&) {
        break;  // with those that there are
      }
    }
    work(pool);
    for (std::thread& thread : threads) thread.join();
  }

  /// A worker has connections of its own.
  void work(Pool& pool) const {
    try {
      const auto source = move_.source->for_worker(), target = move_.target->for_worker();
      const auto workers = target->workers(move_.table, lock_wait(options_.migration.wait));
      const auto from = source->table(move_.table, {pool.rows_of_page()});
      const auto to = target->table(move_.table, {.before = before_, .worker = workers.get()});
      const auto record = target->record(move_.table);
      const Source throttled(*from, pool);
      const PooledRecord pooled{*record, pool};
      WatchCopy watch{pool};
      const bool is_ours =
          complete(online::backfill(throttled, *to, *workers, pooled, before_, watch));
      if (is_ours) return;
      throw StoreFailed(fmt::format("{}: another process copies the same table", move_.to));
    } catch (const Ended&) {
    } catch (...) {
      pool.fail(std::current_exception());
    }
  }

  int report(const Pool& pool) const {
    const Record now = complete(move_.record->get());
    const auto left = std::ranges::count(now.plan, false, &Range::done);
    if (left > 0) {
      out_ << fmt::format("stopped: {}: {} of {} ranges are not copied; run again to finish\n",
                          move_.text(), left, now.plan.size());
      return kDiffers;
    }
    const double seconds = pool.progress.seconds();
    out_ << fmt::format("done: {}: {} copied in {:.1f} s; all {} are\nnext: {} verify {}\n",
                        move_.text(), plural(pool.progress.rows(), "row"), seconds,
                        plural(now.plan.size(), "range"), command_name(), move_.options());
    return kAsExpected;
  }

  const CopyOptions& options_;
  std::ostream& out_;
  OpenMigration move_;
  WriteTime before_ = 0;
};

struct WatchComparison {
  ProgressLine line = {};
  std::uint64_t rows = 0, repairs = 0;
  void repaired(const std::string&, const Row&) { ++repairs; }
  void compared(const Page& here, const Page& there) {
    rows += std::max(here.rows.size(), there.rows.size());
    line.text("verify", plural(rows, "row") + ", " + plural(repairs, "repair"));
  }
};

/// One line for each phase, and what it waits for.
void print_phases(const OpenMigration& move, const Record& now, std::ostream& out) {
  out << move.text() << ":\n";
  for (int i = 0; i <= static_cast<int>(Phase::target_only); ++i) {
    const auto phase = static_cast<Phase>(i);
    const bool is_now = phase == now.phase;
    const std::string waits = is_now ? missing(now) : "";
    out << fmt::format("{} {}{}\n", is_now ? ">" : " ", to_string(phase),
                       waits.empty() ? "" : ", waits for: " + waits);
  }
}

}  // namespace

int run_copy(const CopyOptions& options, std::ostream& out) {
  return with_failures(out, [&] { return Copy(options, out).run(); });
}

int run_verify(const MigrationOptions& options, std::ostream& out) {
  return with_failures(out, [&]() -> int {
    const OpenMigration move(options, OpenMigration::Of::rows);
    const auto begun = move.begun();
    Record now = begun.record;
    if (now.phase < Phase::strict) {
      const std::string waits = missing(now);
      if (now.phase != Phase::backfill || !waits.empty()) {
        out << fmt::format("{}: not copied yet, the phase is '{}'{}\nnext: {} copy {}\n",
                           move.text(), to_string(now.phase),
                           waits.empty() ? "" : ", and it waits for " + waits, command_name(),
                           move.options());
        return kDiffers;
      }
      now = complete(move.record->advance(now.turn));
    }
    if (now.phase != Phase::strict) {
      out << fmt::format("{}: nothing to verify, the phase is '{}'\n", move.text(),
                         to_string(now.phase));
      return kAsExpected;
    }
    const auto from = move.source->table(move.table, {.before = begun.before});
    const auto to = move.target->table(move.table, {.before = begun.before});
    const auto workers = move.target->workers(move.table, lock_wait(options.wait, "workers"));
    WatchComparison watch;
    const bool is_ours = complete(compare_all(*from, *to, *workers, *move.record, now, watch));
    watch.line.clear();
    if (!is_ours) {
      out << fmt::format("stopped: {}: somebody changed the phase meanwhile\n", move.text());
      return kDiffers;
    }
    out << fmt::format("done: {}: {} compared, {} made\nnext: {} phase {} --next\n", move.text(),
                       plural(watch.rows, "row"), plural(watch.repairs, "repair"), command_name(),
                       move.options());
    return kAsExpected;
  });
}

int run_phase(const PhaseOptions& options, std::ostream& out) {
  return with_failures(out, [&]() -> int {
    const OpenMigration move(options.migration, OpenMigration::Of::rows);
    const Record before = move.begun().record;
    Record now = before;
    try {
      if (options.next) now = complete(move.record->advance(before.turn));
      if (options.back) now = complete(move.record->go_back(before.turn));
    } catch (const StoreFailed& failed) {
      // Once more may be one phase too many.
      out << fmt::format("stopped: {}; see whether it was done: {} phase {}\n", failed.what(),
                         command_name(), move.options());
      return kDiffers;
    }
    print_phases(move, now, out);
    const int steps = options.next ? 1 : options.back ? -1 : 0;
    const auto asked = static_cast<Phase>(static_cast<int>(before.phase) + steps);
    if (now.phase == asked) return kAsExpected;
    const std::string waits = missing(now);
    out << (now.turn != before.turn          ? "not changed: somebody else has changed it meanwhile"
            : options.next && !waits.empty() ? "not changed: it waits for " + waits
            : options.back                   ? "not changed: there is no way back from there"
                                             : "not changed: it is the last one")
        << "\n";
    return kDiffers;
  });
}

}  // namespace cutover::cli
