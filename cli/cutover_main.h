// The `cutover` command over any families of migrations. A project with one of its own calls it
// from its main().
#pragma once

#include "engines/family.h"

namespace cutover {

/// Adds commands that take further libraries: `pictures` (cli/pictures/commands.h), `bench`
/// (cli/bench/commands.h).
using MoreCommands = std::function<RunCommand(CLI::App&, const Registry&)>;

/// Parses the command line, runs the command, and returns its exit status: 0 as expected, 1 a
/// verdict differs, 2 bad input or usage, 3 unknown (truncated).
int cutover_main(int argc, char** argv, const std::vector<Family>& families,
                 const std::vector<MoreCommands>& more = {});

}  // namespace cutover
