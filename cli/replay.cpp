#include "cli/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cli/check.h"
#include "cli/errors.h"
#include "cli/text.h"
#include "crashsim/live_world.h"
#include "crashsim/trace.h"

namespace cutover::cli {
namespace {

using crashsim::LiveWorld;

std::vector<std::string> row(const std::string& number, const crashsim::Choice& choice,
                             const LiveWorld& live) {
  std::vector<std::string> cells = {number, choice.actor, choice.step, choice.outcome};
  for (const auto& [column, text] : live.describe()) cells.push_back(text);
  return cells;
}

}  // namespace

std::optional<std::string> print_steps(const crashsim::World& world,
                                       const crashsim::Schedule& schedule,
                                       std::optional<unsigned> until, std::ostream& out) {
  LiveWorld live(world, schedule.beginning);
  std::vector<std::string> header = {"#", "who", "step", "outcome"};
  for (const auto& [column, text] : live.describe()) header.push_back(column);
  std::vector<std::vector<std::string>> rows = {header,
                                                row("0", {"", schedule.beginning, ""}, live)};
  std::string wrong;
  const std::size_t steps = std::min<std::size_t>(until.value_or(~0u), schedule.choices.size());
  for (std::size_t i = 0; i < steps && wrong.empty(); ++i) {
    if (const auto divergence = live.take(schedule.choices[i])) {
      wrong = fmt::format("the trace diverges at step {}: {}", i + 1, *divergence);
    } else {
      rows.push_back(row(std::to_string(i + 1), schedule.choices[i], live));
    }
  }
  out << table(rows, {0});
  if (!wrong.empty()) throw UsageError(wrong);
  const auto violated = live.violated();
  if (!violated) return std::nullopt;
  return world.properties[*violated];
}

int run_replay(const Registry& cases, const ReplayOptions& options, std::ostream& out) {
  const crashsim::Trace trace = crashsim::read_trace(options.file);
  const auto at = std::ranges::find(cases, trace.case_name, &Case::name);
  if (at == cases.end()) {
    throw UsageError(fmt::format("{}: at /case: there is no case '{}'; cutover list shows all",
                                 options.file, trace.case_name));
  }
  const crashsim::World world = at->world(trace.bounds);
  if (std::ranges::find(world.beginnings, trace.schedule.beginning, &crashsim::Beginning::name) ==
      world.beginnings.end()) {
    throw UsageError(fmt::format("{}: at /beginning: {} has no beginning '{}'", options.file,
                                 at->name, trace.schedule.beginning));
  }
  out << fmt::format("{}: {}\n\n", at->name, at->about);
  std::optional<std::string> violated;
  try {
    violated = print_steps(world, trace.schedule, options.until, out);
  } catch (const UsageError& error) {
    throw UsageError(options.file + ": " + error.what());
  }
  const bool whole = !options.until || *options.until >= trace.schedule.choices.size();
  out << (violated ? fmt::format("\n{} is violated.\n", *violated)
                   : "\nNo property is violated.\n");
  if (!whole || violated.value_or("") == trace.schedule.violated) return kAsExpected;
  out << fmt::format("The trace says otherwise: {}.\n", trace.schedule.violated.empty()
                                                            ? "no property is violated"
                                                            : trace.schedule.violated);
  return kDiffers;
}

}  // namespace cutover::cli
