// A model's whole state graph, with the names of its actions, to be compared with the one that TLC
// dumps of the specification. A generic driver: mapping.h says of what. For small bounds: it is
// kept in memory as text.
#pragma once

#include <deque>
#include <map>

#include "engines/case.h"
#include "engines/model/mapping.h"

namespace cutover {

template <class F>
LabelledGraph labelled_graph(const F& mapping, const Constants& constants) {
  using State = typename F::Model::State;
  const auto model = mapping.model(constants);
  LabelledGraph graph;
  std::map<State, std::string> known;
  std::deque<State> queue;
  const auto meet = [&](const State& state) -> const std::string& {
    const auto [at, added] = known.emplace(state, "");
    if (added) {
      at->second = mapping.tla(model, state).dump();
      queue.push_back(state);
    }
    return at->second;
  };
  for (const State& state : model.initial_states()) graph.initial.insert(meet(state));
  for (; !queue.empty(); queue.pop_front()) {
    const State state = queue.front();
    graph.states.insert(known.at(state));
    model.successors(state, [&](const auto& action, const State& next) {
      graph.edges.insert({known.at(state), to_string(action.name), meet(next)});
    });
  }
  return graph;
}

}  // namespace cutover
