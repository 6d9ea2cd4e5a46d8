#include "properties/online/constants.h"

#include "properties/online/bounds.h"

namespace cutover::online {

crashsim::Bounds bounds_by_constants(const Constants& constants) {
  return cutover::bounds_by_constants(constants, {{kPuts, "MaxPuts"},
                                                  {kDeletes, "MaxDeletes"},
                                                  {kInserts, "MaxInserts"},
                                                  {crashsim::kReads, "MaxReads"},
                                                  {kCompactions, "MaxCompactions"}});
}

std::string beyond_models(const crashsim::Bounds& bounds) {
  if (bounds.processes > 3) return "the model has at most 3 processes";
  if (bounds.in_flight > 2) return "the model has at most 2 in_flight";
  if (kPuts.of(bounds) > 4) return "the model has at most 4 puts";
  return "";
}

}  // namespace cutover::online
