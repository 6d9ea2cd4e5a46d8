#include "properties/catalog/specification.h"

#include "engines/model/model_of_case.h"
#include "properties/catalog/mapping.h"
#include "properties/catalog/sqlite_machine.h"

namespace cutover::catalog {

Findings check_refinement(const Parts& parts, const model::catalog::Protocol& protocol,
                          const crashsim::Bounds& bounds, const checker::Limits& limits,
                          bool expect_violation) {
  Parts over_sqlite = parts;
  over_sqlite.stash = over_sqlite.persist = make_sqlite_machine;
  return cutover::check_refinement(Mapping(protocol),
                                   {{"over simulated stores", make_world(parts, bounds)},
                                    {"over SQLite in memory", make_world(over_sqlite, bounds)}},
                                   limits, expect_violation);
}

void specify(Case& of, const model::catalog::Protocol& protocol, const Parts& parts) {
  const Mapping mapping(protocol);
  of.accompany = accompany_by(mapping);
  if (!of.violates_only_refinement()) of.model = model_of_case(mapping, make_world(parts, {}));
  if (!of.violates.empty() && !of.violates_only_refinement()) return;
  of.refinement = [parts, &protocol](const auto& bounds, const auto& limits,
                                     bool expect_violation) {
    return check_refinement(parts, protocol, bounds, limits, expect_violation);
  };
}

}  // namespace cutover::catalog
