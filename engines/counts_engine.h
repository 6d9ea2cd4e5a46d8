// The engine `counts`: what must be counted alike is counted twice.
//
// A search that loses states, or counts some of them twice, still says "holds, complete". So for
// each design the same states are counted in ways that share little: by one thread and by several;
// the worlds of the implementation alone, and those among the pairs of a world and a model's state
// in which the refinement is explored; the model's states, and those that its states up to the
// order of processes stand for.
//
// Not covered: what all ways lose alike, such as a move that nobody makes; the comparison with
// TLC's state graph and with plain re-execution, in the tests, are for that.
#pragma once

#include "engines/engines.h"

namespace cutover {

/// What is violated where two counts differ.
inline constexpr const char* kSameCounts = "SameCounts";

/// A case that holds, and has a model that can accompany it.
bool can_count(const Case& of);
Verdict check_counts(const Case& of, const EngineOptions& options);
std::string describe_counts(const std::vector<const Case*>& cases, const EngineOptions& options);

}  // namespace cutover
