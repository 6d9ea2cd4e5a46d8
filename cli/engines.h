// The engines that can check a case.
//
//   crashsim    every interleaving of crashes, lost answers and zombies, on the real coroutines
//   model       every interleaving of the executable specification
//   refinement  the real coroutines in lock step with the model
//   tla         TLC on the TLA+ specification
//   counts      the same states counted in several ways, which must agree
//   process     real processes over real files, really killed
//   random      random schedules on random worlds, on the real coroutines
#pragma once

#include "cli/verdict.h"

namespace cutover::cli {

struct EngineProgress {
  std::string text;  ///< "12,345,678 states, depth 31, 5 s"
};

struct EngineOptions {
  crashsim::Bounds bounds;
  bool bounds_given = false;  ///< by the user; an engine may have defaults of its own
  bool symmetry = false;      ///< of the model's processes
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
  std::string (*preface)(const EngineOptions&) = nullptr;
  bool needs_model = false;  ///< can have the bounds only that the model can have
  unsigned at_once = 1;      ///< how many of its cases are checked at a time, each on one thread
};

const std::vector<Engine>& engines();
/// What a check uses if none is named: those that are exhaustive and together need a minute or two.
std::vector<std::string> default_engines();

/// An unknown verdict, to be filled in.
Verdict blank(const Case& of, const std::string& engine, const EngineOptions& options);
/// Of a search: the threads and the time, the memory that is free, progress as it is told.
checker::Limits limits_of(const EngineOptions& options);

/// "2 processes, 4 starts, ..."
std::string bounds_list(const crashsim::Bounds& bounds);
/// "Bounds: 2 processes, 4 starts, ..."
std::string bounds_text(const crashsim::Bounds& bounds);

/// Why the counterexample does not happen, or not violate its property, on the real coroutines;
/// nothing if it does.
std::optional<std::string> not_on_implementation(const Verdict& verdict);
/// Turns a verdict whose counterexample does not happen there into an unknown one.
void confirm_on_implementation(Verdict& verdict);

inline constexpr unsigned kMostThreads = 1024;

/// As many as there are cores for 0.
unsigned threads_or_all(unsigned threads);

/// Bytes that a search's visited set may take: most of what is free now.
std::size_t memory_limit();

/// Throws UsageError that names those there are.
const Engine& find_engine(const std::string& name);

}  // namespace cutover::cli
