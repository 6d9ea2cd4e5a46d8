// How a command ends: its exit status, and the errors that are caught in cutover_main, which prints
// them and ends with status 2.
#pragma once

#include "system/usage_error.h"

namespace cutover::cli {

/// Exit statuses, for scripts.
enum Exit : int {
  kAsExpected = 0,
  kDiffers = 1,    ///< a verdict differs from what the case expects; a migration did not finish
  kBadInput = 2,   ///< command line or input file
  kTruncated = 3,  ///< unknown: a budget or memory ran out
};

}  // namespace cutover::cli
