// The family of tables that move from one cluster to another under live traffic.
#pragma once

#include "engines/family.h"

namespace cutover::online {

Family family();

}  // namespace cutover::online
