// The state graph from far away: every reachable state of a world, sorted by what its durable
// states look like, and the steps that lead from one look to another.
//
// Unlike a check it goes on beyond violations, and what the properties remember is left out: the
// graph shows what the code does, not whether that is right. The result depends on the world alone,
// not on the timing of threads.
#pragma once

#include "crashsim/world/world.h"

namespace cutover::crashsim {

struct Projection {
  struct Node {
    Look look;
    std::uint64_t states = 0;             ///< states of the world that look like this
    std::vector<std::string> beginnings;  ///< those that look like this
  };
  /// Between different nodes; there is at most one from a node to another.
  struct Edge {
    std::size_t from = 0, to = 0;
    std::vector<std::string> labels;  ///< of all steps that lead there, sorted
  };
  std::vector<Node> nodes;  ///< the nearest to a beginning first, then by their texts
  std::vector<Edge> edges;  ///< by (from, to)
  std::uint64_t states = 0, transitions = 0;
};

/// Explores the whole world. Throws std::runtime_error for bounds that are too large for the
/// engine.
Projection project(const World& world, unsigned threads);

}  // namespace cutover::crashsim
