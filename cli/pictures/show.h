// `cutover show`: draws a trace as a time diagram. Time runs downwards, a lane for each process and
// store: who asked what of which store, what came back or did not, and what the stores then held.
// Or a chart that a command has written (cli/chart.h): curves over time.
#pragma once

#include <iosfwd>
#include <string>

#include "engines/case.h"

namespace cutover::cli {

struct ShowOptions {
  std::string file;    ///< the trace, or a chart
  std::string output;  ///< .svg, .png or .dot
};

/// Draws a chart as it is. Runs a trace again on the real coroutines and draws what happened.
/// Returns the exit status: 0 if the trace's property is violated again, 1 if it ends otherwise.
/// Throws TraceError and UsageError.
int run_show(const Registry& cases, const ShowOptions& options, std::ostream& out);

}  // namespace cutover::cli
