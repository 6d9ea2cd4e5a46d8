// What maps the catalog's model to its implementation and to tla/catalog/Catalog.tla: its steps by
// the labels of the implementation, its states as TLA+ writes them, and the durable states of the
// implementation in its terms. engines/model/mapping.h says what each member is for.
//
// Durable states are compared by epoch, tombstone, format, and what clients see. Reads of clients
// change nothing durable, and the model does not have them.
#pragma once

#include <bit>

#include "engines/case.h"
#include "model/catalog/model.h"

namespace cutover::catalog {

/// A value; its protocol must outlive it and its models.
class Mapping {
 public:
  using Model = model::catalog::Model;
  using State = Model::State;
  using Action = Model::Action;

  explicit Mapping(const model::catalog::Protocol& protocol) : protocol_(&protocol) {}

  std::string impossible(const crashsim::Bounds& bounds) const;
  Model model(const crashsim::Bounds& bounds, bool interchangeable = false) const;
  Model model(const Constants& constants) const;
  crashsim::Bounds bounds(const Constants& constants) const;

  std::string beginning(const State& state) const;
  State begin(const std::string& beginning) const;
  std::string property(checker::Property property) const;
  std::size_t program(const Action& start) const {
    return start.target == model::catalog::At::persist ? 0 : 1;
  }
  std::optional<std::size_t> input(const Action& action) const {
    if (action.name == Model::Name::Put) return 0;
    if (action.name == Model::Name::Delete) return 1;
    return std::nullopt;
  }
  bool is_fenced(const Action& action) const { return action.name == Model::Name::Fenced; }
  bool is_fenced(const crashsim::Value& answer) const;
  std::size_t label_count(const Model& model) const;
  std::size_t label_key(const Model& model, const State& state, const Action& action) const {
    const std::size_t writes = model.bounds().puts + model.bounds().deletes;
    if (action.name == Model::Name::Land) {
      const auto& request = state.in_flight[action.who];
      return request.operation * (writes + 1) + request.write;
    }
    const auto& process = state.process[action.who];
    return model.step_of(process).operation * (writes + 1) + process.write;
  }
  std::string label(const Model& model, std::size_t key) const;
  std::optional<std::uint64_t> durable(const crashsim::Value& store) const;
  std::uint64_t durable(const State& state, std::size_t store) const {
    return std::bit_cast<std::uint64_t>(state.store[store]);
  }

  crashsim::Value tla(const Model& model, const State& state) const;
  std::set<std::string> tla_sets() const { return {"maybe"}; }
  std::vector<std::string> graph_variables() const;
  crashsim::Look look(const Model& model, const State& state) const;

 private:
  const model::catalog::Protocol* protocol_;
};

}  // namespace cutover::catalog
