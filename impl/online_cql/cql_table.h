// A table of rows in Cassandra.
//
// The cells of a row are those of its columns, and of maps and sets each element; their values are
// the bytes that Cassandra has, as text (cql_shape.h). That a row is there at all, be it by its key
// alone, is a cell too: of the column "", which no table has.
//
// What CQL does not show are markers, and the write time of that last cell. A read row has no
// markers; its cell "" gets the latest write time that a copy may have (Use::before), so that it
// loses to every client. A copied row is there by its key, as if it had been written by INSERT.
#pragma once

#include <string>
#include <vector>

#include "impl/online/cluster.h"
#include "impl/online_cql/cql_cluster.h"
#include "system/task.h"

namespace cutover::online {

class CqlTable final : public Table {
 public:
  CqlTable(const CqlCluster& cluster, const std::string& name, const Use& use);

  Task<Row> read(const std::string& key) const override;
  /// Ends between two partitions, which it has as a whole.
  Task<Page> page(const std::string& first, const std::string& end) const override;
  /// In one step. Throws StoreFailed, too, if the row is hidden by a later marker though it is to
  /// be there by its key, or the other way round.
  Task<void> write(const std::string& key, const Row& row) const override;
  Task<Scanned> scan(const std::string& first, const std::string& end) const override;
  Task<void> copy(const Scanned& scanned, WriteTime written) const override;
  std::vector<Range> plan(std::size_t ranges) const override;

  std::string key(const std::string& shown) const override;
  nlohmann::json stored(const std::string& column, const nlohmann::json& shown) const override;
  nlohmann::json shown(const std::string& column, const nlohmann::json& stored) const override;

  /// Requests of a copy that are under way at once.
  static constexpr std::size_t kInFlight = 512;

 private:
  struct Part;
  class Copying;

  Part read_part(const std::string& select, const std::string& first, const std::string& end) const;
  Row row_of(const std::vector<cql::Cell>& read, std::int64_t read_at) const;
  std::vector<cql::Bound> statements(const std::string& key, const Row& row) const;
  cql::Bound delete_row(const std::vector<cql::Value>& key, WriteTime written) const;
  cql::Bound delete_cell(const std::vector<cql::Value>& key, const CqlColumn& column,
                         const std::string& element, WriteTime written) const;
  cql::Bound put(const std::vector<cql::Value>& key, const CqlColumn& column,
                 const std::string& element, const Cell& cell, std::int64_t seconds) const;
  void check_whether_it_is_there(const std::string& key, const Row& written) const;
  std::int64_t token(const std::vector<cql::Cell>& read) const;

  const CqlCluster& cluster_;
  const CqlShape& shape_;
  const Use use_;
  std::vector<cql::Type> key_types_, types_;  ///< of the columns
  std::string read_, page_, scan_;            ///< what is selected
  std::string insert_, update_;               ///< what is copied
};

}  // namespace cutover::online
