#pragma once

#include "engines/family.h"

namespace cutover::handover {

Family family();

}  // namespace cutover::handover
