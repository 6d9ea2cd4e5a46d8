// A state as one document in a znode: as the original does it, and the reference.
#pragma once

#include "engines/case.h"

namespace cutover::state_version {

std::vector<Case> znode_cases();

}  // namespace cutover::state_version
