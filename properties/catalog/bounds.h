// What the catalog's bounds count besides the engine's.
#pragma once

#include "crashsim/world/bounds.h"

namespace cutover::catalog {

inline const crashsim::BoundSpec kWrites{"writes", "of clients, half of them deletes", 2, 6, 35};
using crashsim::kReads;

}  // namespace cutover::catalog
