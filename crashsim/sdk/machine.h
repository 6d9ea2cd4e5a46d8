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

}  // namespace cutover::sdk
