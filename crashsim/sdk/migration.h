// The definition of a user's own migration: its stores, programs, clients, properties.
//
//   Migration move;
//   move.store("old", Queue{.jobs = {1}}).store("new", Queue{}).memory(Memory{});
//   move.program("migrate", migrate);
//   move.property("NoLostJob", [](const View& now) { ... });
//   move.sometimes("the jobs were moved", [](const View& now) { ... });
//   return cutover_main(argc, argv, {{"queue/move", "queue", "about it", "", move}});
//
// Nothing that is given here may throw while it is explored: that violates the property
// NoException, which every migration has. Mistakes in it (a name given twice, a store that does not
// exist, nothing to check) are found when it is first explored, before the search, and are one
// line: std::invalid_argument.
//
// States, memory and arguments are any types with nlohmann JSON (NLOHMANN_DEFINE_TYPE_...). Two
// equal ones must have equal JSON: use std::map and std::set, not the unordered ones. Properties
// and whatever else is given here must be pure functions; they are called from several threads.
#pragma once

#include "crashsim/sdk/actor.h"
#include "crashsim/sdk/text.h"

namespace cutover {

class Migration {
 public:
  /// A store whose durable state is a T, and what it holds at the beginning named "start".
  template <class T>
  Migration& store(std::string name, T initial) {
    check_json<T>();
    if constexpr (sdk::kHasJson<T>) {
      const auto normalize = [](const Value& value) { return Value(value.get<T>()); };
      const auto read = [](const Value& value) { static_cast<void>(value.get<T>()); };
      Value whole(std::move(initial));
      auto order = sdk::members_in_order(read, whole);
      parts_.stores.push_back({std::move(name), typeid(T), std::move(whole), normalize, order});
    }
    return *this;
  }

  /// A store that may lose power (a fault, one of the crashes): then the last writes that are not
  /// synced (StoreHandle::sync) are lost, any number of them. Until then everybody sees them.
  /// `ends_processes`: all are on its machine, and die with it.
  template <class T>
  Migration& volatile_store(std::string name, T initial, bool ends_processes = false) {
    store(std::move(name), std::move(initial));
    parts_.stores.back().kept = sdk::Kept::what_is_synced;
    parts_.stores.back().ends_processes = ends_processes;
    return *this;
  }

  /// A store with sessions (Actor::open_session). When one ends, `end(T&, int session)`, a lambda
  /// without captures, takes out what belongs to it: entries that vanish with their process.
  template <class T, class F>
  Migration& session_store(std::string name, T initial, F) {
    store(std::move(name), std::move(initial));
    parts_.stores.back().kept = sdk::Kept::sessions;
    parts_.stores.back().end_session = sdk::call_of<T, F>(0);
    return *this;
  }

  /// Says that this store refuses nobody: what lands there late takes effect. Without a word it is
  /// asked that a late request was seen to land in vain, somewhere.
  Migration& unfenced(const std::string& store);

  /// Says that the steps of this store are calls on the process's own machine: no answer is lost,
  /// nothing lands late, and a session ends with its process, never too early.
  Migration& local(const std::string& store);

  /// Something that may happen to a store of its own accord: a fault, `budget` of which may happen,
  /// or if that is left out one of the crashes. `results(const T&)` returns each way in which it
  /// may end, as pairs of its name in traces and the state then.
  template <class T, class F>
  Migration& event(std::string store, std::string label, F results,
                   std::optional<crashsim::BoundSpec> budget = {}, bool ends_processes = false) {
    const auto of_values = [results](const Value& state) {
      std::vector<crashsim::StoreEvent::Result> values;
      for (const auto& [outcome, after] : results(state.get<T>()))
        values.push_back({outcome, after});
      return values;
    };
    parts_.events.push_back(
        {std::move(store), std::move(label), of_values, std::move(budget), ends_processes});
    return *this;
  }

  /// What the processes' notes change and properties judge by. No process sees it.
  template <class T>
  Migration& memory(T initial) {
    check_json<T>();
    if constexpr (sdk::kHasJson<T>) {
      parts_.memory_type = typeid(T);
      parts_.memory = Value(std::move(initial));
    }
    return *this;
  }

  /// A program. Processes that run it start at any time and any number of times, within the bounds;
  /// the first is called NAME-1.
  Migration& program(std::string name, std::function<Task<void>(Actor&)> body);

  /// A client's request, which may reach any process that waits for one. How often there is one is
  /// a bound of the command line's, or a number; 255 at most. The first brings 1, the next 2, ...
  Migration& input(std::string label, sdk::Budget budget = crashsim::kWrites) {
    return input(std::move(label), budget, [](unsigned number) { return number; });
  }
  /// As above, and brings `argument(number)`.
  template <class F>
  Migration& input(std::string label, sdk::Budget budget, F argument) {
    check_json<std::invoke_result_t<F, unsigned>>();
    const auto value = [argument](unsigned issued) { return Value(argument(issued + 1)); };
    parts_.inputs.push_back({std::move(label), budget, value});
    return *this;
  }

  /// What must hold at every instant. Where several are violated at once, the first is reported.
  Migration& property(std::string name, std::function<bool(const View&)> holds);

  /// What must have been seen at some instant; without it, "holds" would be empty, and the verdict
  /// is unknown. At least one is asked for. `possible` says whether bounds allow it at all; empty:
  /// they do.
  Migration& sometimes(std::string what, std::function<bool(const View&)> seen,
                       std::function<bool(const crashsim::Bounds&)> possible = {});

  /// Adds the property CanFinish: from every durable state that can come about, a process of this
  /// program that is alone and meets no fault gets to where it is finished, and then ends or waits
  /// for a client.
  Migration& can_finish(std::string program, std::function<bool(const Stores&)> finished);

  /// One more column in traces, right of the stores: `text(const Stores&)`, or
  /// `text(const View&)`, which sees the memory too. State graphs have only the former. By the name
  /// of a store the former stands in the store's place.
  template <class F>
  Migration& column(std::string name, F text) {
    if constexpr (std::is_null_pointer_v<F>) {
      parts_.columns.push_back({std::move(name), nullptr, nullptr});
    } else if constexpr (std::is_invocable_v<F, const Stores&>) {
      parts_.columns.push_back({std::move(name), std::move(text), nullptr});
    } else {
      parts_.columns.push_back({std::move(name), nullptr, std::move(text)});
    }
    return *this;
  }

  /// Another beginning: the stores named here hold this instead, and the memory too if it is given.
  Migration& beginning(std::string name, std::map<std::string, crashsim::Value> stores,
                       std::optional<crashsim::Value> memory = {});

  /// What the engine explores; so a Migration can stand where a Case wants its world. Throws
  /// std::invalid_argument for a mistake in the definition. The world is independent of this
  /// object.
  crashsim::World operator()(const crashsim::Bounds& bounds) const;

 private:
  using Value = crashsim::Value;

  template <class T>
  static constexpr void check_json() {
    static_assert(sdk::kHasJson<T>,
                  "this type has no JSON; below it, add "
                  "NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Type, member, ...)");
  }

  sdk::StoreKind& store_of(const char* what, const std::string& store);

  sdk::Definition parts_;
};

}  // namespace cutover
