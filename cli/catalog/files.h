// The commands over real store files: move the truth between two of them, fill one, read one.
//
// A store is named as sqlite:PATH. Each function prints to `out` what a person wants to know, and
// returns the exit status. Bad input throws UsageError or StoreOpenError, before any file was
// changed; a file that turns out to be damaged throws std::runtime_error.
//
// Contents are streamed: whatever their size, some megabytes of memory will do.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>

#include "cli/stores/pauses.h"
#include "cli/stores/store_argument.h"
#include "impl/catalog/protocol.h"

namespace cutover::cli {

struct MigrateOptions {
  std::string stash, persist;  ///< sqlite:PATH
  std::string to;              ///< "persist" or "stash"
  /// Or "single-tombstone-one-write", "single-tombstone-lazy-open", "two-tombstones".
  std::string protocol = "single-tombstone";
  bool force =
      false;  ///< take stores for a pair that are not known to be one (impl/catalog/pair.h)
  /// Values whose checksum is wrong are moved as they are; else the first of them is refused.
  bool keep_damaged = false;
  double wait = kWaitSeconds;
  Pauses pauses = {};
};

/// Moves the truth, brings contents up to the current format, and ends where a server would begin
/// to serve. Returns kAsExpected, or kDiffers if a step did not go through: the stores are as an
/// interrupted migration leaves them, and the last line says what to do.
///
/// Refuses what could cost data: a missing stash, since it says which store is the truth; a missing
/// persist store that the tombstones say is the truth; one file under both names; stores that do
/// not know each other (cli/catalog/paired_store.h); stores that another protocol has moved
/// (cli/catalog/protocol_mark.h); contents of a format newer than ours, and entries without a
/// format. Two processes that use different protocols at the same time are not noticed.
int run_migrate(const MigrateOptions& options, std::ostream& out);

/// The same with other code under the protocol's name: how tests put a flaw into the real command.
struct MigrateParts {
  catalog::Protocol protocol;
  std::unique_ptr<Store> (*wrap)(std::unique_ptr<Store>) = nullptr;  ///< null: as it is
};
int run_migrate(const MigrateOptions& options, const MigrateParts& parts, std::ostream& out);

struct LoadOptions {
  std::string store;     ///< sqlite:PATH
  std::string file;      ///< "-": standard input
  std::string other;     ///< sqlite:PATH of the other store of its pair, or empty
  bool replace = false;  ///< what the store holds
  bool force = false;    ///< also if it is not the source of truth, or has a newer format
  double wait = kWaitSeconds;
};

/// Replaces the contents of a store by the entries of a file (cli/catalog/entry_lines.h) in one
/// transaction and in the current format. Every line is checked before the store is touched. A
/// store that does not exist appears whole or not at all. Opens the store, so a process that served
/// it is fenced.
///
/// Refuses a store that holds entries, unless `replace`; one that is not the source of truth of its
/// pair, or can't tell (cli/catalog/standing.h); and contents of a newer format.
int run_load(const LoadOptions& options, std::ostream& out);

struct DumpOptions {
  std::string store;       ///< sqlite:PATH
  std::string file = "-";  ///< "-": standard output
  double wait = kWaitSeconds;
};

/// Writes the entries of a store, as clients see them and in key order, to a file or to `out`. The
/// store is neither opened nor written to; whoever serves it goes on. What is written, and how,
/// says system/whole_file.h; a file is synced before it takes its place.
///
/// A value damaged at rest is dumped as the bytes that are stored, in a line that load refuses
/// (cli/catalog/entry_lines.h); the rest is dumped as ever, `errors` names the keys, and the status
/// is kDiffers.
int run_dump(const DumpOptions& options, std::ostream& out, std::ostream& errors);

}  // namespace cutover::cli
