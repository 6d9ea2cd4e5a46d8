// Explores a world exhaustively within its bounds: the checker's search over the learned automata.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "crashsim/world/schedule.h"
#include "crashsim/world/world.h"
#include "model/checker/result.h"

namespace cutover::crashsim {

struct Options {
  checker::Limits limits;
  /// True where a violation is expected: the search begins with no faults and allows one more at a
  /// time, which finds the counterexample with the fewest faults soonest.
  bool expect_violation = false;
  /// Also counts the worlds alone, where each is explored with several states of a companion.
  bool count_worlds = false;
};

struct Exploration {
  checker::Result result;             ///< of the search that decided
  std::uint64_t worlds = 0;           ///< if they were to be counted and the search is complete
  std::uint64_t executions = 0;       ///< runs of a coroutine from its start
  std::vector<std::string> unseen;    ///< witnesses that these bounds allow but that never fired
  std::optional<Schedule> violation;  ///< fewest faults first, then fewest steps
};

/// Throws std::runtime_error on hidden nondeterminism, with the step, and on a World that breaks
/// its own promises.
Exploration explore(const World& world, const Options& options);

}  // namespace cutover::crashsim
