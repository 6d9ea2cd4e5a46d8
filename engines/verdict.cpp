#include "engines/verdict.h"

namespace cutover {

const char* to_string(Finding finding) {
  switch (finding) {
    case Finding::holds: return "holds";
    case Finding::violates: return "violates";
    case Finding::unknown: return "unknown";
  }
  return "?";
}

}  // namespace cutover
