#include "cli/replay.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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
    live_.listen();
    add("0", {"", schedule.beginning, ""});
    judge(0);
  }

  /// Returns why the step can't be taken, if so; then its row says "diverges".
  std::optional<std::string> take(std::size_t number, crashsim::Choice choice) {
    std::optional<crashsim::Value> arguments;
    if (const auto* request = live_.request_of(choice)) arguments = request->arguments;
    const bool is_input = choice.step.starts_with(crashsim::input_step(""));
    auto divergence = live_.take(choice);
    if (divergence) choice.outcome = "DIVERGES";
    const bool is_ok = choice.outcome == to_string(crashsim::Outcome::ok);
    if (arguments) {
      tell_request(choice, *arguments, is_ok ? live_.last_answer() : crashsim::Value());
    } else if (is_input && is_ok && world_.explanations.in_tables) {
      choice.step += " " + world_.explanations.input(live_.last_answer());
    }
    add(std::to_string(number), choice);
    judge(number);
    return divergence;
  }

  /// With the run that does not finish below, if that is what is violated at the end.
  std::string text() {
    if (violation_ && violation_->is_at_the_end && world_.can_finish &&
        violation_->property == world_.properties[*world_.can_finish]) {
      tell_lone_run();
    }
    const bool is_anything_said =
        std::ranges::any_of(rows_, [](const Row& row) { return !row.said.empty(); });
    std::vector<std::vector<std::string>> cells;
    for (const Row& row : rows_) cells.push_back(row.cells);
    for (std::size_t i = 0; is_anything_said && i < rows_.size(); ++i) {
      cells[i].push_back(rows_[i].said);
    }
    std::vector<std::string> header = {"#", "who", "step", "outcome"};
    for (const auto& [column, text] : live_.describe()) header.push_back(column);
    if (is_anything_said) header.push_back("said");
    cells.insert(cells.begin(), header);
    return table(cells, {0});
  }
  const std::optional<FirstViolation>& violation() const { return violation_; }

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string said;
  };
  static constexpr std::size_t kMostAlone = 30;  // of the steps of a run that does not finish

  /// What is asked and answered beyond the step's name; a refusal in place of "ok".
  void tell_request(crashsim::Choice& choice, const crashsim::Value& arguments,
                    const crashsim::Value& answer) const {
    const auto& explains = world_.explanations;
    if (explains.in_tables) {
      const std::string asked = explains.arguments(arguments);
      if (!asked.empty()) choice.step += " " + asked;
    }
    if (answer.is_null() || !explains.answer) return;
    const auto said = explains.answer(arguments, answer);
    if (said.is_refusal) {
      choice.outcome = said.text;
    } else if (explains.in_tables && !said.text.empty()) {
      choice.step += " -> " + said.text;
    }
  }

  void add(const std::string& number, const crashsim::Choice& choice) {
    add(number, choice, live_.describe());
    if (!world_.explanations.in_tables) return;
    std::vector<std::string> said;
    for (const auto& event : live_.last_events()) said.push_back(world_.explanations.event(event));
    rows_.back().said = fmt::format("{}", fmt::join(said, "; "));
  }
  void add(const std::string& number, const crashsim::Choice& choice,
           const std::vector<std::pair<std::string, std::string>>& columns) {
    std::vector<std::string> cells = {number, choice.actor, choice.step, choice.outcome};
    for (const auto& [column, text] : columns) cells.push_back(text);
    rows_.push_back({std::move(cells), ""});
  }

  void tell_lone_run() {
    const auto failure = crashsim::LoneRuns(world_).failure(live_.store_states());
    if (!failure) return;
    const std::string who = failure->program + ", alone";
    for (std::size_t i = 0; i < failure->steps.size(); ++i) {
      const auto& step = failure->steps[i];
      const bool is_last = i + 1 == failure->steps.size();
      if (i + 1 >= kMostAlone && !is_last) continue;
      crashsim::Choice choice{who, step.label, is_last ? failure->why : "ok"};
      tell_request(choice, step.arguments, step.answer);
      auto columns = world_.describe(crashsim::pointers_to(step.stores));
      columns.resize(live_.describe().size());
      add("", choice, columns);
    }
    if (failure->steps.empty()) add("", {who, "", failure->why}, live_.describe());
  }

  void judge(std::size_t step) {
    if (violation_) {
      violation_->is_at_the_end = false;
    } else if (const auto violated = live_.violated()) {
      violation_ = {world_.properties[*violated], step, true, why()};
    }
  }

  std::string why() const {
    if (!world_.explanations.complaint) return "";
    return world_.explanations.complaint(crashsim::pointers_to(live_.store_states()),
                                         live_.memory());
  }

  const crashsim::World& world_;
  LiveWorld live_;
  std::vector<Row> rows_;
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
  const auto found = not_followed(of, trace);
  if (!found) return std::nullopt;
  out << "\n" << found->why;
  return FirstViolation{kRefinement, found->steps, found->steps == trace.schedule.choices.size(),
                        ""};
}

}  // namespace

std::string sentence(const std::optional<FirstViolation>& violation) {
  if (!violation) return "No property is violated.";
  const std::string when = violation->is_at_the_end ? ""
                           : violation->step == 0   ? " at the beginning"
                                                  : fmt::format(" after step {}", violation->step);
  return fmt::format("{} is violated{}{}.", violation->property, when,
                     violation->why.empty() ? "" : ": " + violation->why);
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
  if (whole && !violation && trace.schedule.violated == kRefinement) {
    violation = tell_refinement(of, trace, out);
  }
  out << "\n" << sentence(violation) << "\n";
  std::string violated = violation ? violation->property : "";
  if (whole && violated != trace.schedule.violated) {
    // Another one may fall on the way to the one that was looked for.
    const crashsim::World alone = judged_alone(world, trace.schedule.violated);
    if (!trace.schedule.violated.empty() && !crashsim::not_as_told(alone, trace.schedule)) {
      violated = trace.schedule.violated;
      out << violated << " is violated.\n";
    }
  }
  if (!whole || violated == trace.schedule.violated) return kAsExpected;
  out << fmt::format("The trace says otherwise: {}.\n", trace.schedule.violated.empty()
                                                            ? "no property is violated"
                                                            : trace.schedule.violated);
  return kDiffers;
}

}  // namespace cutover::cli
