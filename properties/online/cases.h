// The family of tables that move from one cluster to another under live traffic.
#pragma once

#include "engines/family.h"
#include "properties/online/bounds.h"  // so that they are there before whoever makes a family

namespace cutover::online {

Family family();

}  // namespace cutover::online
