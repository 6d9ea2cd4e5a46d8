#include "cli/pictures/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/case_of_trace.h"
#include "cli/errors.h"
#include "crashsim/live/live_world.h"

namespace cutover::cli {
namespace {

using crashsim::Choice;
using crashsim::Operation;
using crashsim::Outcome;
using crashsim::Value;
using crashsim::World;

/// Hears what the programs of a world say, during the step in hand.
class Listener {
 public:
  explicit Listener(const World& world) : explanations_(world.explanations) {}

  void listen_to(StoryStep* step) { step_ = step; }

  void emitted(const Value& event) {
    if (step_ == nullptr || !explanations_.event) return;
    const std::string text = explanations_.event(event);
    if (!text.empty()) step_->told.push_back(text);
  }
  void declared(const Value& status) {
    if (step_ == nullptr || !explanations_.status) return;
    const std::string text = explanations_.status(status);
    if (std::exchange(doing_[step_->choice.actor], text) != text) step_->now = text;
  }
  void ended() {
    if (step_ != nullptr) step_->ended = true;
  }

 private:
  const crashsim::Explanations& explanations_;
  StoryStep* step_ = nullptr;
  std::map<std::string, std::string> doing_;
};

/// A process as its program sees it, with somebody listening.
class Overheard final : public crashsim::Process {
 public:
  Overheard(crashsim::Process& process, Listener& listener)
      : process_(process), listener_(listener) {}

  crashsim::awaitable<Value> perform(Operation operation) override {
    return process_.perform(std::move(operation));
  }
  std::size_t send(Operation operation) override { return process_.send(std::move(operation)); }
  crashsim::awaitable<Value> receive(std::size_t sent) override { return process_.receive(sent); }
  crashsim::awaitable<Value> next_input() override { return process_.next_input(); }
  crashsim::awaitable<Value> choose(unsigned options) override { return process_.choose(options); }
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

std::optional<std::size_t> store_named(const World& world, const std::string& name) {
  const auto at = std::ranges::find(world.stores, name, &crashsim::StoreSpec::name);
  if (at == world.stores.end()) return std::nullopt;
  return static_cast<std::size_t>(at - world.stores.begin());
}

/// The world in motion.
class StoryRecorder {
 public:
  StoryRecorder(const World& world, Listener& listener, const std::string& beginning)
      : world_(world), listener_(listener), live_(world, beginning) {}

  Scene scene() const {
    Scene now{live_.describe(), {}};
    if (!world_.explanations.look) return now;
    now.look = world_.explanations.look(crashsim::pointers_to(live_.store_states()));
    return now;
  }

  /// Returns why the step can't be taken, if so.
  std::optional<std::string> take(StoryStep& step) {
    std::optional<Operation> request;
    if (const Operation* about = live_.request_of(step.choice)) request = *about;
    step.store = request ? request->store : store_named(world_, step.choice.actor);
    step.is_event = crashsim::event_named(world_, step.choice.actor, step.choice.step).has_value();
    const std::size_t were_in_flight = live_.in_flight().size();
    listener_.listen_to(&step);
    auto divergence = live_.take(step.choice);
    listener_.listen_to(nullptr);
    if (divergence) return divergence;
    if (request && step.outcome == Outcome::ok) step.answer = answer(*request);
    for (std::size_t i = were_in_flight; i < live_.in_flight().size(); ++i) {
      const auto& [name, operation, identity] = live_.in_flight()[i];
      step.left.push_back({name, operation.label, operation.store});
    }
    step.after = scene();
    return std::nullopt;
  }

  std::optional<std::size_t> violated() const { return live_.violated(); }

 private:
  std::string answer(const Operation& request) const {
    const Value answer = live_.last_answer();
    return world_.explanations.answer ? world_.explanations.answer(request.arguments, answer).text
                                      : "";
  }

  const World& world_;
  Listener& listener_;
  crashsim::LiveWorld live_;
};

}  // namespace

Story tell(const Registry& cases, const crashsim::Trace& trace, const std::string& file) {
  const Case& of = case_of(cases, trace, file);
  const World quiet = judged_alone(world_of(of, trace, file), trace.schedule.violated);
  Listener listener(quiet);
  const World world = listened_to(quiet, listener);
  const auto& schedule = trace.schedule;
  StoryRecorder recorder(world, listener, schedule.beginning);
  std::optional<std::size_t> violated = recorder.violated();
  Story story{of.name, of.about, schedule.beginning, recorder.scene(), {}, {}, {}, {}, {}};
  for (const auto& store : world.stores) story.stores.push_back(store.name);
  for (const Choice& choice : schedule.choices) {
    StoryStep step{.choice = choice,
                   .outcome = crashsim::outcome_from(choice.outcome).value_or(Outcome::ok)};
    if (const auto divergence = recorder.take(step)) {
      throw UsageError(fmt::format("{}: the trace diverges at step {}: {}", file,
                                   story.steps.size() + 1, *divergence));
    }
    story.steps.push_back(std::move(step));
    if (!violated) violated = recorder.violated();
  }
  if (violated) {
    story.violated = world.properties[*violated];
    const auto& demands = world.explanations.properties;
    if (*violated < demands.size()) story.demand = demands[*violated];
  } else if (schedule.violated == kRefinement && not_followed(of, trace)) {
    story.violated = kRefinement;
    story.demand = "each step is one that the model of the design has, too";
  }
  story.notation = world.explanations.notation;
  return story;
}

}  // namespace cutover::cli
