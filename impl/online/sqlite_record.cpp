#include "impl/online/sqlite_record.h"

namespace cutover::online {

using nlohmann::json;
using sqlite::Text;

SqliteRecord::SqliteRecord(const SqliteCluster& target, std::string table)
    : cluster_(&target), table_(std::move(table)) {}

std::optional<SqliteRecord::Migration> SqliteRecord::migration() const {
  return cluster_->read("read the record", [&] {
    std::optional<Migration> found;
    sqlite::Statement query(cluster_->connection(),
                            "SELECT source, before_time, generation, record FROM "
                            "cutover_migrations WHERE name = ?");
    const auto take = [&](const sqlite::Row& row) {
      found = Migration{std::string(row.bytes(0)), row.integer(1),
                        json::parse(row.bytes(3)).get<Record>(), static_cast<int>(row.integer(2))};
    };
    query.for_each_row(take, Text{table_});
    return found;
  });
}

SqliteRecord::Migration SqliteRecord::begin(const Migration& migration) const {
  return cluster_->write("begin", [&] {
    if (const auto there = this->migration()) return *there;
    put(migration);
    return migration;
  });
}

SqliteRecord::Migration SqliteRecord::there() const {
  if (auto found = migration()) return *found;
  throw StoreFailed(
      fmt::format("{}: the record of the table '{}' is gone", cluster_->file().string(), table_));
}

void SqliteRecord::put(const Migration& migration) const {
  sqlite::Statement put(cluster_->connection(),
                        "INSERT OR REPLACE INTO cutover_migrations VALUES (?, ?, ?, ?, ?)");
  const std::string record = json(migration.record).dump();
  put.run(Text{table_}, Text{migration.source}, migration.before,
          std::int64_t{migration.generation}, Text{record});
}

/// One transaction.
void SqliteRecord::change(const std::string& step,
                          const std::function<void(Migration&)>& change) const {
  cluster_->write(step, [&] {
    Migration migration = there();
    change(migration);
    put(migration);
    return true;
  });
}

}  // namespace cutover::online
