// Errors of the command line and of input files: caught once, in cutover_main, which prints them
// and ends with status 2.
#pragma once

#include <stdexcept>

namespace cutover::cli {

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Exit statuses, for scripts.
enum Exit : int {
  kAsExpected = 0,
  kDiffers = 1,    ///< a verdict differs from what the case expects; a migration did not finish
  kBadInput = 2,   ///< command line or input file
  kTruncated = 3,  ///< unknown: a budget or memory ran out
};

}  // namespace cutover::cli
