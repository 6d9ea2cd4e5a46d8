// Counters in Cassandra: those of generation 0 are the table's own, all others and what they were
// folded into are in tables beside the target's (cql_cluster.h).
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "impl/online/cluster.h"
#include "impl/online_cql/cql_cluster.h"

namespace cutover::online {

class CqlCounter final : public Counter {
 public:
  /// `key`: as people write it.
  CqlCounter(const CqlCluster& cluster, const std::string& table, std::string key,
             std::string column);

  using Counter::add;
  using Counter::drop;
  using Counter::value;
  /// Throws StoreFailed that says so if it may have been done nevertheless: it must not be
  /// repeated.
  Task<void> add(int generation, int amount) const override;
  Task<std::int64_t> value(int generation) const override;
  Task<void> drop(int generation) const override;
  Task<Base> base() const override;
  Task<void> fold(int generation, std::int64_t value, int into) const override;

 private:
  struct At {
    std::string table, column, where;  ///< as a statement has them
    std::vector<cql::Value> values;
  };
  At at(int generation) const;

  const CqlCluster* cluster_;
  const std::string table_, key_, column_;
};

/// Those of a table, and of the tables beside it: key and column.
std::set<std::pair<std::string, std::string>> counters_of(const CqlCluster& cluster,
                                                          const std::string& table);

}  // namespace cutover::online
