// The catalog's cases as tests take them, and their names as GoogleTest takes them.
#pragma once

#include <algorithm>
#include <cctype>
#include <vector>

#include "cli/check.h"
#include "properties/catalog/cases.h"
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

/// Of either family.
inline const Case& case_of(const std::string& name) {
  static const Registry cases = registry_of({catalog::family(), state_version::family()});
  return cli::find_case(cases, name);
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
