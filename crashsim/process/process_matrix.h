// Which steps of which moves were hit, and whether that is all of them.
#pragma once

#include <array>
#include <map>
#include <mutex>

#include "crashsim/process/process_history.h"

namespace cutover::crashsim {

/// How often a step of a move was hit. A step that a move takes twice has (2) after its label.
struct MatrixRow {
  struct Kills {
    std::uint64_t first = 0;     ///< of a move that nothing had happened to
    std::uint64_t recovery = 0;  ///< of a move from what another kill had left
  };
  std::string move;  ///< "to new, while old is the truth"
  std::string step;
  Kills before, after;
  std::uint64_t pauses = 0;  ///< of a move that nothing had happened to, before or after the step
};

/// A move that was recorded undisturbed: which of the subject's, in what situation, and its
/// announcements.
struct RecordedMove {
  std::size_t move = 0, situation = 0;
  std::string name;  ///< "to new, while old is the truth"
  Announcements steps;
};

/// Thread-safe.
class ProcessMatrix {
 public:
  enum class Hit { first_kill, recovery_kill, pause };

  /// The move's steps[at] was hit.
  void add(const RecordedMove& move, std::size_t at, Hit hit);

  /// Those of one move and situation together, in the steps' order.
  std::vector<MatrixRow> rows() const;

  /// Where this move, to which nothing had happened, lacks a hit: a kill before or after a step, of
  /// itself or in a recovery, or, if moves are held, a pause.
  std::optional<std::string> missing(const RecordedMove& move, bool holds) const;

 private:
  struct Key {
    std::size_t move, situation;
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

/// A table of at most 100 columns.
std::string format_matrix(const std::vector<MatrixRow>& matrix);

}  // namespace cutover::crashsim
