// A table of rows in a SQLite file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "impl/online/record.h"
#include "impl/online/row.h"
#include "impl/online/sqlite_cluster.h"
#include "system/task.h"

namespace cutover::online {

/// Cells of whole rows, packed, since a copy spends its time on little else.
struct Scanned {
  struct Cell {
    std::string_view key, column, element, value;
    std::int64_t expires = 0;
  };
  std::vector<Cell> cells = {};  ///< that are live; in the order of their keys
  std::uint64_t rows = 0;        ///< how many they belong to
  std::string next = {};         ///< as in Page
  std::vector<std::unique_ptr<std::string>> bytes = {};  ///< which the cells point to
};

/// A table of rows: what shadow.h calls a table. It must be there.
class SqliteTable {
 public:
  static constexpr std::size_t kRowsOfPage = 2000;

  SqliteTable(const SqliteCluster& cluster, const std::string& name,
              std::size_t rows_of_page = kRowsOfPage);
  ~SqliteTable();

  /// Without cells that have expired.
  Task<Row> read(const std::string& key) const;
  Task<Page> page(const std::string& first, const std::string& end) const;
  Task<void> write(const std::string& key, const Row& row) const;
  Task<Scanned> scan(const std::string& first, const std::string& end) const;
  Task<void> copy(const Scanned& scanned, WriteTime written) const;

  /// Many at once, in one transaction.
  void write_all(const Rows& rows) const;
  /// Ranges of about as many rows each, all keys in all; fewer if there are fewer rows.
  std::vector<Range> plan(std::size_t ranges) const;
  std::uint64_t rows() const;

 private:
  class Statements;
  std::unique_ptr<Statements> statements_;
};

}  // namespace cutover::online
