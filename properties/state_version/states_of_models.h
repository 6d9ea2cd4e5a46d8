// What the mappings of this family's models have in common: the models have versions 1, 2 and 3 of
// a state, and of the operators' changes only which are there.
#pragma once

#include "engines/case.h"
#include "engines/model/constants.h"
#include "impl/state_version/migration.h"
#include "model/state_version/model_of.h"

namespace cutover::state_version {

/// Of a state that is as the migrations make it, but for operators' changes.
struct Abstract {
  std::uint8_t version = 0;  ///< from 1
  std::uint8_t changes = 0;  ///< bits: below the labels, from the fifth on the limits
};
/// Nothing where a model has no such state.
std::optional<Abstract> abstracted(const json& state);
/// From 1; nothing if it is none of the three.
std::optional<std::uint8_t> number_of_version(const std::string& text);

// Of the bits of changes: their numbers, from 1, as TLA+ has them.
crashsim::Value labels_in(unsigned changes);
crashsim::Value limits_in(unsigned changes);

/// The name of what all of them number alike.
std::string property_of_models(checker::Property number);
/// Why the models can't have these, or empty.
std::string beyond_models(const crashsim::Bounds& bounds);
model::state_version::Bounds bounds_of_model(const crashsim::Bounds& bounds);
/// By the names that the family's TLA+ modules have for them.
crashsim::Bounds bounds_by_constants(const Constants& constants);

/// A mapping (engines/model/mapping.h), but for what the model's states are.
template <class M>
struct MappingOf {
  using Model = M;
  using State = typename M::State;
  using Action = typename M::Action;
  using Name = typename M::Name;
  using Flaw = typename M::Flaw;
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

  std::string property(checker::Property number) const { return property_of_models(number); }
  std::size_t program(const Action& action) const { return action.program - 1u; }
  std::optional<std::size_t> input(const Action& action) const {
    return action.name == Name::Client ? std::optional<std::size_t>(0) : std::nullopt;
  }
  /// Where a process is, or was when it sent what lands.
  std::size_t label_key(const Model&, const State& state, const Action& action) const {
    return static_cast<std::size_t>(action.name == Name::Land ? state.in_flight[action.who].at
                                                              : state.process[action.who].at);
  }
};

}  // namespace cutover::state_version
