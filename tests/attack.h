// What the tests of random attack share: the seed, the cases, and the campaigns of runs on them.
//
// Not for whole-system properties that should hold: RapidCheck draws the seeds of those.
#pragma once

#include <algorithm>
#include <cctype>

#include "cli/check.h"
#include "crashsim/campaign.h"
#include "properties/catalog/cases.h"

namespace cutover {

inline constexpr std::uint64_t kSeed = 20'261;

inline std::vector<Case> cases_that(bool hold) {
  std::vector<Case> selected;
  for (const Case& of : catalog::cases()) {
    if (of.violates.empty() == hold) selected.push_back(of);
  }
  return selected;
}

inline const Case& case_of(const std::string& name) {
  static const Registry cases = catalog::cases();
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

/// The first runs of the seed. An empty `wanted` is any violation.
inline crashsim::CampaignOptions first_runs(std::uint64_t runs, const std::string& wanted,
                                            unsigned threads = 2) {
  crashsim::CampaignOptions options;
  options.seed = kSeed;
  options.threads = threads;
  options.runs = runs;
  options.wanted = wanted;
  return options;
}

inline crashsim::World world_of(const Case& of, const crashsim::Counterexample& found) {
  return of.random.make(found.bounds, found.world);
}

}  // namespace cutover
