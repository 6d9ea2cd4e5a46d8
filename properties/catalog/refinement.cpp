#include "properties/catalog/refinement.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "crashsim/explore/explorer.h"
#include "crashsim/live/rerun.h"
#include "crashsim/world/companion.h"
#include "engines/model_coverage.h"
#include "model/checker/plain.h"
#include "properties/catalog/model_check.h"
#include "properties/catalog/sqlite_machine.h"

namespace cutover::catalog {
namespace {

using crashsim::Companion;
using crashsim::CompanionStep;
using crashsim::Number;
using crashsim::Outcome;
using crashsim::Value;
using model::catalog::Action;
using model::catalog::At;
using model::catalog::Byte;
using model::catalog::Model;
using model::catalog::Name;
using model::catalog::Process;
using model::catalog::State;

constexpr std::size_t kWords = Companion::kMostWords;
constexpr Number kDone = 0, kFenced = 1;  // answers
constexpr Number kNoSuchLabel = 0;
constexpr std::uint64_t kNoSuchStore = ~0ull;
constexpr std::size_t kShownMissing = 10;

std::optional<Name> fault_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok: return std::nullopt;
    case Outcome::crash_before: return Name::CrashBefore;
    case Outcome::crash_after: return Name::CrashAfter;
    case Outcome::crash_in_flight: return Name::CrashInFlight;
    case Outcome::lost_before: return Name::LoseBefore;
    case Outcome::lost_after: return Name::LoseAfter;
    case Outcome::lost_in_flight: return Name::LoseInFlight;
  }
  return std::nullopt;
}

class CatalogCompanion final : public Companion {
 public:
  CatalogCompanion(const model::catalog::Protocol& protocol, const model::catalog::Bounds& bounds)
      : model_(protocol, bounds), packing_(model_.widest()) {
    CUTOVER_CHECK(words() <= kWords);
    const auto writes = static_cast<Byte>(bounds.puts + bounds.deletes);
    for (const auto& operation : model_.operations()) {
      auto& of_writes = labels_of_.emplace_back();
      for (Byte write = 0; write <= writes; ++write) {
        const std::string label = label_of(model_, operation, write);
        of_writes.push_back(
            labels_.emplace(label, static_cast<Number>(labels_.size() + 1)).first->second);
      }
    }
  }

  std::size_t words() const override { return (packing_.bits() + 63) / 64; }
  State unpack(const Companion::Words& state) const { return packing_.unpack<kWords>(state); }

  Companion::Words begin(const std::string& beginning) const override {
    return packing_.pack<kWords>(beginning == "fresh" ? Model::fresh() : Model::leftovers());
  }

  Number label(std::size_t, const std::string& label) const override {
    const auto at = labels_.find(label);
    return at == labels_.end() ? kNoSuchLabel : at->second;
  }
  Number answer(const Value& answer) const override {
    return crashsim::catalog::status_of(answer) == Status::fenced ? kFenced : kDone;
  }
  std::uint64_t durable(std::size_t, const Value& state) const override {
    const auto store = abstracted(state);
    return store ? as_number(*store) : kNoSuchStore;
  }

  bool take(Companion::Words& state, const CompanionStep& step,
            std::span<const std::uint64_t> durable) const override {
    const State before = unpack(state);
    const auto action = action_of(before, step);
    if (!action) return false;
    std::optional<State> after;
    model_.successors(before, [&](const Action& each, const State& next) {
      if (each == *action) after = next;
    });
    if (!after) return false;
    if (stays_in_flight(step.outcome)) {
      std::swap(after->in_flight[before.used.in_flight], after->in_flight[step.left_at]);
    }
    for (std::size_t i = 0; i < durable.size(); ++i) {
      if (durable[i] != as_number(after->store[i])) return false;
    }
    if (coverage_ != nullptr) cover(before, *action);
    state = packing_.pack<kWords>(*after);
    return true;
  }

  void rearrange(Companion::Words& state, std::span<const std::uint8_t> from) const override {
    const State before = unpack(state);
    State after = before;
    const unsigned processes = model_.bounds().processes;
    for (unsigned i = 0; i < processes; ++i) after.process[i] = before.process[from[i]];
    for (unsigned i = processes; i < from.size(); ++i) {
      after.in_flight[i - processes] = before.in_flight[from[i] - processes];
    }
    state = packing_.pack<kWords>(after);
  }

  std::string action(const Companion::Words& state, const CompanionStep& step) const override {
    const auto action = action_of(unpack(state), step);
    return action ? fmt::format("{}({})", to_string(action->name), action->who + 1) : "";
  }

  std::string complaint(const Companion::Words& state, const CompanionStep& step) const override {
    const State before = unpack(state);
    const auto action = action_of(before, step);
    const std::string known = fmt::format("the model was at\n{}", tla(state));
    if (!action && step.kind == CompanionStep::Kind::step) {
      const Process& process = before.process[step.place];
      return fmt::format(
          "the model's process is about to '{}' here; {}",
          process.pc == 0 ? "nothing" : label_of(model_, model_.step_of(process), process.write),
          known);
    }
    if (!action) return "the model has no such action; " + known;
    return fmt::format("the model's action {} is not enabled, or its stores then differ; {}",
                       to_string(action->name), known);
  }

  std::string tla(const Companion::Words& state) const override {
    return tla_text(tla_value(model_, unpack(state)));
  }

  /// From now on what is exercised is noted there.
  void note(cutover::Coverage<kWords>& coverage, const Model& sorted) {
    coverage_ = &coverage;
    sorted_ = &sorted;
  }
  const checker::Packing<State>& packing() const { return packing_; }

 private:
  static std::uint64_t as_number(const model::catalog::Store& store) {
    return std::bit_cast<std::uint64_t>(store);
  }

  bool has_label(Byte operation, Byte write, Number label) const {
    return labels_of_[operation][write] == label;
  }

  std::optional<Action> action_of(const State& state, const CompanionStep& step) const {
    switch (step.kind) {
      case CompanionStep::Kind::start:
        return Action{Name::Start, step.place, step.which == 0 ? At::persist : At::stash};
      case CompanionStep::Kind::input:
        if (step.which > 1) return std::nullopt;
        return Action{step.which == 0 ? Name::Put : Name::Delete, step.place, At::persist};
      case CompanionStep::Kind::stop: return Action{Name::Stop, step.place, At::persist};
      case CompanionStep::Kind::event: return std::nullopt;
      case CompanionStep::Kind::land: {
        const auto& request = state.in_flight[step.place];
        if (!has_label(request.operation, request.write, step.label)) return std::nullopt;
        return Action{Name::Land, step.place, At::persist};
      }
      case CompanionStep::Kind::step: break;
    }
    const Process& process = state.process[step.place];
    if (process.pc == 0) return std::nullopt;
    const auto& at = model_.step_of(process);
    if (!has_label(at.operation, process.write, step.label)) return std::nullopt;
    if (const auto fault = fault_name(step.outcome)) {
      return Action{*fault, step.place, At::persist};
    }
    const Name name = step.answer == kFenced ? Name::Fenced : model::catalog::name_of(at.what);
    return Action{name, step.place, At::persist};
  }

  /// Notes the action where the places are sorted, as the model's own search sees it.
  void cover(const State& before, const Action& action) const {
    State sorted = before;
    Model::sort_places(sorted);
    Action there = action;
    if (action.name == Name::Land) {
      there.who = place_in(sorted.in_flight, before.in_flight[action.who]);
    } else {
      there.who = place_in(sorted.process, before.process[action.who]);
    }
    unsigned turn = 0;
    std::uint64_t bit = 0;
    sorted_->successors(sorted, [&](const Action& each, const State&) {
      if (each == there) bit = 1ull << turn;
      ++turn;
    });
    CUTOVER_CHECK(bit != 0 && turn <= 64);
    coverage_->add(packing_.pack<kWords>(sorted), bit);
  }

  template <class Places, class Place>
  static Byte place_in(const Places& places, const Place& place) {
    return static_cast<Byte>(std::ranges::find(places, place) - places.begin());
  }

  Model model_;
  checker::Packing<State> packing_;
  std::map<std::string, Number> labels_;
  std::vector<std::vector<Number>> labels_of_;  ///< by the operation and the write it carries out
  cutover::Coverage<kWords>* coverage_ = nullptr;
  const Model* sorted_ = nullptr;
};

std::shared_ptr<CatalogCompanion> make_companion(const model::catalog::Protocol& protocol,
                                                 const crashsim::Bounds& bounds) {
  const std::string why = impossible_for_model(protocol, bounds);
  if (!why.empty()) throw std::runtime_error(why);
  return std::make_shared<CatalogCompanion>(protocol, model_bounds(bounds));
}

void attach(crashsim::World& world, std::shared_ptr<const Companion> companion) {
  world.refines = world.properties.size();
  world.properties.push_back(kRefinement);
  world.companion = std::move(companion);
}

/// The model's transitions at these bounds, and those of them that were exercised.
struct Share {
  checker::Ended ended = checker::Ended::complete;  ///< of the search for the reachable ones
  std::uint64_t reachable = 0, exercised = 0;
  std::vector<std::string> missing;  ///< the first few
};

Share share_of(const CatalogCompanion& companion, const Model& sorted,
               const cutover::Coverage<kWords>& coverage, const checker::Limits& limits) {
  checker::PackedModel<Model, kWords> packed(sorted, companion.packing());
  checker::Search<checker::PackedModel<Model, kWords>> search(packed, limits);
  Share share;
  share.ended = search.run().ended;
  if (share.ended != checker::Ended::complete) return share;
  search.for_each_state([&](const auto& words) {
    const std::uint64_t actions = coverage.actions(words);
    unsigned turn = 0;
    const State state = packed.unpack(words);
    sorted.successors(state, [&](const Action& action, const State&) {
      const bool exercised = (actions >> turn++ & 1) != 0;
      ++share.reachable;
      share.exercised += exercised;
      if (exercised || share.missing.size() == kShownMissing) return;
      share.missing.push_back(fmt::format("{} of place {} in\n{}", to_string(action.name),
                                          action.who + 1, tla_text(tla_value(sorted, state))));
    });
  });
  return share;
}

std::string percent(const Share& share) {
  if (share.exercised == share.reachable) return "100 %";
  const double hundredths =
      10000.0 * static_cast<double>(share.exercised) / static_cast<double>(share.reachable);
  return fmt::format("{:.2f} %", std::floor(hundredths) / 100);
}

/// What the model said where it could not follow.
std::string why_not(const crashsim::World& world, const crashsim::Schedule& schedule) {
  const std::string complaint = crashsim::run_again(world, schedule).complaint;
  return complaint.empty() ? "the model followed\n" : complaint;
}

/// One exploration in lock step, over stores of one kind.
Findings refine(crashsim::World world, const model::catalog::Protocol& protocol,
                const std::string& over, const checker::Limits& limits, bool expect_violation) {
  const auto companion = make_companion(protocol, world.bounds);
  const Model sorted(protocol, model_bounds(world.bounds), true);
  cutover::Coverage<kWords> coverage;
  companion->note(coverage, sorted);
  attach(world, companion);
  crashsim::Options options;
  options.limits = limits;
  options.expect_violation = expect_violation;
  const crashsim::Exploration explored = crashsim::explore(world, options);
  Findings found;
  found.result = explored.result;
  found.executions = explored.executions;
  found.violation = explored.violation;
  if (found.violation) found.details = over + ": " + why_not(world, *found.violation);
  if (found.result.ended != checker::Ended::complete) return found;
  const Share share = share_of(*companion, sorted, coverage, limits);
  if (share.ended != checker::Ended::complete) {
    CUTOVER_CHECK(share.ended != checker::Ended::violation);  // or the implementation had one
    found.result.ended = share.ended;
    return found;
  }
  found.extent = percent(share) + " of the model";
  found.details = fmt::format("{} of the model's {} transitions exercised {}\n", share.exercised,
                              share.reachable, over);
  for (const std::string& each : share.missing) found.details += "  never: " + each;
  if (share.reachable == 0 || share.exercised != share.reachable) {
    found.unseen.push_back(fmt::format("{}: all of the model's transitions", over));
  }
  return found;
}

}  // namespace

void accompany(crashsim::World& world, const model::catalog::Protocol& protocol) {
  attach(world, make_companion(protocol, world.bounds));
}

Findings check_refinement(const Parts& parts, const model::catalog::Protocol& protocol,
                          const crashsim::Bounds& bounds, const checker::Limits& limits,
                          bool expect_violation) {
  Findings simulated = refine(make_world(parts, bounds), protocol, "over simulated stores", limits,
                              expect_violation);
  if (simulated.result.ended != checker::Ended::complete) return simulated;
  Parts over_sqlite = parts;
  over_sqlite.stash = make_sqlite_machine;
  over_sqlite.persist = make_sqlite_machine;
  Findings real = refine(make_world(over_sqlite, bounds), protocol, "over SQLite in memory", limits,
                         expect_violation);
  real.result.seconds += simulated.result.seconds;
  real.executions += simulated.executions;
  real.details = simulated.details + real.details;
  for (const std::string& each : simulated.unseen) real.unseen.push_back(each);
  return real;
}

}  // namespace cutover::catalog
