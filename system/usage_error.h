// What is wrong with something that a person gave us: a command line, an input file.
#pragma once

#include <stdexcept>

namespace cutover {

/// Caught once, where the command ends with status 2. The text names the place and the remedy.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace cutover
