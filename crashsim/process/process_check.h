// Checks a migration by real processes over real files, which are really killed.
//
// From each beginning each move is killed before and after each of its steps. From what that
// leaves, a recovery by each move is killed before and after each of its steps, and from there a
// last move must finish. Clients are served in between, in some histories after the first kill, in
// others after the second. Besides, each move is held before and after each of its steps while
// another process makes each of the moves and clients are served: going on, it must end fenced and
// change nothing, or whatever else the family's means promise (subject.h). After every event the
// family judges the files; of processes that end it is judged that they can finish, that success is
// true, and that who is fenced changes nothing (subject.h).
//
// Where two kills leave the stores alike (ProcessStores::fingerprint), the recovery is killed after
// the first of them alone.
//
// The steps are taken from runs that nobody disturbs. So all of them are covered, whichever they
// are, and the check is complete only if each was killed and held as said.
//
// Not covered: process_history.h says what; more than two kills in a row, and both together with
// processes that compete. That is the exploration's part.
#pragma once

#include "crashsim/process/process_matrix.h"
#include "crashsim/process/subject.h"

namespace cutover::crashsim {

struct ProcessCheckOptions {
  /// The check makes a folder of its own in it, and removes it unless something was found. Empty:
  /// /dev/shm, if there is one, else the folder for temporary files. What is shown does not depend
  /// on the disk, and on one that really syncs the check takes some ten times as long.
  std::filesystem::path scratch = {};
  unsigned threads = 2;
  std::optional<double> seconds;  ///< a longer check is given up, and is not complete
  /// Told after each part of the work, from one thread at a time.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

struct ProcessCheckResult {
  bool complete = false;                ///< everything was tried, and nothing was violated
  std::optional<std::string> violated;  ///< the property
  /// Of a violation, the history that led to it, and the folder that was kept; else why the check
  /// is not complete. Whole lines.
  std::string detail;
  std::uint64_t executions = 0;  ///< child processes
  std::uint64_t kills = 0, fenced = 0;
  std::vector<MatrixRow> matrix;
};

/// What is found first, in an order that does not depend on the threads, is reported. Throws
/// std::runtime_error if children cannot be started or files not be written.
ProcessCheckResult check_processes(const ProcessSubject& subject,
                                   const ProcessCheckOptions& options);

}  // namespace cutover::crashsim
