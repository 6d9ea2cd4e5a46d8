// What a search is limited by, and what comes of it. Apart from the search, which takes more of the
// system's headers than whoever only names these should have.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace cutover::checker {

/// Number of a property, counted from 1; 0 is "none". The lower number is reported where a level
/// violates several.
using Property = std::uint32_t;
inline constexpr Property kHolds = 0;

struct Progress {
  std::uint64_t states = 0, transitions = 0;
  std::uint32_t depth = 0;
  double seconds = 0;
};

struct Limits {
  unsigned threads = 2;
  std::optional<double> seconds;             ///< wall time
  std::size_t bytes = std::size_t{1} << 60;  ///< of the visited set
  /// Called about five times a second, and once at least where a search takes more than one.
  std::function<void(const Progress&)> progress;
};

/// What is left of them after a search that took so many seconds, for another one.
inline Limits left_of(Limits limits, double seconds) {
  if (limits.seconds) limits.seconds = std::max(0.0, *limits.seconds - seconds);
  return limits;
}

enum class Ended { complete, violation, out_of_time, out_of_memory };

struct Result {
  Ended ended = Ended::complete;
  std::uint64_t states = 0, transitions = 0, bytes = 0;
  std::uint32_t depth = 0;  ///< steps from an initial state to the last level that was reached
  double seconds = 0;
  Property violated = kHolds;
};

}  // namespace cutover::checker
