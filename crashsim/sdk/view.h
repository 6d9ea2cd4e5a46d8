// What a property sees: the stores' durable states and what is remembered, typed again.
//
// A view, and what was got from it, is good only during the call that it is handed to, in the
// thread that is called. Each state is read from its JSON once.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <typeindex>
#include <vector>

#include "crashsim/world/value.h"

namespace cutover {

namespace sdk {
struct Definition;
}

/// The durable states of all stores at one instant.
class Stores {
 public:
  Stores(const sdk::Definition& definition, std::span<const crashsim::Value* const> states)
      : definition_(definition), states_(states), typed_(states.size()) {}

  /// Throws std::invalid_argument for a store that is not defined, or was with another type.
  template <class T>
  const T& store(std::string_view name) const {
    const std::size_t store = number_of(name, typeid(T));
    return typed<T>(typed_[store], state_of(store));
  }

 protected:
  /// Of one state, as it was read first.
  using Typed = std::shared_ptr<const void>;
  template <class T>
  static const T& typed(Typed& kept, const crashsim::Value& state) {
    if (kept == nullptr) kept = std::make_shared<const T>(state.get<T>());
    return *static_cast<const T*>(kept.get());
  }

  const sdk::Definition& definition_;

 private:
  /// Throws for a store that is not there, or of another type.
  std::size_t number_of(std::string_view name, std::type_index type) const;
  const crashsim::Value& state_of(std::size_t store) const;

  std::span<const crashsim::Value* const> states_;
  mutable std::vector<Typed> typed_;  ///< by store
};

/// The stores, and what the processes' notes left in the memory.
class View : public Stores {
 public:
  View(const sdk::Definition& definition, std::span<const crashsim::Value* const> states,
       const crashsim::Value& memory)
      : Stores(definition, states), memory_(memory) {}

  /// Throws std::invalid_argument if the memory is not defined, or was with another type.
  template <class T>
  const T& memory() const {
    return typed<T>(typed_memory_, memory_as(typeid(T)));
  }

 private:
  const crashsim::Value& memory_as(std::type_index type) const;

  const crashsim::Value& memory_;
  mutable Typed typed_memory_;
};

}  // namespace cutover
