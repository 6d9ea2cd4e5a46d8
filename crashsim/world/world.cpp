#include "crashsim/world/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "crashsim/world/schedule.h"

namespace cutover::crashsim {
namespace {
constexpr std::array<const char*, kOutcomes> kNames = {"ok",
                                                       "crash before",
                                                       "crash after",
                                                       "crash, in flight",
                                                       "lost answer, not applied",
                                                       "lost answer, applied",
                                                       "lost answer, in flight"};
}

const char* to_string(Outcome outcome) { return kNames[static_cast<std::size_t>(outcome)]; }

std::optional<Outcome> outcome_from(std::string_view text) {
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (text == kNames[i]) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

World judged_alone(const World& world, const std::string& property) {
  const bool has_it = std::ranges::count(world.properties, property) > 0;
  return has_it && world.judged_by ? world.judged_by(property) : world;
}

BoundSpecs event_budgets(const World& world) {
  BoundSpecs all;
  for (const StoreEvent& event : world.events) {
    if (event.budget) add_if_new(all, *event.budget);
  }
  return all;
}

std::optional<std::size_t> event_budget(const World& world, const StoreEvent& event) {
  if (!event.budget) return std::nullopt;
  const BoundSpecs all = event_budgets(world);
  const auto at = std::ranges::find(all, event.budget->name, &BoundSpec::name);
  return static_cast<std::size_t>(at - all.begin());
}

std::optional<std::size_t> event_named(const World& world, const std::string& store,
                                       const std::string& label) {
  const auto at = std::ranges::find_if(world.events, [&](const StoreEvent& event) {
    const bool is_its =
        label == event.label || (event.of_sessions && label.starts_with(event.label + " "));
    return is_its && world.stores[event.store].name == store;
  });
  if (at == world.events.end()) return std::nullopt;
  return static_cast<std::size_t>(at - world.events.begin());
}

std::vector<StoreEvent::Result> results_of(const StoreEvent& event, const Value& state) {
  std::vector<StoreEvent::Result> results;
  for (StoreEvent::Result& result : event.results(state)) {
    if (event.of_sessions == result.session.is_null()) {
      throw std::runtime_error(fmt::format("store event '{}' ends {} session", event.label,
                                           event.of_sessions ? "no" : "a"));
    }
    if (event.of_sessions) result.outcome = step_of(event, result);
    if ((result.outcome == to_string(Outcome::ok)) != (event.label == kRestart)) {
      throw std::runtime_error(
          fmt::format("store event '{}' ends '{}': a restart ends 'ok', and nothing else does",
                      event.label, result.outcome));
    }
    const auto is_alike = [&](const auto& other) { return other.outcome == result.outcome; };
    if (std::ranges::any_of(results, is_alike)) {
      throw std::runtime_error(
          fmt::format("store event '{}' ends '{}' in two ways", event.label, result.outcome));
    }
    results.push_back(std::move(result));
  }
  return results;
}

std::string step_of(const StoreEvent& event, const StoreEvent::Result& result) {
  if (!event.of_sessions) return event.label;
  const bool is_text = result.session.is_string();
  return fmt::format("{} {}", event.label,
                     is_text ? result.session.get<std::string>() : text_of(result.session));
}

std::string outcome_of(const StoreEvent& event, const StoreEvent::Result& result, bool is_due) {
  if (!event.of_sessions) return result.outcome;
  return is_due ? to_string(Outcome::ok) : kTooEarly;
}

bool is_never_a_fault(const World& world, const StoreEvent& event) {
  return event.of_sessions && world.stores[event.store].is_local;
}

bool has_session(const Value& status, const Value& session) {
  return status.is_array() && std::ranges::find(status, session) != status.end();
}

bool end_other_sessions(const World& world, const Value& status, std::vector<Value>& states) {
  bool has_ended = false;
  for (const StoreEvent& event : world.events) {
    if (!event.of_sessions) continue;
    Value& state = states[event.store];
    const auto ends_another = [&](const StoreEvent::Result& result) {
      return !has_session(status, result.session) && result.state != state;
    };
    for (auto results = results_of(event, state); true; results = results_of(event, state)) {
      const auto at = std::ranges::find_if(results, ends_another);
      if (at == results.end()) break;
      state = at->state;
      has_ended = true;
    }
  }
  return has_ended;
}

unsigned most_faults(const World& world) {
  unsigned most = world.bounds.crashes + world.bounds.lost;
  for (const BoundSpec& each : event_budgets(world)) most += each.of(world.bounds);
  return most;
}

}  // namespace cutover::crashsim
