#include "properties/catalog/model_check.h"

#include <fmt/format.h>

#include <array>

namespace cutover::catalog {
namespace {

using crashsim::Choice;
using model::catalog::Action;
using model::catalog::At;
using model::catalog::Model;
using model::catalog::Name;
using model::catalog::State;

/// Who sits in the model's places, by the names of the implementation's actors.
class Actors {
 public:
  explicit Actors(const Model& model) : model_(model) {}

  Choice choice(const State& before, const Action& action) {
    const std::string ok = to_string(crashsim::Outcome::ok);
    if (action.name == Name::Start) {
      const bool to_persist = action.target == At::persist;
      processes_[action.who] =
          fmt::format("{}-{}", to_persist ? "migrate" : "rollback", ++started_[to_persist]);
      return {processes_[action.who], crashsim::kStart, ok};
    }
    if (action.name == Name::Land) {
      const auto& request = before.in_flight[action.who];
      return {crashsim::in_flight_name(owners_[action.who]),
              label_of(model_, model_.operation(request), request.write), ok};
    }
    const std::string& who = processes_[action.who];
    const auto& process = before.process[action.who];
    if (action.name == Name::Stop) return {who, crashsim::kStop, ok};
    if (action.name == Name::Put) return {who, crashsim::input_step("put a"), ok};
    if (action.name == Name::Delete) return {who, crashsim::input_step("delete a"), ok};
    const auto outcome = *outcome_of(action.name);
    if (stays_in_flight(outcome)) owners_[before.used.in_flight] = who;
    return {who, label_of(model_, model_.step_of(process), process.write), to_string(outcome)};
  }

 private:
  const Model& model_;
  std::array<std::string, model::catalog::kMostProcesses> processes_;
  std::array<std::string, model::catalog::kMostInFlight> owners_;
  std::array<unsigned, 2> started_{};
};

std::vector<std::string> unseen(const Model& model, std::uint64_t seen) {
  std::vector<std::string> missing;
  const auto witnesses = model.witnesses();
  for (std::size_t i = 0; i < witnesses.size(); ++i) {
    if (witnesses[i].possible && (seen >> i & 1) == 0) missing.push_back(witnesses[i].name);
  }
  return missing;
}

Findings findings(const Model& model, const checker::Checked<Model>& checked) {
  Findings found;
  found.result = checked.result;
  found.seconds_for_goals = checked.seconds_for_goals;
  if (checked.result.ended == checker::Ended::violation) {
    found.violation = to_schedule(model, checked.begins, checked.path);
    found.violation->violated =
        to_string(static_cast<model::catalog::Property>(checked.result.violated));
  } else {
    found.unseen = unseen(model, checked.seen);
  }
  return found;
}

/// In how many orders the state's processes can stand in their places.
std::uint64_t orders_of(const Model& model, const State& state) {
  std::uint64_t orders = 1;
  std::uint64_t alike = 0;
  for (unsigned place = 0; place < model.bounds().processes; ++place) {
    const bool same = place > 0 && state.process[place] == state.process[place - 1];
    alike = same ? alike + 1 : 1;
    orders = orders * (place + 1) / alike;
  }
  return orders;
}

Findings with_both_counts(Findings found, std::uint64_t orders,
                          const model::catalog::Bounds& bounds) {
  if (found.result.ended != checker::Ended::complete || bounds.in_flight > 1) return found;
  found.counted_otherwise = orders;
  found.details = fmt::format("{} states up to the order of processes; {} without symmetry\n",
                              found.result.states, orders);
  return found;
}

}  // namespace

crashsim::Schedule to_schedule(const Model& model, const State& begins,
                               const std::vector<checker::Taken<Model>>& path) {
  crashsim::Schedule schedule;
  schedule.beginning = begins == Model::fresh() ? "fresh" : "leftovers";
  Actors actors(model);
  State at = begins;
  for (const auto& taken : path) {
    schedule.choices.push_back(actors.choice(at, taken.action));
    at = taken.state;
  }
  return schedule;
}

std::string impossible_for_model(const model::catalog::Protocol& protocol,
                                 const crashsim::Bounds& bounds) {
  if (kReads.of(bounds) > 0) return "the model has no reads";
  return model::catalog::impossible(protocol, model_bounds(bounds));
}

Findings check_model(const model::catalog::Protocol& protocol, const crashsim::Bounds& bounds,
                     const checker::Limits& limits, bool expect_violation, bool symmetry) {
  const model::catalog::Bounds most = model_bounds(bounds);
  const std::string why = impossible_for_model(protocol, bounds);
  if (!why.empty()) throw std::runtime_error(why);
  if (expect_violation) {
    model::catalog::Bounds without_faults = most;
    without_faults.crashes = without_faults.lost = 0;
    const Model model(protocol, without_faults);
    const auto checked = checker::check(model, limits);
    if (checked.result.ended != checker::Ended::complete) return findings(model, checked);
  }
  if (symmetry) {
    const Model sorted(protocol, most, true);
    std::uint64_t orders = 0;
    const auto checked = checker::check<Model>(
        sorted, limits, [&](const State& state) { orders += orders_of(sorted, state); });
    if (checked.result.ended != checker::Ended::violation) {
      return with_both_counts(findings(sorted, checked), orders, most);
    }
  }
  const Model model(protocol, most);  // its places keep their processes: a path can be told
  return findings(model, checker::check(model, limits));
}

model::catalog::Bounds bounds_of(const std::map<std::string, unsigned>& constants) {
  return {.processes = constants.at("Processes"),
          .starts = constants.at("MaxStarts"),
          .crashes = constants.at("MaxCrashes"),
          .in_flight = constants.at("MaxInFlight"),
          .lost = constants.at("MaxLost"),
          .puts = constants.at("MaxPuts"),
          .deletes = constants.at("MaxDeletes")};
}

crashsim::Bounds bounds_of_constants(const std::map<std::string, unsigned>& constants) {
  const auto number = [&](const std::string& name) -> unsigned {
    const auto at = constants.find(name);
    return at == constants.end() ? 0 : at->second;
  };
  crashsim::Bounds bounds{.processes = number("Processes"),
                          .starts = number("MaxStarts"),
                          .crashes = number("MaxCrashes"),
                          .in_flight = number("MaxInFlight"),
                          .lost = number("MaxLost")};
  kWrites.set(bounds, 2 * std::max(number("MaxPuts"), number("MaxDeletes")));  // half are deletes
  kReads.set(bounds, 0);
  return bounds;
}

crashsim::Schedule schedule_of(const model::catalog::Protocol& protocol,
                               const std::map<std::string, unsigned>& constants,
                               const std::vector<NamedState>& states) {
  const model::catalog::Bounds bounds = bounds_of(constants);
  const std::string why = model::catalog::impossible(protocol, bounds);
  if (!why.empty()) throw std::runtime_error(why);
  const Model model(protocol, bounds);
  std::optional<State> begins;
  for (const State& state : model.initial_states()) {
    if (!states.empty() && tla_value(model, state) == states[0].state) begins = state;
  }
  if (!begins) throw std::runtime_error("its first state is none of the model's beginnings");
  std::vector<checker::Taken<Model>> path;
  State at = *begins;
  for (std::size_t i = 1; i < states.size(); ++i) {
    std::optional<checker::Taken<Model>> taken;
    model.successors(at, [&](const Action& action, const State& next) {
      if (taken || to_string(action.name) != states[i].action) return;
      if (tla_value(model, next) == states[i].state) taken = {action, next};
    });
    if (!taken) {
      throw std::runtime_error(
          fmt::format("step {}: the model has no {} that leads there", i, states[i].action));
    }
    path.push_back(*taken);
    at = taken->state;
  }
  return to_schedule(model, *begins, path);
}

}  // namespace cutover::catalog
