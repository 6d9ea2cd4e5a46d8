// The record of a table's migration, in the target's keyspace: a row that is changed by lightweight
// transactions alone.
#pragma once

#include <optional>
#include <string>

#include "impl/online/migration_record.h"
#include "impl/online_cql/cql_cluster.h"

namespace cutover::online {

class CqlRecord final : public MigrationRecord {
 public:
  CqlRecord(const CqlCluster& target, std::string table);

  std::optional<Migration> migration() const override;
  std::optional<Migration> committed() const override;
  Migration begin(const Migration& migration) const override;

 private:
  /// With the name of its last change.
  struct Named {
    Migration migration;
    std::string change;
  };
  std::optional<Named> there(const cql::Options& options) const;
  static std::optional<Migration> migration_in(const std::optional<Named>& found);
  /// Throws StoreFailed, also if it is unknown whether it was changed.
  void change(const std::string& step,
              const std::function<void(Migration&)>& change) const override;

  const CqlCluster* cluster_;
  std::string table_, rows_;  ///< the latter as a statement has it
};

/// 128 random bits, as digits.
std::string new_name();

}  // namespace cutover::online
