// The cases of counters that move while they are counted on (impl/online/counters.h), and of the
// way in which practitioners tell it.
#pragma once

#include "engines/case.h"

namespace cutover::online {

std::vector<Case> counter_cases();

}  // namespace cutover::online
