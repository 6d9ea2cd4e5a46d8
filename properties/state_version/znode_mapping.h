// What maps the model of the znode to its implementation and to TLA+ (engines/model/mapping.h).
#pragma once

#include "model/state_version/znode.h"
#include "properties/state_version/states_of_models.h"

namespace cutover::state_version {

struct ZnodeMapping : MappingOf<model::state_version::znode::Model> {
  std::string beginning(const State& state) const {
    return state.node.version == 0 ? "fresh" : "start";
  }
  State begin(const std::string& beginning) const {
    return model(crashsim::Bounds{}).initial_states()[beginning == "fresh" ? 1 : 0];
  }
  bool is_fenced(const Action&) const { return false; }
  bool is_fenced(const Value&) const { return false; }

  std::size_t label_count(const Model&) const { return 5; }
  std::string label(const Model&, std::size_t key) const;

  std::optional<std::uint64_t> durable(const Value& store) const;
  std::uint64_t durable(const State& state, std::size_t store) const;

  Value tla(const Model& model, const State& state) const;
  std::set<std::string> tla_sets() const { return {"labels", "limits"}; }
  std::vector<std::string> graph_variables() const { return {"znode.version", "operators.up"}; }
  crashsim::Look look(const Model&, const State& state) const;
};

}  // namespace cutover::state_version
