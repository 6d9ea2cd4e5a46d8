// A family of migrations: what a user plugs in, and what the built-in ones are.
#pragma once

#include "engines/case.h"

namespace CLI {
class App;
}

namespace cutover {

/// Runs the command of the family that was given, and returns its exit status; nothing if none was.
using RunCommand = std::function<std::optional<int>()>;

/// A family's cases, or how they are made: only where they are needed, as that takes a while.
class Cases {
 public:
  Cases() = default;
  Cases(std::vector<Case> all) : all_(std::move(all)) {}
  Cases(std::initializer_list<Case> all) : all_(all) {}
  Cases(std::vector<Case> (*make)()) : make_(make) {}

  std::vector<Case> all() const { return make_ != nullptr ? make_() : all_; }

 private:
  std::vector<Case> all_;
  std::vector<Case> (*make_)() = nullptr;
};

struct Family {
  std::string name;
  FamilyBounds bounds = {};
  Cases cases = {};
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
