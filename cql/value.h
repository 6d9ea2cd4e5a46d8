// Types of CQL, and values: bytes as the protocol has them, and the same as JSON, for people.
// CQL BINARY PROTOCOL v4, sections 4.2.5.2 (types), 6 and 7 (values).
//
// As JSON: text as it is; whole numbers, counters, timestamps (milliseconds since 1970), dates
// (days since 1970-01-01) and times (nanoseconds since midnight) as integers; double and float as
// numbers, or "NaN", "Infinity", "-Infinity"; uuid as its text; lists, sets and tuples as arrays;
// maps as arrays of pairs, since their keys may be of any type; user-defined types as objects; all
// else (blob, varint, decimal, inet and types that are unknown here) as "0x" and hexadecimal
// digits. The empty value that old tables may hold where a number would be is "".
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cql/frame.h"

namespace cutover::cql {

enum class Kind : std::uint16_t {
  custom = 0x0000,
  ascii = 0x0001,
  bigint = 0x0002,
  blob = 0x0003,
  boolean = 0x0004,
  counter = 0x0005,
  decimal = 0x0006,
  double_ = 0x0007,
  float_ = 0x0008,
  int_ = 0x0009,
  timestamp = 0x000B,
  uuid = 0x000C,
  text = 0x000D,
  varint = 0x000E,
  timeuuid = 0x000F,
  inet = 0x0010,
  date = 0x0011,
  time = 0x0012,
  smallint = 0x0013,
  tinyint = 0x0014,
  list = 0x0020,
  map = 0x0021,
  set = 0x0022,
  udt = 0x0030,
  tuple = 0x0031,
};

struct Type {
  Kind kind = Kind::blob;
  std::string keyspace = {};             ///< of a user-defined type
  std::string name = {};                 ///< of a user-defined type; the class of a custom one
  std::vector<Type> of = {};             ///< elements; key and value; the types of the fields
  std::vector<std::string> fields = {};  ///< names, of a user-defined type
  bool operator==(const Type&) const = default;
};

/// As CQL writes it: "map<text, int>".
std::string to_string(const Type& type);

/// An [option]. Throws ProtocolError; types nested in each other are taken to a depth of 32.
Type read_type(Reader& reader);
void write(Writer& writer, const Type& type);

/// What a row has in a column, encoded; nothing: null.
using Cell = std::optional<std::string>;

/// What is bound to a marker: encoded bytes; null, which deletes what is there; or unset, which
/// leaves it alone.
class Value {
 public:
  Value(std::string bytes) : bytes_(std::move(bytes)) {}
  Value(Cell cell) : bytes_(std::move(cell)) {}
  static Value null() { return Value(Cell()); }
  static Value unset();

  void write(Writer& writer) const;
  bool operator==(const Value&) const = default;

 private:
  Cell bytes_;
  bool is_unset_ = false;
};

std::string encode_boolean(bool value);
std::string encode_int(std::int32_t value);
std::string encode_bigint(std::int64_t value);
std::string encode_double(double value);
/// Of any kind whose JSON is an integer. Throws std::invalid_argument if it does not fit in.
std::string encode_integer(Kind kind, std::int64_t value);
/// From "123e4567-e89b-12d3-a456-426614174000". Throws std::invalid_argument.
std::string encode_uuid(std::string_view text);

/// Of any kind whose JSON is an integer. Throws ProtocolError if the bytes are none of that kind.
std::int64_t decode_integer(Kind kind, std::string_view bytes);
bool decode_boolean(std::string_view bytes);
double decode_double(std::string_view bytes);

/// Throws ProtocolError if the bytes are none of that type.
nlohmann::json json_of(const Type& type, const Cell& cell);
/// Throws std::invalid_argument that names the type and what was given.
Cell cell_of(const Type& type, const nlohmann::json& value);

/// "0x0a1b".
std::string hexadecimal(std::string_view bytes);

}  // namespace cutover::cql
