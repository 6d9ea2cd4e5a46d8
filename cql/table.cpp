// Session::table(): what system_schema says of one table.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "cql/session.h"
#include "system/usage_error.h"

namespace cutover::cql {
namespace {

Options of_schema() {
  Options options;
  options.consistency = Consistency::one;
  options.idempotent = true;
  return options;
}

/// The first column of all rows.
std::vector<std::string> names(Session& session, const std::string& text,
                               const std::vector<Value>& values) {
  std::vector<std::string> found;
  session.each_page(text, values, of_schema(), [&](const Rows& rows) {
    for (const auto& row : rows.rows) found.push_back(row[0].value_or(""));
  });
  std::ranges::sort(found);
  return found;
}

std::string those(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

[[noreturn]] void not_there(Session& session, const std::string& keyspace,
                            const std::string& name) {
  const auto keyspaces = names(session, "SELECT keyspace_name FROM system_schema.keyspaces", {});
  if (std::ranges::find(keyspaces, keyspace) == keyspaces.end())
    throw UsageError(
        fmt::format("Cassandra has no keyspace '{}'; it has: {}", keyspace, those(keyspaces)));
  const auto tables = names(
      session, "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?", {keyspace});
  throw UsageError(fmt::format("Cassandra's keyspace '{}' has no table '{}'; it has: {}", keyspace,
                               name, those(tables)));
}

TableColumn::Kind kind_of(const std::string& text) {
  if (text == "partition_key") return TableColumn::Kind::partition_key;
  if (text == "clustering") return TableColumn::Kind::clustering;
  if (text == "static") return TableColumn::Kind::static_;
  return TableColumn::Kind::regular;
}

}  // namespace

Table Session::table(const std::string& keyspace, const std::string& name) {
  Table table{keyspace, name, {}};
  const Rows found = run("SELECT default_time_to_live FROM system_schema.tables "
                         "WHERE keyspace_name = ? AND table_name = ?",
                         {keyspace, name}, of_schema())
                         .rows;
  if (found.rows.empty()) not_there(*this, keyspace, name);
  table.default_ttl_s = found.integer(0, "default_time_to_live");
  each_page(
      "SELECT column_name, kind, position, clustering_order, type FROM system_schema.columns "
      "WHERE keyspace_name = ? AND table_name = ?",
      {keyspace, name}, of_schema(), [&](const Rows& rows) {
        for (std::size_t i = 0; i < rows.rows.size(); ++i) {
          table.columns.push_back({rows.text(i, "column_name"), kind_of(rows.text(i, "kind")),
                                   rows.integer(i, "position"),
                                   rows.text(i, "clustering_order") == "desc",
                                   rows.text(i, "type")});
        }
      });
  std::ranges::sort(table.columns, {}, [](const TableColumn& column) {
    const bool is_key = column.position >= 0;
    return std::tuple(is_key ? column.kind : TableColumn::Kind::regular, column.position,
                      column.name);
  });
  table.is_counter = std::ranges::any_of(
      table.columns, [](const TableColumn& column) { return column.type == "counter"; });
  return table;
}

}  // namespace cutover::cql
