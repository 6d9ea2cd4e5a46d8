// Which steps of which moves were hit, and whether that is all of them.
#pragma once

#include <map>
#include <mutex>

#include "properties/catalog/process_check.h"
#include "properties/catalog/process_history.h"

namespace cutover::catalog {

/// A move that was recorded undisturbed: where it goes, from which truth, whether its history began
/// with a pair, and its announcements.
struct Move {
  Target to = Target::persist;
  crashsim::catalog::Which truth = crashsim::catalog::Which::stash;
  bool were_pair = true;
  Announcements steps;
};

/// Thread-safe.
class ProcessMatrix {
 public:
  enum class Hit { first_kill, recovery_kill, pause };

  /// The move's steps[at] was hit.
  void add(const Move& move, std::size_t at, Hit hit);

  std::vector<MatrixRow> rows() const;

  /// Where this move, to which nothing had happened, lacks a hit: a kill before or after a step, of
  /// itself or in a recovery, or a pause.
  std::optional<std::string> missing(const Move& move) const;

 private:
  struct Key {
    Target to;
    crashsim::catalog::Which truth;
    bool were_pair;
    std::string step;
    auto operator<=>(const Key&) const = default;
  };
  struct Cell {
    std::size_t position = 0;               ///< the earliest at which the step was met
    std::array<std::uint64_t, 2> pauses{};  ///< before, after
    MatrixRow row;
  };
  mutable std::mutex mutex_;
  std::map<Key, Cell> cells_;
};

}  // namespace cutover::catalog
