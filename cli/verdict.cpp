#include "cli/verdict.h"

#include <algorithm>

#include "cli/errors.h"

namespace cutover::cli {

const char* to_string(Finding finding) {
  switch (finding) {
    case Finding::holds: return "holds";
    case Finding::violates: return "violates";
    case Finding::unknown: return "unknown";
  }
  return "?";
}

int exit_status(const std::vector<Verdict>& verdicts) {
  if (std::ranges::any_of(verdicts, &Verdict::differs)) return kDiffers;
  if (!std::ranges::all_of(verdicts, &Verdict::as_expected)) return kTruncated;
  return kAsExpected;
}

}  // namespace cutover::cli
