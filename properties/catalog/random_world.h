// Random catalogs: the worlds in which random search looks for what lies past every exhaustive
// bound.
//
// A world has from one to hundreds of keys of arbitrary bytes; values that are empty, huge, or no
// text; a source of truth that was never initialised, or is in the old format or the current one;
// garbage or an outdated copy in the other store; and clients that write and read a few of the
// keys, also missing ones. The truth may have moved before the beginning, by a fault-free run of
// the case's own protocol, so the tombstones are such as the protocol leaves behind.
//
// Not covered: contents of the truth that are damaged or of a newer format; garbage of a newer
// format or without one, where the protocol would have to bring it up; epochs near the end of u64.
#pragma once

#include "crashsim/random/random_worlds.h"
#include "properties/catalog/world.h"

namespace cutover::catalog {

crashsim::RandomWorlds random_worlds(const Parts& parts);

}  // namespace cutover::catalog
