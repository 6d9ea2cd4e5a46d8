// The command `bench`, for cutover_main. It takes Google Benchmark (in CMake:
// find_package(cutover COMPONENTS bench), and cutover::bench).
#pragma once

#include "engines/family.h"

namespace cutover {

RunCommand bench(CLI::App& app, const Registry& cases);

}  // namespace cutover
