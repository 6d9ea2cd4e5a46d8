// Migrations as data: a file that the command reads, so that nothing has to be compiled.
//
//   {"migrations": [
//     {"version": "0.2.1.9",
//      "about": "the timeout moves below limits",
//      "document": [{"op": "move", "from": "/timeout", "path": "/limits/timeout"}],
//      "down": [{"op": "move", "from": "/limits/timeout", "path": "/timeout"}],
//      "columns": ["limits"]}]}
//
// "document" and "down" are JSON Patches (RFC 6902) on the state, or on each row of a table, whose
// members are its columns, with one operation more: {"op": "scale", "path", "by"} multiplies a
// number, as where a unit changes. "columns" are added to a table before. "version" and "applied"
// of a state are not theirs to change.
#pragma once

#include <filesystem>

#include "impl/state_version/migration.h"

namespace cutover::state_version {

/// Throws UsageError that names the file, the place in it and the remedy.
Chain read_migrations(const std::filesystem::path& file);

/// What a migration can't be applied to: thrown by what read_migrations() made. It names the
/// migration, the operation and the place in the state.
class DoesNotFit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace cutover::state_version
