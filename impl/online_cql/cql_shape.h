// A table of Cassandra as a migration sees it: its key, its columns, and the text by which rows are
// known and ordered.
//
// The key of a row: 16 hexadecimal digits of its partition's token, of which the smallest is all
// zeros, and after them the values of its primary key as a JSON array: `8000000000000000["ann"]`.
// Texts are ordered as tokens are, so that the digits alone are a border between partitions.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cql/message.h"
#include "cql/session.h"
#include "cql/value.h"
#include "impl/online/cluster.h"
#include "impl/online/record.h"

namespace cutover::online {

/// The digits of a token.
std::string border_of(std::int64_t token);
/// The token of a key, or of a border. Throws std::invalid_argument if it begins with no such
/// digits.
std::int64_t token_of(std::string_view key);

/// The tokens of a range of keys, the last one included; of an empty one `last` is before `first`.
struct TokenSpan {
  std::int64_t first = 0, last = 0;
};
/// Of the keys from `first` on and before `end`, each a border or empty.
TokenSpan span_of(const std::string& first, const std::string& end);

/// The whole ring in so many ranges of the same size.
std::vector<Range> plan_of_ring(std::size_t ranges);

/// Bytes as cells of a Row have them, "0x0a1b": their order is the bytes' own, by which Cassandra,
/// too, chooses of two values of one time.
std::string digits_of(std::string_view bytes);
/// Throws std::invalid_argument.
std::string bytes_of(const std::string& digits);

/// An element of a map or a set; a set's has no value.
struct Element {
  std::string_view name, value = {};
};
/// Those of a collection's bytes, which must outlive them. Throws cql::ProtocolError.
std::vector<Element> elements_of(std::string_view bytes, bool is_map);
/// Such bytes.
std::string collection_of(const std::vector<Element>& elements, bool is_map);

enum class Holds { value, map, set };

/// What a table's column of that type holds. Throws UsageError for what can't be moved: "a list
/// that is not frozen".
Holds holds(const std::string& type);

struct CqlColumn {
  std::string name, type;
  Holds holds = Holds::value;
};

/// Names are in quotes where a statement takes them.
struct CqlShape {
  /// Throws UsageError, which begins with `store`, if it has what can't be moved: lists or types of
  /// several fields that are not frozen, static columns.
  CqlShape(const cql::Table& table, const std::string& store);

  std::string table;               ///< keyspace and name, quoted
  std::vector<CqlColumn> key;      ///< the partition's columns first
  std::size_t partition = 0;       ///< how many these are
  std::vector<CqlColumn> columns;  ///< the others
  bool has_counters = false;

  Schema schema() const;
  /// Throws UsageError if there is none of that name.
  std::size_t index(const std::string& column) const;

  /// "a", "b"
  std::string key_names() const;
  /// token("a")
  std::string token() const;
  /// "a" = ? AND "b" = ?
  std::string where_key() const;
};

/// The text of a key's values, in the order of the key's columns.
std::string key_of(const CqlShape& shape, const std::vector<cql::Type>& types,
                   const std::vector<cql::Cell>& values);
/// As they are bound. Throws std::invalid_argument.
std::vector<cql::Value> values_of(const std::vector<cql::Type>& types, const nlohmann::json& key);
/// The values in a key's text. Throws std::invalid_argument.
nlohmann::json values_in(const std::string& key);

/// A key as people write it: a text as it is, if that is all there is to it; otherwise a JSON array
/// of its values.
std::string shown_key(const std::vector<cql::Type>& types, const nlohmann::json& values);
/// Throws UsageError.
nlohmann::json values_of_shown(const std::vector<cql::Type>& types, const std::string& shown);

}  // namespace cutover::online
