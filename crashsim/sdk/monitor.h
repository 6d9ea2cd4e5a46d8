// The properties of a user's own migration as the engine sees them. Not for users.
//
// A property whose function throws is an error of the definition: std::invalid_argument, with the
// property's name.
#pragma once

#include "crashsim/sdk/definition.h"

namespace cutover::sdk {

/// The definition's properties, in their order; CanFinish last, if there are goals.
std::vector<std::string> property_names(const Definition& definition);

/// Which of them is CanFinish, for World::can_finish.
std::optional<std::size_t> can_finish_index(const Definition& definition);

std::shared_ptr<const crashsim::Monitor> make_monitor(std::shared_ptr<const Definition> definition);

/// A trace's columns: the stores, then the definition's own.
std::vector<std::pair<std::string, std::string>> describe(const Definition& definition,
                                                          std::span<const Value* const> stores);

}  // namespace cutover::sdk
