// A table of counters in a SQLite file.
#pragma once

#include <string>

#include "impl/online/counters.h"
#include "impl/online/sqlite_cluster.h"
#include "system/task.h"

namespace cutover::online {

class SqliteCounter final : public Counter {
 public:
  SqliteCounter(const SqliteCluster& cluster, const std::string& table, std::string key,
                std::string column);

  using Counter::add;
  using Counter::drop;
  using Counter::value;
  Task<void> add(int generation, int amount) const override;
  Task<std::int64_t> value(int generation) const override;
  Task<void> drop(int generation) const override;
  Task<Base> base() const override;
  Task<void> fold(int generation, std::int64_t value, int into) const override;

 private:
  Base base_now() const;

  const SqliteCluster* cluster_;
  std::string table_, counters_, bases_;  ///< the latter two as SQL has them
  std::string key_, column_;
};

}  // namespace cutover::online
