// A store that can't be reached or written just now.
#pragma once

#include <stdexcept>

namespace cutover {

/// A call that did not go through: it says which, of which store, and why. What had been done before
/// it stays; run again to finish.
class StoreFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace cutover
