// The drawing of a chart: a panel for each curve, one below the other over the same time.
#pragma once

#include <string>

#include "cli/chart.h"

namespace cutover::cli {

/// In Graphviz's language, placed by hand. What is above a curve's limit is red. Where there are
/// more points than fit, the highest of those that share a place is drawn.
std::string curves_diagram(const Chart& chart);

/// The highest step of 1, 2 or 5 times a power of ten of which `most` is at least two; 1 for 0, and
/// for what is hardly more.
double step_of_axis(double most);

}  // namespace cutover::cli
