// A cluster of wide-column tables in one SQLite file: the store of online migrations that needs no
// server. Every write is merged by the statement that makes it, as a real cluster's would be.
//
//   cutover_tables  (name, kind, columns)   which tables there are: their columns' types, as JSON;
//                                           text, number, bool or json, or `map<...>` of those
//   NAME            (key, scope, col, element, value, written, expires)
//                                           a table of rows: a cell a line. scope 0 and 1 are the
//                                           markers of the row and of a column, 2 are cells, whose
//                                           value is JSON, or NULL in a marker
//   NAME            (key, col, generation, value)    a table of counters
//   NAME base       (key, col, generation, value)    and what they were folded into
//   cutover_migrations (name, source, before_time, record)   of tables that are moved to this file
//
// Each call is a transaction, synced. An object serves one thread; several may be opened of a file,
// by several processes too.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "impl/online/cluster.h"
#include "impl/store/lock_wait.h"
#include "impl/store/sqlite.h"
#include "impl/store/sqlite_feed.h"
#include "impl/store/store_failed.h"

namespace cutover::online {

class SqliteCluster final : public Cluster {
 public:
  /// Throws UsageError for what is no such file. A file that is not there is made if `may_create`.
  SqliteCluster(const std::filesystem::path& file, const LockWait& wait, bool may_create = false);

  const std::filesystem::path& file() const { return file_; }
  const sqlite::Connection& connection() const { return db_; }
  /// Cells of a page: of the columns key, col, element, value and expires.
  sqlite::Feed& cells() const { return cells_; }

  // The calls, here and of the classes over it, throw StoreFailed.

  /// Throws UsageError if there is one of that name.
  void create(const std::string& table, const Schema& schema) const;

  std::string name() const override { return file_.string(); }
  std::vector<std::string> tables() const override;
  std::optional<Schema> schema(const std::string& table) const override;
  std::string identity(const std::string& table) const override;
  bool is_empty(const std::string& table) const override;
  /// Makes the table, if it is missing.
  void prepare(const std::string& table, const Schema& schema) const override;
  bool is_half_prepared(const std::string&, const Schema&) const override { return false; }
  /// What is committed later is never there without what was committed before, so that a range that
  /// is recorded has its rows.
  std::unique_ptr<Cluster> for_worker() const override;
  std::unique_ptr<Table> table(const std::string& name, const Use& use) const override;
  std::unique_ptr<Counter> counter(const std::string& table, const std::string& key,
                                   const std::string& column) const override;
  std::set<std::pair<std::string, std::string>> counters(const std::string& table) const override;
  std::unique_ptr<MigrationRecord> record(const std::string& table) const override;
  std::unique_ptr<Workers> workers(const std::string& table, const LockWait& wait) const override;

  /// Makes a call, whose failure names the file and the step.
  template <class Call>
  auto read(const std::string& step, const Call& call) const {
    try {
      return call();
    } catch (const sqlite::Error& error) {
      throw StoreFailed(fmt::format("{}: {}: {}", file_.string(), step, error.what()));
    } catch (const nlohmann::json::exception& error) {
      throw StoreFailed(
          fmt::format("{}: {}: a value is damaged ({}); restore the file from a backup",
                      file_.string(), step, error.what()));
    }
  }
  /// The same in a transaction.
  template <class Call>
  auto write(const std::string& step, const Call& call) const {
    return read(step, [&] { return sqlite::in_transaction(db_, call); });
  }

 private:
  std::filesystem::path file_;
  LockWait wait_;
  sqlite::Connection db_;
  mutable sqlite::Feed cells_{db_, "key TEXT, col TEXT, element TEXT, value TEXT, expires INTEGER"};
};

}  // namespace cutover::online
