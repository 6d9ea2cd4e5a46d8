// A family of migrations: what a user plugs in, and what the built-in ones are.
#pragma once

#include "engines/case.h"

namespace CLI {
class App;
}

namespace cutover {

/// Runs the command of the family that was given, and returns its exit status; nothing if none was.
using RunCommand = std::function<std::optional<int>()>;

struct Family {
  std::string name;
  FamilyBounds bounds = {};
  std::vector<Case> cases;
  /// The folder of its TLA+ modules and their configurations (tla/configuration.h); empty: that of
  /// the built-in families.
  std::filesystem::path specifications = {};
  /// Adds commands of its own to the command line, if it has any (CLI11).
  std::function<RunCommand(CLI::App&)> commands = nullptr;
};

/// The families' cases, each with its family's name and bounds. Throws std::invalid_argument where
/// two have one name.
Registry registry_of(const std::vector<Family>& families);

}  // namespace cutover
