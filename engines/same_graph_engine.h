// The engine `same-graph`: TLA+ and the model have the same labelled state graph.
//
// TLC dumps the graph of each small configuration of the case, and the model's is made beside it,
// by the same constants: the same beginnings, the same states in all their variables, and the same
// transitions under the same action names, each as often. So what one of the two decides holds for
// the other, within these bounds, and a variable or an action that one lacks can't hide.
//
// Not covered: mutants, as TLC's graph ends where a property is violated; larger bounds.
#pragma once

#include "engines/engines.h"

namespace cutover {

/// What is violated where the graphs differ.
inline constexpr const char* kSameGraph = "SameGraph";

/// A case that holds, and has a model and a small configuration.
bool has_both_graphs(const Case& of);
Verdict check_same_graph(const Case& of, const EngineOptions& options);
std::string describe_same_graph(const std::vector<const Case*>& cases,
                                const EngineOptions& options);

}  // namespace cutover
