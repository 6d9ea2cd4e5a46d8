// What maps the model of the file to its implementation and to TLA+ (engines/model/mapping.h).
#pragma once

#include "crashsim/world/schedule.h"
#include "model/state_version/file.h"
#include "properties/state_version/disk.h"
#include "properties/state_version/states_of_models.h"

namespace cutover::state_version {

struct FileMapping : MappingOf<model::state_version::file::Model> {
  std::string beginning(const State& state) const {
    return state.disk.state == 0 ? "fresh" : "start";
  }
  State begin(const std::string& beginning) const {
    return model(crashsim::Bounds{}).initial_states()[beginning == "fresh" ? 1 : 0];
  }
  bool is_fenced(const Action&) const { return false; }
  bool is_fenced(const Value&) const { return false; }

  /// A loss of power, and the end of a session.
  std::optional<std::size_t> event(const Action& action) const;
  crashsim::Choice event_choice(const State& before, const Action& action) const;

  std::size_t label_count(const Model&) const { return 11; }
  std::string label(const Model&, std::size_t key) const;

  /// Nothing where the model has no such disk.
  std::optional<model::state_version::file::Disk> disk(const Disk& stored) const;
  std::optional<std::uint64_t> durable(const Value& store) const;
  std::uint64_t durable(const State& state, std::size_t store) const;

  Value tla(const Model& model, const State& state) const;
  std::set<std::string> tla_sets() const { return {"labels", "limits", "open"}; }
  std::vector<std::string> graph_variables() const { return {"operators.up", "lock.holder"}; }
  crashsim::Look look(const Model&, const State& state) const;
};

}  // namespace cutover::state_version
