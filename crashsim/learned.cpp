#include "crashsim/learned.h"

#include <fmt/format.h>

#include "model/checker/check.h"

namespace cutover::crashsim {
namespace {

/// Longer than any run of a program without faults; a program that takes more does not finish.
constexpr int kStepsAlone = 1000;

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
  const Advance found = keep(program_of(stage), execute(stage, Value::array()), kNone, stage);
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
  Value answers = history(node);
  answers.push_back(answers_[answer]);
  const Number stage = stage_of(node);
  const Advance found = keep(program_of(stage), execute(stage, answers), node, answer);
  advances_.emplace(Key{node, answer}, found);
  return found;
}

Learned::Advance Learned::keep(std::size_t program, const Replayed& found, Number parent,
                               Number answer) {
  if (found.node.waits != Execution::Waits::finished) {
    Node node = found.node;
    node.parent = parent;
    node.answer = answer;
    nodes_.push_back(node);
    return {static_cast<Number>(nodes_.size() - 1), events_.number_of(found.events)};
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

Value Learned::history(Number node) const {
  std::vector<Number> numbers;
  for (; nodes_[node].parent != kNone; node = nodes_[node].parent)
    numbers.push_back(nodes_[node].answer);
  Value answers = Value::array();
  for (auto at = numbers.rbegin(); at != numbers.rend(); ++at) answers.push_back(answers_[*at]);
  return answers;
}

Number Learned::stage_of(Number node) const {
  while (nodes_[node].parent != kNone) node = nodes_[node].parent;
  return nodes_[node].answer;
}

Learned::Replayed Learned::execute(Number stage, const Value& answers) {
  ++executions_;
  Execution execution(world_.programs[program_of(stage)], stages_[stage][1]);
  for (const Value& answer : answers) {
    execution.take_events();
    execution.resume(answer);
  }
  Replayed found;
  found.events = execution.take_events();
  found.next_stage = execution.next_stage();
  found.node.waits = execution.waits();
  found.node.status = statuses_.number_of(execution.status());
  if (execution.waits() == Execution::Waits::store) {
    found.node.operation = number_of_operation(execution.operation());
    found.node.store = static_cast<std::uint16_t>(execution.operation().store);
    found.node.read_only = execution.operation().read_only;
  }
  return found;
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
  Applied found;
  found.state = states_.number_of(machine.save());
  found.answer = answers_.number_of(effect.answer);
  found.events =
      events_.number_of(effect.event.is_null() ? Value::array() : Value::array({effect.event}));
  if (step.read_only && found.state != state) {
    throw std::runtime_error(
        fmt::format("step '{}' says that it only reads, but it changed the store", step.label));
  }
  return found;
}

Number Learned::restart(std::size_t store, Number state) {
  const std::lock_guard lock(mutex_);
  StoreMachine& machine = *machines_[store];
  machine.load(states_[state]);
  machine.restart();
  return states_.number_of(machine.save());
}

Learned::Observed Learned::observe(Number memory, Number events) {
  const std::lock_guard lock(mutex_);
  if (const auto at = observed_.find({memory, events}); at != observed_.end()) return at->second;
  Value remembered = memories_[memory];
  Observed found;
  for (const Value& event : events_[events]) {
    const Judgement judgement = world_.monitor->observe(remembered, event);
    if (found.violated == 0) found.violated = property(judgement);
    found.witnesses |= judgement.witnesses;
  }
  found.memory = memories_.number_of(remembered);
  observed_.emplace(Key{memory, events}, found);
  return found;
}

std::vector<const Value*> Learned::values(std::span<const Number> stores) const {
  std::vector<const Value*> values;
  for (const Number store : stores) values.push_back(&states_[store]);
  return values;
}

Learned::Judged Learned::judge(std::span<const Number> stores, Number memory) {
  const std::lock_guard lock(mutex_);
  const Judgement judgement = world_.monitor->judge(values(stores), memories_[memory]);
  Judged judged{property(judgement), judgement.witnesses};
  if (judged.violated == 0 && world_.can_finish && !can_finish(stores)) {
    judged.violated = static_cast<std::uint32_t>(*world_.can_finish) + 1;
  }
  return judged;
}

Learned::Judged Learned::judge_process(std::span<const Number> stores, Number status) {
  const std::lock_guard lock(mutex_);
  const Judgement judgement = world_.monitor->judge_process(values(stores), statuses_[status]);
  return {property(judgement), judgement.witnesses};
}

bool Learned::can_finish(std::span<const Number> stores) {
  const std::vector<Number> key(stores.begin(), stores.end());
  const auto [at, added] = finishes_.emplace(key, true);
  if (!added) return at->second;
  for (std::size_t program = 0; program < world_.programs.size(); ++program) {
    at->second = at->second && finishes_alone(program, key);
  }
  return at->second;
}

bool Learned::finishes_alone(std::size_t program, std::vector<Number> stores) {
  Number at = start_unlocked(number_of_stage(program, world_.programs[program].first_stage)).node;
  for (int step = 0; step < kStepsAlone; ++step) {
    const Node node = nodes_[at];  // kNone, too: it has ended, and declares nothing
    if (world_.monitor->reached(program, values(stores), statuses_[node.status])) return true;
    if (node.waits != Execution::Waits::store) return false;
    const Applied applied = apply_unlocked(stores[node.store], node.operation);
    stores[node.store] = applied.state;
    at = advance_unlocked(at, applied.answer).node;
  }
  return false;
}

Number Learned::input_answer(std::size_t input, unsigned issued) {
  const std::lock_guard lock(mutex_);
  return answers_.number_of(world_.inputs[input].request(issued));
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

std::string Learned::operation_label(Number operation) {
  const std::lock_guard lock(mutex_);
  return operations_[operation].label;
}

std::size_t Learned::operation_store(Number operation) {
  const std::lock_guard lock(mutex_);
  return operations_[operation].store;
}

std::optional<std::string> Learned::recheck(std::size_t stride) {
  const std::lock_guard lock(mutex_);
  for (Number number = 1; number < nodes_.size(); number += static_cast<Number>(stride)) {
    const Node& known = nodes_[number];
    const Number stage = stage_of(number);
    const Node again = execute(stage, history(number)).node;
    if (again.waits != known.waits || again.operation != known.operation ||
        again.status != known.status) {
      return fmt::format(
          "program '{}' did not repeat itself: after the same answers it asked for '{}', "
          "and then for '{}'",
          world_.programs[program_of(stage)].name, operations_[known.operation].label,
          operations_[again.operation].label);
    }
  }
  std::size_t turn = 0;
  for (const auto& [key, known] : applied_) {
    if (turn++ % stride != 0) continue;
    const Applied again = run(key.a, key.b);
    if (again.state != known.state || again.answer != known.answer) {
      return fmt::format("step '{}' of store '{}' did not repeat itself on the same state",
                         operations_[key.b].label, world_.stores[operations_[key.b].store].name);
    }
  }
  return std::nullopt;
}

}  // namespace cutover::crashsim
