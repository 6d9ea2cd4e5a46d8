// The `cutover` command over any registry of cases. A project with migrations of its own calls it
// from its main().
#pragma once

#include "properties/case.h"

namespace cutover {

/// Parses the command line, runs the command, and returns its exit status: 0 as expected, 1 a
/// verdict differs, 2 bad input or usage, 3 unknown (truncated).
int cutover_main(int argc, char** argv, const Registry& cases);

}  // namespace cutover
