// The family of schedulers that upgrade their stored state at their start.
#pragma once

#include "engines/family.h"

namespace cutover::state_version {

Family family();

}  // namespace cutover::state_version
