// Checks the catalog's model, and tells its counterexamples as schedules of the implementation.
#pragma once

#include "engines/case.h"
#include "model/checker/plain.h"
#include "properties/catalog/model_state.h"

namespace cutover::catalog {

/// Why the model can't have these bounds, or empty.
std::string impossible_for_model(const model::catalog::Protocol& protocol,
                                 const crashsim::Bounds& bounds);

/// Explores the model of this protocol within the bounds. Where a violation is expected it first
/// looks without faults, then with all of them. Throws std::runtime_error where the model can't
/// have these bounds.
/// With `symmetry` states that differ in the places of processes alone are one; both counts are
/// told, where there is at most one request in flight.
Findings check_model(const model::catalog::Protocol& protocol, const crashsim::Bounds& bounds,
                     const checker::Limits& limits, bool expect_violation, bool symmetry);

/// The model's actions as choices of the implementation's scheduler: the same processes, steps and
/// outcomes by name.
crashsim::Schedule to_schedule(const model::catalog::Model& model,
                               const model::catalog::State& begins,
                               const std::vector<checker::Taken<model::catalog::Model>>& path);

/// The bounds that the constants of tla/catalog/Catalog.tla give. Throws std::out_of_range where
/// one is missing.
model::catalog::Bounds bounds_of(const std::map<std::string, unsigned>& constants);
/// As the other engines name them; a constant that a module does not have is 0.
crashsim::Bounds bounds_of_constants(const std::map<std::string, unsigned>& constants);

/// The same as to_schedule() of states as TLA+ has them; `constants` are those of bounds_of().
/// Throws std::runtime_error that names the first step which the model does not have.
crashsim::Schedule schedule_of(const model::catalog::Protocol& protocol,
                               const std::map<std::string, unsigned>& constants,
                               const std::vector<NamedState>& states);

}  // namespace cutover::catalog
