// A table of counters in a SQLite file.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "impl/online/counters.h"
#include "impl/online/sqlite_cluster.h"
#include "system/task.h"

namespace cutover::online {

/// The counters of one column and key of a table: what counters.h calls the source, or the target.
class SqliteCounter {
 public:
  SqliteCounter(const SqliteCluster& cluster, const std::string& table, std::string key,
                std::string column);

  /// Of the source, whose counters are of generation 0.
  Task<void> add(int amount) const;
  Task<std::int64_t> value() const;
  Task<void> drop() const;
  /// Of the target.
  Task<void> add(int generation, int amount) const;
  Task<std::int64_t> value(int generation) const;
  Task<void> drop(int generation) const;
  Task<Base> base() const;
  Task<void> fold(int generation, std::int64_t value, int into) const;

 private:
  Base base_now() const;

  const SqliteCluster* cluster_;
  std::string table_, counters_, bases_;  ///< the latter two as SQL has them
  std::string key_, column_;
};

/// Which counters a table has, those of a base alone included: key and column.
std::set<std::pair<std::string, std::string>> counters_of(const SqliteCluster& cluster,
                                                          const std::string& table);

}  // namespace cutover::online
