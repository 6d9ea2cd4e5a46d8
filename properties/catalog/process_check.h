// Checks a catalog protocol by real processes over real files, which are really killed.
//
// From two stores that are not a pair yet, and from each source of truth of a pair, a move in each
// direction is killed before and after each of its steps. From what that leaves, a recovery in each
// direction is killed before and after each of its steps, and from there a last move must finish.
// Clients are served in between, in some histories after the first kill, in others after the
// second. Besides, each move is held before and after each of its steps while another process moves
// the truth in each direction and clients are served: going on, it must end fenced and change
// nothing. After every event both files are judged: OneSourceOfTruth, NoLostWrite, NoResurrection,
// EpochMonotone. Of processes that end: CanFinish, ServeOnlyTruth, FencedNeverSucceeds
// (properties.h).
//
// The steps are taken from runs that nobody disturbs. So all of them are covered, whichever they
// are, and the check is complete only if each was killed and held as said.
//
// Not covered: process_history.h says what; more than two kills in a row, and both together with
// processes that compete. That is crashsim's part.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "impl/catalog/protocol.h"
#include "properties/catalog/properties.h"

namespace cutover::catalog {

struct ProcessCheckOptions {
  /// Run as EXECUTABLE migrate --stash S --persist P --to T --protocol P --pause-fds R,W, see
  /// crashsim/process/child.h.
  std::string executable;
  /// The check makes a folder of its own in it, and removes it unless something was found. Empty:
  /// /dev/shm, if there is one, else the folder for temporary files. What is shown does not depend
  /// on the disk, and on one that really syncs the check takes some ten times as long.
  std::filesystem::path scratch = {};
  unsigned threads = 2;
  std::optional<double> seconds;  ///< a longer check is given up, and is not complete
  /// Told after each part of the work, from one thread at a time.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

/// How often a step of a move was hit. A step that a move takes twice has (2) after its label.
struct MatrixRow {
  struct Kills {
    std::uint64_t first = 0;     ///< of a move that nothing had happened to
    std::uint64_t recovery = 0;  ///< of a move from what another kill had left
  };
  Target direction = Target::persist;
  crashsim::catalog::Which truth = crashsim::catalog::Which::stash;  ///< when the move began
  bool were_pair = true;                                             ///< when the history began
  std::string step;
  Kills before, after;
  std::uint64_t pauses = 0;  ///< of a move that nothing had happened to, before or after the step
};

struct ProcessCheckResult {
  bool complete = false;                ///< everything was tried, and nothing was violated
  std::optional<std::string> violated;  ///< the property
  /// Of a violation, the history that led to it, and the folder that was kept; else why the check
  /// is not complete. Whole lines.
  std::string detail;
  std::uint64_t executions = 0;  ///< child processes
  std::uint64_t kills = 0, fenced = 0;
  std::vector<MatrixRow> matrix;  ///< rows of one direction and truth together, in the steps' order
  double seconds = 0;
};

/// The protocol's name is the children's --protocol; its code serves clients in between. What is
/// found first, in an order that does not depend on the threads, is reported. Throws
/// std::runtime_error if children cannot be started or files not be written.
ProcessCheckResult check_processes(const Protocol& protocol, Truth truth,
                                   const ProcessCheckOptions& options);

/// The matrix as a table of at most 100 columns.
std::string format_matrix(const std::vector<MatrixRow>& matrix);

}  // namespace cutover::catalog
