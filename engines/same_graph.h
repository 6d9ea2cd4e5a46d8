// Labelled state graphs, TLC's and the model's, and what one has that the other has not.
#pragma once

#include "engines/case.h"
#include "tla/state_graph.h"

namespace cutover {

/// As TLC dumped it, in the terms of a model's.
LabelledGraph graph_of_tla(const tla::StateGraph& dumped);

/// In what they differ, with the first state or transition that only one of them has, in the words
/// of the case's model; empty: they are the same.
std::string difference(const LabelledGraph& of_tla, const LabelledGraph& of_model,
                       const Case& modelled);

}  // namespace cutover
