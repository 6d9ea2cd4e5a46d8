#include "engines/model_engine.h"

#include "engines/bounds.h"
#include "engines/judging.h"
#include "engines/limits.h"

namespace cutover {

bool has_model(const Case& of) { return of.model.has_value(); }

Verdict check_by_model(const Case& of, const EngineOptions& options) {
  const Check& check = options.symmetry ? of.model->check_by_symmetry : of.model->check;
  Verdict verdict = verdict_of(blank(of, "model", options),
                               check(options.bounds, limits_of(options), !of.violates.empty()));
  if (!verdict.details.empty()) verdict.details = of.name + ": " + verdict.details;
  confirm_on_implementation(verdict);
  return verdict;
}

std::string describe_model(const std::vector<const Case*>& cases, const EngineOptions& options) {
  return bounds_lines_of("model", cases, options);
}

}  // namespace cutover
