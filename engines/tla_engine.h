// The engine `tla`: checks the TLA+ specification of a case with TLC.
//
// Which configurations a case has is said in their first lines (tla/configuration.h). A case that
// holds takes the small, long and liveness ones, and the witnesses, which must be found reachable
// or nothing was shown; a case that is to be violated takes those of size mutant. The large ones
// take minutes: tests/tla_test.cpp runs them when asked to. The bounds are the configurations' own.
#pragma once

#include "engines/engines.h"
#include "tla/tlc.h"

namespace cutover {

/// What TLC made of the large configuration of the case.
struct LargeRun {
  crashsim::Bounds bounds;
  std::uint64_t states = 0, transitions = 0, depth = 0;
  double seconds = 0;
};
bool has_large_configuration(const Case& of);
/// Runs TLC on it. Throws UsageError where there is none, or TLC is missing or failed.
LargeRun run_large_configuration(const Case& of, unsigned threads);

/// Those that check_by_tla takes. Throws std::runtime_error where one can't be read.
std::vector<tla::Configuration> configurations_of(const Case& of);
/// Nothing where TLC is missing; the verdict then says so.
std::optional<tla::Tools> tools_or_why_not(Verdict& verdict);

bool has_specification(const Case& of);
Verdict check_by_tla(const Case& of, const EngineOptions& options);
std::string describe_tla(const std::vector<const Case*>& cases, const EngineOptions& options);

}  // namespace cutover
