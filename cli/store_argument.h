// The store that a command line names.
#pragma once

#include <filesystem>
#include <string>

namespace cutover::cli {

/// The file of "sqlite:PATH". Throws UsageError, also for a store in memory, which would end with
/// the command.
std::filesystem::path store_file(const std::string& argument);

/// True unless SqliteStore would have to create the store.
bool is_there(const std::filesystem::path& file);

/// True if both paths lead to one file, or would if there were one.
bool is_same_file(const std::filesystem::path& one, const std::filesystem::path& other);

}  // namespace cutover::cli
