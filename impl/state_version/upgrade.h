// What a build makes of a state that it finds, apart from where that is stored.
#pragma once

#include <optional>

#include "impl/state_version/migration.h"

namespace cutover::state_version {

/// Why this build must not run on what is of that version; nothing if it may.
std::optional<std::string> refusal(const Build& build, const Version& stored);
/// Why this build must not run on the state, in one line with a remedy; nothing if it may.
std::optional<std::string> refusal(const Build& build, const json& state);
/// Why a build that was up must not go on: somebody has brought the state to another version.
std::optional<std::string> other_version(const Build& build, const json& state);
/// Brought to the build's version, or down to it, each migration with its line under "applied". The
/// same state again if nothing was to do. Throws what a migration throws.
json upgraded(const Build& build, json state);

}  // namespace cutover::state_version
