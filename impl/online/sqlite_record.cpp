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

/// One transaction. Returns what `change` returns.
template <class Change>
auto SqliteRecord::change(const std::string& step, const Change& change) const {
  return cluster_->write(step, [&] {
    Migration migration = there();
    const auto result = change(migration);
    put(migration);
    return result;
  });
}

Task<Record> SqliteRecord::get() const { co_return migration().value_or(Migration{}).record; }

Task<Record> SqliteRecord::advance(int turn) const {
  co_return change("advance", [&](Migration& migration) {
    online::advance(migration.record, turn);
    return migration.record;
  });
}

Task<Record> SqliteRecord::go_back(int turn) const {
  co_return change("go back", [&](Migration& migration) {
    online::go_back(migration.record, turn);
    return migration.record;
  });
}

Task<Lease> SqliteRecord::lease(const std::set<int>& held) const {
  co_return change("lease",
                   [&](Migration& migration) { return online::lease(migration.record, held); });
}

Task<bool> SqliteRecord::finish(const Lease& lease) const {
  co_return change("finish",
                   [&](Migration& migration) { return online::finish(migration.record, lease); });
}

Task<bool> SqliteRecord::finish_comparison(int turn) const {
  co_return change("finish the comparison", [&](Migration& migration) {
    return online::finish_comparison(migration.record, turn);
  });
}

Task<int> SqliteRecord::generation() const {
  co_return migration().value_or(Migration{}).generation;
}

Task<int> SqliteRecord::next(int generation) const {
  co_return change("next generation", [&](Migration& migration) {
    if (migration.generation == generation) ++migration.generation;
    return migration.generation;
  });
}

}  // namespace cutover::online
