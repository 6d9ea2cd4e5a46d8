// A file that an option names, and that is written when the work is done.
#pragma once

#include <filesystem>
#include <string>

#include "cli/errors.h"
#include "system/whole_file.h"

namespace cutover::cli {

/// Before anything is done for minutes. Throws UsageError that names the option, if it is known
/// without writing that the file can't be written. Leaves nothing behind.
inline void try_to_write(const std::string& option, const std::filesystem::path& file) {
  try {
    system::try_to_write(file);
  } catch (const std::runtime_error& error) {
    throw UsageError(option + ": " + error.what());
  }
}

}  // namespace cutover::cli
