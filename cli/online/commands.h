// The commands of the online migrations: copy, verify, phase, counters and rows.
#pragma once

#include "engines/family.h"

namespace cutover::cli {

RunCommand add_online_commands(CLI::App& app);

}  // namespace cutover::cli
