// The refinement of a model by its implementation, in lock step, and how much of the model that
// exercised. A generic driver: mapping.h says of what.
//
// Not compared: what clients are told and what an answer says beyond "fenced" (the properties judge
// that), the arguments of a request before it takes effect, and what the model does not have.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <deque>
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

/// Of the model's reachable transitions at some bounds.
struct Share {
  std::uint64_t exercised = 0, reachable = 0;
  std::vector<std::string> missing;  ///< the first few
};

struct Shares {
  checker::Ended ended;     ///< of the search for what is reachable
  std::vector<Share> over;  ///< of each coverage, if that is complete
};

/// "99.97 %", rounded down; 100 % is all of them.
std::string percent(const Share& share);

/// What the companion said where it could not follow.
std::string why_not(const crashsim::World& world, const crashsim::Schedule& schedule);

/// Of the model's transitions those that are not in the coverage, the first few.
template <class F, class Packed>
std::vector<std::string> first_missing(const F& mapping, const typename F::Model& model,
                                       const Packed& packed, const checker::Search<Packed>& search,
                                       const Coverage<ModelCompanion<F>::kWords>& coverage) {
  constexpr std::size_t kShown = 10;
  std::vector<std::string> missing;
  search.for_each_state([&](const auto& words) {
    if (missing.size() == kShown) return;
    const auto state = packed.unpack(words);
    std::uint64_t actions = coverage.actions(words);
    model.successors(state, [&](const auto& action, const auto&) {
      const bool exercised = (actions & 1) != 0;
      actions >>= 1;
      if (exercised || missing.size() == kShown) return;
      missing.push_back(
          fmt::format("{} of place {} in\n{}", to_string(action.name), action.who + 1,
                      tla::state_to_text(mapping.tla(model, state), mapping.tla_sets())));
    });
  });
  return missing;
}

/// Which share each coverage is of the model at the companion's bounds.
template <class F>
Shares shares_of(const F& mapping, const ModelCompanion<F>& companion,
                 const std::deque<Coverage<ModelCompanion<F>::kWords>>& coverages,
                 const checker::Limits& limits) {
  using Model = typename F::Model;
  constexpr std::size_t kWords = ModelCompanion<F>::kWords;
  const Model& sorted = companion.sorted();
  checker::PackedModel<Model, kWords> packed(sorted, companion.packing());
  checker::Search<checker::PackedModel<Model, kWords>> search(packed, limits);
  Shares shares{search.run().ended, {}};
  if (shares.ended != checker::Ended::complete) return shares;
  std::vector<std::vector<Share>> by_thread(search.threads(), std::vector<Share>(coverages.size()));
  search.for_each_state_in_parallel([&](std::size_t thread, const auto& words) {
    std::uint64_t actions = 0;  // a bit for each, as a coverage has them
    sorted.successors(packed.unpack(words),
                      [&](const auto&, const auto&) { actions = actions << 1 | 1; });
    for (std::size_t i = 0; i < coverages.size(); ++i) {
      Share& share = by_thread[thread][i];
      const std::uint64_t exercised = coverages[i].actions(words) & actions;
      share.reachable += static_cast<unsigned>(std::popcount(actions));
      share.exercised += static_cast<unsigned>(std::popcount(exercised));
    }
  });
  shares.over.resize(coverages.size());
  for (std::size_t i = 0; i < coverages.size(); ++i) {
    Share& share = shares.over[i];
    for (const std::vector<Share>& part : by_thread) {
      share.reachable += part[i].reachable;
      share.exercised += part[i].exercised;
    }
    if (share.exercised < share.reachable) {
      share.missing = first_missing(mapping, sorted, packed, search, coverages[i]);
    }
  }
  return shares;
}

/// Explores the implementation in lock step over each kind of stores in turn, all at the same
/// bounds, until one is not complete; and says which share of the model's reachable transitions was
/// exercised over each. Throws std::runtime_error where the model can't have the worlds' bounds.
template <class F>
Findings check_refinement(const F& mapping, std::vector<Over> all, const checker::Limits& limits,
                          bool expect_violation) {
  for (const Over& over : all) CUTOVER_CHECK(over.world.bounds == all[0].world.bounds);
  const auto companion = companion_of(mapping, all.at(0).world.bounds);
  std::deque<Coverage<ModelCompanion<F>::kWords>> coverages;
  Findings found;
  for (Over& over : all) {
    companion->note(coverages.emplace_back());
    accompany(over.world, companion);
    crashsim::Options options;
    options.limits = checker::left_of(limits, found.result.seconds);
    options.expect_violation = expect_violation;
    const crashsim::Exploration explored = crashsim::explore(over.world, options);
    const double before = found.result.seconds;
    found.result = explored.result;
    found.result.seconds += before;
    found.executions += explored.executions;
    found.violation = explored.violation;
    if (found.violation) {
      found.details = over.stores + ": " + why_not(over.world, *found.violation);
    }
    if (found.result.ended != checker::Ended::complete) return found;
  }
  const auto [ended, shares] =
      shares_of(mapping, *companion, coverages, checker::left_of(limits, found.result.seconds));
  CUTOVER_CHECK(ended != checker::Ended::violation);  // or the implementation had one
  found.result.ended = ended;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const Share& share = shares[i];
    found.details += fmt::format("{} of the model's {} transitions exercised {}\n", share.exercised,
                                 share.reachable, all[i].stores);
    for (const std::string& each : share.missing) found.details += "  never: " + each;
    if (share.reachable > 0 && share.exercised == share.reachable) continue;
    found.unseen.push_back(fmt::format("{}: all of the model's transitions", all[i].stores));
  }
  if (!shares.empty()) {
    const auto& least = *std::ranges::min_element(shares, {}, &Share::exercised);
    found.extent = percent(least) + " of the model";
  }
  return found;
}

}  // namespace cutover
