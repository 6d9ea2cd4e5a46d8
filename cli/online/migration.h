// A migration as the command line names it: a table, the store that it is in and the one that it
// goes to.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/stores/store_argument.h"
#include "impl/online/cluster.h"

namespace cutover::cli {

struct MigrationOptions {
  std::string from, to, table;
  double wait = kWaitSeconds;
};

/// Adds --from, --to, --table and --wait.
void add_migration(CLI::App& command, MigrationOptions& options);

/// Opens the store. Throws UsageError for what is no such store. One that is not there is made if
/// `may_create`.
std::unique_ptr<online::Cluster> open_store(const std::string& argument, const LockWait& wait,
                                            bool may_create = false);

/// Both stores, opened, and what they say of the table.
class OpenMigration {
 public:
  enum class Of { rows, counters };

  /// Throws UsageError for what is no such store, has no such table, or one of another kind or of
  /// other types; and for a migration of it that came from elsewhere. Nothing was changed then.
  /// A store that it goes to is made if it is not there and `may_begin`; and what another run left
  /// half made in it, is made.
  OpenMigration(const MigrationOptions& options, Of of, bool may_begin = false);

  std::unique_ptr<const online::Cluster> source, target;
  std::unique_ptr<const online::MigrationRecord> record;
  std::string from, to, table;  ///< as the command line has them

  /// How a line names it: "sqlite:old.db -> sqlite:new.db, table users".
  std::string text() const;
  /// The options that name it, for a line that says what to run next.
  std::string options() const;
  /// What was begun of it. Throws UsageError if nothing was: "run `...` first".
  online::MigrationRecord::Migration begun() const;
  /// Begins it unless that was done, in a target that has no rows of the table. Makes the table
  /// there if it is missing.
  online::MigrationRecord::Migration begin(const std::vector<online::Range>& plan,
                                           online::WriteTime before);

 private:
  void check_target(const online::Schema& schema) const;

  online::Schema schema_;
};

/// The table's schema. Throws UsageError that names those which the store has.
online::Schema schema_of(const online::Cluster& cluster, const std::string& store,
                         const std::string& table);

/// What an error or a plan calls a schema: "counters: likes", "rows: name text, tags map<text>".
std::string text_of(const online::Schema& schema);

}  // namespace cutover::cli
