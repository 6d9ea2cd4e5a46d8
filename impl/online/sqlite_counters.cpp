#include "impl/online/sqlite_counters.h"

namespace cutover::online {

using sqlite::Text;

SqliteCounter::SqliteCounter(const SqliteCluster& cluster, const std::string& table,
                             std::string key, std::string column)
    : cluster_(&cluster),
      table_(table),
      counters_(sqlite::quoted(table)),
      bases_(sqlite::quoted(table + " base")),
      key_(std::move(key)),
      column_(std::move(column)) {}

Task<void> SqliteCounter::add(int generation, int amount) const {
  cluster_->write("add", [&] {
    sqlite::Statement add(cluster_->connection(),
                          fmt::format("INSERT INTO {0} VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
                                      "SET value = {0}.value + excluded.value",
                                      counters_));
    add.run(Text{key_}, Text{column_}, std::int64_t{generation}, std::int64_t{amount});
    return true;
  });
  co_return;
}

Task<std::int64_t> SqliteCounter::value(int generation) const {
  co_return cluster_->read("read a counter", [&] {
    std::int64_t value = 0;
    if (!cluster_->schema(table_)) return value;  // nothing was begun
    sqlite::Statement query(
        cluster_->connection(),
        fmt::format("SELECT value FROM {} WHERE key = ? AND col = ? AND generation = ?",
                    counters_));
    query.for_each_row([&](const sqlite::Row& row) { value = row.integer(0); }, Text{key_},
                       Text{column_}, std::int64_t{generation});
    return value;
  });
}

Task<void> SqliteCounter::drop(int generation) const {
  cluster_->write("drop", [&] {
    sqlite::Statement drop(
        cluster_->connection(),
        fmt::format("DELETE FROM {} WHERE key = ? AND col = ? AND generation = ?", counters_));
    drop.run(Text{key_}, Text{column_}, std::int64_t{generation});
    return true;
  });
  co_return;
}

Task<Base> SqliteCounter::base() const {
  co_return cluster_->read("read a base", [&] { return base_now(); });
}

Base SqliteCounter::base_now() const {
  Base base;
  if (!cluster_->schema(table_)) return base;  // nothing was begun
  sqlite::Statement query(
      cluster_->connection(),
      fmt::format("SELECT generation, value FROM {} WHERE key = ? AND col = ?", bases_));
  const auto take = [&](const sqlite::Row& row) {
    base = {static_cast<int>(row.integer(0)), row.integer(1)};
  };
  query.for_each_row(take, Text{key_}, Text{column_});
  return base;
}

Task<void> SqliteCounter::fold(int generation, std::int64_t value, int into) const {
  cluster_->write("fold", [&] {
    if (base_now().generation != generation) return false;
    sqlite::Statement put(cluster_->connection(),
                          fmt::format("INSERT OR REPLACE INTO {} VALUES (?, ?, ?, ?)", bases_));
    put.run(Text{key_}, Text{column_}, std::int64_t{into}, value);
    return true;
  });
  co_return;
}

}  // namespace cutover::online
