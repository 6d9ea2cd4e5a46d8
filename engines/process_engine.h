// The engine `process`: real processes over real files, really killed. What is run, and how it is
// judged, is the case's (Case::process).
#pragma once

#include "engines/engines.h"

namespace cutover {

bool has_processes(const Case& of);
Verdict check_by_processes(const Case& of, const EngineOptions& options);

}  // namespace cutover
