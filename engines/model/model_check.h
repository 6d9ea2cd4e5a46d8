// Checks a model, and tells its counterexamples as schedules of the implementation. A generic
// driver: mapping.h says of what.
#pragma once

#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "crashsim/world/schedule.h"
#include "engines/case.h"
#include "engines/model/mapping.h"
#include "model/checker/plain.h"

namespace cutover {

/// What a model leaves to its world: how programs and clients' requests are named.
struct ActorNames {
  std::vector<std::string> programs, inputs;
};
inline ActorNames names_of(const crashsim::World& world) {
  ActorNames names;
  for (const crashsim::Program& each : world.programs) names.programs.push_back(each.name);
  for (const crashsim::Input& each : world.inputs) names.inputs.push_back(each.label);
  return names;
}

/// Who sits in the model's places, by the names of the implementation's actors.
template <class F>
class Actors {
  using Model = typename F::Model;

 public:
  Actors(const F& mapping, const Model& model, const ActorNames& names)
      : mapping_(mapping), model_(model), names_(names), started_(names.programs.size()) {}

  crashsim::Choice choice(const typename Model::State& before,
                          const typename Model::Action& action) {
    using Kind = crashsim::CompanionStep::Kind;
    const std::string ok = to_string(crashsim::Outcome::ok);
    if constexpr (requires { mapping_.event_choice(before, action); }) {
      if (event_of(mapping_, action)) return mapping_.event_choice(before, action);
    }
    std::string& process = processes_[action.who];
    switch (kind_of(mapping_, action)) {
      case Kind::start: {
        const std::size_t program = mapping_.program(action);
        process = fmt::format("{}-{}", names_.programs[program], ++started_[program]);
        return {process, crashsim::kStart, ok};
      }
      case Kind::land:
        return {crashsim::in_flight_name(owners_[action.who]), label(before, action), ok};
      case Kind::stop: return {process, crashsim::kStop, ok};
      case Kind::input:
        return {process, crashsim::input_step(names_.inputs[*mapping_.input(action)]), ok};
      default: break;
    }
    const auto outcome = fault_of(action.name).value_or(crashsim::Outcome::ok);
    if (stays_in_flight(outcome)) owners_[before.used.in_flight] = process;
    return {process, label(before, action), to_string(outcome)};
  }

 private:
  std::string label(const typename Model::State& before,
                    const typename Model::Action& action) const {
    return mapping_.label(model_, mapping_.label_key(model_, before, action));
  }

  static constexpr std::size_t kPlaces = 16;
  const F& mapping_;
  const Model& model_;
  const ActorNames& names_;
  std::array<std::string, kPlaces> processes_, owners_;
  std::vector<unsigned> started_;
};

/// The model's actions as choices of the implementation's scheduler: the same processes, steps and
/// outcomes by name.
template <class F>
crashsim::Schedule to_schedule(const F& mapping, const typename F::Model& model,
                               const ActorNames& names, const typename F::Model::State& begins,
                               const std::vector<checker::Taken<typename F::Model>>& path) {
  crashsim::Schedule schedule;
  schedule.beginning = mapping.beginning(begins);
  Actors<F> actors(mapping, model, names);
  auto at = begins;
  for (const auto& taken : path) {
    schedule.choices.push_back(actors.choice(at, taken.action));
    at = taken.state;
  }
  return schedule;
}

/// The names of what was not seen though it is possible.
template <class M>
std::vector<std::string> unseen_of(const M& model, std::uint64_t seen) {
  std::vector<std::string> missing;
  const auto witnesses = model.witnesses();
  for (std::size_t i = 0; i < witnesses.size(); ++i) {
    if (witnesses[i].possible && (seen >> i & 1) == 0) missing.push_back(witnesses[i].name);
  }
  return missing;
}

/// In how many orders the state's processes can stand in their places, which are sorted.
template <class M>
std::uint64_t orders_of(const M& model, const typename M::State& state) {
  std::uint64_t orders = 1;
  std::uint64_t alike = 0;
  for (unsigned place = 0; place < model.bounds().processes; ++place) {
    const bool same = place > 0 && state.process[place] == state.process[place - 1];
    alike = same ? alike + 1 : 1;
    orders = orders * (place + 1) / alike;
  }
  return orders;
}

template <class F>
Findings findings_of(const F& mapping, const typename F::Model& model, const ActorNames& names,
                     const checker::Checked<typename F::Model>& checked) {
  Findings found;
  found.result = checked.result;
  if (checked.result.ended == checker::Ended::violation) {
    found.violation = to_schedule(mapping, model, names, checked.begins, checked.path);
    found.violation->violated = mapping.property(checked.result.violated);
  } else {
    found.unseen = unseen_of(model, checked.seen);
  }
  return found;
}

/// Throws std::runtime_error where the model can't have these bounds.
template <class F>
void require_possible(const F& mapping, const crashsim::Bounds& bounds) {
  const std::string why = mapping.impossible(bounds);
  if (!why.empty()) throw std::runtime_error(why);
}

/// Explores the model within the bounds. Where a violation is expected it first looks without
/// faults, then with all of them. Throws std::runtime_error where the model can't have these
/// bounds. With `symmetry` states that differ in the places of processes alone are one; both counts
/// are told, where there is at most one request in flight.
template <class F>
Findings check_model(const F& mapping, const ActorNames& names, const crashsim::Bounds& bounds,
                     checker::Limits limits, bool expect_violation, bool symmetry) {
  using Model = typename F::Model;
  require_possible(mapping, bounds);
  if (expect_violation) {
    crashsim::Bounds without_faults = bounds;
    without_faults.crashes = without_faults.lost = 0;
    const Model model = mapping.model(without_faults);
    const auto checked = checker::check(model, limits);
    if (checked.result.ended != checker::Ended::complete) {
      return findings_of(mapping, model, names, checked);
    }
    limits = checker::left_of(limits, checked.result.seconds);
  }
  if (symmetry) {
    const Model sorted = mapping.model(bounds, true);
    std::uint64_t orders = 0;
    const auto checked = checker::check<Model>(
        sorted, limits, [&](const auto& state) { orders += orders_of(sorted, state); });
    Findings found = findings_of(mapping, sorted, names, checked);
    if (found.result.ended == checker::Ended::complete && bounds.in_flight <= 1) {
      found.counted_otherwise = orders;
      found.details = fmt::format("{} states up to the order of processes; {} without symmetry\n",
                                  found.result.states, orders);
    }
    if (found.result.ended != checker::Ended::violation) return found;
    limits = checker::left_of(limits, checked.result.seconds);
  }
  const Model model = mapping.model(bounds);  // its places keep their processes: a path can be told
  return findings_of(mapping, model, names, checker::check(model, limits));
}

/// States as TLA+ has them, as a schedule. Throws std::runtime_error that names the first step
/// which the model does not have.
template <class F>
crashsim::Schedule schedule_of(const F& mapping, const ActorNames& names,
                               const Constants& constants, const std::vector<NamedState>& states) {
  using Model = typename F::Model;
  const Model model = mapping.model(constants);
  std::optional<typename Model::State> begins;
  for (const auto& state : model.initial_states()) {
    if (!states.empty() && mapping.tla(model, state) == states[0].state) begins = state;
  }
  if (!begins) throw std::runtime_error("its first state is none of the model's beginnings");
  std::vector<checker::Taken<Model>> path;
  auto at = *begins;
  for (std::size_t i = 1; i < states.size(); ++i) {
    std::optional<checker::Taken<Model>> taken;
    model.successors(at, [&](const auto& action, const auto& next) {
      if (taken || to_string(action.name) != states[i].action) return;
      if (mapping.tla(model, next) == states[i].state) taken = {action, next};
    });
    if (!taken) {
      throw std::runtime_error(
          fmt::format("step {}: the model has no {} that leads there", i, states[i].action));
    }
    path.push_back(*taken);
    at = taken->state;
  }
  return to_schedule(mapping, model, names, *begins, path);
}

}  // namespace cutover
