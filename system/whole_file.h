// Files that are written whole or not at all.
//
// A regular file is written beside its place and then takes the place of what was there, with the
// mode and owner of that; a link is followed. What is no regular file (a device, a FIFO) is written
// to as it is. Errors are std::runtime_error: "FILE: cannot be written (No space left on device)".
//
// Not covered: a power loss; nothing is synced.
#pragma once

#include <filesystem>
#include <string_view>

namespace cutover::system {

/// Makes the folders that are missing, too.
void write_file(const std::filesystem::path& file, std::string_view bytes);

/// Throws what write_file() would, as far as that is known without writing: for a command that
/// works for minutes before it has something to write. Leaves nothing behind.
void try_to_write(const std::filesystem::path& file);

}  // namespace cutover::system
