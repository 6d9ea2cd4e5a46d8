// `cutover check`: runs cases on engines and says for each whether it does what is expected.
#pragma once

#include <iosfwd>

#include "engines/verdict.h"

namespace cutover::cli {

struct CheckOptions {
  std::vector<std::string> names;         ///< families or cases; empty: all
  std::vector<std::string> engines;       ///< "model,tla"; empty: default_engines()
  bool symmetry = false;                  ///< of the model's processes
  std::string bounds;                     ///< "processes=2,crashes=3"; the rest are defaults
  std::string shard;                      ///< "I/N", or empty
  std::uint64_t seed = 1;                 ///< of all that is random
  std::optional<double> budget;           ///< seconds, for the whole check
  std::string report, junit;              ///< files, or empty
  std::string traces = "cutover-traces";  ///< folder for counterexamples
  unsigned threads = 0;                   ///< 0: as many as there are cores
  std::string executable;                 ///< of this command, for child processes
};

/// Runs the check and prints its table. Returns the exit status. Throws UsageError, before it
/// searches. A file that can't be written later is told on standard error.
int run_check(const Registry& cases, const CheckOptions& options, std::ostream& out);

/// Of the case's counterexample, in the folder for traces.
std::string trace_file_name(std::string case_name, const std::string& engine = "crashsim");

/// The exit status of a check with these verdicts.
int exit_status(const std::vector<Verdict>& verdicts);

/// The case of this name. Throws UsageError that names the nearest ones, or those of a family.
const Case& find_case(const Registry& cases, const std::string& name);

}  // namespace cutover::cli
