// What a property sees: the stores' durable states and what is remembered, typed again.
//
// A view is good only during the call that it is handed to. Reading one is thread-safe.
#pragma once

#include <span>
#include <string_view>
#include <typeindex>

#include "crashsim/world/value.h"

namespace cutover {

namespace sdk {
struct Definition;
}

/// The durable states of all stores at one instant.
class Stores {
 public:
  Stores(const sdk::Definition& definition, std::span<const crashsim::Value* const> states)
      : definition_(definition), states_(states) {}

  /// Throws std::invalid_argument for a store that is not defined, or was with another type.
  template <class T>
  T store(std::string_view name) const {
    return state_of(name, typeid(T)).template get<T>();
  }

 protected:
  const sdk::Definition& definition_;

 private:
  const crashsim::Value& state_of(std::string_view name, std::type_index type) const;

  std::span<const crashsim::Value* const> states_;
};

/// The stores, and what the processes' notes left in the memory.
class View : public Stores {
 public:
  View(const sdk::Definition& definition, std::span<const crashsim::Value* const> states,
       const crashsim::Value& memory)
      : Stores(definition, states), memory_(memory) {}

  /// Throws std::invalid_argument if the memory is not defined, or was with another type.
  template <class T>
  T memory() const {
    return memory_as(typeid(T)).template get<T>();
  }

 private:
  const crashsim::Value& memory_as(std::type_index type) const;

  const crashsim::Value& memory_;
};

}  // namespace cutover
