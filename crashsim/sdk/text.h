// How the values of a user's own migration look in traces. Not for users.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crashsim/world/value.h"

namespace cutover::sdk {

using crashsim::Value;

/// The members of a type in the order in which it is declared, as far as its from_json tells: by
/// which of them it misses first. `from_json` throws as nlohmann::json does; `whole` is any value
/// of the type. Empty for what is no object.
std::vector<std::string> members_in_order(void (*from_json)(const Value&), const Value& whole);

/// A durable state: "owner=1 jobs=[7,1]"; anything but an object as text_of_value().
std::string text_of_state(const Value& state, const std::vector<std::string>& order = {});

/// An argument or an answer. Words are not quoted; objects and maps are {a=1 b=2}, also maps that
/// JSON keeps as lists of pairs. What is long is cut.
std::string text_of_value(const Value& value);

/// "push 1, 2": the label and what was given with it.
std::string text_of_call(std::string_view label, const Value& call);

}  // namespace cutover::sdk
