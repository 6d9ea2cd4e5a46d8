// Random schedules on random worlds, on all cores, until one violates the property that is looked
// for, or the runs or the time are used up.
//
// Everything follows from one seed: the counterexample is that of the first run that has one,
// whatever the number of threads. How far a search gets that is ended by time is of course not.
#pragma once

#include "crashsim/random/coverage.h"
#include "crashsim/random/random_worlds.h"

namespace cutover::crashsim {

struct RandomSearchOptions {
  std::uint64_t seed = 1;
  unsigned threads = 1;
  std::optional<std::uint64_t> runs;
  std::optional<double> seconds;
  /// The property whose violation ends the search; empty: any.
  std::string wanted;
  std::optional<Bounds> most;  ///< empty: as much as these worlds may have
  std::function<void(std::uint64_t runs, double seconds)> progress = nullptr;
};

struct RandomSearch {
  explicit RandomSearch(Coverage of_all_runs) : coverage(std::move(of_all_runs)) {}

  std::uint64_t runs = 0;  ///< where one ended the search: up to and with it
  double seconds = 0;
  Coverage coverage;
  std::vector<std::string> unseen;  ///< witnesses of the world that never fired
  /// Shrunk. Of the wanted property, or of another one if only those were violated.
  std::optional<Counterexample> found;
};

/// Within which the runs' bounds are drawn.
Bounds most_of(const RandomWorlds& worlds, const RandomSearchOptions& options);

RandomSearch search_at_random(const RandomWorlds& worlds, const RandomSearchOptions& options);

/// The world and the schedule of one run: the index-th of a seed.
struct Run {
  Counterexample attempt;  ///< `violated` is empty if it violated nothing
  std::uint64_t witnesses = 0;
};
Run one_run(const RandomWorlds& worlds, const RandomSearchOptions& options, std::uint64_t index,
            Coverage& coverage);

}  // namespace cutover::crashsim
