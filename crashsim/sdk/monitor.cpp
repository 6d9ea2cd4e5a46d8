#include "crashsim/sdk/monitor.h"

#include <fmt/format.h>

#include <algorithm>

#include "crashsim/sdk/call.h"
#include "crashsim/sdk/machine.h"
#include "crashsim/sdk/text.h"

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

std::optional<std::size_t> violated(const Definition& definition, const View& now) {
  const auto& properties = definition.properties;
  for (std::size_t i = 0; i < properties.size(); ++i) {
    const bool holds =
        named("property", properties[i].name, [&] { return properties[i].holds(now); });
    if (!holds) return i;
  }
  return std::nullopt;
}

/// Throws what a function of the definition throws, with its name.
Judgement judgement_of(const Definition& definition, const View& now) {
  Judgement judgement;
  for (std::size_t i = 0; i < definition.sometimes.size(); ++i) {
    const Sometimes& each = definition.sometimes[i];
    const bool seen = named("sometimes", each.what, [&] { return each.seen(now); });
    judgement.witnesses |= std::uint64_t{seen} << i;
  }
  judgement.violated = violated(definition, now);
  return judgement;
}

class OwnMonitor final : public crashsim::Monitor {
 public:
  explicit OwnMonitor(std::shared_ptr<const Definition> definition)
      : definition_(std::move(definition)),
        no_exception_(property_names(*definition_).size() - 1) {}

  Judgement observe(Value& memory, const Value& event) const override {
    if (is_exception(event)) return {no_exception_, 0};
    try {
      make_call(event[1], memory);
    } catch (const std::exception&) {
      return {no_exception_, 0};
    }
    return {};
  }

  Judgement judge(States stores, const Value& memory) const override {
    try {
      return judgement_of(*definition_, View(*definition_, stores, memory));
    } catch (const std::exception&) {
      return {no_exception_, 0};
    }
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
  std::shared_ptr<const Definition> definition_;
  const std::size_t no_exception_;
};

crashsim::AnswerText text_of_answer(const Value& answer) {
  if (answer == kRejected) return {kRejected, true};
  return answer.is_array() && !answer.empty() ? crashsim::AnswerText{text_of_value(answer[0])}
                                              : crashsim::AnswerText{};
}

std::string text_of_store(const StoreKind& store, const Value& state) {
  const std::string value = text_of_state(store.value_in(state), store.order);
  switch (store.kept) {
    case Kept::all: break;
    case Kept::what_is_synced:
      return state.size() == 1 ? value : fmt::format("{} ({} unsynced)", value, state.size() - 1);
    case Kept::sessions: return fmt::format("{} sessions={}", value, text_of_value(state["open"]));
  }
  return value;
}

std::string text_of_event(const Value& event) {
  if (is_exception(event)) return "throws: " + event.get<std::string>();
  return text_of_call(event[0].get<std::string>(), event[1]);
}

}  // namespace

std::vector<std::string> property_names(const Definition& definition) {
  std::vector<std::string> names;
  for (const Property& property : definition.properties) names.push_back(property.name);
  if (!definition.goals.empty()) names.push_back(kCanFinish);
  names.push_back(kNoException);
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

std::optional<std::string> why_it_threw(const Definition& definition, States states,
                                        const Value& memory) {
  try {
    judgement_of(definition, View(definition, states, memory));
  } catch (const std::exception& error) {
    return error.what();
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> describe(const Definition& definition,
                                                          States states) {
  std::vector<std::pair<std::string, std::string>> columns;
  const Stores stores(definition, states);
  const auto text_of_column = [&](const Column& column) {
    return named("column", column.name, [&] { return column.of_stores(stores); });
  };
  for (std::size_t i = 0; i < definition.stores.size(); ++i) {
    const StoreKind& store = definition.stores[i];
    const auto own = std::ranges::find(definition.columns, store.name, &Column::name);
    const bool has_own = own != definition.columns.end() && own->of_stores;
    columns.emplace_back(store.name,
                         has_own ? text_of_column(*own) : text_of_store(store, *states[i]));
  }
  for (const Column& column : definition.columns) {
    const bool is_of_store = std::ranges::find(definition.stores, column.name, &StoreKind::name) !=
                             definition.stores.end();
    if (column.of_stores && !is_of_store) columns.emplace_back(column.name, text_of_column(column));
  }
  return columns;
}

std::vector<std::pair<std::string, std::string>> describe_more(const Definition& definition,
                                                               States states, const Value& memory) {
  std::vector<std::pair<std::string, std::string>> columns;
  const View now(definition, states, memory);
  for (const Column& column : definition.columns) {
    if (!column.of_view) continue;
    columns.emplace_back(column.name,
                         named("column", column.name, [&] { return column.of_view(now); }));
  }
  return columns;
}

crashsim::Explanations explanations(std::shared_ptr<const Definition> definition) {
  crashsim::Explanations made;
  made.arguments = [](const Value& arguments) { return text_of_call("", arguments); };
  made.input = [](const Value& input) {
    return input.is_array() ? text_of_value(input[1]) : std::string();
  };
  made.answer = [](const Value&, const Value& answer) { return text_of_answer(answer); };
  made.event = text_of_event;
  made.complaint = [definition](States stores, const Value& memory) {
    return why_it_threw(*definition, stores, memory).value_or("");
  };
  made.in_tables = true;
  return made;
}

}  // namespace cutover::sdk
