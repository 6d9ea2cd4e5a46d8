// A model's state graph from far away: its states sorted by the values of some variables. A generic
// driver: mapping.h says of what.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>
#include <stdexcept>

#include "crashsim/explore/projection.h"
#include "engines/model/model_check.h"
#include "engines/model/variables.h"
#include "tla/value.h"

namespace cutover {

/// The looks of a model's states, numbered as they are met.
template <class F>
class Looks {
  using Model = typename F::Model;

 public:
  Looks(const F& mapping, const Model& model, std::vector<std::string> variables)
      : mapping_(mapping), model_(model), variables_(std::move(variables)) {
    const crashsim::Value some = mapping_.tla(model, model.initial_states().back());
    for (const std::string& variable : variables_) {
      pointers_.push_back(pointer_to(variable));
      if (some.contains(pointers_.back())) continue;
      throw std::runtime_error(fmt::format("the model has no variable '{}'; there are {}", variable,
                                           fmt::join(variables_of(some), ", ")));
    }
  }

  std::size_t number_of(const typename Model::State& state) {
    crashsim::Look look;
    const crashsim::Value value = mapping_.tla(model_, state);
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      look.columns.emplace_back(variables_[i],
                                tla::to_text(value[pointers_[i]], mapping_.tla_sets()));
    }
    const crashsim::Look besides = mapping_.look(model_, state);
    look.columns.insert(look.columns.end(), besides.columns.begin(), besides.columns.end());
    look.truth = besides.truth;
    look.bad = besides.bad;
    const auto [at, added] = numbers_.emplace(look.columns, all_.size());
    if (added) all_.push_back({look, 0, {}});
    return at->second;
  }
  crashsim::Projection::Node& operator[](std::size_t number) { return all_[number]; }
  std::vector<crashsim::Projection::Node> take() { return std::move(all_); }

 private:
  const F& mapping_;
  const Model& model_;
  std::vector<std::string> variables_;
  std::vector<crashsim::Value::json_pointer> pointers_;
  std::map<decltype(crashsim::Look::columns), std::size_t> numbers_;
  std::vector<crashsim::Projection::Node> all_;
};

/// A model without its properties: a graph goes on beyond violations.
template <class M>
struct Unjudged : M {
  explicit Unjudged(const M& model) : M(model) {}
  checker::Property judge(const typename M::State&) const { return checker::kHolds; }
};

/// Explores the model within the bounds, beyond violations. `variables` are paths into a state as
/// TLA+ has it; none: those that the mapping shows. Throws std::runtime_error that names those
/// there are, where one is not.
template <class F>
crashsim::Projection model_graph(const F& mapping, const crashsim::Bounds& bounds,
                                 const std::vector<std::string>& variables) {
  using Model = typename F::Model;
  constexpr std::size_t kWords = 6;
  require_possible(mapping, bounds);
  const Unjudged<Model> model(mapping.model(bounds, true));
  const checker::Packing<typename Model::State> packing(model.widest());
  checker::PackedModel<Unjudged<Model>, kWords> packed(model, packing);
  checker::Search<checker::PackedModel<Unjudged<Model>, kWords>> search(packed, {});
  const auto result = search.run();
  if (result.ended != checker::Ended::complete) {
    throw std::runtime_error("there are too many states; lower the bounds");
  }
  Looks<F> looks(mapping, model, variables.empty() ? mapping.graph_variables() : variables);
  crashsim::Projection projection;
  projection.states = result.states;
  projection.transitions = result.transitions;
  for (const auto& state : model.initial_states()) {
    looks[looks.number_of(state)].beginnings.push_back(mapping.beginning(state));
  }
  std::map<std::pair<std::size_t, std::size_t>, std::set<std::string>> labels;
  search.for_each_state([&](const auto& words) {
    const auto state = packed.unpack(words);
    const std::size_t from = looks.number_of(state);
    ++looks[from].states;
    model.successors(state, [&](const auto& action, const auto& next) {
      const std::size_t to = looks.number_of(next);
      if (to != from) labels[{from, to}].insert(to_string(action.name));
    });
  });
  projection.nodes = looks.take();
  for (const auto& [ends, of] : labels) {
    projection.edges.push_back({ends.first, ends.second, {of.begin(), of.end()}});
  }
  return projection;
}

}  // namespace cutover
