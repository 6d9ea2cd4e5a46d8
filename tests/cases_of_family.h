// What the tests of each family's cases have in common.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <vector>

#include "crashsim/explore/explorer.h"
#include "engines/case.h"

namespace cutover {

/// For GoogleTest: without the family's name.
struct NameInFamily {
  template <class Info>
  std::string operator()(const Info& info) const {
    std::string name = info.param.name.substr(info.param.family.size() + 1);
    std::ranges::replace_if(name, [](unsigned char c) { return !std::isalnum(c); }, '_');
    return name;
  }
};

/// The search finds what the case is expected to violate; or it ends complete, has seen all that is
/// to be seen, and has as many states as that.
inline void expect_as_told(const Case& of, const crashsim::Bounds& bounds,
                           const std::map<std::string, std::uint64_t>& states) {
  const crashsim::World world = judged_alone(of.world(bounds), of.violates);
  crashsim::Options options;
  options.expect_violation = !of.violates.empty();
  const auto found = crashsim::explore(world, options);
  EXPECT_EQ(found.violation ? found.violation->violated : "", of.violates);
  if (!of.violates.empty()) return;
  EXPECT_EQ(found.result.ended, checker::Ended::complete);
  EXPECT_EQ(found.unseen, std::vector<std::string>{});
  EXPECT_EQ(found.result.states, states.at(of.name));
}

}  // namespace cutover
