// The bounds of this family's models and TLA+ modules.
#pragma once

#include <string>

#include "engines/model/constants.h"

namespace cutover::online {

/// By the names that the modules have for them.
crashsim::Bounds bounds_by_constants(const Constants& constants);
/// Why no model of this family can have these, or empty.
std::string beyond_models(const crashsim::Bounds& bounds);

}  // namespace cutover::online
