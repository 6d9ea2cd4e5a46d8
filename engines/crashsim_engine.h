// The engine `crashsim`: every interleaving of the real coroutines within the bounds.
#pragma once

#include "engines/engines.h"

namespace cutover {

/// Not one whose flaw violates no property: a wrong order of steps is seen by the refinement alone.
bool judged_by_properties(const Case& of);
Verdict check_by_crashsim(const Case& of, const EngineOptions& options);

}  // namespace cutover
