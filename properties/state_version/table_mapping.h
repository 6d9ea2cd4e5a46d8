// What maps the model of the table to its implementation and to TLA+ (engines/model/mapping.h).
#pragma once

#include "model/state_version/table.h"
#include "properties/state_version/states_of_models.h"

namespace cutover::state_version {

struct TableMapping : MappingOf<model::state_version::table::Model> {
  std::string beginning(const State&) const { return "start"; }
  State begin(const std::string&) const { return model(crashsim::Bounds{}).initial_states()[0]; }
  bool is_fenced(const Action& action) const { return action.name == Name::Rejected; }
  bool is_fenced(const Value& answer) const { return answer == "rejected"; }

  std::size_t label_count(const Model&) const;
  std::string label(const Model&, std::size_t key) const;

  std::optional<std::uint64_t> durable(const Value& store) const;
  std::uint64_t durable(const State& state, std::size_t store) const;

  Value tla(const Model& model, const State& state) const;
  std::set<std::string> tla_sets() const { return {"columns", "labels", "limits"}; }
  std::vector<std::string> graph_variables() const { return {"table.version", "operators.up"}; }
  crashsim::Look look(const Model&, const State& state) const;
};

}  // namespace cutover::state_version
