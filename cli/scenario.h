// `cutover scenario`: stories in commands, and what each must look like.
//
//   # The hazard, and what correct behaviour is.
//   case catalog/single-tombstone
//   bounds starts=20                                   (what the defaults below do not allow)
//   from leftovers
//   migrate-1: run until set stash tombstone true      (all steps before that one)
//   migrate-1: set stash tombstone true -> crash before
//   migrate-1: run                                     (until it waits: for a client, for another
//   ----                                                process, or to be told a number; or ends)
//   the table of the trace, and the property that is violated
//
// A process starts when it is first named. Unless it says otherwise a story may have 4 processes,
// 9 starts, 5 crashes, 5 lost answers and 5 requests in flight.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "engines/case.h"

namespace cutover::cli {

struct Scenario {
  std::string commands;  ///< up to the dashes
  std::string expected;  ///< what follows them
  bool has_expected = false;
  std::string told;      ///< what follows now
  std::string violated;  ///< in the end; empty: nothing
  std::string violates;  ///< what the case is expected to violate
};

/// Reads the file and carries out its commands. Throws UsageError with the file and the line.
Scenario tell_scenario(const Registry& cases, const std::filesystem::path& file);

struct ScenarioOptions {
  std::vector<std::string> files;
  bool rewrite = false;  ///< what follows the dashes is written anew
};

/// A line for each file. Returns the exit status: 0 if each goes as it is told and violates what
/// its case is expected to, or was rewritten; 1 if not. Throws UsageError.
int run_scenarios(const Registry& cases, const ScenarioOptions& options, std::ostream& out);

}  // namespace cutover::cli
