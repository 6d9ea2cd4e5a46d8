// An application whose table moves while it writes to it, to be watched and killed by tests: it
// goes on until standard input ends. It prints a line before each attempt, and one once a request
// is acknowledged:
//   try KEY WRITTEN VALUE     a put of the column `v`; of a deletion VALUE is "-"
//   ack KEY WRITTEN           the latest attempt on the key
//   add KEY, counted KEY      of a table of counters, whose column is `v`
// What it reads is compared with what it knows, being the only one that writes to its keys, all of
// which begin with its name: if it differs, it says so and ends with status 1.
#pragma once

#include <ostream>
#include <string>

#include "cli/online/migration.h"

namespace cutover::cli {

struct ApplicationOptions {
  MigrationOptions migration;
  std::string name;
  unsigned seed = 1, keys = 10;
  std::int64_t skew = 0;  ///< of its clock, in microseconds
};

int run_application(const ApplicationOptions& options, std::ostream& out);

}  // namespace cutover::cli
