// Rows of several namespaces in one table: as the original does it, and the reference.
#pragma once

#include "engines/case.h"

namespace cutover::state_version {

std::vector<Case> table_cases();

}  // namespace cutover::state_version
