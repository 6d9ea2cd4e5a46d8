// The engines that can check a case.
//
//   crashsim  every interleaving of crashes, lost answers and zombies, on the real coroutines
//   process   real processes over real files, really killed
#pragma once

#include "cli/verdict.h"

namespace cutover::cli {

struct EngineProgress {
  std::string text;  ///< "12,345,678 states, depth 31, 5 s"
};

struct EngineOptions {
  crashsim::Bounds bounds;
  unsigned threads = 1;
  std::optional<double> seconds;
  std::string executable;
  std::function<void(const EngineProgress&)> progress;
};

struct Engine {
  std::string name;
  std::string about;
  bool (*can_check)(const Case&);
  Verdict (*check)(const Case&, const EngineOptions&);
};

const std::vector<Engine>& engines();

/// Throws UsageError that names those there are.
const Engine& find_engine(const std::string& name);

/// One line on standard error, over and over in its place, and its removal.
std::function<void(const EngineProgress&)> show_progress(const std::string& what);
void clear_progress();

}  // namespace cutover::cli
