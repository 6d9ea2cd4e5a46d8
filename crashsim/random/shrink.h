// Makes a counterexample small: fewer faults, then fewer choices, then milder ones, and the
// smallest world and bounds in which it still is one. Deterministic.
//
// A smaller schedule is tried by following it as far as it goes: a choice that can't be made any
// more is left out, a process that has come to another step than before takes that one, and one
// that is to hear from a client first takes the steps it has left. What was really done is the new
// schedule, cut at the first violation, which must be of the same property. At the end no single
// choice, process or fault can be spared, and no bound lowered.
#pragma once

#include "crashsim/live/lone_runs.h"
#include "crashsim/random/random_worlds.h"

namespace cutover::crashsim {

/// Makes the choices that can be made, in their order, up to the first violation; every property is
/// judged after each. Returns what was done; `violated` is empty if nothing was.
Schedule follow(const World& world, const Schedule& wanted, LoneRuns& alone);

/// The same of a schedule that violates something. Throws std::runtime_error if it does so no more:
/// then the programs, or the stores, depend on more than the choices made.
Schedule followed(const World& world, const Schedule& violating, LoneRuns& alone);

/// The schedule without the process of this name, its steps and what it left in flight; later ones
/// of its program move up by one.
Schedule without_process(const Schedule& schedule, const std::string& process);

/// What is to be small: (faults, choices, how severe they are).
std::array<std::size_t, 3> measure(const Schedule& schedule);

/// The bounds of `found` must be within `most`. Throws what followed() throws.
Counterexample shrunk(const RandomWorlds& worlds, const Counterexample& found, const Bounds& most);

}  // namespace cutover::crashsim
