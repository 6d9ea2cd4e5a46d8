// The table of reference_table.h, and of as_described_table.h, in a real SQLite file. Each call is
// a transaction, synced.
//
//   CREATE TABLE states (namespace TEXT PRIMARY KEY, ...);   -- a column for each member
//
// is there; the columns `version` and `applied`, and the table `state_version` of one row, are made
// where they are missing. A value is what SQLite has for it; a text that is a JSON object or array,
// or true or false, is that; NULL is a member that is not there.
#pragma once

#include <filesystem>
#include <set>

#include "impl/state_version/migration.h"
#include "impl/state_version/state_file.h"
#include "impl/store/lock_wait.h"

namespace cutover::state_version {

class SqliteTable {
 public:
  /// Throws UsageError for what is no such table, and StoreFailed.
  SqliteTable(const std::filesystem::path& file, LockWait wait, Watch watch,
              bool read_only = false);
  ~SqliteTable();
  SqliteTable(const SqliteTable&) = delete;
  SqliteTable& operator=(const SqliteTable&) = delete;

  // The calls. They throw StoreFailed.
  Task<Found> version() const;
  Task<bool> set_version_if(const std::string& to, int written) const;
  Task<void> add_column_if_missing(const std::string& name) const;
  /// The one that comes first after that of the call before, and then from the beginning.
  Task<Row> row_before(const std::string& version) const;
  Task<Row> row_after(const std::string& version) const;
  Task<json> get(const std::string& key) const;
  Task<bool> put_if(const std::string& key, const json& state, const json& was) const;

  Task<std::vector<std::string>> keys() const;
  // And those of as_described_table.h.
  Task<bool> has_versions() const;
  Task<void> create_versions() const;
  Task<void> insert_version(const std::string& version) const;
  Task<json> first_version() const;
  Task<void> truncate_versions() const;
  Task<void> add_column(const std::string& name) const;
  Task<void> put(const std::string& key, const json& state) const;

  std::set<std::string> columns() const;
  /// Makes the columns that the reference keeps for itself, where they are missing.
  void prepare() const;

 private:
  class Database;
  std::unique_ptr<Database> database_;
};

}  // namespace cutover::state_version
