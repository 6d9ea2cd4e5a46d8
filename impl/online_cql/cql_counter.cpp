#include "impl/online_cql/cql_counter.h"

#include <algorithm>

namespace cutover::online {

CqlCounter::CqlCounter(const CqlCluster& cluster, const std::string& table, std::string key,
                       std::string column)
    : cluster_(&cluster), table_(table), key_(std::move(key)), column_(std::move(column)) {}

CqlCounter::At CqlCounter::at(int generation) const {
  if (generation != 0) {
    return {cluster_->quoted(table_ + "_added"),
            "value",
            "key = ? AND col = ? AND generation = ?",
            {key_, column_, cql::encode_int(generation)}};
  }
  const CqlShape& shape = cluster_->shape(table_);
  const auto types = cluster_->key_types(table_);
  return {shape.table, cql::quoted(column_), shape.where_key(),
          values_of(types, values_of_shown(types, key_))};
}

Task<void> CqlCounter::add(int generation, int amount) const {
  cluster_->call("add", [&](cql::Session& session) {
    const At at = this->at(generation);
    std::vector<cql::Value> values = {cql::encode_bigint(amount)};
    std::ranges::copy(at.values, std::back_inserter(values));
    cql::Options options;
    options.consistency = cql::Consistency::local_quorum;
    session.run(cluster_->prepared(fmt::format("UPDATE {0} SET {1} = {1} + ? WHERE {2}", at.table,
                                               at.column, at.where)),
                values, options);
  });
  co_return;
}

Task<std::int64_t> CqlCounter::value(int generation) const {
  const bool is_there =
      cluster_->has_table(generation == 0 ? table_ : table_ + "_added");  // or nothing was begun
  if (!is_there) co_return 0;
  co_return cluster_->call("read a counter", [&](cql::Session& session) {
    const At at = this->at(generation);
    const auto rows = session
                          .run(cluster_->prepared(fmt::format("SELECT {} FROM {} WHERE {}",
                                                              at.column, at.table, at.where)),
                               at.values, of_data())
                          .rows;
    const bool has_value = !rows.rows.empty() && rows.rows[0][0].has_value();
    return has_value ? cql::decode_integer(cql::Kind::counter, *rows.rows[0][0]) : 0;
  });
}

Task<void> CqlCounter::drop(int generation) const {
  cluster_->call("drop", [&](cql::Session& session) {
    const At at = this->at(generation);
    session.run(cluster_->prepared(
                    fmt::format("DELETE {} FROM {} WHERE {}", at.column, at.table, at.where)),
                at.values, of_data());
  });
  co_return;
}

Task<Base> CqlCounter::base() const {
  if (!cluster_->has_table(table_ + "_base")) co_return Base{};  // nothing was begun
  co_return cluster_->call("read a base", [&](cql::Session& session) {
    const auto rows = session
                          .run(cluster_->prepared(fmt::format(
                                   "SELECT generation, value FROM {} WHERE key = ? AND col = ?",
                                   cluster_->quoted(table_ + "_base"))),
                               {key_, column_}, committed())
                          .rows;
    if (rows.rows.empty()) return Base{};
    return Base{static_cast<int>(rows.integer(0, "generation")), rows.integer(0, "value")};
  });
}

Task<void> CqlCounter::fold(int generation, std::int64_t value, int into) const {
  // If its answer is lost, the base says whether it was done.
  cluster_->call("fold", [&](cql::Session& session) {
    const std::string bases = cluster_->quoted(table_ + "_base");
    const auto to = cql::encode_int(into), of = cql::encode_bigint(value);
    if (generation == 0) {
      session.run(cluster_->prepared(fmt::format("INSERT INTO {} (generation, value, key, col) "
                                                 "VALUES (?, ?, ?, ?) IF NOT EXISTS",
                                                 bases)),
                  {to, of, key_, column_}, conditional());
    } else {
      session.run(cluster_->prepared(fmt::format("UPDATE {} SET generation = ?, value = ? WHERE "
                                                 "key = ? AND col = ? IF generation = ?",
                                                 bases)),
                  {to, of, key_, column_, cql::encode_int(generation)}, conditional());
    }
  });
  co_return;
}

std::set<std::pair<std::string, std::string>> counters_of(const CqlCluster& cluster,
                                                          const std::string& table) {
  std::set<std::pair<std::string, std::string>> found;
  cluster.call("find the counters", [&](cql::Session& session) {
    // 1. Of the table itself, by its own key.
    if (cluster.has_table(table) && cluster.shape(table).has_counters) {
      const CqlShape& shape = cluster.shape(table);
      const auto types = cluster.key_types(table);
      std::string columns = shape.key_names();
      for (const CqlColumn& column : shape.columns) columns += ", " + cql::quoted(column.name);
      const auto& all = cluster.prepared(fmt::format("SELECT {} FROM {}", columns, shape.table));
      session.each_page(all, {}, of_data(), [&](const cql::Rows& rows) {
        for (const auto& row : rows.rows) {
          nlohmann::json key = nlohmann::json::array();
          for (std::size_t i = 0; i < types.size(); ++i) key.push_back(json_of(types[i], row[i]));
          for (std::size_t i = 0; i < shape.columns.size(); ++i) {
            if (!row[types.size() + i]) continue;
            found.emplace(shown_key(types, key), shape.columns[i].name);
          }
        }
      });
    }
    // 2. Of those beside it.
    for (const char* beside : {"_added", "_base"}) {
      if (!cluster.has_table(table + beside)) continue;
      const auto& all = cluster.prepared(
          fmt::format("SELECT DISTINCT key, col FROM {}", cluster.quoted(table + beside)));
      session.each_page(all, {}, of_data(), [&](const cql::Rows& rows) {
        for (const auto& row : rows.rows) found.emplace(row[0].value(), row[1].value());
      });
    }
  });
  return found;
}

}  // namespace cutover::online
