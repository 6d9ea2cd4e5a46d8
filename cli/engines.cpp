#include "cli/engines.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "cli/counts_engine.h"
#include "cli/errors.h"
#include "cli/random_engine.h"
#include "cli/text.h"
#include "cli/tla_engine.h"
#include "crashsim/explore/explorer.h"
#include "crashsim/live/rerun.h"
#include "crashsim/trace/trace.h"
#include "properties/catalog/process_check.h"

namespace cutover::cli {
namespace {

constexpr double kShareOfMemory = 0.8;

/// A wrong order of steps that violates no property is seen by the refinement alone.
bool judged_by_properties(const Case& of) { return !of.violates_only_refinement(); }
bool has_model(const Case& of) { return of.model.has_value(); }
bool has_refinement(const Case& of) { return of.refinement != nullptr; }

std::function<void(const checker::Progress&)> reporter(const EngineOptions& options) {
  if (!options.progress) return nullptr;
  return [report = options.progress](const checker::Progress& now) {
    report(
        {fmt::format("{} states, depth {}, {:.1f} M/s, {:.0f} s", with_commas(now.states),
                     now.depth, static_cast<double>(now.states) / now.seconds / 1e6, now.seconds)});
  };
}

/// Turns what a search found into a verdict.
Verdict verdict_of(Verdict verdict, const Findings& found) {
  verdict.states = found.result.states;
  verdict.transitions = found.result.transitions;
  verdict.executions = found.executions;
  verdict.seconds = found.result.seconds + found.seconds_for_goals;
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
      verdict.note = plural(found.violation->choices.size(), "step") + ", " +
                     plural(count_faults(*found.violation), "fault");
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

/// Smaller, unless the user wants otherwise: the model has about two states for each of the
/// exploration's, as its processes have places, and its goals are looked for on the whole graph. A
/// process of the model ends at a lost answer as at a crash, so that nothing new comes of one.
crashsim::Bounds model_bounds(const EngineOptions& options) {
  crashsim::Bounds bounds = options.bounds;
  if (!options.bounds_given) bounds.crashes = 1, bounds.ambiguous = 0;
  return bounds;
}

Verdict check_by_model(const Case& of, const EngineOptions& options) {
  EngineOptions smaller = options;
  smaller.bounds = model_bounds(options);
  const Check& check = options.symmetry ? of.model->check_by_symmetry : of.model->check;
  Verdict verdict = verdict_of(blank(of, "model", smaller),
                               check(smaller.bounds, limits_of(options), !of.violates.empty()));
  if (!verdict.details.empty()) verdict.details = of.name + ": " + verdict.details;
  confirm_on_implementation(verdict);
  return verdict;
}

std::string describe_model(const EngineOptions& options) {
  return bounds_text(model_bounds(options)) + "\n";
}

/// Each step is taken twice, and once more over SQLite.
crashsim::Bounds refinement_bounds(const EngineOptions& options) {
  crashsim::Bounds bounds = options.bounds;
  if (!options.bounds_given) bounds.starts = 3, bounds.crashes = 1;
  return bounds;
}

Verdict check_by_refinement(const Case& of, const EngineOptions& options) {
  EngineOptions smaller = options;
  smaller.bounds = refinement_bounds(options);
  Verdict verdict =
      verdict_of(blank(of, "refinement", smaller),
                 of.refinement(smaller.bounds, limits_of(options), !of.violates.empty()));
  if (!verdict.details.empty() && !verdict.counterexample) {
    verdict.details = of.name + ":\n" + verdict.details;
  }
  return verdict;
}

std::string describe_refinement(const EngineOptions& options) {
  return bounds_text(refinement_bounds(options)) +
         "\nExtent: the share of the model's transitions that the implementation exercised.\n";
}

Verdict check_by_processes(const Case& of, const EngineOptions& options) {
  Verdict verdict = blank(of, "process", options);
  catalog::ProcessCheckOptions run;
  run.executable = options.executable;
  run.threads = options.threads;
  run.seconds = options.seconds;
  if (options.progress) {
    run.progress = [&](std::uint64_t done, std::uint64_t total) {
      options.progress({fmt::format("{} of {} histories", done, total)});
    };
  }
  const catalog::ProcessCheckResult found = catalog::check_processes(of.name, run);
  verdict.executions = found.executions;
  verdict.seconds = found.seconds;
  verdict.complete = found.complete;
  verdict.details =
      fmt::format("{}: {} processes, {} killed, {} fenced\n{}{}", of.name,
                  with_commas(found.executions), with_commas(found.kills),
                  with_commas(found.fenced), catalog::format_matrix(found.matrix), found.detail);
  verdict.note = "see below";
  if (found.violated) {
    verdict.finding = Finding::violates;
    verdict.violated = *found.violated;
  } else if (found.complete) {
    verdict.finding = Finding::holds;
    verdict.note = with_commas(found.kills) + " kills";
  }
  return verdict;
}

bool has_real_files(const Case& of) { return catalog::has_process_check(of.name); }

/// A number from a file of the control group that this process is in, as containers have it;
/// nothing where there is no limit.
std::optional<double> control_group(const char* name) {
  std::ifstream in(std::string("/sys/fs/cgroup/") + name);
  double bytes = 0;
  if (!(in >> bytes)) return std::nullopt;
  return bytes;
}

/// What may still be added to this process's address space; nothing where there is no limit.
std::optional<double> address_space() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  double pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const double used = pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return std::max(0.0, static_cast<double>(limit.rlim_cur) - used);
}

}  // namespace

Verdict blank(const Case& of, const std::string& engine, const EngineOptions& options) {
  Verdict verdict;
  verdict.of = &of;
  verdict.engine = engine;
  verdict.bounds = options.bounds;
  return verdict;
}

checker::Limits limits_of(const EngineOptions& options) {
  checker::Limits limits;
  limits.threads = options.threads;
  limits.seconds = options.seconds;
  limits.bytes = memory_limit();
  limits.progress = reporter(options);
  return limits;
}

std::optional<std::string> not_on_implementation(const Verdict& verdict) {
  const crashsim::Schedule& schedule = *verdict.counterexample;
  const auto rerun =
      crashsim::run_again(verdict.of->world_of(verdict.bounds, verdict.world), schedule);
  if (!rerun.divergence.empty()) {
    return fmt::format("step {}: {}", rerun.steps + 1, rerun.divergence);
  }
  // It may fall earlier there: the specification's CanFinish is weaker.
  if (rerun.violated == schedule.violated) return std::nullopt;
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

std::string bounds_list(const crashsim::Bounds& bounds) {
  std::vector<std::string> parts;
  for (const auto& bound : crashsim::named_bounds()) {
    parts.push_back(fmt::format("{} {}", bounds.*bound.member, bound.name));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string bounds_text(const crashsim::Bounds& bounds) {
  return fmt::format("Bounds: {}.", bounds_list(bounds));
}

unsigned threads_or_all(unsigned threads) {
  return threads != 0 ? threads : std::clamp(std::thread::hardware_concurrency(), 1u, kMostThreads);
}

std::size_t memory_limit() {
  double free = static_cast<double>(::sysconf(_SC_AVPHYS_PAGES)) *
                static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (const auto most = control_group("memory.max")) {
    free = std::min(free, std::max(0.0, *most - control_group("memory.current").value_or(0)));
  }
  if (const auto most = address_space()) free = std::min(free, *most);
  return static_cast<std::size_t>(free * kShareOfMemory);
}

const std::vector<Engine>& engines() {
  static const std::vector<Engine> all = {
      {"crashsim",
       "every interleaving of crashes, lost answers and zombies, on the real coroutines",
       judged_by_properties, check_by_crashsim},
      {"model", "every interleaving of the executable specification", has_model, check_by_model,
       describe_model, true},
      {"refinement",
       "the implementation in lock step with the model, over simulated stores and SQLite",
       has_refinement, check_by_refinement, describe_refinement, true},
      {"counts",
       "the same states counted in several ways: by one thread and more, alone and with the model, "
       "with and without symmetry",
       can_count, check_counts, describe_counts, true},
      {"process", "real processes over SQLite files, killed before and after every step",
       has_real_files, check_by_processes},
      {"random",
       "random schedules on random worlds, far past the bounds that can be explored; a case that "
       "holds takes 5 s, or its share of the budget",
       judged_by_properties, check_by_random, describe_random_worlds},
      {"tla", "TLC, the model checker, on the TLA+ specification", has_specification, check_by_tla,
       describe_tla, false, 2},
  };
  return all;
}

std::vector<std::string> default_engines() {
  return {"crashsim", "model", "refinement", "counts", "tla"};
}

const Engine& find_engine(const std::string& name) {
  const auto at = std::ranges::find(engines(), name, &Engine::name);
  if (at != engines().end()) return *at;
  std::vector<std::string> names;
  for (const Engine& engine : engines()) names.push_back(engine.name);
  throw UsageError(
      fmt::format("there is no engine '{}'; there are {}", name, fmt::join(names, ", ")));
}

}  // namespace cutover::cli
