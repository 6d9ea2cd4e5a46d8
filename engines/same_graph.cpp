#include "engines/same_graph.h"

#include <fmt/format.h>

#include "tla/value.h"

namespace cutover {
namespace {

/// What one of them has more often than the other.
template <class Things>
const typename Things::value_type* first_missing(const Things& from, const Things& there) {
  for (const auto& each : there) {
    if (there.count(each) > from.count(each)) return &each;
  }
  return nullptr;
}

}  // namespace

LabelledGraph graph_of_tla(const tla::StateGraph& dumped) {
  std::vector<std::string> states;
  for (const std::string& state : dumped.states) states.push_back(tla::parse_state(state).dump());
  LabelledGraph graph;
  for (const std::size_t at : dumped.initial) graph.initial.insert(states[at]);
  graph.states.insert(states.begin(), states.end());
  for (const auto& edge : dumped.edges) {
    graph.edges.insert({states[edge.from], edge.action, states[edge.to]});
  }
  return graph;
}

std::string difference(const LabelledGraph& of_tla, const LabelledGraph& of_model,
                       const Case& modelled) {
  const auto in_words = [&](const std::string& state) {
    return modelled.model->text(tla::Json::parse(state));
  };
  const auto lacks = [&](const char* who, const LabelledGraph& from,
                         const LabelledGraph& there) -> std::string {
    if (const auto* state = first_missing(from.initial, there.initial)) {
      return fmt::format("{} lacks the beginning\n{}", who, in_words(*state));
    }
    if (const auto* edge = first_missing(from.edges, there.edges)) {
      return fmt::format("{} has {} times, and not {}, {} from\n{}to\n{}", who,
                         from.edges.count(*edge), there.edges.count(*edge), (*edge)[1],
                         in_words((*edge)[0]), in_words((*edge)[2]));
    }
    if (const auto* state = first_missing(from.states, there.states)) {
      return fmt::format("{} lacks the state\n{}", who, in_words(*state));
    }
    return "";
  };
  const std::string of_the_model = lacks("the model", of_model, of_tla);
  return of_the_model.empty() ? lacks("TLA+", of_tla, of_model) : of_the_model;
}

}  // namespace cutover
