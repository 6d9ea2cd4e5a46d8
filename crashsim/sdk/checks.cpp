#include "crashsim/sdk/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "crashsim/explore/tuple.h"
#include "crashsim/live/execution.h"
#include "crashsim/sdk/machine.h"
#include "crashsim/sdk/monitor.h"

namespace cutover::sdk {
namespace {

constexpr std::size_t kMostWitnesses = 48;  // see World::witnesses

template <class... Arguments>
[[noreturn]] void refuse(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  throw std::invalid_argument("the migration's definition: " +
                              fmt::format(format, std::forward<Arguments>(arguments)...));
}

template <class T>
void check_names(const char* kind, const std::vector<T>& all, std::string T::* name) {
  for (auto at = all.begin(); at != all.end(); ++at) {
    if (((*at).*name).empty()) refuse("a {} has an empty name", kind);
    if (std::find_if(all.begin(), at, [&](const T& other) { return other.*name == (*at).*name; }) !=
        at) {
      refuse("{} '{}' is there twice; rename one", kind, (*at).*name);
    }
  }
}

void check_presence(const Definition& definition) {
  if (definition.stores.empty()) refuse("there are no stores; add store(\"old\", Old{{}})");
  if (definition.programs.empty()) refuse("there is nothing to run; add program(\"migrate\", ...)");
  if (definition.properties.empty()) {
    refuse("there is nothing to check; add property(\"NoLostWrite\", ...)");
  }
  if (definition.sometimes.empty()) {
    refuse(
        "nothing shows that anything happens at all; add sometimes(\"it was migrated\", ...), "
        "which some state has to satisfy before 'holds' means something");
  }
  if (definition.sometimes.size() > kMostWitnesses) {
    refuse("there are {} sometimes(...), and {} is the most", definition.sometimes.size(),
           kMostWitnesses);
  }
  if (definition.inputs.size() > crashsim::kMostInputKinds) {
    refuse("there are {} kinds of input, and {} is the most", definition.inputs.size(),
           crashsim::kMostInputKinds);
  }
}

void check_functions(const Definition& definition) {
  for (const Start& each : definition.programs) {
    if (!each.body) refuse("program '{}' has no function", each.name);
  }
  for (const Property& each : definition.properties) {
    if (each.name == kCanFinish) refuse("'{}' is the property of can_finish(...)", kCanFinish);
    if (each.name == kNoException) refuse("'{}' is there without being defined", kNoException);
    if (!each.holds) refuse("property '{}' has no function", each.name);
  }
  for (const Sometimes& each : definition.sometimes) {
    if (!each.seen) refuse("sometimes '{}' has no function", each.what);
  }
  for (const Column& each : definition.columns) {
    if (!each.of_stores && !each.of_view) refuse("column '{}' has no function", each.name);
  }
  for (const Goal& each : definition.goals) {
    if (!each.finished) refuse("can_finish '{}' has no function", each.program);
    if (std::ranges::find(definition.programs, each.program, &Start::name) ==
        definition.programs.end()) {
      refuse("can_finish: there is no program '{}'", each.program);
    }
  }
}

void check_beginnings(const Definition& definition) {
  for (const OtherBeginning& each : definition.beginnings) {
    if (each.name == "start") refuse("the beginning 'start' is what the stores are defined with");
    for (const auto& [name, state] : each.stores) {
      const auto at = std::ranges::find(definition.stores, name, &StoreKind::name);
      if (at == definition.stores.end()) {
        refuse("beginning '{}': there is no store '{}'", each.name, name);
      }
      try {
        at->normalize(state);
      } catch (const std::exception& error) {
        refuse("beginning '{}': store '{}': {}", each.name, name, error.what());
      }
    }
  }
}

void check_events(const Definition& definition) {
  for (auto at = definition.events.begin(); at != definition.events.end(); ++at) {
    const auto store = std::ranges::find(definition.stores, at->store, &StoreKind::name);
    if (store == definition.stores.end()) {
      refuse("event '{}': there is no store '{}'", at->label, at->store);
    }
    if (store->kept != Kept::all) {
      refuse("event '{}': '{}' is a store with events of its kind already; define it by store(...)",
             at->label, at->store);
    }
    const auto is_alike = [&](const OwnEvent& other) {
      return other.store == at->store && other.label == at->label;
    };
    if (std::find_if(definition.events.begin(), at, is_alike) != at) {
      refuse("event '{}' of '{}' is there twice; rename one", at->label, at->store);
    }
  }
}

Value events_at_start(const crashsim::Program& program) {
  try {
    return crashsim::Execution(program, program.first_stage).take_events();
  } catch (const std::exception& error) {
    refuse("{}", error.what());
  }
}

}  // namespace

void check_parts(const Definition& definition) {
  check_presence(definition);
  check_names("store", definition.stores, &StoreKind::name);
  check_names("program", definition.programs, &Start::name);
  check_names("input", definition.inputs, &InputKind::label);
  check_names("property", definition.properties, &Property::name);
  check_names("sometimes", definition.sometimes, &Sometimes::what);
  check_names("can_finish", definition.goals, &Goal::program);
  check_names("column", definition.columns, &Column::name);
  check_names("beginning", definition.beginnings, &OtherBeginning::name);
  check_functions(definition);
  check_events(definition);
  check_beginnings(definition);
}

void check_world(const Definition& definition, const crashsim::World& world) {
  for (const crashsim::Input& input : world.inputs) {
    if (input.budget > crashsim::kMostInputs) {
      refuse("these bounds give input '{}' a budget of {}, and {} is the most", input.label,
             input.budget, crashsim::kMostInputs);
    }
  }
  for (const crashsim::Beginning& beginning : world.beginnings) {
    const auto stores = crashsim::pointers_to(beginning.stores);
    if (const auto why = why_it_threw(definition, stores, beginning.memory)) refuse("{}", *why);
    try {
      for (std::size_t program = 0; program < world.programs.size(); ++program) {
        world.monitor->reached(program, stores, nullptr, true);
      }
      world.describe(stores);
      world.describe_more(stores, beginning.memory);
    } catch (const std::invalid_argument& error) {
      refuse("{}", error.what());
    }
  }
  for (const crashsim::Program& program : world.programs) {
    for (const Value& event : events_at_start(program)) {
      if (is_exception(event)) refuse("{}", event.get<std::string>());
    }
  }
}

}  // namespace cutover::sdk
