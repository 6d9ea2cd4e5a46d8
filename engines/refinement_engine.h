// The engine `refinement`: the real coroutines in lock step with the specification.
#pragma once

#include "engines/engines.h"

namespace cutover {

bool has_refinement(const Case& of);
Verdict check_by_refinement(const Case& of, const EngineOptions& options);
std::string describe_refinement(const std::vector<const Case*>& cases,
                                const EngineOptions& options);

}  // namespace cutover
