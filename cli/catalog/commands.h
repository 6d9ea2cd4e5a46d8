// The catalog's commands: migrate, load and dump, and `bench --migrate`.
#pragma once

#include "engines/family.h"

namespace cutover::cli {

RunCommand add_catalog_commands(CLI::App& app);

}  // namespace cutover::cli
