#include "cql/value.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace cutover::cql {
namespace {

using nlohmann::json;

constexpr int kDeepest = 32;
constexpr std::int64_t kEpochDay = std::int64_t{1} << 31;  ///< a date's 1970-01-01

struct Name {
  Kind kind;
  const char* name;
};
constexpr Name kNames[] = {
    {Kind::ascii, "ascii"},     {Kind::bigint, "bigint"},
    {Kind::blob, "blob"},       {Kind::boolean, "boolean"},
    {Kind::counter, "counter"}, {Kind::decimal, "decimal"},
    {Kind::double_, "double"},  {Kind::float_, "float"},
    {Kind::int_, "int"},        {Kind::timestamp, "timestamp"},
    {Kind::uuid, "uuid"},       {Kind::text, "text"},
    {Kind::varint, "varint"},   {Kind::timeuuid, "timeuuid"},
    {Kind::inet, "inet"},       {Kind::date, "date"},
    {Kind::time, "time"},       {Kind::smallint, "smallint"},
    {Kind::tinyint, "tinyint"}, {Kind::list, "list"},
    {Kind::map, "map"},         {Kind::set, "set"},
    {Kind::tuple, "tuple"},
};

bool is_native(std::uint16_t id) {
  return id >= 0x0001 && id <= static_cast<std::uint16_t>(Kind::tinyint) && id != 0x000A;
}

/// How many bytes a number of that kind takes; 0: it is no number of a fixed size.
std::size_t size_of(Kind kind) {
  switch (kind) {
    case Kind::tinyint: return 1;
    case Kind::smallint: return 2;
    case Kind::int_:
    case Kind::date: return 4;
    case Kind::bigint:
    case Kind::counter:
    case Kind::timestamp:
    case Kind::time: return 8;
    default: return 0;
  }
}

std::string big_endian(std::uint64_t value, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[size - 1 - i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

std::uint64_t unsigned_of(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

void expect_size(std::string_view bytes, std::size_t size, const std::string& type) {
  if (bytes.size() != size)
    throw ProtocolError(
        fmt::format("a value of type {} has {} bytes, expected {}", type, bytes.size(), size));
}

/// As JSON refuses any other only when it is printed.
void expect_utf8(const json& text, const std::string& what) {
  try {
    text.dump();
  } catch (const json::exception&) {
    throw ProtocolError(what + " is not UTF-8");
  }
}

json text_as_json(std::string_view bytes, const std::string& type) {
  json text = std::string(bytes);
  expect_utf8(text, "a value of type " + type);
  return text;
}

std::string read_field_name(Reader& reader) {
  std::string name = reader.string("a field's name");
  expect_utf8(name, "a field's name");
  return name;
}

Type read_type(Reader& reader, int depth) {
  if (depth > kDeepest) throw ProtocolError("a type is nested too deep");
  const std::uint16_t id = reader.unsigned_short("a type");
  Type type;
  type.kind = static_cast<Kind>(id);
  std::size_t elements = 0;
  switch (type.kind) {
    case Kind::custom: type.name = reader.string("a type's class"); return type;
    case Kind::list:
    case Kind::set: elements = 1; break;
    case Kind::map: elements = 2; break;
    case Kind::udt:
      type.keyspace = reader.string("a type's keyspace");
      type.name = reader.string("a type's name");
      elements = reader.unsigned_short("the count of a type's fields");
      break;
    case Kind::tuple: elements = reader.unsigned_short("the count of a tuple's types"); break;
    default:
      if (!is_native(id)) throw ProtocolError(fmt::format("a type is {:#06x}, which is none", id));
      return type;
  }
  for (; elements > 0; --elements) {
    if (type.kind == Kind::udt) type.fields.push_back(read_field_name(reader));
    type.of.push_back(read_type(reader, depth + 1));
  }
  return type;
}

json number_as_json(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

std::string uuid_text(std::string_view bytes) {
  std::string text = hexadecimal(bytes).substr(2);
  for (const std::size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  return text;
}

json elements_as_json(const Type& type, std::string_view bytes) {
  Reader reader(bytes);
  const std::int32_t claimed = reader.integer("the count of elements");
  json array = json::array();
  for (std::size_t left = reader.count(claimed, 4, "elements"); left > 0; --left) {
    json first = json_of(type.of[0], reader.bytes("an element"));
    if (type.kind == Kind::map) {
      json second = json_of(type.of[1], reader.bytes("a map's value"));
      array.push_back(json::array({std::move(first), std::move(second)}));
    } else {
      array.push_back(std::move(first));
    }
  }
  if (reader.left() != 0)
    throw ProtocolError(
        fmt::format("a value of type {} goes on after its last element", to_string(type)));
  return array;
}

/// Of a tuple or a user-defined type, which may have fewer fields than the type knows.
json fields_as_json(const Type& type, std::string_view bytes) {
  Reader reader(bytes);
  json value = type.kind == Kind::udt ? json::object() : json::array();
  for (std::size_t i = 0; reader.left() != 0; ++i) {
    if (i == type.of.size())
      throw ProtocolError(
          fmt::format("a value of type {} has more fields than the type", to_string(type)));
    json field = json_of(type.of[i], reader.bytes("a field"));
    if (type.kind == Kind::udt) {
      value[type.fields[i]] = std::move(field);
    } else {
      value.push_back(std::move(field));
    }
  }
  return value;
}

[[noreturn]] void refuse(const Type& type, const json& value) {
  throw std::invalid_argument(fmt::format(
      "{} is no value of type {}",
      value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 200), to_string(type)));
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Two digits a byte; nothing if it is anything else.
Cell from_hexadecimal(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = digit(digits[i]), low = digit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

double number_from_json(const Type& type, const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  refuse(type, value);
}

std::string integer_from_json(const Type& type, const json& value) {
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() ||
                     value.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max());
  if (!fits) refuse(type, value);
  return encode_integer(type.kind, value.get<std::int64_t>());
}

void write_cell(Writer& writer, const Cell& cell) {
  if (cell) {
    writer.bytes(*cell);
  } else {
    writer.null();
  }
}

std::string elements_from_json(const Type& type, const json& value) {
  if (!value.is_array()) refuse(type, value);
  Writer writer;
  writer.integer(static_cast<std::int32_t>(value.size()));
  for (const json& element : value) {
    if (type.kind == Kind::map) {
      if (!element.is_array() || element.size() != 2) refuse(type, value);
      write_cell(writer, cell_of(type.of[0], element[0]));
      write_cell(writer, cell_of(type.of[1], element[1]));
    } else {
      write_cell(writer, cell_of(type.of[0], element));
    }
  }
  return std::move(writer).written();
}

std::string tuple_from_json(const Type& type, const json& value) {
  if (!value.is_array() || value.size() > type.of.size()) refuse(type, value);
  Writer writer;
  for (std::size_t i = 0; i < value.size(); ++i) write_cell(writer, cell_of(type.of[i], value[i]));
  return std::move(writer).written();
}

/// Fields after the last that is named are left out; before it, they are null.
std::string udt_from_json(const Type& type, const json& value) {
  if (!value.is_object()) refuse(type, value);
  Writer writer;
  std::size_t found = 0;
  for (std::size_t i = 0; i < type.of.size() && found < value.size(); ++i) {
    const auto field = value.find(type.fields[i]);
    if (field != value.end()) ++found;
    write_cell(writer, field == value.end() ? Cell() : cell_of(type.of[i], *field));
  }
  if (found < value.size()) refuse(type, value);
  return std::move(writer).written();
}

}  // namespace

std::string to_string(const Type& type) {
  if (type.kind == Kind::custom) return "'" + type.name + "'";
  if (type.kind == Kind::udt) return type.keyspace + "." + type.name;
  std::string text;
  for (const Name& name : kNames) {
    if (name.kind == type.kind) text = name.name;
  }
  if (type.of.empty()) return text;
  text += "<";
  for (const Type& element : type.of) text += to_string(element) + ", ";
  text.resize(text.size() - 2);
  return text + ">";
}

Type read_type(Reader& reader) { return read_type(reader, 0); }

void write(Writer& writer, const Type& type) {
  writer.unsigned_short(static_cast<std::uint16_t>(type.kind));
  if (type.kind == Kind::custom) writer.string(type.name);
  if (type.kind == Kind::udt) {
    writer.string(type.keyspace);
    writer.string(type.name);
  }
  if (type.kind == Kind::udt || type.kind == Kind::tuple) writer.unsigned_short(type.of.size());
  for (std::size_t i = 0; i < type.of.size(); ++i) {
    if (type.kind == Kind::udt) writer.string(type.fields[i]);
    write(writer, type.of[i]);
  }
}

Value Value::unset() {
  Value value = null();
  value.is_unset_ = true;
  return value;
}

void Value::write(Writer& writer) const {
  if (is_unset_) {
    writer.unset();
  } else {
    write_cell(writer, bytes_);
  }
}

std::string encode_boolean(bool value) { return std::string(1, value ? '\1' : '\0'); }

std::string encode_int(std::int32_t value) { return encode_integer(Kind::int_, value); }

std::string encode_bigint(std::int64_t value) { return encode_integer(Kind::bigint, value); }

std::string encode_double(double value) {
  return big_endian(std::bit_cast<std::uint64_t>(value), 8);
}

std::string encode_integer(Kind kind, std::int64_t value) {
  const std::size_t size = size_of(kind);
  if (size == 0) throw std::invalid_argument("no integer has type " + to_string(Type{kind}));
  const std::int64_t largest = size == 8 ? std::numeric_limits<std::int64_t>::max()
                                         : (std::int64_t{1} << (8 * size - 1)) - 1;
  if (value > largest || value < -largest - 1)
    throw std::invalid_argument(fmt::format("{} is no {}", value, to_string(Type{kind})));
  return big_endian(static_cast<std::uint64_t>(kind == Kind::date ? value + kEpochDay : value),
                    size);
}

std::string encode_uuid(std::string_view text) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (!is_dash) digits.push_back(text[i]);
    if (is_dash && text[i] != '-') break;
  }
  const Cell bytes = from_hexadecimal(digits);
  if (text.size() != 36 || digits.size() != 32 || !bytes)
    throw std::invalid_argument(fmt::format("'{}' is no uuid", text));
  return *bytes;
}

std::int64_t decode_integer(Kind kind, std::string_view bytes) {
  const std::size_t size = size_of(kind);
  if (size == 0) throw ProtocolError("a value of type " + to_string(Type{kind}) + " is no integer");
  expect_size(bytes, size, to_string(Type{kind}));
  const std::uint64_t value = unsigned_of(bytes);
  switch (kind) {
    case Kind::date: return static_cast<std::int64_t>(value) - kEpochDay;
    case Kind::tinyint: return static_cast<std::int8_t>(value);
    case Kind::smallint: return static_cast<std::int16_t>(value);
    case Kind::int_: return static_cast<std::int32_t>(value);
    default: return static_cast<std::int64_t>(value);
  }
}

bool decode_boolean(std::string_view bytes) {
  expect_size(bytes, 1, "boolean");
  return bytes[0] != '\0';
}

double decode_double(std::string_view bytes) {
  expect_size(bytes, 8, "double");
  return std::bit_cast<double>(unsigned_of(bytes));
}

json json_of(const Type& type, const Cell& cell) {
  if (!cell) return nullptr;
  const std::string& bytes = *cell;
  switch (type.kind) {
    case Kind::ascii:
    case Kind::text: return text_as_json(bytes, to_string(type));
    case Kind::list:
    case Kind::set:
    case Kind::map: return elements_as_json(type, bytes);
    case Kind::udt:
    case Kind::tuple: return fields_as_json(type, bytes);
    case Kind::custom:
    case Kind::blob:
    case Kind::varint:
    case Kind::decimal:
    case Kind::inet: return hexadecimal(bytes);
    default: break;
  }
  if (bytes.empty()) return "";
  switch (type.kind) {
    case Kind::boolean: return decode_boolean(bytes);
    case Kind::double_: return number_as_json(decode_double(bytes));
    case Kind::float_:
      expect_size(bytes, 4, "float");
      return number_as_json(std::bit_cast<float>(static_cast<std::uint32_t>(unsigned_of(bytes))));
    case Kind::uuid:
    case Kind::timeuuid: expect_size(bytes, 16, to_string(type)); return uuid_text(bytes);
    default: return decode_integer(type.kind, bytes);
  }
}

Cell cell_of(const Type& type, const json& value) {
  if (value.is_null()) return std::nullopt;
  switch (type.kind) {
    case Kind::list:
    case Kind::set:
    case Kind::map: return elements_from_json(type, value);
    case Kind::tuple: return tuple_from_json(type, value);
    case Kind::udt: return udt_from_json(type, value);
    default: break;
  }
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  switch (type.kind) {
    case Kind::ascii:
    case Kind::text:
      if (!value.is_string()) refuse(type, value);
      return text;
    case Kind::custom:
    case Kind::blob:
    case Kind::varint:
    case Kind::decimal:
    case Kind::inet: {
      const Cell bytes = text.starts_with("0x") ? from_hexadecimal(text.substr(2)) : Cell();
      if (!bytes) refuse(type, value);
      return bytes;
    }
    default: break;
  }
  if (value == "") return "";
  switch (type.kind) {
    case Kind::boolean:
      if (!value.is_boolean()) refuse(type, value);
      return encode_boolean(value.get<bool>());
    case Kind::double_: return encode_double(number_from_json(type, value));
    case Kind::float_: {
      const auto number = static_cast<float>(number_from_json(type, value));
      return big_endian(std::bit_cast<std::uint32_t>(number), 4);
    }
    case Kind::uuid:
    case Kind::timeuuid: return encode_uuid(text);
    default: return integer_from_json(type, value);
  }
}

std::string hexadecimal(std::string_view bytes) {
  std::string text = "0x";
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

}  // namespace cutover::cql
