// A command over stores that can't be reached, or written, just now.
#pragma once

#include <fmt/format.h>

#include <ostream>

#include "cli/errors.h"
#include "impl/store/store_failed.h"

namespace cutover::cli {

/// Runs the command, and says in a line if a call of a store failed.
template <class Run>
int with_failures(std::ostream& out, const Run& run) {
  try {
    return run();
  } catch (const StoreFailed& failed) {
    out << fmt::format("stopped: {}; nothing was lost; run again to finish\n", failed.what());
    return kDiffers;
  }
}

}  // namespace cutover::cli
