// The cases of a table that moves under live traffic (impl/online/shadow.h), over simulated
// clusters.
#pragma once

#include "engines/case.h"

namespace cutover::online {

std::vector<Case> shadow_cases();

}  // namespace cutover::online
