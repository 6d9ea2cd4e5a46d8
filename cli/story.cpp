#include "cli/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/errors.h"
#include "crashsim/live_world.h"

namespace cutover::cli {
namespace {

using crashsim::Choice;
using crashsim::Operation;
using crashsim::Value;
using crashsim::World;

/// Hears what the programs of a world say, during the step in hand.
class Listener {
 public:
  explicit Listener(const crashsim::Explanations& explanations) : explanations_(explanations) {}

  void listen_to(StoryStep* step) { step_ = step; }

  void asked(const Operation& operation) {
    if (step_ != nullptr) asked_[step_->choice.actor] = operation.store;
  }
  void took_effect(const Operation& operation, const Value& answer) {
    if (step_ == nullptr) return;
    step_->store = operation.store;
    if (!explanations_.answer) return;
    note(explanations_.answer(operation.arguments, answer), step_->answers);
  }
  void emitted(const Value& event) {
    if (step_ != nullptr && explanations_.event) note(explanations_.event(event), step_->told);
  }
  void declared(const Value& status) {
    if (step_ == nullptr || !explanations_.status) return;
    const std::string text = explanations_.status(status);
    if (std::exchange(doing_[step_->choice.actor], text) != text) step_->now = text;
  }
  void ended() {
    if (step_ != nullptr) step_->ended = true;
  }
  /// The store of the request with which a process waits.
  std::optional<std::size_t> waits_for(const std::string& actor) const {
    const auto at = asked_.find(actor);
    return at == asked_.end() ? std::nullopt : std::optional(at->second);
  }

 private:
  static void note(const std::string& text, std::vector<std::string>& texts) {
    if (!text.empty()) texts.push_back(text);
  }

  const crashsim::Explanations& explanations_;
  StoryStep* step_ = nullptr;
  std::map<std::string, std::size_t> asked_;
  std::map<std::string, std::string> doing_;
};

/// A process as its program sees it, with somebody listening.
class Overheard final : public crashsim::Process {
 public:
  Overheard(crashsim::Process& process, Listener& listener)
      : process_(process), listener_(listener) {}

  crashsim::awaitable<Value> perform(Operation operation) override {
    listener_.asked(operation);
    const auto heard = [original = operation,
                        &listener = listener_](crashsim::StoreMachine& machine) {
      crashsim::Effect effect = original.run(machine);
      listener.took_effect(original, effect.answer);
      return effect;
    };
    operation.run = heard;
    return process_.perform(std::move(operation));
  }
  crashsim::awaitable<Value> next_input() override { return process_.next_input(); }
  void emit(Value event) override {
    listener_.emitted(event);
    process_.emit(std::move(event));
  }
  void declare(Value status) override {
    listener_.declared(status);
    process_.declare(std::move(status));
  }

 private:
  crashsim::Process& process_;
  Listener& listener_;
};

using Body = decltype(crashsim::Program::body);

crashsim::awaitable<Value> overheard(const Body& body, Listener& listener,
                                     crashsim::Process& process, Value stage) {
  Overheard ours(process, listener);
  Value next = co_await body(ours, std::move(stage));
  if (next.is_null()) listener.ended();
  co_return next;
}

World listened_to(const World& world, Listener& listener) {
  World copy = world;
  for (std::size_t i = 0; i < world.programs.size(); ++i) {
    copy.programs[i].body = [&body = world.programs[i].body, &listener](crashsim::Process& process,
                                                                        Value stage) {
      return overheard(body, listener, process, std::move(stage));
    };
  }
  return copy;
}

Scene scene(const World& world, const crashsim::LiveWorld& live) {
  Scene now{live.describe(), {}};
  if (!world.explanations.look) return now;
  const auto states = live.store_states();
  std::vector<const Value*> stores;
  for (const Value& state : states) stores.push_back(&state);
  now.look = world.explanations.look(stores);
  return now;
}

std::optional<std::size_t> store_named(const World& world, const std::string& name) {
  const auto at = std::ranges::find(world.stores, name, &crashsim::StoreSpec::name);
  if (at == world.stores.end()) return std::nullopt;
  return static_cast<std::size_t>(at - world.stores.begin());
}

StoryStep take(const World& world, const Choice& choice, crashsim::LiveWorld& live,
               Listener& listener, const std::string& where) {
  StoryStep step;
  step.choice = choice;
  step.store = choice.step == crashsim::kRestart ? store_named(world, choice.actor)
                                                 : listener.waits_for(choice.actor);
  step.outcome = crashsim::outcome_from(choice.outcome).value_or(crashsim::Outcome::ok);
  listener.listen_to(&step);
  const auto divergence = live.take(choice);
  listener.listen_to(nullptr);
  if (divergence) throw UsageError(where + *divergence);
  step.after = scene(world, live);
  return step;
}

}  // namespace

Story tell(const Registry& cases, const crashsim::Trace& trace, const std::string& file) {
  const auto of = std::ranges::find(cases, trace.case_name, &Case::name);
  if (of == cases.end()) {
    throw UsageError(fmt::format("{}: at /case: there is no case '{}'; cutover list shows all",
                                 file, trace.case_name));
  }
  const World quiet = of->world(trace.bounds);
  Listener listener(quiet.explanations);
  const World world = listened_to(quiet, listener);
  const auto& schedule = trace.schedule;
  if (std::ranges::find(world.beginnings, schedule.beginning, &crashsim::Beginning::name) ==
      world.beginnings.end()) {
    throw UsageError(fmt::format("{}: at /beginning: {} has no beginning '{}'", file, of->name,
                                 schedule.beginning));
  }
  crashsim::LiveWorld live(world, schedule.beginning);
  Story story{of->name, of->about, schedule.beginning, scene(world, live), {}, {}, {}, {}, {}};
  for (const auto& store : world.stores) story.stores.push_back(store.name);
  for (const Choice& choice : schedule.choices) {
    const std::string where =
        fmt::format("{}: the trace diverges at step {}: ", file, story.steps.size() + 1);
    story.steps.push_back(take(world, choice, live, listener, where));
  }
  if (const auto violated = live.violated()) {
    story.violated = world.properties[*violated];
    if (*violated < world.explanations.properties.size()) {
      story.demand = world.explanations.properties[*violated];
    }
  }
  story.notation = world.explanations.notation;
  return story;
}

}  // namespace cutover::cli
