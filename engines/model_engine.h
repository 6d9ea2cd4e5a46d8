// The engine `model`: every interleaving of the executable specification within the bounds.
#pragma once

#include "engines/engines.h"

namespace cutover {

bool has_model(const Case& of);
Verdict check_by_model(const Case& of, const EngineOptions& options);
std::string describe_model(const std::vector<const Case*>& cases, const EngineOptions& options);

}  // namespace cutover
