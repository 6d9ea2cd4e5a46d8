// The cases of the catalog family: the designs, the first draft, and every mutant.
#pragma once

#include "properties/case.h"

namespace cutover::catalog {

Registry cases();

}  // namespace cutover::catalog
