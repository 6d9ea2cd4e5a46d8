// Labelled state graphs, TLC's and the model's, to be compared.
#pragma once

#include <fmt/format.h>

#include "engines/case.h"
#include "tla/state_graph.h"
#include "tla/value.h"

namespace cutover {

using Graph = LabelledGraph;

inline Graph graph_of_tla(const tla::StateGraph& dumped) {
  std::vector<std::string> states;
  for (const std::string& state : dumped.states) states.push_back(tla::parse_state(state).dump());
  Graph graph;
  for (const std::size_t at : dumped.initial) graph.initial.insert(states[at]);
  graph.states.insert(states.begin(), states.end());
  for (const auto& edge : dumped.edges) {
    graph.edges.insert({states[edge.from], edge.action, states[edge.to]});
  }
  return graph;
}

/// The first edge of one that the other has not, in the words of the case's model; empty: there is
/// none.
inline std::string first_missing(const Graph& of, const Graph& other, const Case& modelled) {
  const auto in_words = [&](const std::string& state) {
    return modelled.model->text(tla::Json::parse(state));
  };
  for (const auto& edge : of.edges) {
    if (of.edges.count(edge) == other.edges.count(edge)) continue;
    return fmt::format("{} times {} (the other has it {} times) from\n{}to\n{}",
                       of.edges.count(edge), edge[1], other.edges.count(edge), in_words(edge[0]),
                       in_words(edge[2]));
  }
  return "";
}

}  // namespace cutover
