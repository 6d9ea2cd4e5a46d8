#include "engines/crashsim_engine.h"

#include "crashsim/explore/explorer.h"
#include "engines/judging.h"
#include "engines/limits.h"

namespace cutover {

bool judged_by_properties(const Case& of) { return !of.violates_only_refinement(); }

Verdict check_by_crashsim(const Case& of, const EngineOptions& options) {
  Verdict verdict = blank(of, "crashsim", options);
  crashsim::Options explore;
  explore.expect_violation = !of.violates.empty();
  explore.limits = limits_of(options);
  const crashsim::Exploration explored = crashsim::explore(of.world(options.bounds), explore);
  Findings found;
  found.result = explored.result;
  found.executions = explored.executions;
  found.unseen = explored.unseen;
  found.violation = explored.violation;
  return verdict_of(verdict, found);
}

}  // namespace cutover
