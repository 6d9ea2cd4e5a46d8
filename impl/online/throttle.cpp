#include "impl/online/throttle.h"

#include <algorithm>
#include <cmath>

#include "system/usage_error.h"

namespace cutover::online {
namespace {

// Found by measurement, in worlds as those of the tests.
constexpr double kTarget = 0.8, kLeastTarget = 0.5;  // of the percentile, as shares of the limit
constexpr double kDrop = 0.8, kRegain = 1.003;       // of the target: at a break, and per window
constexpr double kForeign = 2;  // limits; a break beyond it was none of this rate's doing
constexpr double kDecrease = 0.5, kIncrease = 1.25;  // at most, per window
constexpr double kGain = 0.1;  // of an increase; a decrease is by the whole of what it is off
constexpr double kUsed = 0.85;
constexpr double kQueue = 0.27;  // the mean latency, as a share of the limit, that holds reads back
constexpr double kWeight = 0.17;        // of the latest latency in that mean
constexpr std::uint64_t kEnough = 100;  // samples: of fewer there is no 99th percentile

double seconds(Throttle::Time time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Throttle::Throttle(Time limit, Time window, double rate)
    : limit_(limit), window_(window), rate_(rate), target_(kTarget) {
  if (limit <= Time(0)) throw UsageError("the limit of the 99th percentile must be above 0");
  if (window <= Time(0)) throw UsageError("a window must be longer than 0");
  if (!(rate > 0)) throw UsageError("the rate at the beginning must be above 0");
}

void Throttle::answered(Time now, Time latency) {
  advance(now);
  const double share = std::max(0.0, seconds(latency) / seconds(limit_));
  // The last bucket that is not above the limit ends with the limit itself.
  const double octaves = std::clamp<double>(std::log2(share), -kOctaves, kOctaves);
  ++histogram_[static_cast<std::size_t>(std::ceil((octaves + kOctaves) * kPerOctave))];
  ++samples_;
  ++answers_;
  mean_ += (share - mean_) * kWeight;
  is_waiting_ = false;
}

Throttle::Time Throttle::next(Time now, std::uint64_t rows) {
  advance(now);
  const Time end = begun_ + window_;
  largest_ = std::max(largest_, rows);
  const bool is_late = is_waiting_ && now_ - waiting_since_ > limit_;
  if (mean_ > kQueue || is_late) return std::min(end, now_ + limit_ / 4 + Time(1));
  if (tokens_ < 0) {
    const double pause = std::min(-tokens_ / rate_, seconds(window_));
    return std::min(end, now_ + Time(static_cast<Time::rep>(pause * 1e6) + 1));
  }
  tokens_ -= static_cast<double>(rows);
  rows_ += rows;
  if (!is_waiting_) waiting_since_ = now_;
  is_waiting_ = true;
  return now;
}

void Throttle::advance(Time now) {
  now_ = std::max(now_, now);
  for (int ended = 0; now_ - begun_ >= window_; ++ended) {
    refill(begun_ + window_);
    end_window();
    // After many windows of silence nothing changes any more.
    begun_ += ended < 64 ? window_ : (now_ - begun_) / window_ * window_;
  }
  refill(now_);
}

/// What was not read is lost, but for as much as a caller that is a little late would have read.
void Throttle::refill(Time until) {
  if (until <= refilled_) return;
  tokens_ += rate_ * seconds(until - refilled_);
  tokens_ = std::min(tokens_, rate_ * seconds(limit_) / 32);
  refilled_ = until;
}

void Throttle::end_window() {
  ++windows_;
  if (answers_ == 0) {
    // Stuck, if something was asked; what is held back for a queue's sake waits for nothing now.
    if (is_waiting_) rate_ = std::max(least_rate(), rate_ / 2);
    is_waiting_ = false;
    mean_ = 0;
    return;
  }
  answers_ = 0;
  std::uint64_t above = samples_ / 100;
  std::size_t bucket = histogram_.size() - 1;
  while (histogram_[bucket] <= above) above -= histogram_[bucket--];
  const double share = std::exp2(static_cast<double>(bucket) / kPerOctave - kOctaves);
  p99_ = Time(static_cast<Time::rep>(share * static_cast<double>(limit_.count())));
  if (share <= 1 && samples_ < kEnough) return;
  adapt(share);
  windows_ = samples_ = rows_ = 0;
  histogram_.fill(0);
}

double Throttle::least_rate() const {
  return static_cast<double>(std::max<std::uint64_t>(largest_, 1)) / seconds(window_);
}

void Throttle::adapt(double share) {
  const bool is_broken = share > 1;
  if (!is_broken) {
    target_ = std::min(kTarget, target_ * kRegain);
  } else if (!was_broken_ && share < kForeign) {
    target_ = std::max(kLeastTarget, target_ * kDrop);
  }
  was_broken_ = is_broken;
  const double least = kUsed * rate_ * seconds(window_) * static_cast<double>(windows_);
  const bool is_used = static_cast<double>(rows_ + largest_) >= least;
  const double off = target_ / share;
  if (off < 1) {
    rate_ *= std::max(kDecrease, off);
    is_first_ = false;
  } else if (is_used) {
    rate_ *= is_first_ ? std::min(2.0, off) : std::min(kIncrease, std::pow(off, kGain));
  }
  rate_ = std::max(rate_, least_rate());
}

}  // namespace cutover::online
