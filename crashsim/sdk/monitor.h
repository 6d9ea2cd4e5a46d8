// The properties of a user's own migration as the engine sees them. Not for users.
//
// Where a property's function throws, or a note's, the property NoException is violated.
#pragma once

#include "crashsim/sdk/definition.h"

namespace cutover::sdk {

/// The definition's properties, in their order; then CanFinish, if there are goals; NoException.
std::vector<std::string> property_names(const Definition& definition);

/// Which of them is CanFinish, for World::can_finish.
std::optional<std::size_t> can_finish_index(const Definition& definition);

std::shared_ptr<const crashsim::Monitor> make_monitor(std::shared_ptr<const Definition> definition);

/// What throws where these are judged, and why; or nothing.
std::optional<std::string> why_it_threw(const Definition& definition,
                                        std::span<const Value* const> stores, const Value& memory);

/// A trace's columns: the stores, then the definition's own; and those of them that look at the
/// memory as well.
std::vector<std::pair<std::string, std::string>> describe(const Definition& definition,
                                                          std::span<const Value* const> stores);
std::vector<std::pair<std::string, std::string>> describe_more(const Definition& definition,
                                                               std::span<const Value* const> stores,
                                                               const Value& memory);

/// What traces say of requests, answers and notes.
crashsim::Explanations explanations(std::shared_ptr<const Definition> definition);

}  // namespace cutover::sdk
