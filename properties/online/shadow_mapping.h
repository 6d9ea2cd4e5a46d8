// What maps the model of a shadowed table to its implementation and to TLA+
// (engines/model/mapping.h).
#pragma once

#include "crashsim/world/schedule.h"
#include "engines/case.h"
#include "model/online/shadow.h"

namespace cutover::online {

struct ShadowMapping {
  using Model = model::online::shadow::Model;
  using State = Model::State;
  using Action = Model::Action;
  using Name = Model::Name;
  using Flaw = Model::Flaw;
  using Phase = model::online::shadow::Phase;
  using Value = crashsim::Value;

  Flaw flaw = Flaw::none;
  Phase begins = Phase::source_only;

  std::string impossible(const crashsim::Bounds& bounds) const;
  Model model(const crashsim::Bounds& of, bool interchangeable = false) const;
  Model model(const Constants& constants) const { return model(bounds(constants)); }
  crashsim::Bounds bounds(const Constants& constants) const;

  std::string beginning(const State&) const { return "start"; }
  State begin(const std::string&) const { return model(crashsim::Bounds{}).initial_states()[0]; }
  std::string property(checker::Property number) const;
  std::size_t program(const Action& action) const;
  std::optional<std::size_t> input(const Action& action) const;
  /// The end of a session, and a compaction.
  std::optional<std::size_t> event(const Action& action) const;
  crashsim::Choice event_choice(const State& before, const Action& action) const;
  bool is_fenced(const Action& action) const { return action.name == Name::Rejected; }
  bool is_fenced(const Value& answer) const { return answer == "rejected"; }

  std::size_t label_count(const Model&) const { return 2 * model::online::shadow::kAts; }
  std::size_t label_key(const Model&, const State& state, const Action& action) const;
  std::string label(const Model&, std::size_t key) const;

  std::optional<std::uint64_t> durable(const Value& store) const;
  std::uint64_t durable(const State& state, std::size_t store) const;

  Value tla(const Model& model, const State& state) const;
  std::set<std::string> tla_sets() const { return {"open", "workers"}; }
  std::vector<std::string> graph_variables() const { return {"record.phase"}; }
  crashsim::Look look(const Model&, const State& state) const;
};

}  // namespace cutover::online
