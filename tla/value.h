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
#include <set>
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

/// The other way: a value as TLC prints it, arrays as sequences but for those under a field of
/// `sets`.
std::string to_text(const Json& value, const std::set<std::string>& sets = {});
/// A state, one conjunct a line.
std::string state_to_text(const Json& state, const std::set<std::string>& sets = {});

/// What differs in the later state, each as `store.stash.epoch = 6`; all of it if `before` is null.
std::vector<std::string> changes(const Json& before, const Json& after);

}  // namespace cutover::tla
