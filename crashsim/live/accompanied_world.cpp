#include "crashsim/live/accompanied_world.h"

#include <algorithm>

#include "model/checker/check.h"

namespace cutover::crashsim {

AccompaniedWorld::AccompaniedWorld(const World& world, const std::string& beginning)
    : world_(world),
      live_(world, beginning),
      state_(world.companion->begin(beginning)),
      processes_(world.bounds.processes),
      in_flight_(world.bounds.in_flight) {}

std::optional<std::string> AccompaniedWorld::take(const Choice& choice) {
  const Operation* const pending = live_.pending(choice.actor);
  auto step = describe(choice, pending);
  if (auto wrong = live_.take(choice)) return wrong;
  if (step && step->kind == CompanionStep::Kind::step && step->outcome == Outcome::ok) {
    step->answer = world_.companion->answer(live_.last_answer());
  }
  if (step) follow(*step);
  for (std::string& name : processes_) {
    if (!name.empty() && !live_.lives(name)) name.clear();
  }
  return std::nullopt;
}

std::optional<CompanionStep> AccompaniedWorld::describe(const Choice& choice,
                                                        const Operation* pending) {
  if (choice.step == kStart) return start(choice);
  if (sender_of(choice.actor)) return land(choice);
  CompanionStep step;
  if (const auto event = event_named(world_, choice.actor, choice.step)) {
    step.kind = CompanionStep::Kind::event;
    step.place = static_cast<std::uint8_t>(*event);
    return step;
  }
  const auto place = std::ranges::find(processes_, choice.actor);
  if (place == processes_.end()) return std::nullopt;
  step.place = static_cast<std::uint8_t>(place - processes_.begin());
  if (pending == nullptr) {
    if (live_.options(choice.actor) > 0) return std::nullopt;  // it stutters
    const auto input = std::ranges::find(world_.inputs, choice.step,
                                         [](const Input& each) { return input_step(each.label); });
    step.kind = choice.step == kStop ? CompanionStep::Kind::stop : CompanionStep::Kind::input;
    step.which = static_cast<std::uint8_t>(input - world_.inputs.begin());
    return step;
  }
  step.kind = CompanionStep::Kind::step;
  step.outcome = outcome_from(choice.outcome).value_or(Outcome::ok);
  step.label = world_.companion->label(pending->store, pending->label);
  if (stays_in_flight(step.outcome)) {
    const auto free = std::ranges::find(in_flight_, std::string(), &InFlight::name);
    if (free == in_flight_.end()) return std::nullopt;
    *free = {in_flight_name(choice.actor, ++left_[choice.actor]), pending->label, pending->store};
    step.left_at = static_cast<std::uint8_t>(free - in_flight_.begin());
  }
  return step;
}

CompanionStep AccompaniedWorld::start(const Choice& choice) {
  CompanionStep step;
  step.kind = CompanionStep::Kind::start;
  for (std::size_t i = 0; i < world_.programs.size(); ++i) {
    if (choice.actor.starts_with(world_.programs[i].name + "-")) {
      step.which = static_cast<std::uint8_t>(i);
    }
  }
  const auto free = std::ranges::find(processes_, std::string());
  if (free != processes_.end()) *free = choice.actor;
  step.place = static_cast<std::uint8_t>(free - processes_.begin());
  return step;
}

std::optional<CompanionStep> AccompaniedWorld::land(const Choice& choice) {
  const auto at = std::ranges::find_if(in_flight_, [&](const InFlight& each) {
    return each.name == choice.actor && each.label == choice.step;
  });
  if (at == in_flight_.end()) return std::nullopt;
  CompanionStep step;
  step.kind = CompanionStep::Kind::land;
  step.place = static_cast<std::uint8_t>(at - in_flight_.begin());
  step.label = world_.companion->label(at->store, at->label);
  at->name.clear();
  return step;
}

void AccompaniedWorld::follow(CompanionStep step) {
  if (complaint_) return;
  std::vector<std::uint64_t> durable;
  for (std::size_t i = 0; i < world_.stores.size(); ++i) {
    durable.push_back(world_.companion->durable(i, live_.store_states()[i]));
  }
  const Companion::Words before = state_;
  action_ = world_.companion->action(before, step);
  if (!world_.companion->take(state_, step, durable)) {
    complaint_ = world_.companion->complaint(before, step);
  }
}

std::string AccompaniedWorld::tla() const { return world_.companion->tla(state_); }

}  // namespace cutover::crashsim
