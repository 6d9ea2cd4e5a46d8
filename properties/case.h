// A case: a protocol, its bounds, its expected verdict. The registry of all cases is what
// `cutover list` shows and `cutover check` checks.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "crashsim/random_worlds.h"
#include "crashsim/schedule.h"
#include "model/checker/search.h"

namespace cutover {

/// What a check of a case found, by whichever means.
struct Findings {
  checker::Result result;
  std::uint64_t executions = 0;
  std::vector<std::string> unseen;  ///< without which "holds" would be vacuous
  std::optional<crashsim::Schedule> violation;
  std::string extent;   ///< in a few words; empty: the number of states
  std::string details;  ///< more, or empty
};
/// `expect_violation` lets it look where a violation is found soonest.
using Check = std::function<Findings(const crashsim::Bounds&, const checker::Limits&,
                                     bool expect_violation)>;

struct Case {
  std::string name;      ///< "catalog/single-tombstone+flip-before-copy"
  std::string family;    ///< "catalog"
  std::string about;     ///< one line: the idea, or a mutant's flaw
  std::string violates;  ///< the property that it is expected to violate; empty: it holds
  std::function<crashsim::World(const crashsim::Bounds&)> world;
  crashsim::RandomWorlds random = {};  ///< past every exhaustive bound; may be empty
  Check model = nullptr;               ///< of its model, where it has one
  Check refinement = nullptr;          ///< of the implementation beside its model

  friend void PrintTo(const Case& of, std::ostream* out) { *out << of.name; }  ///< for GoogleTest
  /// The world that a trace names.
  crashsim::World world_of(const crashsim::Bounds& bounds,
                           const std::optional<crashsim::WorldName>& name) const {
    return name ? random.make(bounds, *name) : world(bounds);
  }
  bool is_mutant() const { return name.find('+') != std::string::npos; }
};

/// All cases of one family or of several, in the order in which they are shown.
using Registry = std::vector<Case>;

}  // namespace cutover
