#include "cli/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cli/case_of_trace.h"
#include "cli/check.h"
#include "cli/errors.h"
#include "crashsim/live/accompanied_world.h"
#include "crashsim/live/rerun.h"
#include "crashsim/trace/trace.h"
#include "system/text.h"

namespace cutover::cli {
namespace {

using crashsim::LiveWorld;

/// The steps told as a table, while they are taken.
class Telling {
 public:
  Telling(const crashsim::World& world, const crashsim::Schedule& schedule)
      : world_(world), live_(world, schedule.beginning) {
    std::vector<std::string> header = {"#", "who", "step", "outcome"};
    for (const auto& [column, text] : live_.describe()) header.push_back(column);
    rows_ = {header};
    add("0", {"", schedule.beginning, ""});
    judge(0);
  }

  /// Returns why the step can't be taken, if so; then its row says "diverges".
  std::optional<std::string> take(std::size_t number, crashsim::Choice choice) {
    std::optional<crashsim::Value> arguments;
    if (const auto* request = live_.request_of(choice)) arguments = request->arguments;
    auto divergence = live_.take(choice);
    if (divergence) choice.outcome = "DIVERGES";
    const bool is_ok = choice.outcome == to_string(crashsim::Outcome::ok);
    if (is_ok && arguments && world_.explanations.answer) {
      const auto answer = world_.explanations.answer(*arguments, live_.last_answer());
      if (answer.is_refusal) choice.outcome = answer.text;
    }
    add(std::to_string(number), choice);
    judge(number);
    return divergence;
  }

  std::string text() const { return table(rows_, {0}); }
  const std::optional<FirstViolation>& violation() const { return violation_; }

 private:
  void add(const std::string& number, const crashsim::Choice& choice) {
    std::vector<std::string> cells = {number, choice.actor, choice.step, choice.outcome};
    for (const auto& [column, text] : live_.describe()) cells.push_back(text);
    rows_.push_back(std::move(cells));
  }

  void judge(std::size_t step) {
    if (violation_) {
      violation_->is_at_the_end = false;
    } else if (const auto violated = live_.violated()) {
      violation_ = {world_.properties[*violated], step, true};
    }
  }

  const crashsim::World& world_;
  LiveWorld live_;
  std::vector<std::vector<std::string>> rows_;
  std::optional<FirstViolation> violation_;
};

/// The behaviour as TLC prints one: each state of the specification, moved in lock step with the
/// real coroutines, under the action that led there.
void print_tla(const Case& of, const crashsim::Trace& trace, const ReplayOptions& options,
               std::ostream& out) {
  if (!of.accompany) {
    throw UsageError(
        fmt::format("{}: {} has no model, so there are no TLA+ states", options.file, of.name));
  }
  crashsim::World world = of.world_of(trace.bounds, trace.world);
  of.accompany(world);
  crashsim::AccompaniedWorld both(world, trace.schedule.beginning);
  out << fmt::format("State 1: <Initial predicate> {}\n{}\n", trace.schedule.beginning, both.tla());
  const auto& choices = trace.schedule.choices;
  const std::size_t steps =
      std::min<std::size_t>(options.steps.until.value_or(~0u), choices.size());
  for (std::size_t i = 0; i < steps; ++i) {
    const auto& choice = choices[i];
    if (const auto wrong = both.take(choice)) {
      throw UsageError(fmt::format("{}: at step {}: {}", options.file, i + 1, *wrong));
    }
    if (both.complaint()) {
      out << fmt::format("Step {} of the trace is none of the specification: {}", i + 1,
                         *both.complaint());
      return;
    }
    out << fmt::format("State {}: <{}> {}: {}, {}\n{}\n", i + 2, both.action(), choice.actor,
                       choice.step, choice.outcome, both.tla());
  }
}

/// Follows the trace beside the model of the design, and says where that can't follow.
std::optional<FirstViolation> tell_refinement(const Case& of, const crashsim::Trace& trace,
                                              std::ostream& out) {
  crashsim::World world = of.world_of(trace.bounds, trace.world);
  of.accompany(world);
  const auto rerun = crashsim::run_again(world, trace.schedule);
  if (rerun.complaint.empty()) return std::nullopt;
  out << "\n" << rerun.complaint;
  return FirstViolation{kRefinement, rerun.steps, rerun.steps == trace.schedule.choices.size()};
}

}  // namespace

std::string sentence(const std::optional<FirstViolation>& violation) {
  if (!violation) return "No property is violated.";
  if (violation->is_at_the_end) return violation->property + " is violated.";
  if (violation->step == 0) return violation->property + " is violated at the beginning.";
  return fmt::format("{} is violated after step {}.", violation->property, violation->step);
}

std::optional<FirstViolation> print_steps(const crashsim::World& world,
                                          const crashsim::Schedule& schedule,
                                          const StepsOptions& options, std::ostream& out) {
  Telling telling(world, schedule);
  std::string diverges;
  const std::size_t steps =
      std::min<std::size_t>(options.until.value_or(~0u), schedule.choices.size());
  for (std::size_t i = 0; i < steps && (diverges.empty() || options.follow); ++i) {
    const auto divergence = telling.take(i + 1, schedule.choices[i]);
    if (divergence && diverges.empty()) {
      diverges = fmt::format("the trace diverges at step {}: {}", i + 1, *divergence);
    }
  }
  out << telling.text();
  if (!diverges.empty() && !options.follow) throw UsageError(diverges);
  if (!diverges.empty()) {
    out << fmt::format("\nFirst divergence: {}. What still matched was followed.\n", diverges);
  }
  return telling.violation();
}

int run_replay(const Registry& cases, const ReplayOptions& options, std::ostream& out) {
  const crashsim::Trace trace = crashsim::read_trace(options.file);
  const Case& of = case_of(cases, trace, options.file);
  const crashsim::World world = world_of(of, trace, options.file);
  if (options.tla) {
    print_tla(of, trace, options, out);
    return kAsExpected;
  }
  out << fmt::format("{}: {}\n\n", of.name, of.about);
  std::optional<FirstViolation> violation;
  try {
    violation = print_steps(world, trace.schedule, options.steps, out);
  } catch (const UsageError& error) {
    throw UsageError(options.file + ": " + error.what());
  }
  const bool whole = !options.steps.until || *options.steps.until >= trace.schedule.choices.size();
  if (whole && !violation && trace.schedule.violated == kRefinement && of.accompany) {
    violation = tell_refinement(of, trace, out);
  }
  out << "\n" << sentence(violation) << "\n";
  const std::string violated = violation ? violation->property : "";
  if (!whole || violated == trace.schedule.violated) return kAsExpected;
  out << fmt::format("The trace says otherwise: {}.\n", trace.schedule.violated.empty()
                                                            ? "no property is violated"
                                                            : trace.schedule.violated);
  return kDiffers;
}

}  // namespace cutover::cli
