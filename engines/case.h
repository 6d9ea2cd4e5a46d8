// A case: a protocol, its bounds, its expected verdict. The registry of all cases is what
// `cutover list` shows and `cutover check` checks.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "crashsim/explore/projection.h"
#include "crashsim/random/random_worlds.h"
#include "crashsim/world/schedule.h"
#include "model/checker/search.h"

namespace cutover {

/// What a case violates that is no refinement of its model.
inline constexpr const char* kRefinement = "Refinement";

/// What a check of a case found, by whichever means.
struct Findings {
  checker::Result result;
  double seconds_for_goals = 0;  ///< beyond those of the search
  std::uint64_t executions = 0;
  std::vector<std::string> unseen;  ///< without which "holds" would be vacuous
  std::optional<crashsim::Schedule> violation;
  /// Of a complete search: the same states counted in another way, where the check has one: of the
  /// model by symmetry, those that its states stand for. 0 where it can't tell.
  std::uint64_t counted_otherwise = 0;
  std::string extent;   ///< in a few words; empty: the number of states
  std::string details;  ///< more, or empty
};
/// `expect_violation` lets it look where a violation is found soonest.
using Check =
    std::function<Findings(const crashsim::Bounds&, const checker::Limits&, bool expect_violation)>;

/// A state of the model as its TLA+ module has it, and the action that led there.
struct NamedState {
  std::string action;  ///< empty: a beginning
  crashsim::Value state;
};

/// What the bounds of a family count besides the engine's, and what they are where an engine's own
/// default, or the standard, does not suit it.
struct FamilyBounds {
  crashsim::BoundSpecs own = {crashsim::kWrites, crashsim::kReads};
  std::map<std::string, std::string> of_engine =
      {};  ///< as on the command line: "starts=3,writes=0"
  std::vector<std::string> of_bench = {"starts=2,crashes=1", "starts=3,crashes=2"};

  crashsim::BoundSpecs all() const { return with_engine_bounds(own); }
  crashsim::Bounds standard() const { return bounds_by(all(), &crashsim::BoundSpec::standard); }
};

/// The executable specification of a case.
struct ModelOfCase {
  /// Why it can't have these bounds, or empty.
  std::function<std::string(const crashsim::Bounds&)> impossible;
  Check check;
  Check check_by_symmetry;  ///< processes are interchangeable; both counts are told
  /// Its state graph, projected on some of its variables ("store.stash.tombstone").
  std::function<crashsim::Projection(const crashsim::Bounds&,
                                     const std::vector<std::string>& variables)>
      graph;
  /// The bounds that the constants of the TLA+ module stand for.
  std::function<crashsim::Bounds(const std::map<std::string, unsigned>& constants)> bounds;
  /// The states of a behaviour as a schedule of the implementation. `constants` are those of the
  /// TLA+ module. Throws std::runtime_error where they are no behaviour of the model.
  std::function<crashsim::Schedule(const std::map<std::string, unsigned>& constants,
                                   const std::vector<NamedState>& states)>
      schedule;
};

/// How a case is to be checked by real processes.
struct ProcessRun {
  std::string executable;  ///< this command's
  unsigned threads = 1;
  std::optional<double> seconds;  ///< a longer check is given up, and is not complete
  /// Told after each part of the work, from one thread at a time.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

struct ProcessFindings {
  bool complete = false;                ///< everything was tried, and nothing was violated
  std::optional<std::string> violated;  ///< the property
  std::string details;                  ///< whole lines: what was tried, the history that was found
  std::uint64_t executions = 0, kills = 0, fenced = 0;
  double seconds = 0;
};

struct Case {
  std::string name;      ///< "catalog/single-tombstone+flip-before-copy"
  std::string about;     ///< one line: the idea, or a mutant's flaw
  std::string violates;  ///< the property that it is expected to violate; empty: it holds
  std::function<crashsim::World(const crashsim::Bounds&)> world;
  crashsim::RandomWorlds random = {};  ///< past every exhaustive bound; may be empty
  std::optional<ModelOfCase> model = {};
  /// Adds the model of the design to a world as its companion. Throws std::runtime_error for bounds
  /// it can't have. May be empty.
  std::function<void(crashsim::World&)> accompany = nullptr;
  Check refinement = nullptr;  ///< of the implementation beside that model
  std::function<ProcessFindings(const ProcessRun&)> process = nullptr;  ///< may be empty
  std::string record = "";  ///< the public failure that it stands for, or empty

  // Of its family, as registry_of() fills them in.
  std::string family = "";
  FamilyBounds bounds = {};

  friend void PrintTo(const Case& of, std::ostream* out) { *out << of.name; }  ///< for GoogleTest
  /// The world that a trace names.
  crashsim::World world_of(const crashsim::Bounds& bounds,
                           const std::optional<crashsim::WorldName>& name) const {
    return name ? random.make(bounds, *name) : world(bounds);
  }
  /// A wrong order of steps that violates no property: only the refinement sees it.
  bool violates_only_refinement() const { return violates == kRefinement; }
  bool is_mutant() const { return name.find('+') != std::string::npos; }
};

/// All cases of one family or of several, in the order in which they are shown.
using Registry = std::vector<Case>;

}  // namespace cutover
