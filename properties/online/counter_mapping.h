// What maps the model of a counter to its implementation and to TLA+ (engines/model/mapping.h).
#pragma once

#include "engines/case.h"
#include "model/online/counters.h"

namespace cutover::online {

struct CounterMapping {
  using Model = model::online::counters::Model;
  using State = Model::State;
  using Action = Model::Action;
  using Name = Model::Name;
  using Flaw = Model::Flaw;
  using Value = crashsim::Value;

  Flaw flaw = Flaw::none;

  std::string impossible(const crashsim::Bounds& bounds) const;
  Model model(const crashsim::Bounds& of, bool interchangeable = false) const;
  Model model(const Constants& constants) const { return model(bounds(constants)); }
  crashsim::Bounds bounds(const Constants& constants) const;

  std::string beginning(const State& state) const { return state.source == 0 ? "late" : "start"; }
  State begin(const std::string& beginning) const {
    return model(crashsim::Bounds{}).initial_states()[beginning == "late" ? 1 : 0];
  }
  std::string property(checker::Property number) const;
  std::size_t program(const Action& action) const { return action.program - 1u; }
  std::optional<std::size_t> input(const Action& action) const;
  bool is_fenced(const Action&) const { return false; }
  bool is_fenced(const Value&) const { return false; }

  std::size_t label_count(const Model&) const { return model::online::counters::kAts + 1; }
  std::size_t label_key(const Model&, const State& state, const Action& action) const;
  std::string label(const Model&, std::size_t key) const;

  std::optional<std::uint64_t> durable(const Value& store) const;
  std::uint64_t durable(const State& state, std::size_t store) const;

  Value tla(const Model& model, const State& state) const;
  std::set<std::string> tla_sets() const { return {}; }
  std::vector<std::string> graph_variables() const { return {"target.base", "generation"}; }
  crashsim::Look look(const Model&, const State& state) const;
};

}  // namespace cutover::online
