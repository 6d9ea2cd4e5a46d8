#include "cli/case_of_trace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/command_name.h"
#include "cli/errors.h"
#include "crashsim/live/rerun.h"

namespace cutover::cli {

const Case& case_of(const Registry& cases, const crashsim::Trace& trace, const std::string& file) {
  const auto of = std::ranges::find(cases, trace.case_name, &Case::name);
  if (of == cases.end()) {
    throw UsageError(fmt::format("{}: at /case: there is no case '{}'; {} list shows all", file,
                                 trace.case_name, command_name()));
  }
  const auto names = names_of(of->bounds.all());
  for (const auto& [name, number] : trace.bounds.own) {
    if (std::ranges::find(names, name) != names.end()) continue;
    throw UsageError(fmt::format("{}: at /bounds: '{}' is not a bound of {}; there are {}", file,
                                 name, of->name, fmt::join(names, ", ")));
  }
  if (trace.world && of->random.make == nullptr) {
    throw UsageError(fmt::format("{}: at /world: {} has no random worlds", file, of->name));
  }
  return *of;
}

crashsim::World world_of(const Case& of, const crashsim::Trace& trace, const std::string& file) {
  crashsim::World world = of.world_of(trace.bounds, trace.world);
  const std::string& beginning = trace.schedule.beginning;
  if (std::ranges::find(world.beginnings, beginning, &crashsim::Beginning::name) ==
      world.beginnings.end()) {
    throw UsageError(
        fmt::format("{}: at /beginning: {} has no beginning '{}'", file, of.name, beginning));
  }
  return world;
}

std::optional<NotFollowed> not_followed(const Case& of, const crashsim::Trace& trace) {
  if (!of.accompany) return std::nullopt;
  crashsim::World world = of.world_of(trace.bounds, trace.world);
  of.accompany(world);
  const auto rerun = crashsim::run_again(world, trace.schedule);
  if (rerun.complaint.empty()) return std::nullopt;
  return NotFollowed{rerun.steps, rerun.complaint};
}

}  // namespace cutover::cli
