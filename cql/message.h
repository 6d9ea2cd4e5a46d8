// What is asked of a server, and its answers: CQL BINARY PROTOCOL v4, section 4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cql/error.h"
#include "cql/frame.h"
#include "cql/value.h"

namespace cutover::cql {

// Requests.

/// Section 4.1.4, <query_parameters>.
struct Parameters {
  Consistency consistency = Consistency::local_quorum;
  std::vector<Value> values = {};
  std::int32_t page_size = 0;  ///< in rows; 0: all in one answer
  std::optional<std::string> paging_state = {};
  std::optional<Consistency> serial_consistency = {};
  std::optional<std::int64_t> timestamp_us = {};  ///< the default write time; not negative
};

enum class BatchType : std::uint8_t { logged = 0, unlogged = 1, counter = 2 };

struct BatchEntry {
  bool is_prepared = false;
  std::string text_or_id;
  std::vector<Value> values = {};
};

// Each returns a body.
std::string startup_body();
/// SASL PLAIN, as PasswordAuthenticator takes it.
std::string auth_response_body(std::string_view user, std::string_view password);
std::string query_body(std::string_view text, const Parameters& parameters);
std::string prepare_body(std::string_view text);
std::string execute_body(std::string_view id, const Parameters& parameters);
/// Of `parameters` only what a batch takes: its consistencies and its write time.
std::string batch_body(BatchType type, const std::vector<BatchEntry>& entries,
                       const Parameters& parameters);

/// What a statement does, read from its first word, and from whether it has the word IF in it.
/// Where it can't tell it assumes more.
Effect effect_of(std::string_view text);

// Answers.

struct Column {
  std::string keyspace;
  std::string table;
  std::string name;
  Type type;
  bool operator==(const Column&) const = default;
};

struct Rows {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::optional<std::string> paging_state;  ///< nothing: there are no more

  /// The column's place in a row. Throws std::out_of_range that names it and those that are there.
  std::size_t index(std::string_view name) const;
  const Cell& cell(std::size_t row, std::string_view name) const;
  /// Text, also of a blob: the bytes. Throws std::out_of_range if it is null.
  const std::string& text(std::size_t row, std::string_view name) const;
  /// Of any type that decode_integer() takes. Throws std::out_of_range if it is null.
  std::int64_t integer(std::size_t row, std::string_view name) const;
  bool boolean(std::size_t row, std::string_view name) const;
  nlohmann::json json(std::size_t row, std::string_view name) const;

  bool operator==(const Rows&) const = default;
};

struct Prepared {
  std::string id;
  std::vector<Column> markers;             ///< what is bound, in this order
  std::vector<std::uint16_t> key_markers;  ///< which of them are the partition key, in its order
  std::vector<Column> columns;             ///< of its rows
};

struct SchemaChange {
  std::string change;  ///< "CREATED", "UPDATED" or "DROPPED"
  std::string target;  ///< "KEYSPACE", "TABLE", "TYPE", "FUNCTION" or "AGGREGATE"
  std::string keyspace;
  std::string name;  ///< empty: of the keyspace itself
};

/// Section 4.2.5.
struct Result {
  enum class Kind : std::int32_t { done = 1, rows = 2, keyspace = 3, prepared = 4, schema = 5 };
  Kind kind = Kind::done;
  Rows rows;
  std::string keyspace;
  Prepared prepared;
  SchemaChange schema;
  std::vector<std::string> warnings;

  /// Of a conditional statement or batch: whether it was done. Throws std::out_of_range for others.
  bool was_applied() const { return rows.boolean(0, "[applied]"); }
};

/// The body without what the frame's flags put before it, which is warnings to be kept.
struct Body {
  std::string_view left;  ///< of the frame's body
  std::vector<std::string> warnings;
};
Body body_of(const Frame& frame);

/// Of a frame RESULT. Throws ProtocolError; and, of a frame ERROR, what it says, as its class.
/// `effect` is of the request, and `where` names the host.
Result decode_result(const Frame& frame, Effect effect, const std::string& where);
/// Throws what a frame ERROR says, or ProtocolError.
[[noreturn]] void throw_error(const Frame& frame, Effect effect, const std::string& where);

}  // namespace cutover::cql
