// `cutover replay`: steps through a trace on the real coroutines.
#pragma once

#include <iosfwd>

#include "crashsim/world/schedule.h"
#include "engines/case.h"

namespace cutover::cli {

struct StepsOptions {
  std::optional<unsigned> until;  ///< stop after this many steps
  /// Leave out the steps that can't be taken any more and go on: an old trace, after the code has
  /// changed, still tells something.
  bool follow = false;
};

struct ReplayOptions {
  std::string file;
  StepsOptions steps;
  bool tla = false;  ///< print the states of the specification, as TLC does, in place of the table
};

/// Prints each step with the stores after it, and the first property that is violated. Returns the
/// exit status: 0 if it is the trace's, 1 if it is not. Throws
/// TraceError and UsageError, also where a step can't be taken any more, unless it is to follow.
int run_replay(const Registry& cases, const ReplayOptions& options, std::ostream& out);

/// The first violation among the steps that were printed.
struct FirstViolation {
  std::string property;
  std::size_t step = 0;        ///< after this one; 0: the beginning
  bool is_at_the_end = false;  ///< the last step that was printed
  std::string why = "";        ///< where that is not plain
};

/// "NoLostWrite is violated.", with the step unless it is the last, and why where that is told.
std::string sentence(const std::optional<FirstViolation>& violation);

/// The steps as a table; every state is judged. Throws UsageError that names the first step which
/// can't be taken, unless it is to follow.
std::optional<FirstViolation> print_steps(const crashsim::World& world,
                                          const crashsim::Schedule& schedule,
                                          const StepsOptions& options, std::ostream& out);

}  // namespace cutover::cli
