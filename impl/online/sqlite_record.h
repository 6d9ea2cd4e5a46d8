// The record of a table's migration, in the target's SQLite file.
#pragma once

#include <optional>
#include <string>

#include "impl/online/migration_record.h"
#include "impl/online/sqlite_cluster.h"

namespace cutover::online {

class SqliteRecord final : public MigrationRecord {
 public:
  SqliteRecord(const SqliteCluster& target, std::string table);

  std::optional<Migration> migration() const override;
  Migration begin(const Migration& migration) const override;

 private:
  void change(const std::string& step,
              const std::function<void(Migration&)>& change) const override;
  Migration there() const;
  void put(const Migration& migration) const;

  const SqliteCluster* cluster_;
  std::string table_;
};

}  // namespace cutover::online
