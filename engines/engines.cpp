#include "engines/engines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engines/counts_engine.h"
#include "engines/crashsim_engine.h"
#include "engines/limits.h"
#include "engines/model_engine.h"
#include "engines/process_engine.h"
#include "engines/random_engine.h"
#include "engines/refinement_engine.h"
#include "engines/same_graph_engine.h"
#include "engines/tla_engine.h"
#include "system/usage_error.h"

namespace cutover {

const std::vector<Engine>& engines() {
  static const std::vector<Engine> all = {
      {.name = "crashsim",
       .about =
           "every interleaving of crashes, lost answers and late requests, on the real coroutines",
       .can_check = judged_by_properties,
       .check = check_by_crashsim,
       .at_once = kMostThreads,
       .holding_first = true},
      // Smaller: the model has about two states for each of the exploration's, as its processes
      // have places, and its goals are looked for on the whole graph. A process of the model ends
      // at a lost answer as at a crash, so that nothing new comes of one.
      {.name = "model",
       .about = "every interleaving of the executable specification",
       .can_check = has_model,
       .check = check_by_model,
       .preface = describe_model,
       .bounds = "crashes=1,lost=0",
       .needs_model = true,
       .at_once = kMostThreads,
       .holding_first = true},
      // Each step is taken twice, and once more over SQLite.
      {.name = "refinement",
       .about = "the implementation in lock step with the model, over simulated stores and SQLite",
       .can_check = has_refinement,
       .check = check_by_refinement,
       .preface = describe_refinement,
       .bounds = "starts=3,crashes=1",
       .needs_model = true,
       .at_once = kMostThreads,
       .holding_first = true},
      // Small: the visited set grows several times for some hundred thousand states, too.
      {.name = "counts",
       .about = "the same states counted in several ways: by one thread and more, alone and with "
                "the model, with and without symmetry",
       .can_check = can_count,
       .check = check_counts,
       .preface = describe_counts,
       .bounds = "starts=3,crashes=1,lost=0",
       .needs_model = true,
       .at_once = kMostThreads},
      {.name = "process",
       .about = "real processes over SQLite files, killed before and after every step",
       .can_check = has_processes,
       .check = check_by_processes},
      {.name = "random",
       .about = "random schedules on random worlds, far past the bounds that can be explored; a "
                "case that holds takes 5 s, or its share of the budget",
       .can_check = judged_by_properties,
       .check = check_by_random,
       .preface = describe_random_worlds},
      // A run of TLC waits a third of its time, most of it for the end of its virtual machine; the
      // machine's own threads are busy meanwhile.
      {.name = "tla",
       .about = "TLC, the model checker, on the TLA+ specification",
       .can_check = has_specification,
       .check = check_by_tla,
       .preface = describe_tla,
       .at_once = 3,
       .waits = true},
      {.name = "same-graph",
       .about = "TLA+ and the model have the same labelled state graph, all of it",
       .can_check = has_both_graphs,
       .check = check_same_graph,
       .preface = describe_same_graph,
       .at_once = 2},
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
