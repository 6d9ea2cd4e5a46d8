// The store of a user's own migration as the engine sees it, and its answers. Not for users.
#pragma once

#include "crashsim/world/world.h"

namespace cutover::sdk {

/// Holds the durable state as a value; the steps know its type.
struct Machine final : crashsim::StoreMachine {
  crashsim::Value save() const override { return state; }
  void load(const crashsim::Value& from) override { state = from; }
  crashsim::Value state;
};

/// Answers other than a step's result, which is an array.
inline constexpr const char* kLost = "lost";
inline constexpr const char* kRejected = "rejected";

// What the properties are told: [label, call] by a note, the text of an exception by what threw it.

inline bool is_exception(const crashsim::Value& event) { return event.is_string(); }
/// "step 'old: push': why"
crashsim::Value exception_value(const char* kind, const std::string& name, const std::string& what);

}  // namespace cutover::sdk
