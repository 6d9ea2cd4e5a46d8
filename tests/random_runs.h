// What the tests of random search share: the seed, and the random searches on the cases.
//
// Not for whole-system properties that should hold: RapidCheck draws the seeds of those.
#pragma once

#include "crashsim/random/random_search.h"
#include "tests/named_cases.h"

namespace cutover {

inline constexpr std::uint64_t kSeed = 20'261;

/// The first runs of the seed. An empty `wanted` is any violation.
inline crashsim::RandomSearchOptions first_runs(std::uint64_t runs, const std::string& wanted,
                                                unsigned threads = 2) {
  crashsim::RandomSearchOptions options;
  options.seed = kSeed;
  options.threads = threads;
  options.runs = runs;
  options.wanted = wanted;
  return options;
}

inline crashsim::World world_of(const Case& of, const crashsim::Counterexample& found) {
  return of.random.make(found.bounds, found.world);
}

}  // namespace cutover
