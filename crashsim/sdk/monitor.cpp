#include "crashsim/sdk/monitor.h"

#include <fmt/format.h>

#include <algorithm>

#include "crashsim/live/execution.h"
#include "crashsim/sdk/call.h"
#include "crashsim/sdk/machine.h"

namespace cutover::sdk {
namespace {

using crashsim::Execution;
using crashsim::Judgement;
using States = std::span<const Value* const>;

/// Longer than any run of a program without faults; one that takes more does not finish.
constexpr int kStepsAlone = 1000;

/// Calls f, and says what it is if it throws.
template <class F>
auto named(const char* kind, const std::string& name, F&& f) {
  try {
    return f();
  } catch (const std::exception& error) {
    throw std::invalid_argument(fmt::format("{} '{}': {}", kind, name, error.what()));
  }
}

std::vector<const Value*> pointers(const std::vector<Value>& values) {
  std::vector<const Value*> all;
  for (const Value& value : values) all.push_back(&value);
  return all;
}

/// The stores' states once the program ran alone, without faults, to its end or its first wait for
/// a client; nothing if it does neither.
std::optional<std::vector<Value>> run_alone(const crashsim::Program& program, States stores) {
  std::vector<Value> states;
  for (const Value* state : stores) states.push_back(*state);
  Execution execution(program, program.first_stage);
  for (int step = 0; execution.waits() == Execution::Waits::store; ++step) {
    if (step == kStepsAlone) return std::nullopt;
    const crashsim::Operation operation = execution.operation();
    Machine machine;
    machine.load(states[operation.store]);
    Value answer = operation.run(machine).answer;
    states[operation.store] = machine.save();
    execution.resume(std::move(answer));
  }
  return states;
}

class OwnMonitor final : public crashsim::Monitor {
 public:
  OwnMonitor(std::shared_ptr<const Definition> definition, std::vector<crashsim::Program> programs)
      : definition_(std::move(definition)), programs_(std::move(programs)) {}

  Judgement observe(Value& memory, const Value& event) const override {
    try {
      make_call(event, memory);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("a note's function: {}", error.what()));
    }
    return {};
  }

  Judgement judge(States stores, const Value& memory) const override {
    const View now(*definition_, stores, memory);
    Judgement judgement;
    for (std::size_t i = 0; i < definition_->sometimes.size(); ++i) {
      const Sometimes& each = definition_->sometimes[i];
      const bool seen = named("sometimes", each.what, [&] { return each.seen(now); });
      judgement.witnesses |= std::uint64_t{seen} << i;
    }
    judgement.violated = violated(now, stores);
    return judgement;
  }

  Judgement judge_process(States, const Value&) const override { return {}; }
  bool reached(std::size_t, States, const Value&) const override { return true; }

 private:
  std::optional<std::size_t> violated(const View& now, States stores) const {
    const auto& properties = definition_->properties;
    for (std::size_t i = 0; i < properties.size(); ++i) {
      const bool holds =
          named("property", properties[i].name, [&] { return properties[i].holds(now); });
      if (!holds) return i;
    }
    const auto reaches = [&](const Goal& goal) { return reaches_goal(goal, stores); };
    if (!std::ranges::all_of(definition_->goals, reaches)) return properties.size();
    return std::nullopt;
  }

  bool reaches_goal(const Goal& goal, States stores) const {
    const auto& program = *std::ranges::find(programs_, goal.program, &crashsim::Program::name);
    const auto states = run_alone(program, stores);
    if (!states) return false;
    const auto seen = pointers(*states);
    const Stores then(*definition_, seen);
    return named("can_finish", goal.program, [&] { return goal.finished(then); });
  }

  std::shared_ptr<const Definition> definition_;
  std::vector<crashsim::Program> programs_;
};

/// An object's members as "name=value name=value"; anything else as JSON.
std::string brief(const Value& state) {
  if (!state.is_object()) return crashsim::text_of(state);
  std::vector<std::string> parts;
  for (const auto& [name, value] : state.items()) {
    parts.push_back(fmt::format("{}={}", name, crashsim::text_of(value)));
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

}  // namespace

std::vector<std::string> property_names(const Definition& definition) {
  std::vector<std::string> names;
  for (const Property& property : definition.properties) names.push_back(property.name);
  if (!definition.goals.empty()) names.push_back(kCanFinish);
  return names;
}

std::shared_ptr<const crashsim::Monitor> make_monitor(
    std::shared_ptr<const Definition> definition, const std::vector<crashsim::Program>& programs) {
  return std::make_shared<OwnMonitor>(std::move(definition), programs);
}

std::vector<std::pair<std::string, std::string>> describe(const Definition& definition,
                                                          States states) {
  std::vector<std::pair<std::string, std::string>> columns;
  for (std::size_t i = 0; i < definition.stores.size(); ++i) {
    columns.emplace_back(definition.stores[i].name, brief(*states[i]));
  }
  const Stores stores(definition, states);
  for (const Column& column : definition.columns) {
    columns.emplace_back(column.name,
                         named("column", column.name, [&] { return column.text(stores); }));
  }
  return columns;
}

}  // namespace cutover::sdk
