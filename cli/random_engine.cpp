#include "cli/random_engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text.h"
#include "crashsim/explore/tuple.h"
#include "crashsim/random/random_search.h"

namespace cutover::cli {
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

crashsim::Bounds most_of(const EngineOptions& options) {
  return options.bounds_given ? options.bounds : crashsim::kMostOfRandomWorlds;
}

/// A trace that names no random world has to keep within what can be explored.
crashsim::Bounds explorable(crashsim::Bounds bounds) {
  bounds.writes = std::min(bounds.writes, 2 * crashsim::kMostInputs);
  bounds.reads = std::min(bounds.reads, crashsim::kMostInputs);
  return bounds;
}

bool draws_worlds(const Case& of) { return of.random.make != nullptr; }

crashsim::RandomWorlds worlds_of(const Case& of) {
  if (draws_worlds(of)) return of.random;
  return {[world = of.world](const crashsim::Bounds& bounds, const crashsim::WorldName&) {
            return world(bounds);
          },
          [](const std::string& step) { return step; }};
}

std::string share_of(const crashsim::Coverage& coverage) {
  if (coverage.possible() == 0) return "0 %";
  return fmt::format("{} %", coverage.covered() * 100 / coverage.possible());
}

std::string account_of(const Case& of, const crashsim::RandomSearch& campaign) {
  std::string text;
  if (!campaign.unseen.empty()) {
    text += fmt::format(
        "{}: nothing was violated, but in {} runs it was never seen that\n  {}\n"
        "Use a larger budget.\n",
        of.name, with_commas(campaign.runs), fmt::join(campaign.unseen, "\n  "));
  }
  const auto missing = campaign.coverage.missing();
  if (!missing.empty()) {
    text += fmt::format("{}: {} of {} steps x fault kinds were covered; never\n  {}\n", of.name,
                        campaign.coverage.covered(), campaign.coverage.possible(),
                        fmt::join(missing, "\n  "));
  }
  return text;
}

void add_counterexample(Verdict& verdict, const crashsim::Counterexample& found) {
  const std::size_t steps = found.schedule.choices.size();
  const unsigned faults = count_faults(found.schedule);
  verdict.finding = Finding::violates;
  verdict.violated = found.schedule.violated;
  verdict.bounds = found.bounds;
  if (draws_worlds(*verdict.of)) verdict.world = found.world;
  verdict.counterexample = found.schedule;
  verdict.note = fmt::format("{} step{}, {} fault{}", steps, steps == 1 ? "" : "s", faults,
                             faults == 1 ? "" : "s");
}

}  // namespace

Verdict check_by_random(const Case& of, const EngineOptions& options) {
  crashsim::RandomSearchOptions search;
  search.seed = options.seed;
  search.threads = options.threads;
  search.seconds = seconds_for(of, options);
  search.wanted = of.violates;
  search.most = most_of(options);
  if (!draws_worlds(of)) search.most = explorable(search.most);
  if (options.progress) {
    search.progress = [&](std::uint64_t runs, double seconds) {
      options.progress({fmt::format("{} runs, {:.0f} s", with_commas(runs), seconds)});
    };
  }
  const crashsim::RandomSearch campaign = search_at_random(worlds_of(of), search);
  Verdict verdict;
  verdict.of = &of;
  verdict.engine = "random";
  verdict.bounds = search.most;
  verdict.executions = campaign.runs;
  verdict.seconds = campaign.seconds;
  if (campaign.found) {
    add_counterexample(verdict, *campaign.found);
    return verdict;
  }
  verdict.note =
      fmt::format("{} runs, {}", with_commas(campaign.runs), share_of(campaign.coverage));
  if (!of.violates.empty()) {
    verdict.details = fmt::format("{}: {} was not violated in {} runs\n", of.name, of.violates,
                                  with_commas(campaign.runs));
    return verdict;
  }
  verdict.details = account_of(of, campaign);
  if (campaign.unseen.empty()) verdict.finding = Finding::holds;
  return verdict;
}

std::string describe_random_worlds(const EngineOptions& options) {
  const crashsim::Bounds most = most_of(options);
  return fmt::format(
      "Seed: {}. Random worlds, each within {} processes, {} starts, {} crashes, {} zombies,\n"
      "{} ambiguous, {} writes, {} reads. Extent: runs, and the steps x fault kinds they "
      "covered.\n",
      options.seed, most.processes, most.starts, most.crashes, most.zombies, most.ambiguous,
      most.writes, most.reads);
}

}  // namespace cutover::cli
