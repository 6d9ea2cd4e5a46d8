#include "engines/engines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engines/counts_engine.h"
#include "engines/crashsim_engine.h"
#include "engines/model_engine.h"
#include "engines/process_engine.h"
#include "engines/random_engine.h"
#include "engines/refinement_engine.h"
#include "engines/tla_engine.h"
#include "system/usage_error.h"

namespace cutover {

const std::vector<Engine>& engines() {
  static const std::vector<Engine> all = {
      {"crashsim",
       "every interleaving of crashes, lost answers and late requests, on the real coroutines",
       judged_by_properties, check_by_crashsim},
      // Smaller: the model has about two states for each of the exploration's, as its processes
      // have places, and its goals are looked for on the whole graph. A process of the model ends
      // at a lost answer as at a crash, so that nothing new comes of one.
      {"model", "every interleaving of the executable specification", has_model, check_by_model,
       describe_model, "crashes=1,lost=0", true},
      // Each step is taken twice, and once more over SQLite.
      {"refinement",
       "the implementation in lock step with the model, over simulated stores and SQLite",
       has_refinement, check_by_refinement, describe_refinement, "starts=3,crashes=1", true},
      // Small: the visited set grows several times for some hundred thousand states, too.
      {"counts",
       "the same states counted in several ways: by one thread and more, alone and with the model, "
       "with and without symmetry",
       can_count, check_counts, describe_counts, "starts=3,crashes=1,lost=0", true},
      {"process", "real processes over SQLite files, killed before and after every step",
       has_processes, check_by_processes},
      {"random",
       "random schedules on random worlds, far past the bounds that can be explored; a case that "
       "holds takes 5 s, or its share of the budget",
       judged_by_properties, check_by_random, describe_random_worlds},
      {"tla", "TLC, the model checker, on the TLA+ specification", has_specification, check_by_tla,
       describe_tla, "", false, 2},
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

}  // namespace cutover
