// How what an engine found becomes a verdict.
#pragma once

#include "engines/engines.h"

namespace cutover {

/// "12 steps, 1 fault"
std::string length_of(const crashsim::Schedule& schedule);

/// An unknown verdict, to be filled in.
Verdict blank(const Case& of, const std::string& engine, const EngineOptions& options);

/// Of what a search found.
Verdict verdict_of(Verdict verdict, const Findings& found);

/// Why the counterexample does not happen, or not violate its property, on the real coroutines;
/// nothing if it does.
std::optional<std::string> not_on_implementation(const Verdict& verdict);
/// Turns a verdict whose counterexample does not happen there into an unknown one.
void confirm_on_implementation(Verdict& verdict);

}  // namespace cutover
