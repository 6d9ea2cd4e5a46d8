// The refinement of a model by its implementation, in lock step, and how much of the model that
// exercised. A generic driver: mapping.h says of what.
//
// Not compared: what clients are told and what an answer says beyond "fenced" (the properties judge
// that), the arguments of a request before it takes effect, and what the model does not have.
#pragma once

#include <fmt/format.h>

#include <memory>

#include "crashsim/explore/explorer.h"
#include "engines/model/model_companion.h"

namespace cutover {

/// The implementation over stores of one kind.
struct Over {
  std::string stores;  ///< "over simulated stores"
  crashsim::World world;
};

/// Adds the companion to the world, and the property that the world refines it.
void accompany(crashsim::World& world, std::shared_ptr<const crashsim::Companion> companion);

/// The model's transitions at these bounds, and those of them that were exercised.
struct Share {
  checker::Ended ended = checker::Ended::complete;  ///< of the search for the reachable ones
  std::uint64_t reachable = 0, exercised = 0;
  std::vector<std::string> missing;  ///< the first few
};

template <class F>
Share share_of(const F& mapping, const ModelCompanion<F>& companion,
               const Coverage<ModelCompanion<F>::kWords>& coverage, const checker::Limits& limits) {
  using Model = typename F::Model;
  constexpr std::size_t kWords = ModelCompanion<F>::kWords, kShownMissing = 10;
  const Model& sorted = companion.sorted();
  checker::PackedModel<Model, kWords> packed(sorted, companion.packing());
  checker::Search<checker::PackedModel<Model, kWords>> search(packed, limits);
  Share share;
  share.ended = search.run().ended;
  if (share.ended != checker::Ended::complete) return share;
  search.for_each_state([&](const auto& words) {
    const std::uint64_t actions = coverage.actions(words);
    unsigned turn = 0;
    const auto state = packed.unpack(words);
    sorted.successors(state, [&](const auto& action, const auto&) {
      const bool exercised = (actions >> turn++ & 1) != 0;
      ++share.reachable;
      share.exercised += exercised;
      if (exercised || share.missing.size() == kShownMissing) return;
      share.missing.push_back(
          fmt::format("{} of place {} in\n{}", to_string(action.name), action.who + 1,
                      tla::state_to_text(mapping.tla(sorted, state), mapping.tla_sets())));
    });
  });
  return share;
}

/// "99.97 %", rounded down; 100 % is all of them.
std::string percent(const Share& share);

/// What the companion said where it could not follow.
std::string why_not(const crashsim::World& world, const crashsim::Schedule& schedule);

/// Explores the implementation in lock step, over stores of one kind.
template <class F>
Findings refine(const F& mapping, Over over, const checker::Limits& limits, bool expect_violation) {
  const auto companion = companion_of(mapping, over.world.bounds);
  Coverage<ModelCompanion<F>::kWords> coverage;
  companion->note(coverage);
  accompany(over.world, companion);
  crashsim::Options options;
  options.limits = limits;
  options.expect_violation = expect_violation;
  const crashsim::Exploration explored = crashsim::explore(over.world, options);
  Findings found;
  found.result = explored.result;
  found.executions = explored.executions;
  found.violation = explored.violation;
  if (found.violation) {
    found.details = over.stores + ": " + why_not(over.world, *found.violation);
  }
  if (found.result.ended != checker::Ended::complete) return found;
  const Share share =
      share_of(mapping, *companion, coverage, checker::left_of(limits, explored.result.seconds));
  if (share.ended != checker::Ended::complete) {
    CUTOVER_CHECK(share.ended != checker::Ended::violation);  // or the implementation had one
    found.result.ended = share.ended;
    return found;
  }
  found.extent = percent(share) + " of the model";
  found.details = fmt::format("{} of the model's {} transitions exercised {}\n", share.exercised,
                              share.reachable, over.stores);
  for (const std::string& each : share.missing) found.details += "  never: " + each;
  if (share.reachable == 0 || share.exercised != share.reachable) {
    found.unseen.push_back(fmt::format("{}: all of the model's transitions", over.stores));
  }
  return found;
}

/// Over each kind of stores in turn, until one is not complete; and says which share of the model's
/// reachable transitions at the same bounds was exercised. Throws std::runtime_error where the
/// model can't have the worlds' bounds.
template <class F>
Findings check_refinement(const F& mapping, std::vector<Over> all, const checker::Limits& limits,
                          bool expect_violation) {
  Findings found;
  for (Over& over : all) {
    const auto left = checker::left_of(limits, found.result.seconds);
    Findings next = refine(mapping, std::move(over), left, expect_violation);
    next.details = found.details + next.details;
    next.unseen.insert(next.unseen.begin(), found.unseen.begin(), found.unseen.end());
    next.result.seconds += found.result.seconds;
    next.executions += found.executions;
    found = std::move(next);
    if (found.result.ended != checker::Ended::complete) break;
  }
  return found;
}

}  // namespace cutover
