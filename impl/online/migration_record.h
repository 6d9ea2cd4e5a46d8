// The record of a table's migration, as the target's store keeps it: what shadow.h and counters.h
// call the record. Every change is one of the functions of record.h, in one step of the store.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "impl/online/record.h"
#include "impl/online/row.h"
#include "system/task.h"

namespace cutover::online {

class MigrationRecord {
 public:
  struct Migration {
    std::string source;    ///< which store it comes from
    WriteTime before = 0;  ///< what is copied gets write times that follow this one
    Record record = {};
    int generation = 0;  ///< of counters
  };

  virtual ~MigrationRecord() = default;

  // Each call throws StoreFailed.

  /// None: nothing was begun. What is under way is ended first, so that whoever lost an answer sees
  /// whether it was done.
  virtual std::optional<Migration> migration() const = 0;
  /// The same, for those who ask all the time: what is under way may be missing, and be done later.
  virtual std::optional<Migration> committed() const { return migration(); }
  /// Unless there is one. Returns what is there then.
  virtual Migration begin(const Migration& migration) const = 0;

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

 protected:
  /// Puts what `change` makes of the migration into its place, if it was what `change` was given
  /// until then. May call it several times, and keeps what the last call did.
  virtual void change(const std::string& step,
                      const std::function<void(Migration&)>& change) const = 0;
};

}  // namespace cutover::online
