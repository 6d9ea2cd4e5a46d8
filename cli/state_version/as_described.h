// The hidden command `as-described`: the original of impl/state_version over a real file or table,
// as the newest scheduler of properties/state_version/sample.h, so that its hazards can be shown by
// real kills. Nobody is to keep a state with it.
#pragma once

#include <iosfwd>

#include "cli/stores/pauses.h"

namespace cutover::cli {

struct AsDescribedOptions {
  std::string store;  ///< file:PATH or sqlite:PATH, with the namespace "a"
  double wait = 0;
  Pauses pauses = {};
};
/// kDiffers where it could not start, or a step did not go through.
int run_as_described_scheduler(const AsDescribedOptions& options, std::ostream& out);

}  // namespace cutover::cli
