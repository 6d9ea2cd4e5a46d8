#include "crashsim/sdk/monitor.h"

#include <fmt/format.h>

#include <algorithm>

#include "crashsim/sdk/call.h"
#include "crashsim/sdk/machine.h"

namespace cutover::sdk {
namespace {

using crashsim::Judgement;
using States = std::span<const Value* const>;

/// Calls f, and says what it is if it throws.
template <class F>
auto named(const char* kind, const std::string& name, F&& f) {
  try {
    return f();
  } catch (const std::exception& error) {
    throw std::invalid_argument(fmt::format("{} '{}': {}", kind, name, error.what()));
  }
}

class OwnMonitor final : public crashsim::Monitor {
 public:
  explicit OwnMonitor(std::shared_ptr<const Definition> definition)
      : definition_(std::move(definition)) {}

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
    judgement.violated = violated(now);
    return judgement;
  }

  Judgement judge_process(States, const Value&) const override { return {}; }
  /// Only once the process is at rest: that a goal was passed on the way is not enough.
  bool reached(std::size_t program, States stores, const Value&, bool at_rest) const override {
    const Stores then(*definition_, stores);
    return std::ranges::all_of(definition_->goals, [&](const Goal& goal) {
      if (goal.program != definition_->programs[program].name) return true;
      return at_rest && named("can_finish", goal.program, [&] { return goal.finished(then); });
    });
  }

 private:
  std::optional<std::size_t> violated(const View& now) const {
    const auto& properties = definition_->properties;
    for (std::size_t i = 0; i < properties.size(); ++i) {
      const bool holds =
          named("property", properties[i].name, [&] { return properties[i].holds(now); });
      if (!holds) return i;
    }
    return std::nullopt;
  }

  std::shared_ptr<const Definition> definition_;
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
    std::shared_ptr<const Definition> definition) {
  return std::make_shared<OwnMonitor>(std::move(definition));
}

std::optional<std::size_t> can_finish_index(const Definition& definition) {
  if (definition.goals.empty()) return std::nullopt;
  return definition.properties.size();
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
