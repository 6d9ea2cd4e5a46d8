// What a user's own migration is refused for.
#pragma once

#include <stdexcept>

#include "crashsim/sdk.h"

namespace cutover {

/// "none" if it is not.
inline std::string refusal(const Migration& migration, const crashsim::Bounds& bounds = {}) {
  try {
    migration(bounds);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

}  // namespace cutover
