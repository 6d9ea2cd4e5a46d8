// Draws a story as a time diagram, in Graphviz's language. Time runs downwards. Stores stand at the
// sides and the processes between them, so that the direction of an arrow tells its store.
#pragma once

#include "cli/pictures/story.h"

namespace cutover::cli {

std::string time_diagram(const Story& story);

}  // namespace cutover::cli
