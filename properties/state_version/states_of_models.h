// What the mappings of this family's models have in common: the models have versions 1, 2 and 3 of
// a state, and of the operators' changes only which are there.
#pragma once

#include "engines/case.h"
#include "impl/state_version/migration.h"
#include "model/state_version/faults.h"

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
crashsim::Value tla_used(const model::state_version::Used& used);

/// The name of what all of them number alike.
std::string property_of_models(checker::Property number);
/// Why the models can't have these, or empty.
std::string beyond_models(const crashsim::Bounds& bounds);
model::state_version::Bounds bounds_of_model(const crashsim::Bounds& bounds);
/// By the names that the family's TLA+ modules have for them.
crashsim::Bounds bounds_by_constants(const Constants& constants);

}  // namespace cutover::state_version
