#include "impl/online/shadow.h"

namespace cutover::online {

std::string to_string(Phase phase) {
  switch (phase) {
    case Phase::source_only: return "source only";
    case Phase::both: return "both";
    case Phase::backfill: return "backfill";
    case Phase::strict: return "strict";
    case Phase::verified: return "verified";
    case Phase::target_only: break;
  }
  return "target only";
}

}  // namespace cutover::online
