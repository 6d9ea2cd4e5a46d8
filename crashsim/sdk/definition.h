// The parts of a user's own migration, with their types erased. Migration collects them; everything
// else here reads them. Not for users.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <typeindex>
#include <vector>

#include "crashsim/sdk/view.h"
#include "crashsim/world/world.h"
#include "system/task.h"

namespace cutover {
class Actor;
}

namespace cutover::sdk {

using crashsim::Bounds;
using crashsim::Value;

/// What of a store is durable, and what its state as the engine has it is.
enum class Kept {
  all,             ///< the value itself
  what_is_synced,  ///< [value, ...]: the durable one, and what it became since, write by write
  sessions,        ///< {opened: how many were, open: which are, value: with what belongs to them}
};

struct StoreKind {
  std::string name;
  std::type_index type;
  Value initial;
  Value (*normalize)(const Value&);  ///< through the store's type and back; throws
  std::vector<std::string> order;    ///< of the members in traces
  bool is_fenced = true;
  Kept kept = Kept::all;
  bool ends_processes = false;  ///< when it loses what is not synced
  Value end_session = {};       ///< the call that takes what belongs to a session out of the value
  bool is_local = false;

  /// The state in which it has this value, and nothing is under way.
  Value state_with(Value value) const;
  /// What readers see in a state.
  const Value& value_in(const Value& state) const;
  /// The state after the value became another.
  void put(Value& state, Value value) const;
};

struct Start {
  std::string name;
  std::function<Task<void>(Actor&)> body;
};

/// How often something may happen: a fixed number, or one of the command line's bounds.
class Budget {
 public:
  Budget(std::integral auto number) : number_(static_cast<unsigned>(number)) {}
  Budget(crashsim::BoundSpec bound) : bound_(std::move(bound)) {}
  unsigned within(const Bounds& bounds) const { return bound_ ? bound_->of(bounds) : number_; }

 private:
  unsigned number_ = 0;
  std::optional<crashsim::BoundSpec> bound_;
};

struct InputKind {
  std::string label;
  Budget budget;
  std::function<Value(unsigned issued)> argument;  ///< issued: how many there were before
};

struct Property {
  std::string name;
  std::function<bool(const View&)> holds;
};

struct Sometimes {
  std::string what;
  std::function<bool(const View&)> seen;
  std::function<bool(const Bounds&)> possible;
};

struct Goal {
  std::string program;
  std::function<bool(const Stores&)> finished;
};

/// One of both.
struct Column {
  std::string name;
  std::function<std::string(const Stores&)> of_stores;
  std::function<std::string(const View&)> of_view;
};

struct OtherBeginning {
  std::string name;
  std::map<std::string, Value> stores;
  std::optional<Value> memory;
};

struct OwnEvent {
  std::string store, label;
  std::function<std::vector<crashsim::StoreEvent::Result>(const Value&)> results;
  std::optional<crashsim::BoundSpec> budget;
  bool ends_processes;
};

struct Definition {
  std::vector<StoreKind> stores;
  std::vector<Start> programs;
  std::vector<InputKind> inputs;
  std::vector<Property> properties;
  std::vector<Sometimes> sometimes;
  std::vector<Goal> goals;
  std::vector<Column> columns;
  std::vector<OtherBeginning> beginnings;
  std::vector<OwnEvent> events;
  std::optional<std::type_index> memory_type;
  Value memory;

  /// Index of the store. Throws std::invalid_argument if there is none, or it has another type.
  std::size_t store(std::string_view name, std::type_index type) const;
  /// Throws std::invalid_argument if the memory has another type or none.
  void check_memory(std::type_index type) const;
};

/// The property that programs reach their goals.
inline constexpr const char* kCanFinish = "CanFinish";
/// The property that nothing that was given throws.
inline constexpr const char* kNoException = "NoException";

}  // namespace cutover::sdk
