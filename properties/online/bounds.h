// What the worlds of the family count besides the engine's budgets.
#pragma once

#include "crashsim/world/bounds.h"

namespace cutover::online {

inline const crashsim::BoundSpec kPuts{"puts", "of clients", 1, 6, 20};
inline const crashsim::BoundSpec kDeletes{"deletes", "of clients", 1, 3, 10};
inline const crashsim::BoundSpec kInserts{"inserts", "of clients, of a new key", 0, 3, 10};
/// None in random worlds: an older put brings back what a cluster has forgotten, moved or not.
inline const crashsim::BoundSpec kCompactions{"compactions", "the source forgets what was deleted",
                                              0, 0, 0};

}  // namespace cutover::online
