// The record of a table's migration, in the target's SQLite file.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "impl/online/record.h"
#include "impl/online/row.h"
#include "impl/online/sqlite_cluster.h"
#include "system/task.h"

namespace cutover::online {

class SqliteRecord {
 public:
  SqliteRecord(const SqliteCluster& target, std::string table);

  struct Migration {
    std::string source;    ///< which store it comes from
    WriteTime before = 0;  ///< what is copied gets write times that follow this one
    Record record = {};
    int generation = 0;  ///< of counters
  };
  /// None: nothing was begun.
  std::optional<Migration> migration() const;
  /// Unless there is one. Returns what is there then.
  Migration begin(const Migration& migration) const;

  // As in shadow.h. Of a migration that was not begun, get() and generation() answer what is there
  // at its beginning; the others throw StoreFailed.
  Task<Record> get() const;
  Task<Record> advance(int turn) const;
  Task<Record> go_back(int turn) const;
  /// Not one of the ranges in `held`.
  Task<Lease> lease(const std::set<int>& held = {}) const;
  Task<bool> finish(const Lease& lease) const;
  Task<bool> finish_comparison(int turn) const;
  // As in counters.h.
  Task<int> generation() const;
  Task<int> next(int generation) const;

 private:
  Migration there() const;
  void put(const Migration& migration) const;
  template <class Change>
  auto change(const std::string& step, const Change& change) const;

  const SqliteCluster* cluster_;
  std::string table_;
};

}  // namespace cutover::online
