// What pictures of the catalog say: the tombstones and the truth they name, how requests and
// clients were answered, and what each property demands.
#pragma once

#include "properties/catalog/properties.h"

namespace cutover::catalog {

crashsim::Explanations explanations(Truth truth);

}  // namespace cutover::catalog
