// What models and modules of TLA+ count alike.
#pragma once

#include <string>
#include <vector>

#include "engines/case.h"

namespace cutover {

/// A family's own bound, and the constant that modules have for it.
struct ConstantOfBound {
  crashsim::BoundSpec bound;
  std::string constant;
};
/// The bounds of a configuration; a constant that a module does not have is 0.
crashsim::Bounds bounds_by_constants(const Constants& constants,
                                     const std::vector<ConstantOfBound>& own);

/// What a model has used up (model/faults.h), as TLA+ has it.
template <class Used>
crashsim::Value tla_used(const Used& used) {
  return {{"starts", used.starts},
          {"crashes", used.crashes},
          {"inFlight", used.in_flight},
          {"lost", used.lost}};
}

}  // namespace cutover
