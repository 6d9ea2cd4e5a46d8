// `cutover bench --migrate`: how long a migration takes, beside the least that SQLite needs to
// write the same entries, and how much memory it takes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <span>

namespace cutover::cli {

struct MigrationFigures {
  std::uint64_t entries = 0;
  double migration = 0, floor = 0;  ///< seconds, medians
  std::uint64_t peak_bytes = 0;     ///< the most that a migration had in memory
};

/// Builds a store of so many entries in `folder` and migrates it `pairs` times, each time with the
/// program `command` in a process of its own, and each time beside the floor: one INSERT ... SELECT
/// of the same entries through ATTACH, into a database with a write-ahead log and synchronous=FULL.
/// Throws std::runtime_error if a migration fails.
MigrationFigures measure_migration(const std::filesystem::path& command,
                                   const std::filesystem::path& folder, std::uint64_t entries,
                                   unsigned pairs);

/// Measures 10^4, 10^5 and 10^6 entries in a temporary folder and prints a table. Returns the exit
/// status.
int run_migrate_bench(std::ostream& out);

}  // namespace cutover::cli
