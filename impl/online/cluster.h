// A cluster as the commands see it: the store that a table is in, or goes to. What shadow.h and
// counters.h are given, whatever kind of store it is. Both stores of a migration are of one kind.
//
// An object serves one thread; another connection may serve another one. What a call throws is
// StoreFailed, which names the store and the step, unless it says otherwise.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "impl/online/counters.h"
#include "impl/online/migration_record.h"
#include "impl/online/record.h"
#include "impl/online/row.h"
#include "impl/store/lock_wait.h"
#include "system/task.h"

namespace cutover::online {

/// What a table holds.
struct Schema {
  bool has_counters = false;
  /// By name, as the store writes types. Of counters each is "counter".
  std::map<std::string, std::string> columns = {};
  std::string key = {};  ///< columns and their types; empty: it is a text
  bool operator==(const Schema&) const = default;
};

/// Live cells of whole rows, as the store has them, since a copy spends its time on little else.
struct Scanned {
  struct Contents {
    virtual ~Contents() = default;
  };
  std::uint64_t rows = 0;   ///< how many they belong to
  std::uint64_t bytes = 0;  ///< of their values
  std::string next = {};    ///< as in Page
  std::unique_ptr<const Contents> contents = {};
};

/// A table of rows: what shadow.h calls a table.
class Table {
 public:
  static constexpr std::size_t kRowsOfPage = 2000;

  virtual ~Table() = default;

  /// Without cells that have expired.
  virtual Task<Row> read(const std::string& key) const = 0;
  virtual Task<Page> page(const std::string& first, const std::string& end) const = 0;
  virtual Task<void> write(const std::string& key, const Row& row) const = 0;
  virtual Task<Scanned> scan(const std::string& first, const std::string& end) const = 0;
  /// What a table of the same kind of store has scanned.
  virtual Task<void> copy(const Scanned& scanned, WriteTime written) const = 0;

  /// Ranges of about as many rows each, all keys in all; fewer if there are fewer rows.
  virtual std::vector<Range> plan(std::size_t ranges) const = 0;

  // For whoever has keys and values as people write them. Those of rows may be the store's own.

  /// Throws UsageError for what can't be one.
  virtual std::string key(const std::string& shown) const { return shown; }
  virtual nlohmann::json stored(const std::string& /*column*/, const nlohmann::json& shown) const {
    return shown;
  }
  virtual nlohmann::json shown(const std::string& /*column*/, const nlohmann::json& stored) const {
    return stored;
  }
};

/// The counters of one column and key of a table: what counters.h calls the source, or the target.
class Counter {
 public:
  virtual ~Counter() = default;

  virtual Task<void> add(int generation, int amount) const = 0;
  virtual Task<std::int64_t> value(int generation) const = 0;
  virtual Task<void> drop(int generation) const = 0;
  virtual Task<Base> base() const = 0;
  virtual Task<void> fold(int generation, std::int64_t value, int into) const = 0;

  /// Of the source, whose counters are of generation 0.
  Task<void> add(int amount) const { return add(0, amount); }
  Task<std::int64_t> value() const { return value(0); }
  Task<void> drop() const { return drop(0); }
};

/// Which processes write to a table of the target as workers: as in shadow.h.
class Workers {
 public:
  virtual ~Workers() = default;
  virtual Task<void> join() const = 0;
  virtual Task<void> leave() const = 0;
  /// Throws StoreFailed when the time to wait is over.
  virtual Task<void> drained() const = 0;
  /// Throws StoreFailed if this one may write no longer, as it may count as gone.
  virtual void check() const {}
};

/// How a table is used.
struct Use {
  std::size_t rows_of_page = Table::kRowsOfPage;
  WriteTime before = 0;             ///< of its migration, as in shadow.h
  const Workers* worker = nullptr;  ///< who copies to it
};

class Cluster {
 public:
  virtual ~Cluster() = default;

  /// How errors name it.
  virtual std::string name() const = 0;
  virtual std::vector<std::string> tables() const = 0;
  virtual std::optional<Schema> schema(const std::string& table) const = 0;
  /// Which store of the table it is, whatever way leads to it.
  virtual std::string identity(const std::string& table) const = 0;
  /// True if there is nothing in the table, or no table.
  virtual bool is_empty(const std::string& table) const = 0;
  /// Makes what a migration that comes here needs, as far as it is not there. Throws UsageError for
  /// what it can't make.
  virtual void prepare(const std::string& table, const Schema& schema) const = 0;
  /// Whether that was left half done, so that nothing but prepare() can be called.
  virtual bool is_half_prepared(const std::string& table, const Schema& schema) const = 0;

  /// The same cluster, for a thread that copies.
  virtual std::unique_ptr<Cluster> for_worker() const = 0;

  // Of a table, which must be there. They must not outlive this.
  virtual std::unique_ptr<Table> table(const std::string& name, const Use& use) const = 0;
  // These need not be there: then nothing was begun.
  virtual std::unique_ptr<Counter> counter(const std::string& table, const std::string& key,
                                           const std::string& column) const = 0;
  /// Which counters a table has, those of a base alone included: key and column.
  virtual std::set<std::pair<std::string, std::string>> counters(
      const std::string& table) const = 0;
  virtual std::unique_ptr<MigrationRecord> record(const std::string& table) const = 0;
  /// `wait.told` is given the target, if it has to wait.
  virtual std::unique_ptr<Workers> workers(const std::string& table,
                                           const LockWait& wait) const = 0;
};

}  // namespace cutover::online
