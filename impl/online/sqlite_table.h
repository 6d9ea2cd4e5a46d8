// A table of rows in a SQLite file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "impl/online/record.h"
#include "impl/online/row.h"
#include "impl/online/sqlite_cluster.h"
#include "system/task.h"

namespace cutover::online {

class SqliteTable final : public Table {
 public:
  SqliteTable(const SqliteCluster& cluster, const std::string& name,
              std::size_t rows_of_page = kRowsOfPage);
  ~SqliteTable() override;

  Task<Row> read(const std::string& key) const override;
  Task<Page> page(const std::string& first, const std::string& end) const override;
  Task<void> write(const std::string& key, const Row& row) const override;
  Task<Scanned> scan(const std::string& first, const std::string& end) const override;
  Task<void> copy(const Scanned& scanned, WriteTime written) const override;
  std::vector<Range> plan(std::size_t ranges) const override;

  /// Many at once, in one transaction.
  void write_all(const Rows& rows) const;
  std::uint64_t rows() const;

 private:
  class Statements;
  std::unique_ptr<Statements> statements_;
};

}  // namespace cutover::online
