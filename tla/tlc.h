// Runs TLC, the model checker of TLA+, on a configuration, and reads what it says.
//
// TLC reports a violated temporal property without its name, so a configuration has one property
// at most. With one worker its counts, and which counterexample it finds, are the same every time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tla/configuration.h"

namespace cutover::tla {

/// What it takes to run TLC.
struct Tools {
  std::string java = "java";
  std::filesystem::path jar;      ///< tla2tools.jar
  std::filesystem::path archive;  ///< its classes as Java loads them, to start faster; empty: none
};

/// What there is: Java in PATH, and the jar that the environment's TLA2TOOLS_JAR names, or else the
/// one that tla/fetch put into the tree. If something is missing, `missing` says what and the
/// remedy.
std::optional<Tools> find_tools(std::string& missing);

/// The folder tla/: below share/ of an installed copy, or in the sources.
std::filesystem::path specifications();

struct Progress {
  int code = 0;  ///< of TLC's message
  std::uint64_t states = 0;
};

/// One step of a counterexample and the state after it. The first step is the beginning.
struct TraceStep {
  std::string action;
  std::string state;  ///< parse_state() reads it
};

struct Result {
  enum class Ended { holds, violated, out_of_time, failed };

  Ended ended = Ended::failed;
  std::string violated;         ///< the invariant or property
  std::uint64_t states = 0;     ///< distinct ones
  std::uint64_t generated = 0;  ///< transitions, and the initial states
  std::uint64_t depth = 0;      ///< 0 if TLC did not say
  double seconds = 0;
  int status = -1;
  std::vector<TraceStep> trace;  ///< the counterexample
  std::set<std::string> seen;    ///< the witnesses that it said it had reached
  std::string errors;            ///< what TLC complained of
  std::string doubt;             ///< why it failed, in a few words
};

struct RunOptions {
  Tools tools;
  unsigned workers = 1;
  double seconds = 600;
  std::filesystem::path dump = {};  ///< where the state graph goes; empty: nowhere. One worker.
  std::function<void(const Progress&)> progress = {};
};

Result run_tlc(const Configuration& configuration, const RunOptions& options);

/// What the configuration demands to be reached, and was not.
std::vector<std::string> unseen(const Configuration& configuration, const Result& result);

/// What holds does so only if all its witnesses were reached, and an expected failure is one only
/// if the property named is the one violated.
bool is_as_expected(const Configuration& configuration, const Result& result);

/// "holds", "violates NoLostWrite", "out of time", or what failed.
std::string to_string(const Result& result);

}  // namespace cutover::tla
