#include "cli/bench.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "cli/check.h"
#include "cli/engines.h"
#include "cli/errors.h"
#include "crashsim/explorer.h"

namespace cutover::cli {
namespace {

/// From some 10^4 to some 10^7 states, by processes, crashes and writes.
constexpr std::array<const char*, 9> kBounds = {
    "starts=2,crashes=1",
    "starts=3,crashes=0,zombies=0,ambiguous=0",
    "starts=3,crashes=1",
    "starts=3,crashes=2",
    "starts=3,crashes=2,writes=4",
    "processes=3,starts=4,crashes=0,zombies=0,ambiguous=0",
    "starts=5,crashes=1,zombies=0,ambiguous=0",
    "starts=4,crashes=2",
    "processes=3,starts=4,crashes=2",
};
constexpr std::array<const char*, 2> kLargeBounds = {
    "starts=5,crashes=2",
    "starts=5,crashes=3,writes=3",
};

void explore_once(benchmark::State& state, const Case& of, const std::string& bounds,
                  unsigned threads) {
  const crashsim::World world = of.world(parse_bounds(bounds));
  crashsim::Options options;
  options.limits.threads = threads;
  options.limits.bytes = memory_limit();
  for (auto _ : state) {
    const crashsim::Exploration found = crashsim::explore(world, options);
    const auto states = static_cast<double>(found.result.states);
    state.SetIterationTime(found.result.seconds);
    state.counters["states"] = states;
    state.counters["states/s"] = states / found.result.seconds;
    state.counters["transitions/s"] =
        static_cast<double>(found.result.transitions) / found.result.seconds;
    state.counters["bytes/state"] = static_cast<double>(found.result.bytes) / states;
    state.counters["runs"] = static_cast<double>(found.executions);
    if (found.result.ended != checker::Ended::complete) state.SetLabel("TRUNCATED");
  }
}

}  // namespace

int run_bench(const Registry& cases, const BenchOptions& options) {
  if (cases.empty()) throw UsageError("bench: there is no case");
  const unsigned threads =
      options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::string> all(kBounds.begin(), kBounds.end());
  if (options.full) all.insert(all.end(), kLargeBounds.begin(), kLargeBounds.end());
  const Case& of = cases.front();
  for (const std::string& bounds : all) {
    const std::string name = fmt::format("{} {}", of.name, bounds);
    const auto run = [&of, bounds, threads](benchmark::State& state) {
      explore_once(state, of, bounds, threads);
    };
    benchmark::RegisterBenchmark(name.c_str(), run)
        ->Iterations(1)
        ->UseManualTime()
        ->Unit(benchmark::kSecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return kAsExpected;
}

}  // namespace cutover::cli
