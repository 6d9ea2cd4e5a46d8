// Finds the mistakes in the definition of a user's own migration before anything is explored. Each
// throws std::invalid_argument, one line with a remedy. Not for users.
#pragma once

#include "crashsim/sdk/definition.h"

namespace cutover::sdk {

/// Names are there and unlike each other, everything that is asked for is there, what refers to
/// something by name finds it.
void check_parts(const Definition& definition);

/// The budgets fit, every property can be judged in every beginning, and every program gets to its
/// first step.
void check_world(const Definition& definition, const crashsim::World& world);

}  // namespace cutover::sdk
