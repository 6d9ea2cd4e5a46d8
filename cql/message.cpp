#include "cql/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace cutover::cql {
namespace {

constexpr std::uint8_t kValues = 0x01;
constexpr std::uint8_t kPageSize = 0x04;
constexpr std::uint8_t kPagingState = 0x08;
constexpr std::uint8_t kSerialConsistency = 0x10;
constexpr std::uint8_t kTimestamp = 0x20;

constexpr std::int32_t kGlobalTable = 0x0001;
constexpr std::int32_t kMorePages = 0x0002;
constexpr std::int32_t kNoMetadata = 0x0004;

void write_values(Writer& writer, const std::vector<Value>& values) {
  writer.unsigned_short(values.size());
  for (const Value& value : values) value.write(writer);
}

std::uint8_t flags_of(const Parameters& parameters) {
  std::uint8_t flags = 0;
  if (parameters.serial_consistency) flags |= kSerialConsistency;
  if (parameters.timestamp_us) flags |= kTimestamp;
  return flags;
}

/// What a batch ends with as well.
void write_end(Writer& writer, const Parameters& parameters) {
  if (parameters.serial_consistency)
    writer.unsigned_short(static_cast<std::uint16_t>(*parameters.serial_consistency));
  if (parameters.timestamp_us) writer.long_integer(*parameters.timestamp_us);
}

/// Metadata is never asked to be left out: the server would not say when a prepared statement's
/// columns have changed (CASSANDRA-10786).
void write_parameters(Writer& writer, const Parameters& parameters) {
  writer.unsigned_short(static_cast<std::uint16_t>(parameters.consistency));
  std::uint8_t flags = flags_of(parameters);
  if (!parameters.values.empty()) flags |= kValues;
  if (parameters.page_size > 0) flags |= kPageSize;
  if (parameters.paging_state) flags |= kPagingState;
  writer.byte(flags);
  if (!parameters.values.empty()) write_values(writer, parameters.values);
  if (parameters.page_size > 0) writer.integer(parameters.page_size);
  if (parameters.paging_state) writer.bytes(*parameters.paging_state);
  write_end(writer, parameters);
}

struct Metadata {
  std::vector<Column> columns;
  std::optional<std::string> paging_state;
  std::vector<std::uint16_t> key_markers;
  bool is_left_out = false;
};

Metadata read_metadata(Reader& reader, bool of_markers) {
  Metadata metadata;
  const std::int32_t flags = reader.integer("the metadata's flags");
  const std::int32_t claimed = reader.integer("the count of columns");
  if (of_markers) {
    const std::int32_t keys = reader.integer("the count of key columns");
    for (std::size_t left = reader.count(keys, 2, "key columns"); left > 0; --left)
      metadata.key_markers.push_back(reader.unsigned_short("a key column"));
  }
  if ((flags & kMorePages) != 0) metadata.paging_state = reader.bytes("the paging state");
  metadata.is_left_out = (flags & kNoMetadata) != 0;
  if (metadata.is_left_out) return metadata;
  Column column;
  const auto read_table = [&] {
    column.keyspace = reader.string("a column's keyspace");
    column.table = reader.string("a column's table");
  };
  const std::size_t count = reader.count(claimed, 4, "columns");
  const bool is_global = (flags & kGlobalTable) != 0;
  if (is_global) read_table();
  while (metadata.columns.size() < count) {
    if (!is_global) read_table();
    column.name = reader.string("a column's name");
    column.type = read_type(reader);
    metadata.columns.push_back(column);
  }
  for (const std::uint16_t key : metadata.key_markers) {
    if (key >= count) throw ProtocolError(fmt::format("the key's column {} is none", key));
  }
  return metadata;
}

Rows read_rows(Reader& reader) {
  Metadata metadata = read_metadata(reader, false);
  if (metadata.is_left_out) throw ProtocolError("rows came without their columns");
  Rows rows;
  rows.columns = std::move(metadata.columns);
  rows.paging_state = std::move(metadata.paging_state);
  const std::int32_t claimed = reader.integer("the count of rows");
  for (std::size_t left = reader.count(claimed, 4, "rows"); left > 0; --left) {
    std::vector<Cell> row;
    row.reserve(rows.columns.size());
    for (std::size_t i = 0; i < rows.columns.size(); ++i) row.push_back(reader.bytes("a value"));
    rows.rows.push_back(std::move(row));
  }
  return rows;
}

Prepared read_prepared(Reader& reader) {
  Prepared prepared;
  prepared.id = reader.short_bytes("a prepared statement's id");
  Metadata markers = read_metadata(reader, true);
  prepared.markers = std::move(markers.columns);
  prepared.key_markers = std::move(markers.key_markers);
  prepared.columns = read_metadata(reader, false).columns;
  return prepared;
}

SchemaChange read_schema_change(Reader& reader) {
  SchemaChange change;
  change.change = reader.string("the change of the schema");
  change.target = reader.string("what was changed");
  change.keyspace = reader.string("the keyspace that was changed");
  if (change.target != "KEYSPACE") change.name = reader.string("the name of what was changed");
  return change;
}

/// Section 9, and which of them the server raises only before it has done anything. Overloaded is
/// not of them: the coordinator may have sent the write to some replicas before.
bool may_have_taken_effect(ErrorCode code, Effect effect) {
  if (effect == Effect::none) return false;
  switch (code) {
    case ErrorCode::protocol_error:
    case ErrorCode::authentication:
    case ErrorCode::is_bootstrapping:
    case ErrorCode::function_failure:
    case ErrorCode::syntax_error:
    case ErrorCode::unauthorized:
    case ErrorCode::invalid:
    case ErrorCode::config_error:
    case ErrorCode::already_exists:
    case ErrorCode::unprepared: return false;
    // Raised for a part of a batch after others were sent, and between the rounds of a condition.
    case ErrorCode::unavailable:
    case ErrorCode::read_timeout:
    case ErrorCode::read_failure: return effect == Effect::several;
    default: return true;
  }
}

Consistency read_consistency(Reader& reader) {
  return static_cast<Consistency>(reader.unsigned_short("the consistency level"));
}

Replicas read_replicas(Reader& reader) {
  Replicas replicas;
  replicas.consistency = read_consistency(reader);
  replicas.answered = reader.integer("the count of replicas that answered");
  replicas.required = reader.integer("the count of replicas required");
  return replicas;
}

/// The other way round.
Replicas read_alive(Reader& reader) {
  Replicas replicas;
  replicas.consistency = read_consistency(reader);
  replicas.required = reader.integer("the count of replicas required");
  replicas.answered = reader.integer("the count of replicas alive");
  return replicas;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool equal_words(std::string_view text, std::string_view upper) {
  return std::ranges::equal(
      text, upper, [](char c, char u) { return std::toupper(static_cast<unsigned char>(c)) == u; });
}

}  // namespace

std::string to_string(Consistency consistency) {
  switch (consistency) {
    case Consistency::any: return "ANY";
    case Consistency::one: return "ONE";
    case Consistency::two: return "TWO";
    case Consistency::three: return "THREE";
    case Consistency::quorum: return "QUORUM";
    case Consistency::all: return "ALL";
    case Consistency::local_quorum: return "LOCAL_QUORUM";
    case Consistency::each_quorum: return "EACH_QUORUM";
    case Consistency::serial: return "SERIAL";
    case Consistency::local_serial: return "LOCAL_SERIAL";
    case Consistency::local_one: return "LOCAL_ONE";
  }
  return fmt::format("{:#06x}", static_cast<std::uint16_t>(consistency));
}

std::string startup_body() {
  Writer writer;
  writer.unsigned_short(1);
  writer.string("CQL_VERSION");
  writer.string("3.0.0");
  return std::move(writer).written();
}

std::string auth_response_body(std::string_view user, std::string_view password) {
  std::string token(1, '\0');
  token += user;
  token += '\0';
  token += password;
  Writer writer;
  writer.bytes(token);
  return std::move(writer).written();
}

std::string query_body(std::string_view text, const Parameters& parameters) {
  Writer writer;
  writer.long_string(text);
  write_parameters(writer, parameters);
  return std::move(writer).written();
}

std::string prepare_body(std::string_view text) {
  Writer writer;
  writer.long_string(text);
  return std::move(writer).written();
}

std::string execute_body(std::string_view id, const Parameters& parameters) {
  Writer writer;
  writer.short_bytes(id);
  write_parameters(writer, parameters);
  return std::move(writer).written();
}

std::string batch_body(BatchType type, const std::vector<BatchEntry>& entries,
                       const Parameters& parameters) {
  Writer writer;
  writer.byte(static_cast<std::uint8_t>(type));
  writer.unsigned_short(entries.size());
  for (const BatchEntry& entry : entries) {
    writer.byte(entry.is_prepared ? 1 : 0);
    if (entry.is_prepared) {
      writer.short_bytes(entry.text_or_id);
    } else {
      writer.long_string(entry.text_or_id);
    }
    write_values(writer, entry.values);
  }
  writer.unsigned_short(static_cast<std::uint16_t>(parameters.consistency));
  writer.byte(flags_of(parameters));
  write_end(writer, parameters);
  return std::move(writer).written();
}

Effect effect_of(std::string_view text) {
  bool is_first = true, reads = false;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_word(text[end])) ++end;
    const std::string_view word = text.substr(i, end - i);
    const bool is_space = word.empty() && std::isspace(static_cast<unsigned char>(text[i])) != 0;
    if (is_first && equal_words(word, "SELECT")) reads = true;
    if (equal_words(word, "IF") || equal_words(word, "BATCH")) return Effect::several;
    if (!is_space) is_first = false;
    i = std::max(end, i + 1);
  }
  return reads ? Effect::none : Effect::single;
}

std::size_t Rows::index(std::string_view name) const {
  std::string all;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
    all += (all.empty() ? "" : ", ") + columns[i].name;
  }
  throw std::out_of_range(fmt::format("no column '{}' among: {}", name, all));
}

const Cell& Rows::cell(std::size_t row, std::string_view name) const {
  return rows.at(row)[index(name)];
}

const std::string& Rows::text(std::size_t row, std::string_view name) const {
  const Cell& found = cell(row, name);
  if (!found) throw std::out_of_range(fmt::format("column '{}' is null", name));
  return *found;
}

std::int64_t Rows::integer(std::size_t row, std::string_view name) const {
  return decode_integer(columns[index(name)].type.kind, text(row, name));
}

bool Rows::boolean(std::size_t row, std::string_view name) const {
  return decode_boolean(text(row, name));
}

nlohmann::json Rows::json(std::size_t row, std::string_view name) const {
  return json_of(columns[index(name)].type, cell(row, name));
}

Body body_of(const Frame& frame) {
  if ((frame.flags & kCompressed) != 0) throw ProtocolError("a frame is compressed");
  Body body{frame.body, {}};
  Reader reader(frame.body);
  if ((frame.flags & kTracing) != 0) reader.raw(16, "the id of a trace");
  if ((frame.flags & kWarning) != 0) body.warnings = reader.string_list("warnings");
  if ((frame.flags & kCustomPayload) != 0) {
    for (std::size_t left = reader.unsigned_short("a payload's size"); left > 0; --left) {
      reader.string("a payload's key");
      reader.bytes_here("a payload's value");
    }
  }
  body.left.remove_prefix(frame.body.size() - reader.left());
  return body;
}

Result decode_result(const Frame& frame, Effect effect, const std::string& where) {
  if (frame.opcode == Opcode::error) throw_error(frame, effect, where);
  if (frame.opcode != Opcode::result)
    throw ProtocolError(fmt::format("an answer has opcode {:#04x}, expected RESULT",
                                    static_cast<int>(frame.opcode)));
  Body body = body_of(frame);
  Reader reader(body.left);
  Result result;
  result.warnings = std::move(body.warnings);
  const std::int32_t kind = reader.integer("a result's kind");
  result.kind = static_cast<Result::Kind>(kind);
  switch (result.kind) {
    case Result::Kind::done: break;
    case Result::Kind::rows: result.rows = read_rows(reader); break;
    case Result::Kind::keyspace: result.keyspace = reader.string("a keyspace"); break;
    case Result::Kind::prepared: result.prepared = read_prepared(reader); break;
    case Result::Kind::schema: result.schema = read_schema_change(reader); break;
    default: throw ProtocolError(fmt::format("a result's kind is {:#06x}, which is none", kind));
  }
  return result;
}

void throw_error(const Frame& frame, Effect effect, const std::string& where) {
  if (frame.opcode != Opcode::error)
    throw ProtocolError(fmt::format("an answer has opcode {:#04x}, expected ERROR",
                                    static_cast<int>(frame.opcode)));
  const Body body = body_of(frame);
  Reader reader(body.left);
  const auto code = static_cast<ErrorCode>(reader.integer("an error's code"));
  const std::string text = reader.string("an error's text");
  const ServerError error(code, fmt::format("{}: {}", where, text),
                          may_have_taken_effect(code, effect));
  switch (code) {
    case ErrorCode::authentication: throw AuthenticationFailed(error.what());
    case ErrorCode::unavailable: throw Unavailable(error, read_alive(reader));
    case ErrorCode::overloaded: throw Overloaded(error);
    case ErrorCode::is_bootstrapping: throw IsBootstrapping(error);
    case ErrorCode::write_timeout: {
      const Replicas replicas = read_replicas(reader);
      throw WriteTimeout(error, replicas, reader.string("the type of a write"));
    }
    case ErrorCode::write_failure: {
      const Replicas replicas = read_replicas(reader);
      reader.integer("the count of failures");
      throw WriteFailure(error, replicas, reader.string("the type of a write"));
    }
    case ErrorCode::read_timeout: {
      const Replicas replicas = read_replicas(reader);
      throw ReadTimeout(error, replicas, reader.byte("whether data is present") != 0);
    }
    case ErrorCode::read_failure: {
      const Replicas replicas = read_replicas(reader);
      reader.integer("the count of failures");
      throw ReadFailure(error, replicas, reader.byte("whether data is present") != 0);
    }
    case ErrorCode::syntax_error: throw Syntax(error);
    case ErrorCode::unauthorized: throw Unauthorized(error);
    case ErrorCode::invalid: throw Invalid(error);
    case ErrorCode::already_exists: {
      const std::string keyspace = reader.string("the keyspace that exists");
      throw AlreadyExists(error, keyspace, reader.string("the table that exists"));
    }
    case ErrorCode::unprepared: throw Unprepared(error, reader.short_bytes("a statement's id"));
    default: throw error;
  }
}

}  // namespace cutover::cql
