// The commands over real store files: move the truth between two of them, fill one, read one.
//
// A store is named as sqlite:PATH. Each function prints to `out` what a person wants to know, and
// returns the exit status. Bad input throws UsageError or StoreOpenError, before any file was
// changed; a file that turns out to be damaged throws std::runtime_error.
//
// The contents of a store are held in memory, twice while they are copied.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>

#include "impl/catalog/protocol.h"

namespace cutover::cli {

struct MigrateOptions {
  std::string stash, persist;                 ///< sqlite:PATH
  std::string to;                             ///< "persist" or "stash"
  std::string protocol = "single-tombstone";  ///< or "single-tombstone-one-write", "two-tombstones"
  int pause_read_fd = -1, pause_write_fd = -1;  ///< see cli/steps.h
};

/// Moves the truth, brings its contents up to the current format, and ends where a server would
/// begin to serve. Returns kAsExpected, or kDiffers if a step did not go through: the stores are as
/// an interrupted migration leaves them, and the last line says what to do.
///
/// Refuses what could cost data: a missing stash, since it says which store is the truth; a missing
/// persist store that the tombstones say is the truth; one file under both names; stores that
/// another protocol has moved (cli/protocol_mark.h); contents of a format newer than ours,
/// and entries without a format. Two processes that use different protocols at the same time are
/// not noticed.
int run_migrate(const MigrateOptions& options, std::ostream& out);

/// The same with other code under the protocol's name: how tests put a flaw into the real command.
struct MigrateParts {
  catalog::Protocol protocol;
  std::unique_ptr<Store> (*wrap)(std::unique_ptr<Store>) = nullptr;  ///< null: as it is
};
int run_migrate(const MigrateOptions& options, const MigrateParts& parts, std::ostream& out);

/// Replaces the contents of a store by the entries of a file (cli/entry_lines.h), "-" being
/// standard input, in one transaction and in the current format; creates the store if there is
/// none. Every line is checked before the store is touched. A store that holds entries is refused
/// unless `replace`. Opens the store, so a process that served it is fenced.
int run_load(const std::string& store, const std::string& file, bool replace, std::ostream& out);

/// Writes the entries of a store, as clients see them and in key order, to a file, or to `out` if
/// it is "-". A file is complete or not there: it is written beside its place, synced and renamed.
/// The store is not opened; whoever serves it goes on.
///
/// A value damaged at rest is dumped as the bytes that are stored, in a line that load refuses
/// (cli/entry_lines.h); the rest is dumped as ever, `errors` names the keys, and the status is
/// kDiffers.
int run_dump(const std::string& store, const std::string& file, std::ostream& out,
             std::ostream& errors);
/// The same with standard error for the errors.
int run_dump(const std::string& store, const std::string& file, std::ostream& out);

}  // namespace cutover::cli
