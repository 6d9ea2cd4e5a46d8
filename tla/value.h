// TLA+ values as TLC prints them, as JSON: so that a state of a specification can be compared with
// one of the C++ model, and two states with each other.
//
//   "text", 7, TRUE           "text", 7, true
//   [a |-> 1, b |-> 2]        {"a": 1, "b": 2}
//   ("a" :> 1 @@ "b" :> 2)    the same
//   <<1, 2>>                  [1, 2]
//   (1 :> "x" @@ 2 :> "y")    ["x", "y"]
//   {2, 1}                    [1, 2], sorted
//   modelValue                "modelValue"
//
// Not covered: functions over anything but strings and 1..n.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace cutover::tla {

using Json = nlohmann::json;

/// Throws std::runtime_error that names the position.
Json parse_value(std::string_view text);

/// A state, "/\ x = 1\n/\ y = {}" or "x = 1": an object from its variables to their values. Throws
/// std::runtime_error that names the position.
Json parse_state(std::string_view text);

/// What differs in the later state, each as `store.stash.epoch = 6`; all of it if `before` is null.
std::vector<std::string> changes(const Json& before, const Json& after);

}  // namespace cutover::tla
