// The variables of a state as TLA+ has it, as a user names them: "store.old.epoch", "process.1.pc".
#pragma once

#include <string>
#include <vector>

#include "crashsim/world/value.h"

namespace cutover {

/// Where it is in a state. Places of processes count from 1, as in TLA+.
crashsim::Value::json_pointer pointer_to(const std::string& variable);

/// All that there are in the state.
std::vector<std::string> variables_of(const crashsim::Value& state);

}  // namespace cutover
