// The catalog's cases as tests take them, and their names as GoogleTest takes them.
#pragma once

#include <algorithm>
#include <cctype>
#include <vector>

#include "cli/check.h"
#include "crashsim/explore/explorer.h"
#include "properties/catalog/cases.h"
#include "properties/online/cases.h"
#include "properties/state_version/cases.h"

namespace cutover {

/// Those that a property decides; what only the refinement sees is left out.
inline std::vector<Case> cases_by_properties() {
  std::vector<Case> selected = registry_of({catalog::family()});
  std::erase_if(selected, [](const Case& of) { return of.violates_only_refinement(); });
  return selected;
}

inline std::vector<Case> cases_that(bool hold) {
  std::vector<Case> selected = cases_by_properties();
  std::erase_if(selected, [&](const Case& of) { return of.violates.empty() != hold; });
  return selected;
}

/// Of any family.
inline const Case& case_of(const std::string& name) {
  static const Registry cases =
      registry_of({catalog::family(), state_version::family(), online::family()});
  return cli::find_case(cases, name);
}

/// What the search finds of the property that the case is expected to violate.
inline std::optional<crashsim::Schedule> violation_of(const Case& of,
                                                      const crashsim::Bounds& bounds = {}) {
  crashsim::Options options;
  options.expect_violation = !of.violates.empty();
  const crashsim::World world = of.world(bounds);
  const auto found = crashsim::explore(world, options).violation;
  if (!found || found->violated == of.violates || !world.judged_by) return found;
  return crashsim::explore(judged_alone(world, of.violates), options).violation;
}

/// For GoogleTest.
struct NameOfCase {
  template <class Info>
  std::string operator()(const Info& info) const {
    std::string name = info.param.name;
    std::ranges::replace_if(name, [](unsigned char c) { return !std::isalnum(c); }, '_');
    return name;
  }
};

}  // namespace cutover
