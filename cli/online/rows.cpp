#include "cli/online/rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "cli/errors.h"
#include "cli/online/migration.h"
#include "cli/output.h"
#include "cli/stores/lines.h"
#include "cli/stores/store_argument.h"
#include "cli/stores/with_failures.h"
#include "impl/online/sqlite_cluster.h"
#include "impl/online/sqlite_table.h"
#include "impl/online_cql/cql_address.h"
#include "system/text.h"

namespace cutover::cli {

using namespace online;
using nlohmann::json;

namespace {

const std::vector<std::string> kTypes = {"text", "number", "bool", "json"};

/// The type of a map's elements; empty: it is no map.
std::string element_type(const std::string& type) {
  if (!type.starts_with("map<") || !type.ends_with('>')) return "";
  return type.substr(4, type.size() - 5);
}

bool is_type(const std::string& type) {
  const std::string of = element_type(type);
  return std::ranges::count(kTypes, of.empty() ? type : of) > 0;
}

bool fits(const json& value, const std::string& type) {
  if (type == "text") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "bool") return value.is_boolean();
  return !value.is_null();
}

/// What is wrong with the input, in words.
struct Misfit {
  std::string what;
};

class Reader {
 public:
  explicit Reader(const Schema& schema) : schema_(schema) {}

  std::pair<std::string, Row> row(const std::string& line) const {
    const json given = json::parse(line, nullptr, false);
    if (!given.is_object()) throw Misfit{"it is no JSON object"};
    for (const auto& [name, value] : given.items()) {
      if (std::ranges::count(kMembers, name) == 0) {
        throw Misfit{fmt::format("there is no '{}'; there is {}", name, fmt::join(kMembers, ", "))};
      }
    }
    const json key = given.value("key", json());
    if (!key.is_string() || key.get<std::string>().empty()) throw Misfit{"it has no \"key\""};
    if (given.contains("cells")) return {key, cells(given["cells"])};
    const WriteTime written = number(given, "written", present());
    const bool is_deleted = given.value("deleted", json(false)) == json(true);
    if (is_deleted) return {key, deleted_at(written)};
    const json columns = given.value("columns", json());
    if (!columns.is_object()) throw Misfit{"it has neither \"columns\" nor \"deleted\": true"};
    Row row;
    for (const auto& [name, value] : columns.items()) {
      row.columns[name] = column(name, value, written, number(given, "expires", 0));
    }
    return {key, row};
  }

 private:
  inline static const std::vector<std::string> kMembers = {"key",     "written", "expires",
                                                           "columns", "deleted", "cells"};
  static std::int64_t number(const json& given, const char* name, std::int64_t otherwise) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    const json value = given.value(name, json(otherwise));
    const bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= kMost
                                                 : value.is_number_integer() && value >= json(0);
    if (fits) return value;
    throw Misfit{fmt::format("\"{}\" is no number from 0 to {}", name, kMost)};
  }

  const std::string& type_of(const std::string& name) const {
    const auto type = schema_.columns.find(name);
    if (type != schema_.columns.end()) return type->second;
    throw Misfit{fmt::format("there is no column '{}'; {}", name, text_of(schema_))};
  }
  static void check(const std::string& name, const json& value, const std::string& type) {
    if (value.is_null() || fits(value, type)) return;
    throw Misfit{fmt::format("column '{}': {} is no {}", name, value.dump(), type)};
  }

  Column column(const std::string& name, const json& value, WriteTime written,
                std::int64_t expires) const {
    const std::string& type = type_of(name);
    const std::string of = element_type(type);
    Column column;
    if (of.empty()) {
      check(name, value, type);
      column.elements[""] = {value, written, value.is_null() ? 0 : expires};
      return column;
    }
    if (value.is_null()) {
      column.deleted = written;
      return column;
    }
    if (!value.is_object()) throw Misfit{fmt::format("column '{}': it is no {}", name, type)};
    for (const auto& [element, each] : value.items()) {
      check(name, each, of);
      column.elements[element] = {each, written, each.is_null() ? 0 : expires};
    }
    return column;
  }

  Row cells(const json& given) const {
    Row row;
    try {
      row = given.get<Row>();
    } catch (const json::exception& error) {
      throw Misfit{fmt::format("\"cells\": {}", error.what())};
    }
    for (const auto& [name, column] : row.columns) {
      const std::string& type = type_of(name);
      const std::string of = element_type(type);
      for (const auto& [element, cell] : column.elements) {
        check(name, cell.value, of.empty() ? type : of);
        if (of.empty() == element.empty()) continue;
        throw Misfit{fmt::format("column '{}': it is {}", name, of.empty() ? "no map" : "a map")};
      }
    }
    return row;
  }

  const Schema& schema_;
};

std::filesystem::path rows_file(const std::string& store) {
  if (!is_cql(store)) return store_file(store);
  throw UsageError(fmt::format(
      "store '{}': rows are made, loaded and dumped in sqlite:PATH; for Cassandra use cqlsh",
      store));
}

/// Throws UsageError, with a word on them, if the table has counters.
Schema schema_of_rows(const SqliteCluster& cluster, const TableOptions& options,
                      const char* of_counters) {
  const Schema schema = schema_of(cluster, options.store, options.table);
  if (!schema.has_counters) return schema;
  throw UsageError(
      fmt::format("{}: the table '{}' has counters{}", options.store, options.table, of_counters));
}

/// The values of a row that are live now, in seconds since 1970; null: there are none.
json live(const Row& row, const Schema& schema, std::int64_t now) {
  json columns;
  for (const auto& [name, column] : row.columns) {
    const auto type = schema.columns.find(name);
    const bool is_map = type != schema.columns.end() && !element_type(type->second).empty();
    for (const auto& [element, cell] : column.elements) {
      if (cell.is_marker() || cell.has_expired(now)) continue;
      (is_map ? columns[name][element] : columns[name]) = cell.value;
    }
  }
  return columns;
}

}  // namespace

int run_create_table(const CreateOptions& options, std::ostream& out) {
  return with_failures(out, [&]() -> int {
    Schema schema;
    schema.has_counters = options.has_counters;
    for (const std::string& each : options.columns) {
      const auto colon = each.find(':');
      const std::string name = each.substr(0, colon);
      const std::string type = options.has_counters         ? "counter"
                               : colon == std::string::npos ? "text"
                                                            : each.substr(colon + 1);
      if (name.empty() || (options.has_counters && colon != std::string::npos)) {
        throw UsageError(fmt::format("--columns: '{}' is no name of a column", each));
      }
      if (!options.has_counters && !is_type(type)) {
        throw UsageError(
            fmt::format("--columns: '{}' is no type; there is {}, and map<...> of them", type,
                        fmt::join(kTypes, ", ")));
      }
      if (!schema.columns.emplace(name, type).second) {
        throw UsageError(fmt::format("--columns: '{}' is there twice", name));
      }
    }
    if (options.table.empty()) throw UsageError("--table: a table has a name");
    const SqliteCluster cluster(rows_file(options.store), lock_wait(options.wait), true);
    cluster.create(options.table, schema);
    out << fmt::format("{}: made the table '{}', {}\n", options.store, options.table,
                       text_of(schema));
    return kAsExpected;
  });
}

int run_load_rows(const LoadRowsOptions& options, std::ostream& out) {
  return with_failures(out, [&]() -> int {
    const SqliteCluster cluster(rows_file(options.store), lock_wait(options.wait));
    const Schema schema = schema_of_rows(cluster, options, ", which can only be added to");
    const SqliteTable table(cluster, options.table);
    const Reader reader(schema);
    Lines lines(options.file);
    constexpr std::size_t kAtOnce = 50'000;
    std::uint64_t loaded = 0;
    Rows rows;
    const auto write = [&] {
      table.write_all(rows);
      rows.clear();
    };
    while (const auto line = lines.next()) {
      try {
        const auto [key, row] = reader.row(*line);
        rows[key] = merged(rows[key], row);
      } catch (const Misfit& misfit) {
        write();
        throw UsageError(fmt::format("{}:{}: {}; the {} before it were written", lines.name(),
                                     lines.number(), misfit.what, plural(loaded, "row")));
      }
      ++loaded;
      if (rows.size() >= kAtOnce) write();
    }
    write();
    out << fmt::format("{}: {} written to '{}'\n", options.store, plural(loaded, "row"),
                       options.table);
    return kAsExpected;
  });
}

int run_dump_rows(const DumpRowsOptions& options, std::ostream& out) {
  return with_failures(out, [&]() -> int {
    const SqliteCluster cluster(rows_file(options.store), lock_wait(options.wait));
    const Schema schema = schema_of_rows(cluster, options, "; see `counters read`");
    const SqliteTable table(cluster, options.table);
    std::string from;
    do {
      const Page page = complete(table.page(from, ""));
      for (const auto& [key, row] : page.rows) {
        if (options.times) {
          out << json{{"key", key}, {"cells", row}}.dump() << "\n";
          continue;
        }
        const json columns = live(row, schema, present() / 1'000'000);
        if (!columns.is_null()) out << json{{"key", key}, {"columns", columns}}.dump() << "\n";
      }
      stop_if_lost(out);
      from = page.next;
    } while (!from.empty());
    return kAsExpected;
  });
}

}  // namespace cutover::cli
