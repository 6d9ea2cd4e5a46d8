// The commands of the state versions: upgrade and history.
#pragma once

#include "engines/family.h"

namespace cutover::cli {

RunCommand add_state_version_commands(CLI::App& app);

}  // namespace cutover::cli
