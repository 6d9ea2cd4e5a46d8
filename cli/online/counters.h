// The commands for a table of counters that moves.
#pragma once

#include <ostream>
#include <string>

#include "cli/online/migration.h"

namespace cutover::cli {

/// Moves all counters of the table; begins or goes on.
int run_move_counters(const MigrationOptions& options, std::ostream& out);

/// Drops what was folded, in the source too.
int run_drop_counters(const MigrationOptions& options, std::ostream& out);

struct CounterOptions {
  MigrationOptions migration;
  std::string key, column;
  int amount = 1;
};

/// As an application would. Ends with status 1 if nobody can say whether it counts.
int run_add_to_counter(const CounterOptions& options, std::ostream& out);
int run_read_counter(const CounterOptions& options, std::ostream& out);

}  // namespace cutover::cli
