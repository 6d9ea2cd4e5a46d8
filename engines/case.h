// A case: a protocol, its bounds, its expected verdict. The registry of all cases is what
// `cutover list` shows and `cutover check` checks.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "crashsim/explore/projection.h"
#include "crashsim/process/subject.h"
#include "crashsim/random/random_worlds.h"
#include "crashsim/world/schedule.h"
#include "model/checker/result.h"

namespace cutover {

/// What a case violates that is no refinement of its model.
inline constexpr const char* kRefinement = "Refinement";

/// What a check of a case found, by whichever means.
struct Findings {
  checker::Result result;
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

/// Of a configuration of TLC: those that are numbers, and how many there are in "Processes".
using Constants = std::map<std::string, unsigned>;

/// A state of the model as its TLA+ module has it, and the action that led there.
struct NamedState {
  std::string action;  ///< empty: a beginning
  crashsim::Value state;
};

/// A labelled state graph; a state is the canonical JSON of its variables.
struct LabelledGraph {
  std::multiset<std::string> initial;
  std::set<std::string> states;
  std::multiset<std::array<std::string, 3>> edges;  ///< from, action, to
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
  /// Its state graph, projected on some of its variables ("store.old.epoch").
  std::function<crashsim::Projection(const crashsim::Bounds&,
                                     const std::vector<std::string>& variables)>
      graph;
  /// The bounds that the constants of the TLA+ module stand for.
  std::function<crashsim::Bounds(const Constants&)> bounds;
  /// The states of a behaviour as a schedule of the implementation. Throws std::runtime_error where
  /// they are no behaviour of the model.
  std::function<crashsim::Schedule(const Constants&, const std::vector<NamedState>&)> schedule;
  /// All of it, for small bounds. Throws std::runtime_error where the model can't have them.
  std::function<LabelledGraph(const Constants&)> labelled_graph;
  /// A state as TLC prints it.
  std::function<std::string(const crashsim::Value& state)> text;
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
  /// How it is checked by real processes of this command. May be empty.
  std::function<crashsim::ProcessSubject(const std::string& executable)> process = nullptr;
  std::string record = "";  ///< the public failure that it stands for, or empty
  /// What it needs beyond the standard, where no bounds are asked for: "starts=5,crashes=3".
  std::string own_bounds = "";

  // Of its family, as registry_of() fills them in.
  std::string family = "";
  FamilyBounds bounds = {};
  std::filesystem::path specifications = {};  ///< empty: those of the built-in families

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
