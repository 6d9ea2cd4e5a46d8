#include "crashsim/sdk/definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace cutover::sdk {

Value StoreKind::state_with(Value value) const {
  switch (kept) {
    case Kept::all: break;
    case Kept::what_is_synced: return Value::array({std::move(value)});
    case Kept::sessions: return {{"opened", 0}, {"open", Value::array()}, {"value", value}};
  }
  return value;
}

const Value& StoreKind::value_in(const Value& state) const {
  switch (kept) {
    case Kept::all: break;
    case Kept::what_is_synced: return state.back();
    case Kept::sessions: return state.at("value");
  }
  return state;
}

void StoreKind::put(Value& state, Value value) const {
  switch (kept) {
    case Kept::all: state = std::move(value); break;
    case Kept::what_is_synced:
      if (value != state.back()) state.push_back(std::move(value));
      break;
    case Kept::sessions: state["value"] = std::move(value); break;
  }
}

std::size_t Definition::store(std::string_view name, std::type_index type) const {
  const auto at = std::ranges::find(stores, name, &StoreKind::name);
  if (at == stores.end()) {
    std::vector<std::string> names;
    for (const StoreKind& each : stores) names.push_back(each.name);
    throw std::invalid_argument(
        fmt::format("there is no store '{}'; there are {}", name, fmt::join(names, ", ")));
  }
  if (at->type != type) {
    throw std::invalid_argument(fmt::format("store '{}' was defined with another type", name));
  }
  return static_cast<std::size_t>(at - stores.begin());
}

void Definition::check_memory(std::type_index type) const {
  if (!memory_type) throw std::invalid_argument("there is no memory; define it with memory(...)");
  if (*memory_type != type) {
    throw std::invalid_argument("the memory was defined with another type");
  }
}

}  // namespace cutover::sdk

namespace cutover {

std::size_t Stores::number_of(std::string_view name, std::type_index type) const {
  return definition_.store(name, type);
}
const crashsim::Value& Stores::state_of(std::size_t store) const {
  return definition_.stores[store].value_in(*states_[store]);
}

const crashsim::Value& View::memory_as(std::type_index type) const {
  definition_.check_memory(type);
  return memory_;
}

}  // namespace cutover
