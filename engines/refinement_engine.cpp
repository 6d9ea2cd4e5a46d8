#include "engines/refinement_engine.h"

#include "engines/bounds.h"
#include "engines/judging.h"
#include "engines/limits.h"

namespace cutover {

bool has_refinement(const Case& of) { return of.refinement != nullptr; }

Verdict check_by_refinement(const Case& of, const EngineOptions& options) {
  Verdict verdict =
      verdict_of(blank(of, "refinement", options),
                 of.refinement(options.bounds, limits_of(options), !of.violates.empty()));
  if (!verdict.details.empty() && !verdict.counterexample) {
    verdict.details = of.name + ":\n" + verdict.details;
  }
  return verdict;
}

std::string describe_refinement(const std::vector<const Case*>& cases,
                                const EngineOptions& options) {
  return bounds_lines_of("refinement", cases, options) +
         "Extent: the share of the model's transitions that the implementation exercised.\n";
}

}  // namespace cutover
