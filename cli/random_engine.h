// The random engine: random attack on random worlds, past every exhaustive bound.
//
// Finding nothing proves nothing: a case that holds is reported as not complete, with how much was
// tried. It is unknown where so little was tried that some witness never fired.
#pragma once

#include "cli/engines.h"

namespace cutover::cli {

bool has_random_worlds(const Case& of);
Verdict check_by_random(const Case& of, const EngineOptions& options);
/// What the worlds are like, and the seed.
std::string describe_random_worlds(const EngineOptions& options);

}  // namespace cutover::cli
