// The engines that can check a case.
//
//   crashsim    every interleaving of crashes, lost answers and late requests, on real coroutines
//   model       every interleaving of the executable specification
//   refinement  the real coroutines in lock step with the model
//   tla         TLC on the TLA+ specification
//   counts      the same states counted in several ways, which must agree
//   process     real processes over real files, really killed
//   same-graph  the labelled state graphs of TLA+ and of the model, which must be equal
//   random      random schedules on random worlds, on the real coroutines
#pragma once

#include "engines/verdict.h"

namespace cutover {

struct EngineProgress {
  std::string text;  ///< "12,345,678 states, depth 31, 5 s"
};

struct EngineOptions {
  crashsim::Bounds bounds;   ///< of the case that is checked
  std::string given_bounds;  ///< by the user; empty: the engine's defaults
  bool symmetry = false;     ///< of the model's processes
  std::uint64_t seed = 1;
  unsigned threads = 1;
  std::optional<double> seconds;  ///< left for this case and those after it
  std::size_t holding_left = 1;   ///< cases of this engine, this one included, expected to hold
  std::string executable;
  std::function<void(const EngineProgress&)> progress;
};

struct Engine {
  std::string name;
  std::string about;
  bool (*can_check)(const Case&);
  Verdict (*check)(const Case&, const EngineOptions&);
  /// What is worth saying above its table, instead of the bounds; may be null.
  std::string (*preface)(const std::vector<const Case*>&, const EngineOptions&) = nullptr;
  const char* bounds = "";  ///< where they differ from the standard, unless a family says otherwise
  bool needs_model = false;  ///< can have the bounds only that the model can have
  unsigned at_once = 1;      ///< how many of its cases are checked at a time, each on one thread
  /// Its threads wait for processes that wait in turn: of two threads and more there is one more.
  bool waits = false;
  /// Those expected to hold come before, one by one, each on all threads: they are big.
  bool holding_first = false;
};

const std::vector<Engine>& engines();
/// What a check uses if none is named: those that are exhaustive and together need a minute or two.
std::vector<std::string> default_engines();

/// Throws UsageError that names those there are.
const Engine& find_engine(const std::string& name);

}  // namespace cutover
