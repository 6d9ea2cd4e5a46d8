// The random engine: random search on random worlds, past every exhaustive bound. A family that
// draws none is attacked in the world that is explored, at random bounds.
//
// Finding nothing proves nothing: a case that holds is reported as not complete, with how much was
// tried. It is unknown where so little was tried that some witness never fired.
#pragma once

#include "engines/engines.h"

namespace cutover {

/// The worlds that it draws. Of a case that draws none they are its world; where another property
/// would fall there before the one that is expected, that one is judged alone.
crashsim::RandomWorlds random_worlds_of(const Case& of);

Verdict check_by_random(const Case& of, const EngineOptions& options);
/// What the worlds are like, and the seed.
std::string describe_random_worlds(const std::vector<const Case*>& cases,
                                   const EngineOptions& options);

}  // namespace cutover
