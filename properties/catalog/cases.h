// The catalog: the designs, the first draft, and every mutant.
#pragma once

#include "engines/family.h"

namespace cutover::catalog {

/// Without its commands, which are the command line's (cli/catalog/commands.h).
Family family();

}  // namespace cutover::catalog
