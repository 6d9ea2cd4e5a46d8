#include "engines/model/constants.h"

namespace cutover {

crashsim::Bounds bounds_by_constants(const Constants& constants,
                                     const std::vector<ConstantOfBound>& own) {
  const auto number = [&](const std::string& name) {
    return constants.contains(name) ? constants.at(name) : 0;
  };
  crashsim::Bounds made{number("Processes"), number("MaxStarts"), number("MaxCrashes"),
                        number("MaxInFlight"), number("MaxLost")};
  for (const auto& [bound, constant] : own) bound.set(made, number(constant));
  return made;
}

}  // namespace cutover
