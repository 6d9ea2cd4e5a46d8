// The cases of one engine, checked one after the other or a few at a time; which, the engine says.
// Whatever goes wrong in one check makes that case unknown, with the reason; the others are checked
// all the same.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "cli/progress_line.h"
#include "engines/engines.h"

namespace cutover::cli {

/// Since it was made.
class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  }

 private:
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

class Checking {
 public:
  Checking(const Engine& engine, std::vector<const Case*> cases, const EngineOptions& options,
           std::optional<double> budget, const Clock& clock)
      : engine_(engine),
        cases_(std::move(cases)),
        options_(options),
        budget_(budget),
        clock_(clock) {}

  /// Hands each verdict on, in the order of the cases. Throws only what `done` throws.
  void run(const std::function<void(Verdict)>& done);

 private:
  Verdict check(std::size_t index, bool alone);
  EngineOptions options_of(std::size_t index, bool alone);

  const Engine& engine_;
  const std::vector<const Case*> cases_;
  const EngineOptions& options_;
  const std::optional<double> budget_;
  const Clock& clock_;
  ProgressLine progress_;
};

}  // namespace cutover::cli
