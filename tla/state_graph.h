// The labelled state graph of a configuration, as TLC dumps it: what a C++ model has to equal.
#pragma once

#include <string>
#include <vector>

#include "tla/tlc.h"

namespace cutover::tla {

struct StateGraph {
  struct Edge {
    std::size_t from;
    std::string action;
    std::size_t to;
  };
  std::vector<std::string> states;  ///< as TLA+ text; parse_state() reads it
  std::vector<std::size_t> initial;
  std::vector<Edge> edges;  ///< one a transition
};

/// Reads what `-dump dot,actionlabels` wrote. Throws std::runtime_error that names file and line.
StateGraph read_state_graph(const std::filesystem::path& file);

/// Runs TLC with one worker and reads its dump. Throws std::runtime_error if it does not end by
/// itself, as it doesn't after a violation.
StateGraph explore(const Configuration& configuration, RunOptions options);

}  // namespace cutover::tla
