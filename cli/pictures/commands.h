// The commands `graph` and `show`, for cutover_main. They take Graphviz (in CMake:
// find_package(cutover COMPONENTS pictures), and cutover::pictures).
#pragma once

#include "engines/family.h"

namespace cutover {

RunCommand pictures(CLI::App& app, const Registry& cases);

}  // namespace cutover
