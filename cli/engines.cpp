#include "cli/engines.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/errors.h"
#include "cli/random_engine.h"
#include "cli/text.h"
#include "cli/tla_engine.h"
#include "crashsim/explorer.h"
#include "properties/catalog/process_check.h"

namespace cutover::cli {
namespace {

constexpr double kShareOfMemory = 0.8;

Verdict blank(const Case& of, const std::string& engine, const EngineOptions& options) {
  Verdict verdict;
  verdict.of = &of;
  verdict.engine = engine;
  verdict.bounds = options.bounds;
  return verdict;
}

std::string plural(std::size_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

bool always(const Case&) { return true; }

Verdict check_by_crashsim(const Case& of, const EngineOptions& options) {
  Verdict verdict = blank(of, "crashsim", options);
  const crashsim::World world = of.world(options.bounds);
  crashsim::Options explore;
  explore.expect_violation = !of.violates.empty();
  explore.limits.threads = options.threads;
  explore.limits.seconds = options.seconds;
  explore.limits.bytes = memory_limit();
  if (options.progress) {
    explore.limits.progress = [&](const checker::Progress& now) {
      options.progress({fmt::format(
          "{} states, depth {}, {:.1f} M/s, {:.0f} s", with_commas(now.states), now.depth,
          static_cast<double>(now.states) / now.seconds / 1e6, now.seconds)});
    };
  }
  const crashsim::Exploration found = crashsim::explore(world, explore);
  verdict.states = found.result.states;
  verdict.transitions = found.result.transitions;
  verdict.executions = found.executions;
  verdict.seconds = found.result.seconds;
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
        verdict.details = fmt::format(
            "{}: nothing was violated, but within these bounds it was never seen "
            "that\n  {}\nUse larger bounds.\n",
            of.name, fmt::join(found.unseen, "\n  "));
      } else {
        verdict.finding = Finding::holds;
        verdict.note = with_commas(found.result.states) + " states";
      }
      break;
  }
  return verdict;
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

}  // namespace

std::size_t memory_limit() {
  const double free = static_cast<double>(::sysconf(_SC_AVPHYS_PAGES)) *
                      static_cast<double>(::sysconf(_SC_PAGESIZE));
  return static_cast<std::size_t>(free * kShareOfMemory);
}

const std::vector<Engine>& engines() {
  static const std::vector<Engine> all = {
      {"crashsim",
       "every interleaving of crashes, lost answers and zombies, on the real coroutines", always,
       check_by_crashsim},
      {"process", "real processes over SQLite files, killed before and after every step",
       has_real_files, check_by_processes},
      {"random",
       "random schedules on random worlds, far past the bounds that can be explored; a case that "
       "holds takes 5 s, or its share of the budget",
       always, check_by_random, describe_random_worlds},
      {"tla", "TLC, the model checker, on the TLA+ specification", has_specification, check_by_tla,
       describe_tla},
  };
  return all;
}

const Engine& find_engine(const std::string& name) {
  const auto at = std::ranges::find(engines(), name, &Engine::name);
  if (at != engines().end()) return *at;
  std::vector<std::string> names;
  for (const Engine& engine : engines()) names.push_back(engine.name);
  throw UsageError(
      fmt::format("there is no engine '{}'; there are {}", name, fmt::join(names, ", ")));
}

std::function<void(const EngineProgress&)> show_progress(const std::string& what) {
  return [what](const EngineProgress& now) {
    std::fprintf(stderr, "\r\033[K%s: %s", what.c_str(), now.text.c_str());
    std::fflush(stderr);
  };
}

void clear_progress() {
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

}  // namespace cutover::cli
