// The catalog's model beside everything else: its steps by the labels of the implementation, its
// states as TLA+ writes them, and the durable states of the implementation in its terms.
#pragma once

#include "crashsim/world/value.h"
#include "crashsim/world/world.h"
#include "model/catalog/model.h"
#include "properties/catalog/bounds.h"

namespace cutover::catalog {

/// The label of the store operation in traces, "read stash tombstone". `write` is the write that it
/// carries out, where it is one.
std::string label_of(const model::catalog::Model& model, const model::catalog::Operation& operation,
                     model::catalog::Byte write);

/// The outcome that the action is to the step it happens to; none for Start, Put, Delete, Stop and
/// Land.
std::optional<crashsim::Outcome> outcome_of(model::catalog::Name name);

/// The state as an object of the variables of tla/catalog/Catalog.tla; sets are sorted arrays,
/// functions over 1..n and sequences are arrays.
crashsim::Value tla_value(const model::catalog::Model& model, const model::catalog::State& state);
/// The same as TLC prints it: one conjunct a line.
std::string tla_text(const crashsim::Value& state);

/// A part of it.
std::string tla_text_of(const crashsim::Value& value);

/// A durable state of the implementation, abstracted; nothing where the model has no such state.
std::optional<model::catalog::Store> abstracted(const crashsim::Value& store);

/// The model's bounds for those of the exploration. Reads are not modelled.
model::catalog::Bounds model_bounds(const crashsim::Bounds& bounds);

}  // namespace cutover::catalog
