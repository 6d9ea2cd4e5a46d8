// The commands that move a table of rows, phase by phase.
#pragma once

#include <optional>
#include <ostream>

#include "cli/online/migration.h"

namespace cutover::cli {

struct CopyOptions {
  MigrationOptions migration;
  unsigned ranges = 64, workers = 1;
  double source_p99 = 0;                ///< milliseconds; 0: no limit
  double grace = 3600;                  ///< seconds that clients' clocks may be behind
  std::optional<std::int64_t> written;  ///< instead of that: microseconds since 1970
  bool resume = false;
  std::string chart;  ///< a file that gets how fast it was, second by second; empty: none
};

/// Begins or goes on with the copy: up to the phase of the backfill, and all ranges of it.
int run_copy(const CopyOptions& options, std::ostream& out);

/// The strict phase: waits for the workers, and makes the target hold what the source holds.
int run_verify(const MigrationOptions& options, std::ostream& out);

struct PhaseOptions {
  MigrationOptions migration;
  bool next = false, back = false;
};

/// Prints the phase, after one step if one is asked for.
int run_phase(const PhaseOptions& options, std::ostream& out);

}  // namespace cutover::cli
