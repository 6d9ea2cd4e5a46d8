#include "engines/counts_engine.h"

#include <fmt/format.h>

#include "crashsim/explore/explorer.h"
#include "engines/bounds.h"
#include "engines/judging.h"
#include "engines/limits.h"
#include "system/text.h"

namespace cutover {
namespace {

checker::Limits limits_for(const EngineOptions& options, unsigned threads) {
  checker::Limits limits = limits_of(options);
  limits.threads = threads;
  return limits;
}

crashsim::Exploration explore(const crashsim::World& world, const checker::Limits& limits) {
  crashsim::Options options;
  options.limits = limits;
  options.count_worlds = world.companion != nullptr;
  return crashsim::explore(world, options);
}

/// Takes the counts in turn: the first is compared with each that follows.
class Comparison {
 public:
  explicit Comparison(Verdict& verdict) : verdict_(verdict) {}

  void add(const std::string& how, const checker::Result& result, std::uint64_t states,
           std::optional<std::uint64_t> transitions = std::nullopt) {
    if (result.ended != checker::Ended::complete) truncated_ = true;
    if (!states_) {
      states_ = states;
      transitions_ = transitions;
    }
    const bool same =
        states == *states_ && (!transitions || !transitions_ || transitions == transitions_);
    differ_ = differ_ || !same;
    std::string line = fmt::format("  {:>12} states", with_commas(states));
    if (transitions) line += fmt::format(", {:>12} transitions", with_commas(*transitions));
    verdict_.details += fmt::format("{}  {}{}\n", line, how, same ? "" : "  DIFFERS");
    ++counts_;
  }

  /// From here on another thing is counted.
  void next() { states_.reset(), transitions_.reset(); }

  void conclude() {
    verdict_.complete = !truncated_;
    if (truncated_) {
      verdict_.note = "truncated";
    } else if (differ_) {
      verdict_.finding = Finding::violates;
      verdict_.violated = kSameCounts;
      verdict_.note = "see below";
    } else {
      verdict_.finding = Finding::holds;
      verdict_.note = fmt::format("{} counts agree", counts_);
    }
  }

 private:
  Verdict& verdict_;
  std::optional<std::uint64_t> states_, transitions_;
  bool truncated_ = false, differ_ = false;
  int counts_ = 0;
};

}  // namespace

bool can_count(const Case& of) { return of.violates.empty() && of.model && of.accompany; }

Verdict check_counts(const Case& of, const EngineOptions& options) {
  Verdict verdict = blank(of, "counts", options);
  verdict.details = of.name + ":\n";
  const unsigned several = std::max(2u, options.threads);
  Comparison comparison(verdict);
  for (const unsigned threads : {1u, several}) {
    const auto found = explore(of.world(verdict.bounds), limits_for(options, threads));
    verdict.states = found.result.states;
    verdict.transitions = found.result.transitions;
    comparison.add(fmt::format("of the implementation, by {}", plural(threads, "thread")),
                   found.result, found.result.states, found.result.transitions);
  }
  crashsim::World accompanied = of.world(verdict.bounds);
  of.accompany(accompanied);
  const auto pairs = explore(accompanied, limits_for(options, several));
  comparison.add("of the implementation, among the refinement's pairs", pairs.result, pairs.worlds);
  comparison.next();
  for (const unsigned threads : {1u, several}) {
    const Findings found = of.model->check(verdict.bounds, limits_for(options, threads), false);
    comparison.add(fmt::format("of the model, by {}", plural(threads, "thread")), found.result,
                   found.result.states, found.result.transitions);
  }
  const Findings sorted =
      of.model->check_by_symmetry(verdict.bounds, limits_for(options, several), false);
  comparison.add("of the model, that those up to the order of processes stand for", sorted.result,
                 sorted.counted_otherwise);
  comparison.conclude();
  return verdict;
}

std::string describe_counts(const std::vector<const Case*>& cases, const EngineOptions& options) {
  return bounds_lines_of("counts", cases, options) +
         "Extent: how many counts of the same states were compared.\n";
}

}  // namespace cutover
