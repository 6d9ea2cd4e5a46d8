#include "engines/judging.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "crashsim/live/rerun.h"
#include "system/text.h"

namespace cutover {

std::string length_of(const crashsim::Schedule& schedule) {
  return plural(schedule.choices.size(), "step") + ", " + plural(count_faults(schedule), "fault");
}

Verdict blank(const Case& of, const std::string& engine, const EngineOptions& options) {
  Verdict verdict;
  verdict.of = &of;
  verdict.engine = engine;
  verdict.bounds = options.bounds;
  return verdict;
}

Verdict verdict_of(Verdict verdict, const Findings& found) {
  verdict.states = found.result.states;
  verdict.transitions = found.result.transitions;
  verdict.executions = found.executions;
  verdict.details = found.details;
  verdict.complete = found.result.ended == checker::Ended::complete;
  switch (found.result.ended) {
    case checker::Ended::out_of_time:
      verdict.note = fmt::format("truncated, depth {}", found.result.depth);
      break;
    case checker::Ended::out_of_memory:
      verdict.note = fmt::format("no memory, depth {}", found.result.depth);
      break;
    case checker::Ended::violation:
      verdict.finding = Finding::violates;
      verdict.violated = found.violation->violated;
      verdict.note = length_of(*found.violation);
      verdict.counterexample = found.violation;
      break;
    case checker::Ended::complete:
      if (verdict.expected() == Finding::holds && !found.unseen.empty()) {
        verdict.note = "not exercised";
        verdict.details += fmt::format(
            "{}: nothing was violated, but within these bounds it was never seen "
            "that\n  {}\nUse larger bounds.\n",
            verdict.of->name, fmt::join(found.unseen, "\n  "));
      } else {
        verdict.finding = Finding::holds;
        verdict.note =
            found.extent.empty() ? with_commas(found.result.states) + " states" : found.extent;
      }
      break;
  }
  return verdict;
}

std::optional<std::string> not_on_implementation(const Verdict& verdict) {
  const crashsim::Schedule& schedule = *verdict.counterexample;
  const crashsim::World world = verdict.of->world_of(verdict.bounds, verdict.world);
  const auto rerun = crashsim::run_again(world, schedule);
  if (!rerun.divergence.empty()) {
    return fmt::format("step {}: {}", rerun.steps + 1, rerun.divergence);
  }
  // It may fall earlier there: what the specification decides for CanFinish is weaker. Or another
  // one may.
  if (rerun.violated == schedule.violated) return std::nullopt;
  if (crashsim::violates_alone(world, schedule, schedule.violated)) return std::nullopt;
  return fmt::format("after {} steps it violates {} there, not {}", rerun.steps,
                     rerun.violated.empty() ? "nothing" : rerun.violated, schedule.violated);
}

void confirm_on_implementation(Verdict& verdict) {
  if (!verdict.counterexample) return;
  if (const auto why = not_on_implementation(verdict)) {
    verdict.finding = Finding::unknown;
    verdict.note = "not as the code does";
    verdict.details =
        fmt::format("{}: the counterexample does not happen on the implementation: {}\n",
                    verdict.of->name, *why);
    verdict.violated.clear();
    verdict.counterexample.reset();
    verdict.steps.clear();
  }
}

}  // namespace cutover
