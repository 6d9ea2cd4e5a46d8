// The store that a command line names.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "impl/store/lock_wait.h"

namespace cutover::cli {

/// Throws UsageError for a name that SQLite gives to the journal of some database: it would take
/// what is there for its own, and change or delete it. `named` is what the command line called it.
void refuse_companion(const std::filesystem::path& file, const std::string& named);

/// The file of "sqlite:PATH". Throws UsageError, also for a store in memory, which would end with
/// the command, and for a companion.
std::filesystem::path store_file(const std::string& argument);

/// How long to wait for another process's lock; standard error says for which.
inline constexpr double kWaitSeconds = 30;
/// Adds --wait.
void add_wait(CLI::App& command, double& seconds);
/// Waits that long for a lock of what another process has; standard error says that, and for which
/// file.
LockWait lock_wait(double seconds, const std::string& what = "transaction");

/// Waits that long for a member of an ensemble that has a quorum; the same says so.
LockWait quorum_wait(double seconds);

/// True unless SqliteStore would have to create the store.
bool is_there(const std::filesystem::path& file);

}  // namespace cutover::cli
