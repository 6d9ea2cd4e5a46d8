#include "engines/crashsim_engine.h"

#include <fmt/format.h>

#include "crashsim/explore/explorer.h"
#include "engines/judging.h"
#include "engines/limits.h"

namespace cutover {

bool judged_by_properties(const Case& of) { return !of.violates_only_refinement(); }

namespace {

Verdict verdict_on(const Case& of, const EngineOptions& options, const crashsim::World& world) {
  crashsim::Options explore;
  explore.expect_violation = !of.violates.empty();
  explore.limits = limits_of(options);
  const crashsim::Exploration explored = crashsim::explore(world, explore);
  Findings found;
  found.result = explored.result;
  found.executions = explored.executions;
  found.unseen = explored.unseen;
  found.violation = explored.violation;
  return verdict_of(blank(of, "crashsim", options), found);
}

}  // namespace

/// Where another property falls before the one that is expected, that one is searched for alone.
Verdict check_by_crashsim(const Case& of, const EngineOptions& options) {
  const crashsim::World world = of.world(options.bounds);
  Verdict first = verdict_on(of, options, world);
  const bool is_another = first.finding == Finding::violates && first.violated != of.violates;
  if (!is_another || of.violates.empty() || !world.judged_by) return first;
  Verdict sought = verdict_on(of, options, judged_alone(world, of.violates));
  if (!sought.as_expected()) return first;
  sought.details = fmt::format("{}: {} falls before {}, in {}.\n", of.name, first.violated,
                               of.violates, first.note);
  return sought;
}

}  // namespace cutover
