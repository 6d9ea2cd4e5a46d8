#include "engines/random_engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "crashsim/random/random_search.h"
#include "engines/bounds.h"
#include "engines/judging.h"
#include "engines/limits.h"
#include "system/text.h"

namespace cutover {
namespace {

constexpr double kSecondsToHold = 5, kSecondsToViolate = 60;

/// A case that holds takes all the time that it is given, one that doesn't ends when that is
/// found: what is left of the budget is shared among the former, with one share for all the latter.
double seconds_for(const Case& of, const EngineOptions& options) {
  const bool holds = of.violates.empty();
  if (!options.seconds) return holds ? kSecondsToHold : kSecondsToViolate;
  if (holds) return *options.seconds / static_cast<double>(options.holding_left + 1);
  return options.holding_left > 0 ? *options.seconds / 2 : *options.seconds;
}

bool draws_worlds(const Case& of) { return of.random.make != nullptr; }

}  // namespace

crashsim::RandomWorlds random_worlds_of(const Case& of) {
  if (draws_worlds(of)) return of.random;
  const auto make = [world = of.world, violates = of.violates](const crashsim::Bounds& bounds,
                                                               const crashsim::WorldName&) {
    return judged_alone(world(bounds), violates);
  };
  return {make, [](const std::string& step) { return step; }, of.bounds.own};
}

namespace {

crashsim::Bounds most_of(const Case& of, const EngineOptions& options) {
  return options.given_bounds.empty() ? random_worlds_of(of).most()
                                      : bounds_for(of, find_engine("random"), options.given_bounds);
}

std::string share_of(const crashsim::Coverage& coverage) {
  if (coverage.possible() == 0) return "0 %";
  return fmt::format("{} %", coverage.covered() * 100 / coverage.possible());
}

std::string account_of(const Case& of, const crashsim::RandomSearch& search) {
  std::string text;
  if (!search.unseen.empty()) {
    text += fmt::format(
        "{}: nothing was violated, but in {} runs it was never seen that\n  {}\n"
        "Use a larger budget.\n",
        of.name, with_commas(search.runs), fmt::join(search.unseen, "\n  "));
  }
  const auto missing = search.coverage.missing();
  if (!missing.empty()) {
    text += fmt::format("{}: {} of {} steps x fault kinds were covered; never\n  {}\n", of.name,
                        search.coverage.covered(), search.coverage.possible(),
                        fmt::join(missing, "\n  "));
  }
  return text;
}

void add_counterexample(Verdict& verdict, const crashsim::Counterexample& found) {
  verdict.finding = Finding::violates;
  verdict.violated = found.schedule.violated;
  verdict.bounds = found.bounds;
  if (draws_worlds(*verdict.of)) verdict.world = found.world;
  verdict.counterexample = found.schedule;
  verdict.note = length_of(found.schedule);
}

}  // namespace

Verdict check_by_random(const Case& of, const EngineOptions& options) {
  crashsim::RandomSearchOptions how;
  how.seed = options.seed;
  how.threads = options.threads;
  how.seconds = seconds_for(of, options);
  how.wanted = of.violates;
  how.most = most_of(of, options);
  if (options.progress) {
    how.progress = [&](std::uint64_t runs, double seconds) {
      options.progress({fmt::format("{} runs, {:.0f} s", with_commas(runs), seconds)});
    };
  }
  const crashsim::RandomSearch search = search_at_random(random_worlds_of(of), how);
  Verdict verdict = blank(of, "random", options);
  verdict.bounds = *how.most;
  verdict.executions = search.runs;
  if (search.found) {
    add_counterexample(verdict, *search.found);
    return verdict;
  }
  verdict.note = fmt::format("{} runs, {}", with_commas(search.runs), share_of(search.coverage));
  if (!of.violates.empty()) {
    verdict.details = fmt::format("{}: {} was not violated in {} runs\n", of.name, of.violates,
                                  with_commas(search.runs));
    return verdict;
  }
  verdict.details = account_of(of, search);
  if (search.unseen.empty()) verdict.finding = Finding::holds;
  return verdict;
}

std::string describe_random_worlds(const std::vector<const Case*>& cases,
                                   const EngineOptions& options) {
  const auto most = [&](const Case& of) { return most_of(of, options); };
  return fmt::format("Seed: {}. {}Extent: runs, and the steps x fault kinds they covered.\n",
                     options.seed, bounds_lines("Bounds of the random worlds", cases, most));
}

}  // namespace cutover
