// What maps the model of the znode to its implementation and to TLA+ (engines/model/mapping.h).
#pragma once

#include "engines/case.h"
#include "model/state_version/znode.h"
#include "properties/state_version/states_of_models.h"

namespace cutover::state_version {

struct ZnodeMapping {
  using Model = model::state_version::znode::Model;
  using State = Model::State;
  using Action = Model::Action;
  using Name = Model::Name;
  using Flaw = model::state_version::znode::Flaw;
  using Value = crashsim::Value;

  Flaw flaw = Flaw::none;

  std::string impossible(const crashsim::Bounds& bounds) const { return beyond_models(bounds); }
  Model model(const crashsim::Bounds& of, bool interchangeable = false) const {
    return {bounds_of_model(of), flaw, interchangeable};
  }
  Model model(const Constants& constants) const { return model(bounds(constants)); }
  crashsim::Bounds bounds(const Constants& constants) const {
    return bounds_by_constants(constants);
  }

  std::string beginning(const State& state) const {
    return state.node.version == 0 ? "fresh" : "start";
  }
  State begin(const std::string& beginning) const {
    return model(crashsim::Bounds{}).initial_states()[beginning == "fresh" ? 1 : 0];
  }
  std::string property(checker::Property number) const { return property_of_models(number); }
  std::size_t program(const Action& action) const { return action.program - 1u; }
  std::optional<std::size_t> input(const Action& action) const {
    return action.name == Name::Client ? std::optional<std::size_t>(0) : std::nullopt;
  }
  bool is_fenced(const Action&) const { return false; }
  bool is_fenced(const Value&) const { return false; }

  std::size_t label_count(const Model&) const { return 5; }
  std::size_t label_key(const Model&, const State& state, const Action& action) const {
    return static_cast<std::size_t>(action.name == Name::Land ? state.in_flight[action.who].at
                                                              : state.process[action.who].at);
  }
  std::string label(const Model&, std::size_t key) const;

  std::optional<std::uint64_t> durable(const Value& store) const;
  std::uint64_t durable(const State& state, std::size_t store) const;

  Value tla(const Model& model, const State& state) const;
  std::set<std::string> tla_sets() const { return {"labels", "limits"}; }
  std::vector<std::string> graph_variables() const { return {"znode.version", "operators.up"}; }
  crashsim::Look look(const Model&, const State& state) const;
};

}  // namespace cutover::state_version
