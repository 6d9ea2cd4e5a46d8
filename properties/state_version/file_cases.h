// A state in one JSON file: as the original does it, and the reference.
#pragma once

#include "engines/case.h"

namespace cutover::state_version {

std::vector<Case> file_cases();

}  // namespace cutover::state_version
