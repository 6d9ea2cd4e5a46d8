#include "impl/online_cql/cql_shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>

#include "cql/token.h"
#include "system/usage_error.h"

namespace cutover::online {

using nlohmann::json;

namespace {

constexpr std::uint64_t kBias = std::uint64_t{1} << 63;
constexpr std::size_t kDigits = 16;

/// Types of one value. All others are a type of the user's, which has several fields.
constexpr const char* kPlain[] = {
    "ascii",  "bigint",    "blob", "boolean",  "counter",  "date",    "decimal",
    "double", "float",     "inet", "duration", "int",      "text",    "smallint",
    "time",   "timestamp", "uuid", "tinyint",  "timeuuid", "varchar", "varint"};

bool is_whole(const std::string& type) {
  const auto begins = [&](const char* prefix) { return type.starts_with(prefix); };
  return begins("frozen<") || begins("tuple<") || begins("vector<") || begins("'") ||
         std::ranges::find(kPlain, type) != std::end(kPlain);
}

std::string joined(const std::vector<CqlColumn>& columns, std::size_t count,
                   const char* format = "{}", const char* separator = ", ") {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(fmt::format(fmt::runtime(format), cql::quoted(columns[i].name)));
  }
  return fmt::format("{}", fmt::join(names, separator));
}

bool is_one_text(const std::vector<cql::Type>& types) {
  return types.size() == 1 && types[0].kind == cql::Kind::text;
}

}  // namespace

std::string border_of(std::int64_t token) {
  return fmt::format("{:016x}", static_cast<std::uint64_t>(token) + kBias);
}

std::int64_t token_of(std::string_view key) {
  std::uint64_t biased = 0;
  const char* const last = key.data() + std::min(key.size(), kDigits);
  const auto [end, error] = std::from_chars(key.data(), last, biased, 16);
  if (error != std::errc() || end != last || key.size() < kDigits) {
    throw std::invalid_argument(fmt::format("'{}' begins with no token", key));
  }
  return static_cast<std::int64_t>(biased - kBias);
}

TokenSpan span_of(const std::string& first, const std::string& end) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const std::int64_t from = first.empty() ? kLeast : token_of(first);
  if (end.empty()) return {from, kMost};
  const std::int64_t before = token_of(end);
  return before == kLeast ? TokenSpan{0, -1} : TokenSpan{from, before - 1};
}

std::vector<Range> plan_of_ring(std::size_t ranges) {
  std::vector<Range> plan = {{"", ""}};
  const auto parts = cql::token_ranges(static_cast<std::uint32_t>(ranges));
  for (std::size_t i = 1; i < parts.size(); ++i) {
    plan.back().end = border_of(parts[i].after + 1);
    plan.push_back({plan.back().end, ""});
  }
  return plan;
}

std::string digits_of(std::string_view bytes) { return cql::hexadecimal(bytes); }

std::string bytes_of(const std::string& digits) {
  return cql::cell_of({.kind = cql::Kind::blob}, digits).value();
}

std::vector<Element> elements_of(std::string_view bytes, bool is_map) {
  cql::Reader reader(bytes);
  const std::int32_t claimed = reader.integer("a collection's size");
  std::vector<Element> elements(reader.count(claimed, is_map ? 8 : 4, "a collection"));
  for (Element& element : elements) {
    element.name = reader.bytes_here("an element").value_or("");
    if (is_map) element.value = reader.bytes_here("an element's value").value_or("");
  }
  return elements;
}

std::string collection_of(const std::vector<Element>& elements, bool is_map) {
  cql::Writer writer;
  writer.integer(static_cast<std::int32_t>(elements.size()));
  for (const Element& element : elements) {
    writer.bytes(element.name);
    if (is_map) writer.bytes(element.value);
  }
  return std::move(writer).written();
}

Holds holds(const std::string& type) {
  if (type.starts_with("map<")) return Holds::map;
  if (type.starts_with("set<")) return Holds::set;
  if (is_whole(type)) return Holds::value;
  if (!type.starts_with("list<")) throw UsageError("a type of several fields that is not frozen");
  throw UsageError("a list that is not frozen, whose elements can't be written again");
}

CqlShape::CqlShape(const cql::Table& of, const std::string& store)
    : table(of.text()), has_counters(of.is_counter) {
  using Kind = cql::TableColumn::Kind;
  for (const cql::TableColumn& column : of.columns) {
    try {
      if (column.kind == Kind::static_) {
        throw UsageError("a static column, which is of a partition, and not of a row");
      }
      const bool is_key = column.kind == Kind::partition_key || column.kind == Kind::clustering;
      (is_key ? key : columns).push_back({column.name, column.type, holds(column.type)});
    } catch (const UsageError& why) {
      throw UsageError(fmt::format("{}: the table '{}' can't be moved: '{}' is {}", store, of.name,
                                   column.name, why.what()));
    }
    if (column.kind == Kind::partition_key) ++partition;
  }
}

Schema CqlShape::schema() const {
  Schema schema{has_counters};
  for (const CqlColumn& column : columns) schema.columns[column.name] = column.type;
  for (std::size_t i = 0; i < key.size(); ++i) {
    schema.key += fmt::format("{}{} {}{}", i == 0 ? "" : ", ", key[i].name, key[i].type,
                              i < partition ? "" : " clustering");
  }
  return schema;
}

std::size_t CqlShape::index(const std::string& column) const {
  const auto found = std::ranges::find(columns, column, &CqlColumn::name);
  if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  throw UsageError(fmt::format("{}: there is no column '{}'", table, column));
}

std::string CqlShape::key_names() const { return joined(key, key.size()); }

std::string CqlShape::token() const { return fmt::format("token({})", joined(key, partition)); }

std::string CqlShape::where_key() const { return joined(key, key.size(), "{} = ?", " AND "); }

std::string key_of(const CqlShape& shape, const std::vector<cql::Type>& types,
                   const std::vector<cql::Cell>& values) {
  std::vector<std::string> partition;
  for (std::size_t i = 0; i < shape.partition; ++i) partition.push_back(values[i].value_or(""));
  json all = json::array();
  for (std::size_t i = 0; i < types.size(); ++i) all.push_back(cql::json_of(types[i], values[i]));
  return border_of(cql::murmur3_token(cql::partition_key(partition))) + all.dump();
}

std::vector<cql::Value> values_of(const std::vector<cql::Type>& types, const json& key) {
  if (!key.is_array() || key.size() != types.size()) {
    throw std::invalid_argument(fmt::format("{} is no key of {} values", key.dump(), types.size()));
  }
  std::vector<cql::Value> values;
  for (std::size_t i = 0; i < types.size(); ++i) {
    values.emplace_back(cql::cell_of(types[i], key[i]));
  }
  return values;
}

json values_in(const std::string& key) {
  const json values =
      json::parse(std::string_view(key).substr(std::min(key.size(), kDigits)), nullptr, false);
  if (values.is_array()) return values;
  throw std::invalid_argument(fmt::format("'{}' is no key", key));
}

std::string shown_key(const std::vector<cql::Type>& types, const json& values) {
  return is_one_text(types) ? values.at(0).get<std::string>() : values.dump();
}

json values_of_shown(const std::vector<cql::Type>& types, const std::string& shown) {
  if (is_one_text(types)) return json::array({shown});
  const json values = json::parse(shown, nullptr, false);
  try {
    values_of(types, values);
  } catch (const std::invalid_argument& error) {
    std::vector<std::string> names;
    for (const cql::Type& type : types) names.push_back(to_string(type));
    throw UsageError(
        fmt::format("'{}' is no key, which is a JSON array of: {}", shown, fmt::join(names, ", ")));
  }
  return values;
}

}  // namespace cutover::online
