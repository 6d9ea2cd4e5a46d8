#include "crashsim/sdk/definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace cutover::sdk {

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

const crashsim::Value& Stores::state_of(std::string_view name, std::type_index type) const {
  return *states_[definition_.store(name, type)];
}

const crashsim::Value& View::memory_as(std::type_index type) const {
  definition_.check_memory(type);
  return memory_;
}

}  // namespace cutover
