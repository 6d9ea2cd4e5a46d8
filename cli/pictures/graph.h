// `cutover graph`: draws the states that a case can reach, from far away, and prints them as a
// table.
#pragma once

#include <iosfwd>
#include <string>

#include "crashsim/explore/projection.h"
#include "engines/case.h"

namespace cutover::cli {

/// Small, and enough for every durable look that the designs can have; a family may add to them.
inline constexpr const char* kGraphBounds = "processes=2,starts=3,crashes=1,in_flight=0,lost=0";

struct GraphOptions {
  std::string name;                    ///< the case
  std::string output;                  ///< .svg, .png or .dot
  bool model = false;                  ///< draw its model, not the implementation
  std::vector<std::string> variables;  ///< of the model, to tell states apart by
  std::string bounds;                  ///< over kGraphBounds
  unsigned threads = 0;                ///< 0: as many as there are cores
};

/// Returns the exit status. Throws UsageError.
int run_graph(const Registry& cases, const GraphOptions& options, std::ostream& out);

/// The graph in Graphviz's language. Colours tell which store is the source of truth.
std::string state_graph(const Case& of, const crashsim::Projection& projection);

}  // namespace cutover::cli
