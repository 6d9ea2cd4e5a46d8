#include "crashsim/sdk/migration.h"

#include <fmt/format.h>

#include <algorithm>

#include "crashsim/sdk/checks.h"
#include "crashsim/sdk/machine.h"
#include "crashsim/sdk/monitor.h"
#include "crashsim/world/awaitable.h"

namespace cutover {
namespace {

using crashsim::Bounds;
using crashsim::Value;
using crashsim::World;
using sdk::Definition;
using Shared = std::shared_ptr<const Definition>;

/// Asks for what the program waits for.
crashsim::awaitable<Value> ask(crashsim::Process& process, sdk::Waiting& waiting) {
  using sdk::Waiting;
  if (waiting.what == Waiting::For::step) return process.perform(std::move(waiting.step));
  if (waiting.what == Waiting::For::sent) return process.receive(waiting.sent);
  if (waiting.what == Waiting::For::input) return process.next_input();
  return process.choose(waiting.options);
}

crashsim::awaitable<Value> body(Shared definition, std::size_t program,
                                crashsim::Process& process) {
  sdk::Waiting waiting;
  Actor actor(*definition, process, waiting);
  try {
    const Task<void> runs = definition->programs[program].body(actor);
    waiting.program = runs.coroutine();
    while (true) {
      waiting.program.resume();
      if (runs.done()) break;
      waiting.answer = co_await ask(process, waiting);
    }
    runs.await_resume();         // throws what the program threw
  } catch (const LostAnswer&) {  // the process gives up
  } catch (const Rejected&) {
  } catch (const std::exception& error) {
    process.emit(sdk::exception_value("program", definition->programs[program].name, error.what()));
  }
  co_return nullptr;
}

std::vector<crashsim::Program> programs(const Shared& definition) {
  std::vector<crashsim::Program> made;
  for (std::size_t i = 0; i < definition->programs.size(); ++i) {
    const auto run = [definition, i](crashsim::Process& process, const Value&) {
      return body(definition, i, process);
    };
    made.push_back({definition->programs[i].name, run});
  }
  return made;
}

std::vector<crashsim::Input> inputs(const Definition& definition, const Bounds& bounds) {
  std::vector<crashsim::Input> made;
  for (const sdk::InputKind& each : definition.inputs) {
    const auto request = [label = each.label, argument = each.argument](unsigned issued) {
      return Value::array({label, argument(issued)});
    };
    made.push_back({each.label, each.budget.within(bounds), request});
  }
  return made;
}

std::vector<crashsim::Beginning> beginnings(const Definition& definition) {
  crashsim::Beginning start{"start", {}, definition.memory};
  for (const sdk::StoreKind& store : definition.stores) {
    start.stores.push_back(store.state_with(store.initial));
  }
  std::vector<crashsim::Beginning> made = {start};
  for (const sdk::OtherBeginning& other : definition.beginnings) {
    crashsim::Beginning next{other.name, start.stores, other.memory.value_or(definition.memory)};
    for (std::size_t i = 0; i < definition.stores.size(); ++i) {
      const sdk::StoreKind& store = definition.stores[i];
      const auto at = other.stores.find(store.name);
      if (at != other.stores.end()) {
        next.stores[i] = store.state_with(store.normalize(at->second));
      }
    }
    made.push_back(std::move(next));
  }
  return made;
}

using Results = std::vector<crashsim::StoreEvent::Result>;

/// Any number of the last writes, also none.
Results lose_unsynced(const Value& versions) {
  Results results;
  for (std::size_t lost = 0; lost < versions.size(); ++lost) {
    results.push_back({fmt::format("{} write{} lost", lost, lost == 1 ? "" : "s"),
                       Value::array({versions[versions.size() - 1 - lost]})});
  }
  return results;
}

Results end_sessions(const sdk::StoreKind& store, const Value& state) {
  Results results;
  for (const Value& session : state.at("open")) {
    Value after = state;
    after["open"].erase(std::ranges::find(after["open"], session));
    Value call = store.end_session;
    call[1] = session;
    sdk::make_call(call, after["value"]);
    results.push_back({"", after, sdk::session_value(store, session)});
  }
  return results;
}

std::vector<crashsim::StoreEvent> events(const Shared& definition) {
  std::vector<crashsim::StoreEvent> made;
  for (std::size_t i = 0; i < definition->stores.size(); ++i) {
    const sdk::StoreKind& store = definition->stores[i];
    crashsim::StoreEvent event{.store = i, .label = "loses power", .results = lose_unsynced};
    event.ends_processes = store.ends_processes;
    if (store.kept == sdk::Kept::sessions) {
      event.label = "ends session";
      event.of_sessions = true;
      event.results = [definition, i](const Value& state) {
        return end_sessions(definition->stores[i], state);
      };
    }
    if (store.kept != sdk::Kept::all) made.push_back(std::move(event));
  }
  for (const sdk::OwnEvent& own : definition->events) {
    const auto store = std::ranges::find(definition->stores, own.store, &sdk::StoreKind::name);
    made.push_back({.store = static_cast<std::size_t>(store - definition->stores.begin()),
                    .label = own.label,
                    .results = own.results,
                    .budget = own.budget,
                    .ends_processes = own.ends_processes});
  }
  return made;
}

std::vector<crashsim::Witness> witnesses(const Definition& definition) {
  std::vector<crashsim::Witness> made;
  for (const sdk::Sometimes& each : definition.sometimes) {
    const auto always = [](const Bounds&) { return true; };
    made.push_back({each.what, each.possible ? each.possible : always});
  }
  return made;
}

World world(const Shared& definition, const Bounds& bounds);

/// The migration with this property alone. What throws is violated as before, by another name.
World judged_by(const Shared& whole, const Bounds& bounds, const std::string& property) {
  Definition definition = *whole;
  std::erase_if(definition.properties,
                [&](const sdk::Property& each) { return each.name != property; });
  if (property != sdk::kCanFinish) definition.goals.clear();
  return world(std::make_shared<const Definition>(std::move(definition)), bounds);
}

World world(const Shared& definition, const Bounds& bounds) {
  World made;
  for (const sdk::StoreKind& store : definition->stores) {
    const auto make = [] { return std::make_unique<sdk::Machine>(); };
    made.stores.push_back({store.name, make, store.is_fenced, store.is_local});
  }
  made.programs = programs(definition);
  made.events = events(definition);
  made.inputs = inputs(*definition, bounds);
  made.beginnings = beginnings(*definition);
  made.witnesses = witnesses(*definition);
  made.properties = sdk::property_names(*definition);
  made.monitor = sdk::make_monitor(definition);
  made.can_finish = sdk::can_finish_index(*definition);
  made.lost_answer = sdk::kLost;
  made.bounds = bounds;
  made.explanations = sdk::explanations(definition);
  made.judged_by = [definition, bounds](const std::string& property) {
    return judged_by(definition, bounds, property);
  };
  made.describe = [definition](std::span<const Value* const> stores) {
    return sdk::describe(*definition, stores);
  };
  made.describe_more = [definition](std::span<const Value* const> stores, const Value& memory) {
    return sdk::describe_more(*definition, stores, memory);
  };
  return made;
}

}  // namespace

Migration& Migration::program(std::string name, std::function<Task<void>(Actor&)> body) {
  parts_.programs.push_back({std::move(name), std::move(body)});
  return *this;
}

Migration& Migration::property(std::string name, std::function<bool(const View&)> holds) {
  parts_.properties.push_back({std::move(name), std::move(holds)});
  return *this;
}

Migration& Migration::sometimes(std::string what, std::function<bool(const View&)> seen,
                                std::function<bool(const Bounds&)> possible) {
  parts_.sometimes.push_back({std::move(what), std::move(seen), std::move(possible)});
  return *this;
}

Migration& Migration::can_finish(std::string program, std::function<bool(const Stores&)> finished) {
  parts_.goals.push_back({std::move(program), std::move(finished)});
  return *this;
}

Migration& Migration::unfenced(const std::string& store) {
  store_of("unfenced", store).is_fenced = false;
  return *this;
}

Migration& Migration::local(const std::string& store) {
  sdk::StoreKind& kind = store_of("local", store);
  kind.is_local = true;
  kind.is_fenced = false;  // nothing lands late there
  return *this;
}

sdk::StoreKind& Migration::store_of(const char* what, const std::string& store) {
  const auto at = std::ranges::find(parts_.stores, store, &sdk::StoreKind::name);
  if (at == parts_.stores.end()) {
    throw std::invalid_argument(
        fmt::format("the migration's definition: {}: there is no store '{}' yet", what, store));
  }
  return *at;
}

Migration& Migration::beginning(std::string name, std::map<std::string, Value> stores,
                                std::optional<Value> memory) {
  parts_.beginnings.push_back({std::move(name), std::move(stores), std::move(memory)});
  return *this;
}

World Migration::operator()(const Bounds& bounds) const {
  const auto definition = std::make_shared<const Definition>(parts_);
  sdk::check_parts(*definition);
  World made = world(definition, bounds);
  sdk::check_world(*definition, made);
  return made;
}

}  // namespace cutover
