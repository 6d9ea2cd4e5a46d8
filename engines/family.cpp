#include "engines/family.h"

#include <fmt/format.h>

#include <set>
#include <stdexcept>

namespace cutover {

Registry registry_of(const std::vector<Family>& families) {
  Registry all;
  std::set<std::string> names;
  for (const Family& family : families) {
    std::vector<Case> of_family = family.cases.all();
    for (Case& each : of_family) {
      each.family = family.name;
      each.bounds = family.bounds;
      each.specifications = family.specifications;
      each.random.own_bounds = family.bounds.own;
      if (!names.insert(each.name).second) {
        throw std::invalid_argument(fmt::format("two cases are called '{}'", each.name));
      }
      all.push_back(std::move(each));
    }
  }
  return all;
}

}  // namespace cutover
