// What a trace is of: its case and its world, where there are such.
#pragma once

#include "crashsim/trace/trace.h"
#include "engines/case.h"

namespace cutover::cli {

/// Throws UsageError, which names the place in the file: for a case that there is not, bounds that
/// its family does not have, a random world where it has none.
const Case& case_of(const Registry& cases, const crashsim::Trace& trace, const std::string& file);

/// The trace's world. Throws UsageError if that has no such beginning.
crashsim::World world_of(const Case& of, const crashsim::Trace& trace, const std::string& file);

/// Where the model of the design can't follow a trace.
struct NotFollowed {
  std::size_t steps = 0;  ///< the last of them is none of the model's
  std::string why;
};
/// Nothing: it can follow all of it, or the case has no model.
std::optional<NotFollowed> not_followed(const Case& of, const crashsim::Trace& trace);

}  // namespace cutover::cli
