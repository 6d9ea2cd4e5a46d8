// How fast a backfill may read, so that its source's 99th percentile stays below a limit: as fast
// as possible, by what the source's latencies say.
//
// Two loops. The inner one looks at every answer, as in LEDBAT (RFC 6817), which yields to others'
// traffic as soon as its delay grows: while the latencies' smoothed mean is above a share of the
// limit, a queue is building, and nothing more is read. It is what keeps the limit when load comes
// suddenly. The outer one looks at the percentile of each window, and sets the rate: it is
// increased gently while the percentile is below a target, and decreased in proportion above it (as
// additive increase and multiplicative decrease, Chiu and Jain 1989, but by how far off it is; at
// the beginning it doubles, as TCP's slow start does). The target is below the limit, and the
// headroom is learned: each break of the limit makes it larger, and it shrinks slowly.
//
// What is not taken for good news:
// - windows of few samples, which are judged together with the next ones until they are enough;
// - a rate that was not used, which is not increased (RFC 7661);
// - silence. A request that is not answered within the limit stops further ones; a window without
//   any answer to a request halves the rate, and lets another one through.
//
// It has no clock and no thread of its own: times are given to it, since whatever instant, and one
// that is earlier than the last is taken for the last. Not for several threads at once.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace cutover::online {

class Throttle {
 public:
  using Time = std::chrono::microseconds;

  /// `limit`: of the source's 99th percentile. `rate`: rows per second at the beginning; it never
  /// falls below one request in a window. Throws UsageError if one of them is not above 0.
  explicit Throttle(Time limit, Time window = std::chrono::seconds(1), double rate = 100);

  /// A request on the source, the backfill's or one of a client that is measured, was answered.
  void answered(Time now, Time latency);

  /// `now`: that many rows may be read, and are counted. Later: ask again then; at the latest when
  /// the window ends, so that a new rate is noticed.
  Time next(Time now, std::uint64_t rows);

  double rate() const { return rate_; }  ///< rows per second at present
  /// Of the last whole window, and those before it that were too small; 0 before the first one.
  /// Rounded up by at most 5 %, but never from below the limit to above it.
  Time p99() const { return p99_; }

 private:
  void advance(Time now);
  void refill(Time until);
  void end_window();
  void adapt(double share);
  double least_rate() const;

  static constexpr int kPerOctave = 16, kOctaves = 10;  // below the limit, and above it
  Time limit_, window_;
  double rate_;
  Time now_{0}, begun_{0}, refilled_{0}, p99_{0};
  double tokens_ = 0;     // rows that may be read at once; below 0: were read in advance
  double mean_ = 0;       // of the latest latencies, as a share of the limit
  double target_;         // of the percentile, as a share of the limit
  bool is_first_ = true;  // the target was not reached yet
  bool was_broken_ = false;
  bool is_waiting_ = false;  // for the first answer since
  Time waiting_since_{0};
  // Since the last window that was judged:
  std::uint64_t windows_ = 0, samples_ = 0, rows_ = 0;
  std::uint64_t largest_ = 0;  // request that was ever asked for
  std::uint64_t answers_ = 0;  // in this window
  std::array<std::uint64_t, 2 * kOctaves * kPerOctave + 1> histogram_{};  // by logarithm
};

}  // namespace cutover::online
