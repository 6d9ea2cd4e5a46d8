#include "cli/bench/bench.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cli/check.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "crashsim/explore/explorer.h"
#include "engines/bounds.h"
#include "engines/engines.h"
#include "engines/limits.h"
#include "engines/tla_engine.h"
#include "system/text.h"

namespace cutover::cli {
namespace {

/// Some 10^8 states of the model.
constexpr const char* kLargeBounds = "processes=3,starts=4,crashes=2";
/// Some 10^8 of the implementation.
constexpr const char* kLargerBounds = "starts=5,crashes=2";

constexpr std::size_t kLittleMemory = std::size_t{256} << 20;

/// How many searches a figure is the median of, but for those that take minutes.
constexpr unsigned kSearches = 5;

Findings explore(const Case& of, const crashsim::Bounds& bounds, const checker::Limits& limits) {
  crashsim::Options options;
  options.limits = limits;
  const auto explored = crashsim::explore(of.world(bounds), options);
  Findings found;
  found.result = explored.result;
  found.executions = explored.executions;
  return found;
}

Findings check_model(const Case& of, const crashsim::Bounds& bounds,
                     const checker::Limits& limits) {
  return of.model->check(bounds, limits, false);
}

using Search = Findings (*)(const Case&, const crashsim::Bounds&, const checker::Limits&);

/// Searches `count` times and returns the search of median time.
Findings median(unsigned count, Search search, const Case& of, const crashsim::Bounds& bounds,
                const checker::Limits& limits) {
  std::vector<Findings> found;
  for (unsigned i = 0; i < count; ++i) found.push_back(search(of, bounds, limits));
  std::ranges::sort(found, {}, [](const Findings& each) { return each.result.seconds; });
  return found[found.size() / 2];
}

/// What to measure, and how.
struct Measurement {
  Search search;
  const Case& of;
  std::string bounds;
  checker::Limits limits;
  unsigned searches = kSearches;
};

void run(benchmark::State& state, const Measurement& of) {
  stop_if_lost(std::cout);
  for (auto _ : state) {
    const Findings found =
        median(of.searches, of.search, of.of,
               parse_bounds(of.bounds, of.of.bounds.all(), of.of.bounds.standard()), of.limits);
    const auto states = static_cast<double>(found.result.states);
    state.SetIterationTime(found.result.seconds);
    state.counters["states"] = states;
    state.counters["states/s"] = states / found.result.seconds;
    state.counters["transitions/s"] =
        static_cast<double>(found.result.transitions) / found.result.seconds;
    state.counters["bytes/state"] = static_cast<double>(found.result.bytes) / states;
    state.counters["runs"] = static_cast<double>(found.executions);
    if (found.result.ended != checker::Ended::complete) {
      state.SetLabel(fmt::format("TRUNCATED at depth {}", found.result.depth));
    }
  }
}

void measure(const std::string& name, const Measurement& of) {
  benchmark::RegisterBenchmark(name.c_str(), [of](benchmark::State& state) { run(state, of); })
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kSecond);
}

/// Prints both, and says whether they agree.
int compare_with_tlc(const Case& of, unsigned threads) {
  checker::Limits limits;
  limits.threads = threads;
  limits.bytes = memory_limit();
  const auto large = run_large_configuration(of, threads);
  const Findings ours = median(kSearches, check_model, of, large.bounds, limits);
  const auto& result = ours.result;
  std::cout << fmt::format("\n{}: within {}; on {} threads\n", of.name,
                           bounds_list(of, large.bounds), threads);
  std::cout << table(
      {{"", "distinct states", "transitions", "depth", "time", "states/s"},
       {"TLC", with_commas(large.states), with_commas(large.transitions),
        std::to_string(large.depth), fmt::format("{:.1f} s", large.seconds),
        with_commas(static_cast<std::uint64_t>(static_cast<double>(large.states) / large.seconds))},
       {"model", with_commas(result.states), with_commas(result.transitions),
        std::to_string(result.depth + 1), fmt::format("{:.2f} s", result.seconds),
        with_commas(
            static_cast<std::uint64_t>(static_cast<double>(result.states) / result.seconds))}},
      {1, 2, 3, 4, 5});
  const bool same = large.states == result.states && large.transitions == result.transitions &&
                    large.depth == result.depth + 1;
  std::cout << fmt::format(
      "The model (median of {} searches) is {:.0f} times as fast; the counts {}.\n", kSearches,
      large.seconds / result.seconds, same ? "are the same" : "DIFFER");
  return same ? kAsExpected : kDiffers;
}

const Case& case_to_measure(const Registry& cases, const BenchOptions& options) {
  if (!options.name.empty()) return find_case(cases, options.name);
  if (!options.tlc) return cases.front();
  const auto large = std::ranges::find_if(cases, has_large_configuration);
  if (large == cases.end()) throw UsageError("bench --tlc: no case has a large configuration");
  return *large;
}

}  // namespace

int run_bench(const Registry& cases, const BenchOptions& options) {
  if (cases.empty()) throw UsageError("bench: there is no case");
  const unsigned threads = threads_or_all(options.threads);
  const Case& of = case_to_measure(cases, options);
  if (options.tlc) return compare_with_tlc(of, threads);
  const auto measure_all = [&](const std::string& what, Search search) {
    Measurement measurement{search, of, "", {}};
    measurement.limits.threads = threads;
    measurement.limits.bytes = memory_limit();
    for (const std::string& bounds : of.bounds.of_bench) {
      measurement.bounds = bounds;
      measure(fmt::format("{} {}", what, bounds), measurement);
    }
    measurement.searches = 1;
    measurement.bounds = kLargerBounds;
    if (options.full) measure(fmt::format("{} {}, once", what, kLargerBounds), measurement);
    measurement.bounds = kLargeBounds;
    measure(fmt::format("{} {}, once", what, kLargeBounds), measurement);
    measurement.limits.bytes = kLittleMemory;
    measure(fmt::format("{}, 256 MiB, once", what), measurement);
  };
  measure_all("implementation", explore);
  if (of.model) measure_all("model", check_model);
  std::cout << fmt::format("Of {} searches the one of median time, where it does not say once.\n",
                           kSearches)
            << std::flush;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return kAsExpected;
}

}  // namespace cutover::cli
