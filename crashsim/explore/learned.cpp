#include "crashsim/explore/learned.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/checker/check.h"

namespace cutover::crashsim {
namespace {

/// Longer than any run of a program without faults; a program that takes more does not finish.
constexpr int kStepsAlone = 1000;
/// As often as this a program asks the same only if it always would.
constexpr int kPolls = 50;

std::uint32_t property(const Judgement& judgement) {
  return judgement.violated ? static_cast<std::uint32_t>(*judgement.violated) + 1 : 0;
}

}  // namespace

Learned::Learned(const World& world) : world_(world) {
  for (const StoreSpec& store : world.stores) machines_.push_back(store.make());
  operations_.emplace_back();  // kNone
  nodes_.emplace_back();
  operation_names_.number_of(nullptr);
  events_.number_of(Value::array());
  statuses_.number_of(nullptr);
  stop_answer_ = answers_.number_of(nullptr);
  lost_answer_ = answers_.number_of(world.lost_answer);
}

Learned::Advance Learned::start(std::size_t program) {
  const std::lock_guard lock(mutex_);
  return start_unlocked(number_of_stage(program, world_.programs[program].first_stage));
}

Learned::Advance Learned::start_unlocked(Number stage) {
  if (const auto at = starts_.find(stage); at != starts_.end()) return at->second;
  const Advance found = keep(program_of(stage), execute(stage, {}, kNone), kNone, stage);
  starts_.emplace(stage, found);
  return found;
}

Learned::Node Learned::node(Number number) {
  const std::lock_guard lock(mutex_);
  return nodes_[number];
}

Learned::Advance Learned::advance(Number node, Number answer) {
  const std::lock_guard lock(mutex_);
  return advance_unlocked(node, answer);
}

Learned::Advance Learned::advance_unlocked(Number node, Number answer) {
  if (const auto at = advances_.find({node, answer}); at != advances_.end()) return at->second;
  const Number stage = stage_of(node);
  refuse_polling(stage, node, answer);
  const Replayed replayed = execute(stage, path_to(node), answer);
  const Advance found = keep(program_of(stage), replayed, node, answer);
  advances_.emplace(Key{node, answer}, found);
  return found;
}

Learned::Advance Learned::keep(std::size_t program, const Replayed& found, Number parent,
                               Number answer) {
  const Wait& wait = found.wait;
  if (wait.node.waits != Execution::Waits::finished || !wait.others.empty()) {
    if (world_.companion != nullptr && !wait.others.empty()) {
      throw std::runtime_error(fmt::format(
          "program '{}' has several requests under way, and a specification that is moved in lock "
          "step follows one",
          world_.programs[program].name));
    }
    const auto number = static_cast<Number>(nodes_.size());
    const auto add = [&](Node node) {
      node.parent = parent;
      node.answer = answer;
      nodes_.push_back(node);
    };
    add(wait.node);
    for (const Node& other : wait.others) add(other);
    return {number, events_.number_of(found.events)};
  }
  if (found.next_stage.is_null()) return {kNone, events_.number_of(found.events)};
  // The next stage begins at once: the events of both are those of one step.
  const Advance next = start_unlocked(number_of_stage(program, found.next_stage));
  Value events = found.events;
  for (const Value& event : events_[next.events]) events.push_back(event);
  return {next.node, events_.number_of(events)};
}

Number Learned::number_of_stage(std::size_t program, const Value& stage) {
  return stages_.number_of(Value::array({program, stage}));
}

std::vector<Number> Learned::path_to(Number node) const {
  std::vector<Number> path;
  for (; node != kNone; node = nodes_[node].parent) path.push_back(node);
  std::ranges::reverse(path);
  return path;
}

Number Learned::stage_of(Number node) const {
  while (nodes_[node].parent != kNone) node = nodes_[node].parent;
  return nodes_[node].answer;
}

/// Runs the stage along the path, which ends where it is given the answer.
Learned::Replayed Learned::execute(Number stage, const std::vector<Number>& path, Number answer) {
  Execution execution(world_.programs[program_of(stage)], stages_[stage][1]);
  follow(execution, stage, path, answer);
  Replayed found;
  found.events = execution.take_events();
  found.next_stage = execution.next_stage();
  found.wait = wait_of(execution);
  return found;
}

/// What the stage waits for on the way, and what it notes, must be what is known.
void Learned::follow(Execution& execution, Number stage, const std::vector<Number>& path,
                     Number answer) {
  ++executions_;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Node& known = nodes_[path[i]];
    expect_wait(stage, known.parent, place_of_wait(path[i]), wait_of(execution));
    expect_events(stage, known.parent, events_to(stage, known), execution.take_events());
    const Number given = i + 1 < path.size() ? nodes_[path[i + 1]].answer : answer;
    execution.resume(answers_[given], known.request);
  }
}

/// Throws std::runtime_error where the answer to the node's step makes the program ask the same
/// again, as before, and would for ever: it remembers each, so that no search would end.
void Learned::refuse_polling(Number stage, Number node, Number answer) {
  const auto asks_again = [&](Number at) {
    return at != kNone && nodes_[at].operation == nodes_[node].operation;
  };
  const bool is_awaited = nodes_[node].operation != kNone && nodes_[node].request == 0;
  const bool is_third_time = is_awaited && nodes_[node].answer == answer &&
                             asks_again(nodes_[node].parent) && answer != lost_answer_;
  if (!is_third_time) return;
  Execution execution(world_.programs[program_of(stage)], stages_[stage][1]);
  follow(execution, stage, path_to(node), answer);
  for (int times = 0; times < kPolls; ++times) {
    if (wait_of(execution).node.operation != nodes_[node].operation) return;
    execution.resume(answers_[answer]);
  }
  throw std::runtime_error(fmt::format(
      "program '{}' asked '{}' {} times in a row, and was answered {} each time: a loop that polls "
      "never ends the search; let the step wait for what it looks for",
      world_.programs[program_of(stage)].name, operations_[nodes_[node].operation].label, kPolls,
      text_of(answers_[answer])));
}

/// What the run that got to the node emitted since the step before.
Number Learned::events_to(Number stage, const Node& node) const {
  if (node.parent == kNone) return starts_.at(stage).events;
  return advances_.at({node.parent, node.answer}).events;
}

Learned::Wait Learned::wait_of(const Execution& execution) {
  const auto asks = [&](Node& node, std::size_t request) {
    const Operation& operation = execution.operation(request);
    node.operation = number_of_operation(operation);
    node.store = static_cast<std::uint16_t>(operation.store);
    node.read_only = operation.read_only;
    node.is_local = world_.stores[operation.store].is_local;
    node.request = static_cast<std::uint8_t>(request);
  };
  Wait wait;
  wait.node.waits = execution.waits();
  wait.node.status = statuses_.number_of(execution.status());
  wait.node.others = static_cast<std::uint8_t>(execution.others());
  if (execution.waits() == Execution::Waits::store) asks(wait.node, 0);
  if (execution.waits() == Execution::Waits::choice) {
    wait.node.options = static_cast<std::uint16_t>(execution.options());
  }
  for (std::size_t request = 1; request <= execution.others(); ++request) {
    Node& other = wait.others.emplace_back();
    other.waits = Execution::Waits::store;
    other.others = wait.node.others;
    asks(other, request);
  }
  return wait;
}

Number Learned::number_of_operation(const Operation& operation) {
  const Number number = operation_names_.number_of(
      Value::array({operation.store, operation.label, operation.arguments}));
  if (number == operations_.size()) operations_.push_back(operation);
  return number;
}

Learned::Applied Learned::apply(Number state, Number operation) {
  const std::lock_guard lock(mutex_);
  return apply_unlocked(state, operation);
}

Learned::Applied Learned::apply_unlocked(Number state, Number operation) {
  if (const auto at = applied_.find({state, operation}); at != applied_.end()) return at->second;
  const Applied found = run(state, operation);
  applied_.emplace(Key{state, operation}, found);
  return found;
}

Learned::Applied Learned::run(Number state, Number operation) {
  const Operation& step = operations_[operation];
  StoreMachine& machine = *machines_[step.store];
  machine.load(states_[state]);
  const Effect effect = step.run(machine);
  if (!effect.enabled && !step.may_wait) {
    throw std::runtime_error(
        fmt::format("step '{}' has to wait, but does not say that it may", step.label));
  }
  Applied found;
  found.enabled = effect.enabled;
  found.state = states_.number_of(machine.save());
  found.answer = answers_.number_of(effect.answer);
  found.events =
      events_.number_of(effect.event.is_null() ? Value::array() : Value::array({effect.event}));
  if ((step.read_only || !found.enabled) && found.state != state) {
    throw std::runtime_error(fmt::format("step '{}' says that it {}, but it changed the store",
                                         step.label, found.enabled ? "only reads" : "waits"));
  }
  return found;
}

const Learned::Happened& Learned::happen(std::size_t event, Number state) {
  const std::lock_guard lock(mutex_);
  const Key key{static_cast<Number>(event), state};
  if (const auto at = happened_.find(key); at != happened_.end()) return at->second;
  Happened found;
  for (const auto& result : results_now(event, state)) {
    found.states.push_back(states_.number_of(result.state));
    found.sessions.push_back(answers_.number_of(result.session));
  }
  return happened_.emplace(key, std::move(found)).first->second;
}

bool Learned::has_session(Number status, Number session) {
  const std::lock_guard lock(mutex_);
  return crashsim::has_session(statuses_[status], answers_[session]);
}

StoreEvent::Result Learned::result_of(std::size_t event, Number state, std::size_t result) {
  const std::lock_guard lock(mutex_);
  return results_now(event, state).at(result);
}

/// Nobody else lives: the sessions of others end. False if there were none.
bool Learned::end_other_sessions(std::vector<Number>& stores, Number status) {
  std::vector<Value> states;
  for (const Number store : stores) states.push_back(states_[store]);
  if (!crashsim::end_other_sessions(world_, statuses_[status], states)) return false;
  std::ranges::transform(states, stores.begin(),
                         [&](const Value& state) { return states_.number_of(state); });
  return true;
}

std::vector<StoreEvent::Result> Learned::results_now(std::size_t event, Number state) const {
  return results_of(world_.events[event], states_[state]);
}

Learned::Observed Learned::observe(Number memory, Number events) {
  const std::lock_guard lock(mutex_);
  if (const auto at = observed_.find({memory, events}); at != observed_.end()) return at->second;
  return observed_.emplace(Key{memory, events}, observe_now(memory, events)).first->second;
}

Learned::Observed Learned::observe_now(Number memory, Number events) {
  Value remembered = memories_[memory];
  Observed found;
  for (const Value& event : events_[events]) {
    const Judgement judgement = world_.monitor->observe(remembered, event);
    if (found.violated == 0) found.violated = property(judgement);
    found.witnesses |= judgement.witnesses;
  }
  found.memory = memories_.number_of(remembered);
  return found;
}

std::vector<const Value*> Learned::values(std::span<const Number> stores) const {
  std::vector<const Value*> values;
  for (const Number store : stores) values.push_back(&states_[store]);
  return values;
}

Learned::Judged Learned::judge(std::span<const Number> stores, Number memory) {
  const std::lock_guard lock(mutex_);
  Judged judged = raw_judgement(stores, memory);
  judged_.add({{stores.begin(), stores.end()}, memory, judged});
  if (judged.violated == 0 && world_.can_finish && !can_finish(stores)) {
    judged.violated = static_cast<std::uint32_t>(*world_.can_finish) + 1;
  }
  return judged;
}

Learned::Judged Learned::raw_judgement(std::span<const Number> stores, Number memory) const {
  const Judgement judgement = world_.monitor->judge(values(stores), memories_[memory]);
  return {property(judgement), judgement.witnesses};
}

Learned::Judged Learned::judge_process(std::span<const Number> stores, Number status) {
  const std::lock_guard lock(mutex_);
  const Judged judged = raw_judgement_of_process(stores, status);
  judged_processes_.add({{stores.begin(), stores.end()}, status, judged});
  return judged;
}

Learned::Judged Learned::raw_judgement_of_process(std::span<const Number> stores,
                                                  Number status) const {
  const Judgement judgement = world_.monitor->judge_process(values(stores), statuses_[status]);
  return {property(judgement), judgement.witnesses};
}

bool Learned::can_finish(std::span<const Number> stores) {
  const std::vector<Number> key(stores.begin(), stores.end());
  if (const auto at = finishes_.find(key); at != finishes_.end()) return at->second;
  return finishes_.emplace(key, every_program_finishes(key)).first->second;
}

bool Learned::every_program_finishes(const std::vector<Number>& stores) {
  for (std::size_t program = 0; program < world_.programs.size(); ++program) {
    if (!finishes_alone(program, stores)) return false;
  }
  return true;
}

bool Learned::finishes_alone(std::size_t program, const std::vector<Number>& stores) {
  const Number stage = number_of_stage(program, world_.programs[program].first_stage);
  return finishes_from(program, {start_unlocked(stage).node, stores}, 0);
}

/// After so many steps; there are several runs where something is to be chosen, or several requests
/// are under way.
bool Learned::finishes_from(std::size_t program, Lone at, int steps) {
  while (++steps <= kStepsAlone) {
    const Node node = nodes_[at.node];  // kNone, too: it has ended, and declares nothing
    const bool at_rest = is_at_rest(node.waits, node.others);
    if (world_.monitor->reached(program, values(at.stores), statuses_[node.status], at_rest)) {
      return true;
    }
    if (at_rest) return false;
    std::vector<Lone> next = next_alone(at);
    if (next.empty()) {
      if (end_other_sessions(at.stores, node.status)) continue;
      return false;
    }
    if (next.size() > 1) {
      return std::ranges::all_of(
          next, [&](const Lone& each) { return finishes_from(program, each, steps); });
    }
    at = std::move(next[0]);
  }
  return false;
}

/// Where a process may get to by one step, alone and without faults.
std::vector<Learned::Lone> Learned::next_alone(const Lone& at) {
  const Node node = nodes_[at.node];
  std::vector<Lone> next;
  for (unsigned number = 0; number < node.options; ++number) {
    next.push_back({advance_unlocked(at.node, answers_.number_of(number)).node, at.stores});
  }
  for (auto request = first_request(node.waits); request <= node.others; ++request) {
    const auto asks = at.node + static_cast<Number>(request);
    const Node asking = nodes_[asks];
    const Applied applied = apply_unlocked(at.stores[asking.store], asking.operation);
    if (!applied.enabled) continue;
    next.push_back({advance_unlocked(asks, applied.answer).node, at.stores});
    next.back().stores[asking.store] = applied.state;
  }
  return next;
}

Number Learned::input_answer(std::size_t input, unsigned issued) {
  const std::lock_guard lock(mutex_);
  const Key key{static_cast<Number>(input), issued};
  if (const auto at = inputs_.find(key); at != inputs_.end()) return at->second;
  const Number answer = answers_.number_of(world_.inputs[input].request(issued));
  return inputs_.emplace(key, answer).first->second;
}

Number Learned::choice_answer(unsigned number) {
  const std::lock_guard lock(mutex_);
  return answers_.number_of(number);
}

Number Learned::number_of_state(std::size_t store, const Value& state) {
  const std::lock_guard lock(mutex_);
  machines_[store]->load(state);
  return states_.number_of(machines_[store]->save());
}

Number Learned::number_of_memory(const Value& memory) {
  const std::lock_guard lock(mutex_);
  return memories_.number_of(memory);
}

Value Learned::answer(Number number) {
  const std::lock_guard lock(mutex_);
  return answers_[number];
}

Value Learned::state(Number number) {
  const std::lock_guard lock(mutex_);
  return states_[number];
}

Value Learned::memory(Number number) {
  const std::lock_guard lock(mutex_);
  return memories_[number];
}

std::string Learned::operation_label(Number operation) {
  const std::lock_guard lock(mutex_);
  return operations_[operation].label;
}

std::string Learned::step_of_request(Number node) {
  const std::lock_guard lock(mutex_);
  const auto label = [&](Number of) -> const std::string& {
    return operations_[nodes_[of].operation].label;
  };
  std::size_t nth = 1;
  for (Number before = place_of_wait(node); before < node; ++before) {
    nth += nodes_[before].operation != kNone && label(before) == label(node);
  }
  return request_step(label(node), nth);
}

std::size_t Learned::operation_store(Number operation) {
  const std::lock_guard lock(mutex_);
  return operations_[operation].store;
}

}  // namespace cutover::crashsim
