// The CQL client without Cassandra: what it writes and reads, whatever is sent to it, and what
// comes of its requests when the server is late, lies, fails or goes away. cassandra_test has the
// real one.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <rapidcheck/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "cql/connection.h"
#include "cql/message.h"
#include "cql/session.h"
#include "cql/token.h"
#include "system/usage_error.h"

#ifdef __has_feature
#define CUTOVER_CLANG_SANITIZES \
  (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define CUTOVER_CLANG_SANITIZES 0
#endif
#if CUTOVER_CLANG_SANITIZES || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CUTOVER_SEES_ALLOCATIONS 0  // the sanitizers have their own
#else
#define CUTOVER_SEES_ALLOCATIONS 1
#endif

namespace {
/// The largest piece of memory that this thread has asked for at once.
thread_local std::size_t largest_allocation = 0;
}  // namespace

#if CUTOVER_SEES_ALLOCATIONS
// Not inlined, as g++ would then warn of the pair.
[[gnu::noinline]] void* operator new(std::size_t size) {
  largest_allocation = std::max(largest_allocation, size);
  if (void* const made = std::malloc(size == 0 ? 1 : size)) return made;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* made) noexcept { std::free(made); }
[[gnu::noinline]] void operator delete(void* made, std::size_t) noexcept { std::free(made); }
#endif

namespace cutover::cql {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Random = std::mt19937;

const std::string kWhere = "host:9042";

std::string from_hex(std::string digits) {
  std::erase(digits, ' ');
  return cell_of(Type{Kind::blob}, "0x" + digits).value();
}

std::size_t below(Random& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

std::string any_bytes(Random& random, std::size_t most) {
  std::string bytes(below(random, most + 1), '\0');
  for (char& byte : bytes) byte = static_cast<char>(below(random, 256));
  return bytes;
}

const Kind kNative[] = {Kind::ascii,   Kind::bigint,    Kind::blob,    Kind::boolean,
                        Kind::counter, Kind::decimal,   Kind::double_, Kind::float_,
                        Kind::int_,    Kind::timestamp, Kind::uuid,    Kind::text,
                        Kind::varint,  Kind::timeuuid,  Kind::inet,    Kind::date,
                        Kind::time,    Kind::smallint,  Kind::tinyint};

Type any_type(Random& random, int depth = 0) {
  const Kind nested[] = {Kind::list, Kind::map, Kind::set, Kind::udt, Kind::tuple, Kind::custom};
  if (depth >= 3 || below(random, 2) == 0) return {kNative[below(random, std::size(kNative))]};
  Type type{nested[below(random, std::size(nested))]};
  std::size_t elements = 0;
  if (type.kind == Kind::list || type.kind == Kind::set) elements = 1;
  if (type.kind == Kind::map) elements = 2;
  if (type.kind == Kind::tuple || type.kind == Kind::udt) elements = 1 + below(random, 3);
  if (type.kind == Kind::udt) type.keyspace = "shop";
  if (type.kind == Kind::udt || type.kind == Kind::custom) type.name = "thing";
  for (std::size_t i = 0; i < elements; ++i) {
    type.of.push_back(any_type(random, depth + 1));
    if (type.kind == Kind::udt) type.fields.push_back(fmt::format("field {}", i));
  }
  return type;
}

/// Encoded as the server would.
Cell any_value(Random& random, const Type& type) {
  if (below(random, 8) == 0) return std::nullopt;
  const auto write_any = [&](Writer& writer, const Type& of) {
    const Cell value = any_value(random, of);
    value ? writer.bytes(*value) : writer.null();
  };
  Writer writer;
  const std::size_t count = below(random, 4);
  switch (type.kind) {
    case Kind::ascii:
    case Kind::text: {
      const char* const texts[] = {"", "a", "\"quoted\" \\ \n", "\u00fc \u20ac", "0x12", "NaN"};
      return texts[below(random, std::size(texts))];
    }
    case Kind::boolean: return encode_boolean(below(random, 2) == 1);
    case Kind::uuid:
    case Kind::timeuuid: return any_bytes(random, 0) + std::string(16, char(below(random, 256)));
    case Kind::double_: {
      const double some[] = {0, -0.0, 0.1, 1e300, -5e-324, NAN, INFINITY, -INFINITY};
      return encode_double(some[below(random, std::size(some))]);
    }
    case Kind::float_: return from_hex("3dcccccd");
    case Kind::list:
    case Kind::set:
    case Kind::map:
      writer.integer(static_cast<std::int32_t>(count));
      for (std::size_t i = 0; i < count; ++i) {
        for (const Type& of : type.of) write_any(writer, of);
      }
      return writer.written();
    case Kind::tuple:
    case Kind::udt:
      for (std::size_t i = 0; i < std::min(count, type.of.size()); ++i)
        write_any(writer, type.of[i]);
      return writer.written();
    case Kind::tinyint: return any_bytes(random, 0) + char(below(random, 256));
    case Kind::smallint:
      return encode_integer(type.kind, std::int64_t(below(random, 65536)) - 32768);
    case Kind::int_:
    case Kind::date: {
      const std::int64_t some[] = {0, -1, INT32_MAX, INT32_MIN, 12345};
      return encode_integer(type.kind, some[below(random, std::size(some))]);
    }
    case Kind::bigint:
    case Kind::counter:
    case Kind::timestamp:
    case Kind::time: {
      const std::int64_t some[] = {0, -1, INT64_MAX, INT64_MIN, 1234567890123};
      return encode_integer(type.kind, some[below(random, std::size(some))]);
    }
    default: return any_bytes(random, 20);
  }
}

// As a server writes them.

Frame answer(Opcode opcode, std::string body, std::int16_t stream = 0, std::uint8_t flags = 0) {
  return {flags, stream, opcode, std::move(body)};
}

std::string done_body() { return from_hex("00000001"); }

void write_columns(Writer& writer, const std::vector<Column>& columns, bool is_global) {
  if (is_global) {
    writer.string(columns[0].keyspace);
    writer.string(columns[0].table);
  }
  for (const Column& column : columns) {
    if (!is_global) {
      writer.string(column.keyspace);
      writer.string(column.table);
    }
    writer.string(column.name);
    write(writer, column.type);
  }
}

std::string rows_body(const Rows& rows, bool is_global = true) {
  Writer writer;
  writer.integer(2);
  writer.integer((is_global ? 1 : 0) | (rows.paging_state ? 2 : 0));
  writer.integer(static_cast<std::int32_t>(rows.columns.size()));
  if (rows.paging_state) writer.bytes(*rows.paging_state);
  write_columns(writer, rows.columns, is_global);
  writer.integer(static_cast<std::int32_t>(rows.rows.size()));
  for (const auto& row : rows.rows) {
    for (const Cell& cell : row) cell ? writer.bytes(*cell) : writer.null();
  }
  return writer.written();
}

std::string prepared_body(const Prepared& prepared) {
  Writer writer;
  writer.integer(4);
  writer.short_bytes(prepared.id);
  writer.integer(prepared.markers.empty() ? 0 : 1);
  writer.integer(static_cast<std::int32_t>(prepared.markers.size()));
  writer.integer(static_cast<std::int32_t>(prepared.key_markers.size()));
  for (const std::uint16_t marker : prepared.key_markers) writer.unsigned_short(marker);
  if (!prepared.markers.empty()) write_columns(writer, prepared.markers, true);
  writer.integer(prepared.columns.empty() ? 4 : 0);
  writer.integer(static_cast<std::int32_t>(prepared.columns.size()));
  if (!prepared.columns.empty()) write_columns(writer, prepared.columns, false);
  return writer.written();
}

std::string schema_body(const SchemaChange& change) {
  Writer writer;
  writer.integer(5);
  writer.string(change.change);
  writer.string(change.target);
  writer.string(change.keyspace);
  if (!change.name.empty()) writer.string(change.name);
  return writer.written();
}

std::string error_body(ErrorCode code, const std::string& more = "") {
  Writer writer;
  writer.integer(static_cast<std::int32_t>(code));
  writer.string("what went wrong");
  writer.raw(more);
  return writer.written();
}

/// What follows an error's text.
const std::map<ErrorCode, std::string> kErrors = {
    {ErrorCode::server_error, ""},
    {ErrorCode::protocol_error, ""},
    {ErrorCode::authentication, ""},
    {ErrorCode::unavailable, "0004 00000002 00000001"},
    {ErrorCode::overloaded, ""},
    {ErrorCode::is_bootstrapping, ""},
    {ErrorCode::truncate_error, ""},
    {ErrorCode::write_timeout, "0006 00000001 00000002 0006 53494d504c45"},
    {ErrorCode::read_timeout, "0004 00000001 00000003 01"},
    {ErrorCode::read_failure, "0001 00000000 00000001 00000001 00"},
    {ErrorCode::function_failure, "0001 6b 0001 66 0001 0003 696e74"},
    {ErrorCode::write_failure, "0008 00000001 00000002 00000001 0005 4241544348"},
    {ErrorCode::syntax_error, ""},
    {ErrorCode::unauthorized, ""},
    {ErrorCode::invalid, ""},
    {ErrorCode::config_error, ""},
    {ErrorCode::already_exists, "0001 6b 0001 74"},
    {ErrorCode::unprepared, "0002 abcd"},
    {static_cast<ErrorCode>(0x1700), "0001"},
};

Rows any_rows(Random& random) {
  Rows rows;
  for (std::size_t i = 1 + below(random, 4); i > 0; --i)
    rows.columns.push_back({"shop", "items", fmt::format("column {}", i), any_type(random)});
  for (std::size_t i = below(random, 5); i > 0; --i) {
    rows.rows.emplace_back();
    for (const Column& column : rows.columns)
      rows.rows.back().push_back(any_value(random, column.type));
  }
  if (below(random, 2) == 0) rows.paging_state = any_bytes(random, 10);
  return rows;
}

Prepared any_prepared(Random& random) {
  Prepared prepared;
  prepared.id = any_bytes(random, 16);
  prepared.markers = any_rows(random).columns;
  prepared.key_markers = {static_cast<std::uint16_t>(below(random, prepared.markers.size()))};
  if (below(random, 2) == 0) prepared.columns = any_rows(random).columns;
  return prepared;
}

/// One of each kind.
std::vector<Frame> some_answers(Random& random) {
  std::vector<Frame> all = {answer(Opcode::result, done_body()),
                            answer(Opcode::result, rows_body(any_rows(random))),
                            answer(Opcode::result, rows_body(any_rows(random), false)),
                            answer(Opcode::result, from_hex("00000003 0002 6b73")),
                            answer(Opcode::result, prepared_body(any_prepared(random))),
                            answer(Opcode::result, schema_body({"CREATED", "TABLE", "k", "t"})),
                            answer(Opcode::result, schema_body({"DROPPED", "KEYSPACE", "k", ""}))};
  for (const auto& [code, more] : kErrors)
    all.push_back(answer(Opcode::error, error_body(code, from_hex(more))));
  // A trace's id, two warnings, and a payload of two keys.
  all.push_back(answer(Opcode::result,
                       std::string(16, 't') + from_hex("0002 0001 77 0002 7778") +
                           from_hex("0002 0001 61 ffffffff 0001 62 00000001 63") + done_body(),
                       0, kTracing | kWarning | kCustomPayload));
  return all;
}

/// Reads all of it, and each value as JSON. False: it was refused.
bool is_read(const Frame& frame) {
  try {
    const Result result = decode_result(frame, Effect::single, kWhere);
    for (std::size_t row = 0; row < result.rows.rows.size(); ++row) {
      for (std::size_t i = 0; i < result.rows.columns.size(); ++i)
        json_of(result.rows.columns[i].type, result.rows.rows[row][i]).dump();
    }
    return true;
  } catch (const ProtocolError&) {
    return false;
  } catch (const RequestFailed&) {
    return true;
  }
}

// Values.

struct Example {
  Type type;
  json value;
  const char* bytes;
};

TEST(CqlValue, IsWrittenAsTheProtocolSays) {
  const Type text{Kind::text}, integer{Kind::int_};
  const Example examples[] = {
      {{Kind::ascii}, "a", "61"},
      {text, "\u20ac", "e282ac"},
      {text, "", ""},
      {{Kind::bigint}, -2, "fffffffffffffffe"},
      {{Kind::counter}, 258, "0000000000000102"},
      {{Kind::blob}, "0x00ff", "00ff"},
      {{Kind::boolean}, true, "01"},
      {{Kind::boolean}, false, "00"},
      {{Kind::double_}, 0.5, "3fe0000000000000"},
      {{Kind::double_}, "-Infinity", "fff0000000000000"},
      {{Kind::float_}, -0.5, "bf000000"},
      {integer, 2147483647, "7fffffff"},
      {integer, "", ""},
      {{Kind::smallint}, -32768, "8000"},
      {{Kind::tinyint}, -1, "ff"},
      {{Kind::timestamp}, -1, "ffffffffffffffff"},
      {{Kind::time}, 86399999999999, "00004e94914effff"},
      {{Kind::date}, 0, "80000000"},
      {{Kind::date}, -1, "7fffffff"},
      {{Kind::date}, 2147483647, "ffffffff"},
      {{Kind::varint}, "0xff7f", "ff7f"},
      {{Kind::decimal}, "0x0000000201", "0000000201"},
      {{Kind::inet}, "0x7f000001", "7f000001"},
      {{Kind::uuid}, "00112233-4455-6677-8899-aabbccddeeff", "00112233445566778899aabbccddeeff"},
      {{Kind::list, "", "", {integer}}, {1, nullptr}, "00000002 00000004 00000001 ffffffff"},
      {{Kind::set, "", "", {text}}, {"a"}, "00000001 00000001 61"},
      {{Kind::map, "", "", {text, integer}},
       json::array({json::array({"a", 1})}),
       "00000001 00000001 61 00000004 00000001"},
      {{Kind::tuple, "", "", {text, integer}}, {"a", 1}, "00000001 61 00000004 00000001"},
      {{Kind::tuple, "", "", {text, integer}}, json::array({"a"}), "00000001 61"},
      {{Kind::udt, "k", "u", {text, integer}, {"t", "i"}},
       {{"t", nullptr}, {"i", 1}},
       "ffffffff 00000004 00000001"},
      {{Kind::udt, "k", "u", {text, integer}, {"t", "i"}}, {{"t", "a"}}, "00000001 61"},
      {{Kind::custom, "", "a.Class"}, "0x01", "01"},
  };
  for (const Example& example : examples) {
    SCOPED_TRACE(to_string(example.type) + " " + example.value.dump());
    EXPECT_EQ(cell_of(example.type, example.value), Cell(from_hex(example.bytes)));
    EXPECT_EQ(json_of(example.type, from_hex(example.bytes)), example.value);
    EXPECT_EQ(json_of(example.type, std::nullopt), nullptr);
    EXPECT_EQ(cell_of(example.type, nullptr), std::nullopt);
  }
  EXPECT_EQ(json_of({Kind::boolean}, from_hex("02")), true);
}

TEST(CqlValue, ThatDoesNotFitIsRefused) {
  const Type integers{Kind::list, "", "", {{Kind::int_}}};
  const Type pair{Kind::tuple, "", "", {{Kind::int_}}};
  const Type thing{Kind::udt, "k", "u", {{Kind::int_}}, {"i"}};
  const Type map{Kind::map, "", "", {{Kind::int_}, {Kind::int_}}};
  const std::pair<Type, json> given[] = {
      {{Kind::int_}, 2147483648},
      {{Kind::int_}, -2147483649},
      {{Kind::tinyint}, 128},
      {{Kind::tinyint}, -129},
      {{Kind::smallint}, 32768},
      {{Kind::bigint}, 9223372036854775808u},
      {{Kind::date}, 2147483648},
      {{Kind::int_}, 1.5},
      {{Kind::int_}, "1"},
      {{Kind::text}, 1},
      {{Kind::boolean}, 1},
      {{Kind::double_}, "much"},
      {{Kind::blob}, "00"},
      {{Kind::blob}, "0x0"},
      {{Kind::blob}, "0x0g"},
      {{Kind::uuid}, 1},
      {{Kind::uuid}, "00112233-4455-6677-8899-aabbccddeef"},
      {{Kind::uuid}, "00112233-4455-6677-8899-aabbccddeefff"},
      {{Kind::uuid}, "00112233445566778899aabbccddeeff0000"},
      {{Kind::uuid}, "0011223304455-6677-8899-aabbccddeeff"},
      {integers, 1},
      {integers, {1, "b"}},
      {pair, {1, 2}},
      {thing, {{"j", 1}}},
      {map, json::array({json::array({1})})},
      {thing, json::array({1})},
  };
  for (const auto& [type, value] : given)
    EXPECT_THROW(cell_of(type, value), std::invalid_argument) << to_string(type) << value;
  const std::pair<Type, const char*> sent[] = {
      {{Kind::int_}, "000000"},
      {{Kind::int_}, "0000000000"},
      {{Kind::bigint}, "00000000"},
      {{Kind::boolean}, "0000"},
      {{Kind::double_}, "00000000"},
      {{Kind::float_}, "0000000000000000"},
      {{Kind::uuid}, "00"},
      {{Kind::text}, "ff"},
      {integers, ""},
      {integers, "00000001"},
      {integers, "ffffffff"},
      {integers, "00000001 00000004 00000001 00"},
      {integers, "00000002 00000004 00000001"},
      {pair, "00000004 00000001 00000004 00000001"},
      {thing, "00000004"},
  };
  for (const auto& [type, bytes] : sent)
    EXPECT_THROW(json_of(type, from_hex(bytes)), ProtocolError) << to_string(type) << bytes;
  EXPECT_THROW(decode_integer(Kind::text, "a"), ProtocolError);
  EXPECT_THROW(encode_integer(Kind::text, 1), std::invalid_argument);
}

RC_GTEST_PROP(CqlValue, IsTheSameAfterJson, (std::uint32_t seed)) {
  Random random(seed);
  const Type type = any_type(random);
  const Cell value = any_value(random, type);
  const json shown = json_of(type, value);
  RC_ASSERT(cell_of(type, json::parse(shown.dump())) == value);
}

RC_GTEST_PROP(CqlValue, HasTheSameTypeAfterTheProtocol, (std::uint32_t seed)) {
  Random random(seed);
  const Type type = any_type(random);
  Writer writer;
  write(writer, type);
  Reader reader(writer.written());
  RC_ASSERT(read_type(reader) == type);
  RC_ASSERT(reader.left() == 0u);
}

TEST(CqlValue, HasATypeWithACqlName) {
  EXPECT_EQ(to_string({Kind::map, "", "", {{Kind::text}, {Kind::list, "", "", {{Kind::int_}}}}}),
            "map<text, list<int>>");
  EXPECT_EQ(to_string({Kind::udt, "shop", "thing"}), "shop.thing");
  EXPECT_EQ(to_string({Kind::custom, "", "a.Class"}), "'a.Class'");
  for (const Kind kind : kNative) EXPECT_NE(to_string(Type{kind}), "");
}

TEST(CqlValue, HasATypeThatIsNotNestedTooDeep) {
  Writer deep;
  for (int i = 0; i < 32; ++i) deep.unsigned_short(0x20);
  Writer deeper = deep;
  deep.unsigned_short(0x09);
  deeper.unsigned_short(0x20);
  deeper.unsigned_short(0x09);
  Reader fits(deep.written()), does_not(deeper.written());
  read_type(fits);
  EXPECT_THROW(read_type(does_not), ProtocolError);
}

// Frames and messages.

RC_GTEST_PROP(CqlFrame, IsTheSameHoweverItIsSplit, (std::uint32_t seed)) {
  Random random(seed);
  std::vector<Frame> sent;
  std::string bytes;
  for (std::size_t i = below(random, 6); i > 0; --i) {
    sent.push_back(answer(Opcode::result, any_bytes(random, 300),
                          static_cast<std::int16_t>(below(random, 65536)),
                          static_cast<std::uint8_t>(below(random, 256))));
    bytes += encode(sent.back(), Direction::response);
  }
  FrameReader reader(Direction::response);
  std::vector<Frame> received;
  for (std::string_view left = bytes; !left.empty();) {
    const std::size_t part = 1 + below(random, std::min<std::size_t>(left.size(), 100));
    reader.add(left.substr(0, part));
    left.remove_prefix(part);
    while (auto frame = reader.next()) received.push_back(std::move(*frame));
  }
  RC_ASSERT(received == sent);
}

TEST(CqlFrame, HasAHeaderOfNineBytes) {
  const Frame frame = answer(Opcode::query, "ab", 0x0102, kTracing);
  EXPECT_EQ(hexadecimal(encode(frame, Direction::request)), "0x0402010207000000026162");
  EXPECT_THROW(
      encode(answer(Opcode::query, std::string(kLongestBody + 1, 'a')), Direction::request),
      std::length_error);
}

TEST(CqlFrame, OfAnotherKindIsRefusedAtOnce) {
  for (const char* wrong :
       {"83", "04", "85", "48", "84 00 0000 04 00000000", "84 00 0000 11 00000000",
        "84 00 0000 08 10000001", "84 00 0000 08 ffffffff"}) {
    FrameReader reader(Direction::response);
    reader.add(from_hex(wrong));
    EXPECT_THROW(reader.next(), ProtocolError) << wrong;
  }
}

TEST(CqlFrame, HasOnlySoManyThingsAsItHasBytesFor) {
  const Reader reader("12345678");
  EXPECT_EQ(reader.count(2, 4, "things"), 2u);
  EXPECT_THROW(reader.count(3, 4, "things"), ProtocolError);
  EXPECT_THROW(reader.count(-1, 4, "things"), ProtocolError);
}

TEST(CqlMessage, IsWrittenAsTheProtocolSays) {
  EXPECT_EQ(startup_body(), from_hex("0001 000b") + "CQL_VERSION" + from_hex("0005") + "3.0.0");
  EXPECT_EQ(auth_response_body("me", "pw"), from_hex("00000006 00 6d65 00 7077"));
  EXPECT_EQ(prepare_body("a"), from_hex("00000001 61"));
  Parameters parameters;
  parameters.consistency = Consistency::quorum;
  EXPECT_EQ(query_body("a", parameters), from_hex("00000001 61 0004 00"));
  EXPECT_EQ(execute_body("id", parameters), from_hex("0002 6964 0004 00"));
  parameters.values = {std::string("v"), Value::null(), Value::unset()};
  parameters.page_size = 100;
  parameters.paging_state = "ps";
  parameters.serial_consistency = Consistency::local_serial;
  parameters.timestamp_us = 5;
  EXPECT_EQ(execute_body("id", parameters),
            from_hex("0002 6964 0004 3d 0003 00000001 76 ffffffff fffffffe 00000064"
                     "00000002 7073 0009 0000000000000005"));
  EXPECT_EQ(batch_body(BatchType::unlogged, {{false, "a", {}}, {true, "id", {std::string("v")}}},
                       parameters),
            from_hex("01 0002 00 00000001 61 0000 01 0002 6964 0001 00000001 76 0004 30 0009"
                     "0000000000000005"));
  EXPECT_EQ(batch_body(BatchType::counter, {}, {}), from_hex("02 0000 0006 00"));
  parameters.values.resize(65536, Value::null());
  EXPECT_THROW(execute_body("id", parameters), std::length_error);
}

RC_GTEST_PROP(CqlMessage, OfRowsIsReadAsWritten, (std::uint32_t seed, bool is_global)) {
  Random random(seed);
  const Rows rows = any_rows(random);
  const Result result =
      decode_result(answer(Opcode::result, rows_body(rows, is_global)), Effect::none, kWhere);
  RC_ASSERT(result.kind == Result::Kind::rows);
  RC_ASSERT(result.rows == rows);
}

RC_GTEST_PROP(CqlMessage, OfAPreparedStatementIsReadAsWritten, (std::uint32_t seed)) {
  Random random(seed);
  const Prepared prepared = any_prepared(random);
  const Prepared read =
      decode_result(answer(Opcode::result, prepared_body(prepared)), Effect::none, kWhere).prepared;
  RC_ASSERT(read.id == prepared.id);
  RC_ASSERT(read.markers == prepared.markers);
  RC_ASSERT(read.key_markers == prepared.key_markers);
  RC_ASSERT(read.columns == prepared.columns);
}

TEST(CqlMessage, OfOtherKindsIsRead) {
  const auto read = [](const std::string& body, std::uint8_t flags = 0) {
    return decode_result(answer(Opcode::result, body, 0, flags), Effect::none, kWhere);
  };
  EXPECT_EQ(read(done_body()).kind, Result::Kind::done);
  EXPECT_EQ(read(from_hex("00000003 0002 6b73")).keyspace, "ks");
  const SchemaChange table = read(schema_body({"CREATED", "TABLE", "k", "t"})).schema;
  EXPECT_EQ(table.change + table.target + table.keyspace + table.name, "CREATEDTABLEkt");
  EXPECT_EQ(read(schema_body({"DROPPED", "KEYSPACE", "k", ""})).schema.keyspace, "k");
  Random random(1);
  EXPECT_EQ(decode_result(some_answers(random).back(), Effect::none, kWhere).warnings,
            (std::vector<std::string>{"w", "wx"}));
  for (const char* wrong : {"", "00000006", "00000000", "00000002 00000000 00000000 00000001",
                            "00000002 00000004 00000001 00000000",
                            "00000004 0000 00000001 00000001 00000001 0001 0000 0000 0000 0009"
                            "00000004 00000000"})
    EXPECT_THROW(read(from_hex(wrong)), ProtocolError) << wrong;
  EXPECT_THROW(read(done_body(), kCompressed), ProtocolError);
  EXPECT_THROW(decode_result(answer(Opcode::ready, done_body()), Effect::none, kWhere),
               ProtocolError);
}

TEST(CqlMessage, OfRowsIsAskedByName) {
  const Rows rows{{{"k", "t", "a", {Kind::int_}}, {"k", "t", "[applied]", {Kind::boolean}}},
                  {{encode_int(7), encode_boolean(false)}, {std::nullopt, std::nullopt}},
                  {}};
  EXPECT_EQ(rows.integer(0, "a"), 7);
  EXPECT_EQ(rows.json(0, "a"), 7);
  EXPECT_EQ(rows.json(1, "a"), nullptr);
  EXPECT_FALSE(rows.boolean(0, "[applied]"));
  EXPECT_THROW(rows.integer(1, "a"), std::out_of_range);
  EXPECT_THROW(rows.integer(2, "a"), std::out_of_range);
  EXPECT_THROW(rows.integer(0, "b"), std::out_of_range);
}

TEST(CqlMessage, HasAnEffectThatItsTextShows) {
  const std::pair<const char*, Effect> texts[] = {
      {"SELECT * FROM t", Effect::none},
      {" \n select a from t", Effect::none},
      {"INSERT INTO t (a) VALUES (1)", Effect::single},
      {"selection", Effect::single},
      {"/* read */ SELECT * FROM t", Effect::single},
      {"UPDATE t SET a = 1 WHERE b = 2 IF a=3", Effect::several},
      {"INSERT INTO t (a) VALUES (1) if NOT exists", Effect::several},
      {"UPDATE t SET gif = 1 WHERE life = 2", Effect::single},
      {"BEGIN BATCH INSERT INTO t (a) VALUES (1); APPLY BATCH", Effect::several},
      {"", Effect::single},
  };
  for (const auto& [text, effect] : texts) EXPECT_EQ(effect_of(text), effect) << text;
}

// What may be sent to it.

/// An error of a code that tells nothing more to us.
bool has_end_that_is_not_read(const Frame& frame) {
  return frame.opcode == Opcode::error && (frame.body.starts_with(from_hex("00001400")) ||
                                           frame.body.starts_with(from_hex("00001700")));
}

TEST(CqlFuzz, EveryBeginningOfAnAnswerIsRefusedOrWaitedFor) {
  Random random(7);
  for (int round = 0; round < 20; ++round) {
    for (const Frame& frame : some_answers(random)) {
      ASSERT_TRUE(is_read(frame)) << hexadecimal(frame.body);
      const std::string bytes = encode(frame, Direction::response);
      for (std::size_t length = 0; length < bytes.size(); ++length) {
        FrameReader reader(Direction::response);
        reader.add(std::string_view(bytes).substr(0, length));
        ASSERT_EQ(reader.next(), std::nullopt);
      }
      for (std::size_t length = 0; length < frame.body.size(); ++length) {
        Frame shorter = frame;
        shorter.body.resize(length);
        // Copied to memory of just that size, so that a sanitizer sees a read past its end.
        shorter.body.shrink_to_fit();
        ASSERT_TRUE(!is_read(shorter) || has_end_that_is_not_read(frame))
            << hexadecimal(shorter.body);
      }
    }
  }
}

TEST(CqlFuzz, MutatedAnswersAreReadOrRefused) {
  Random random(11);
  std::size_t read = 0, refused = 0;
  for (int round = 0; round < 2'000; ++round) {
    for (Frame frame : some_answers(random)) {
      for (std::size_t changes = 1 + below(random, 3); changes > 0 && !frame.body.empty();
           --changes) {
        const std::size_t place = below(random, frame.body.size());
        switch (below(random, 4)) {
          case 0: frame.body[place] = static_cast<char>(below(random, 256)); break;
          case 1: frame.body[place] ^= static_cast<char>(1u << below(random, 8)); break;
          case 2: frame.body.erase(place, 1 + below(random, 4)); break;
          default: frame.body.insert(place, any_bytes(random, 4)); break;
        }
      }
      if (below(random, 4) == 0) frame.flags = static_cast<std::uint8_t>(below(random, 16));
      ++(is_read(frame) ? read : refused);
    }
  }
  EXPECT_GT(read, 1'000u);
  EXPECT_GT(refused, 1'000u);
}

TEST(CqlFuzz, NoMemoryIsTakenForWhatIsOnlyClaimed) {
  Random random(13);
  for (int round = 0; round < 5; ++round) {
    for (const Frame& frame : some_answers(random)) {
      for (std::size_t place = 0; place + 4 <= frame.body.size(); ++place) {
        for (const char* claim : {"7fffffff", "ffffffff", "80000000", "0fffffff", "0000ffff"}) {
          Frame liar = frame;
          liar.body.replace(place, 4, from_hex(claim));
          largest_allocation = 0;
          is_read(liar);
          ASSERT_LT(largest_allocation, 100'000u) << hexadecimal(liar.body);
        }
      }
    }
  }
  largest_allocation = 0;
  FrameReader reader(Direction::response);
  reader.add(from_hex("84 00 0000 08 0fffffff"));
  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_LT(largest_allocation, 100'000u);
  reader.add(std::string(200'000, 'a'));
  EXPECT_EQ(largest_allocation >= 200'000, CUTOVER_SEES_ALLOCATIONS == 1);
}

// Tokens.

/// The server's own; cassandra_test compares many more.
TEST(CqlToken, IsTheServers) {
  const std::pair<std::string, std::int64_t> tokens[] = {
      {"", std::numeric_limits<std::int64_t>::min()},
      {"a", -8839064797231613815},
      {"12345678", 4272337174398058908},
      {"123456789", 4360720697772133540},
      {"1234567890123456", 5746133278497385720},
      {"12345678901234567", 8396424490441422718},
      {std::string(1, '\xff'), -4442228696663692417},
      {std::string(9, '\x80'), -8549929301482172571},
      {std::string(15, '\xff'), -2195530867418009455},
      {std::string(31, '\xc3'), 6022354573669761505},
  };
  for (const auto& [key, token] : tokens) EXPECT_EQ(murmur3_token(key), token) << hexadecimal(key);
}

TEST(CqlToken, OfAKeyOfSeveralColumnsIsOfTheirJoin) {
  EXPECT_EQ(partition_key({"ab"}), "ab");
  EXPECT_EQ(partition_key({"ab", "c"}), from_hex("0002 6162 00 0001 63 00"));
  EXPECT_THROW(partition_key({std::string(65536, 'a'), "b"}), std::length_error);
}

TEST(CqlToken, RangesAreTheWholeRingInOrder) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(token_ranges(1), (std::vector<TokenRange>{{kLeast, kMost}}));
  for (const std::uint32_t count : {2u, 3u, 7u, 256u, 1000u}) {
    const auto ranges = token_ranges(count);
    ASSERT_EQ(ranges.size(), count);
    EXPECT_EQ(ranges.back().to, kMost);
    const auto size = [](const TokenRange& range) {
      return static_cast<double>(range.to) - static_cast<double>(range.after);
    };
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_LT(ranges[i].after, ranges[i].to);
      EXPECT_EQ(ranges[i].after, i == 0 ? kLeast : ranges[i - 1].to);
      EXPECT_NEAR(size(ranges[i]) * count / std::pow(2.0, 64), 1, 1e-9);
    }
  }
  EXPECT_THROW(token_ranges(0), std::invalid_argument);
}

TEST(CqlSession, QuotesNames) {
  EXPECT_EQ(quoted("Items"), "\"Items\"");
  EXPECT_EQ(quoted("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ((Table{"k", "t", {}}.text()), "\"k\".\"t\"");
}

// A server that does as it is told, on loopback.

class FakeServer {
 public:
  /// The other end of one connection.
  class Peer {
   public:
    explicit Peer(int socket) : socket_(socket) {}

    /// Throws std::runtime_error once the client has gone.
    Frame next() {
      for (;;) {
        if (auto frame = reader_.next()) return *frame;
        char bytes[4096];
        const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
        if (count <= 0) throw std::runtime_error("the client has gone");
        reader_.add({bytes, static_cast<std::size_t>(count)});
      }
    }
    void send(std::string_view bytes) {
      while (!bytes.empty()) {
        const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) throw std::runtime_error("the client has gone");
        bytes.remove_prefix(static_cast<std::size_t>(count));
      }
    }
    void answer(const Frame& request, Opcode opcode, const std::string& body) {
      send(encode(cql::answer(opcode, body, request.stream), Direction::response));
    }
    void done(const Frame& request) { answer(request, Opcode::result, done_body()); }
    void fail(const Frame& request, ErrorCode code) {
      answer(request, Opcode::error, error_body(code, from_hex(kErrors.at(code))));
    }
    void greet() {
      const Frame request = next();
      if (request.opcode != Opcode::startup) throw std::logic_error("no STARTUP");
      answer(request, Opcode::ready, "");
    }
    /// Of a session's first connection, which it tries with a request.
    void welcome() {
      greet();
      done(next());
    }
    /// Until the client goes.
    void drain() {
      for (;;) next();
    }

   private:
    const int socket_;
    FrameReader reader_{Direction::request};
  };
  using Script = std::function<void(Peer&)>;

  /// The first script is of the first connection, and so on; more are not answered.
  explicit FakeServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("nothing can listen on loopback");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    ::shutdown(listener_, SHUT_RDWR);
    {
      const std::lock_guard lock(mutex_);
      is_ended_ = true;
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    thread_.join();
    ::close(listener_);
  }

  Host host() const { return {"127.0.0.1", port_}; }
  std::size_t connections() const { return connections_; }
  /// Whether so many of them come to their end, within 5 s.
  bool comes_to_an_end(std::size_t count) const {
    for (int tries = 0; tries < 500 && ended_ < count; ++tries)
      std::this_thread::sleep_for(milliseconds(10));
    return ended_ >= count;
  }

 private:
  void serve() {
    std::vector<std::thread> threads;
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) break;
      const std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      if (is_ended_) ::shutdown(socket, SHUT_RDWR);
      const std::size_t number = connections_++;
      if (number >= scripts_.size()) continue;
      threads.emplace_back([this, socket, number] {
        Peer peer(socket);
        try {
          scripts_[number](peer);
        } catch (const std::runtime_error&) {
          // The client has gone, which is for it to say.
        }
        ::shutdown(socket, SHUT_RDWR);
        ++ended_;
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const int socket : sockets_) ::close(socket);
  }

  const std::vector<Script> scripts_;
  int listener_ = -1;
  unsigned short port_ = 0;
  std::mutex mutex_;
  bool is_ended_ = false;
  std::vector<int> sockets_;
  std::atomic<std::size_t> connections_ = 0, ended_ = 0;
  std::thread thread_;
};
using Peer = FakeServer::Peer;

SessionOptions to(const FakeServer& server) {
  SessionOptions options;
  options.hosts = {server.host()};
  options.connect_timeout = milliseconds(5'000);
  return options;
}

Options within(int ms) {
  Options options;
  options.timeout = milliseconds(ms);
  return options;
}

Options idempotent(int ms = 5'000) {
  Options options = within(ms);
  options.idempotent = true;
  return options;
}

/// The text of a QUERY.
std::string text_of(const Frame& frame) {
  Reader reader(frame.body);
  return reader.long_string("text");
}

const std::string kInsert = "INSERT INTO t (a) VALUES (1)";
const std::string kSelect = "SELECT a FROM t";

/// Its text as the only value of a row.
std::string echo(const Frame& request) {
  return rows_body({{{"k", "t", "text", {Kind::text}}}, {{text_of(request)}}, {}});
}

template <class Failure>
Failure failure_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Failure& failure) {
    return failure;
  } catch (const std::exception& other) {
    throw std::logic_error(std::string("another failure: ") + other.what());
  }
  throw std::logic_error("it did not fail");
}

TEST(CqlSession, TakesAnswersInAnyOrder) {
  constexpr std::size_t kRequests = 100;
  FakeServer server({[](Peer& peer) {
    peer.welcome();
    std::vector<Frame> requests;
    while (requests.size() < kRequests) requests.push_back(peer.next());
    Random random(3);
    std::shuffle(requests.begin(), requests.end(), random);
    for (const Frame& request : requests) peer.answer(request, Opcode::result, echo(request));
    peer.drain();
  }});
  Session session(to(server));
  std::vector<Pending> all;
  for (std::size_t i = 0; i < kRequests; ++i)
    all.push_back(session.send(fmt::format("SELECT {} FROM t", i)));
  for (std::size_t i = 0; i < kRequests; ++i)
    EXPECT_EQ(all[i].get().rows.text(0, "text"), fmt::format("SELECT {} FROM t", i));
  EXPECT_TRUE(all[0].is_ready());
}

TEST(CqlSession, TakesAnswersByteByByte) {
  FakeServer server({[](Peer& peer) {
    peer.welcome();
    const Frame first = peer.next(), second = peer.next();
    std::string bytes;
    for (const Frame* request : {&second, &first})
      bytes += encode(answer(Opcode::result, echo(*request), request->stream), Direction::response);
    for (const char byte : bytes) peer.send({&byte, 1});
    peer.drain();
  }});
  Session session(to(server));
  Pending first = session.send("SELECT 1 FROM t"), second = session.send("SELECT 2 FROM t");
  EXPECT_EQ(first.get().rows.text(0, "text"), "SELECT 1 FROM t");
  EXPECT_EQ(second.get().rows.text(0, "text"), "SELECT 2 FROM t");
}

TEST(CqlSession, ConnectsAnewAfterAnAnswerThatBrokeOff) {
  FakeServer server({[](Peer& peer) {
                       peer.welcome();
                       const Frame request = peer.next();
                       peer.next();
                       const std::string bytes =
                           encode(answer(Opcode::result, done_body(), request.stream),
                                  Direction::response);
                       peer.send(std::string_view(bytes).substr(0, bytes.size() - 1));
                     },
                     [](Peer& peer) {
                       peer.greet();
                       peer.done(peer.next());
                       peer.drain();
                     }});
  Session session(to(server));
  Pending write = session.send(kInsert), read = session.send(kSelect);
  const auto lost = failure_of<ConnectionLost>([&] { write.get(); });
  EXPECT_TRUE(lost.may_have_taken_effect);
  EXPECT_EQ(lost.what(), server.host().text() + ": it closed the connection");
  EXPECT_FALSE(failure_of<ConnectionLost>([&] { read.get(); }).may_have_taken_effect);
  EXPECT_EQ(session.run(kInsert).kind, Result::Kind::done);
  EXPECT_EQ(server.connections(), 2u);
}

TEST(CqlSession, LosesWhatWaitsForItsTurnWithTheConnection) {
  FakeServer server({[](Peer& peer) {
    peer.welcome();
    peer.next();
  }});
  SessionOptions options = to(server);
  options.most_in_flight = 1;
  Session session(options);
  Pending first = session.send(kInsert), second = session.send(kInsert);
  EXPECT_TRUE(failure_of<ConnectionLost>([&] { first.get(); }).may_have_taken_effect);
  EXPECT_FALSE(failure_of<ConnectionLost>([&] { second.get(); }).may_have_taken_effect);
}

TEST(CqlSession, RefusesWhatIsTooLarge) {
  FakeServer server({[](Peer& peer) {
    peer.greet();
    for (;;) peer.done(peer.next());
  }});
  Session session(to(server));
  Pending large = session.send(kInsert, std::vector<Value>(65'536, Value::null()));
  EXPECT_THROW(large.get(), std::length_error);
  EXPECT_EQ(session.run(kInsert).kind, Result::Kind::done);
}

struct Expected {
  ErrorCode code;
  bool after_single, after_several;
};

TEST(CqlSession, SaysOfEachErrorWhatMayHaveComeOfIt) {
  const Expected all[] = {
      {ErrorCode::server_error, true, true},        {ErrorCode::protocol_error, false, false},
      {ErrorCode::authentication, false, false},    {ErrorCode::unavailable, false, true},
      {ErrorCode::overloaded, true, true},          {ErrorCode::is_bootstrapping, false, false},
      {ErrorCode::truncate_error, true, true},      {ErrorCode::write_timeout, true, true},
      {ErrorCode::read_timeout, false, true},       {ErrorCode::read_failure, false, true},
      {ErrorCode::function_failure, false, false},  {ErrorCode::write_failure, true, true},
      {ErrorCode::syntax_error, false, false},      {ErrorCode::unauthorized, false, false},
      {ErrorCode::invalid, false, false},           {ErrorCode::config_error, false, false},
      {ErrorCode::already_exists, false, false},    {ErrorCode::unprepared, false, false},
      {static_cast<ErrorCode>(0x1700), true, true},
  };
  ASSERT_EQ(std::size(all), kErrors.size());
  for (const Expected& expected : all) {
    const Frame frame =
        answer(Opcode::error, error_body(expected.code, from_hex(kErrors.at(expected.code))));
    for (const Effect effect : {Effect::none, Effect::single, Effect::several}) {
      const auto failure = failure_of<RequestFailed>([&] { decode_result(frame, effect, kWhere); });
      EXPECT_STREQ(failure.what(), "host:9042: what went wrong");
      const bool may = effect == Effect::single    ? expected.after_single
                       : effect == Effect::several ? expected.after_several
                                                   : false;
      EXPECT_EQ(failure.may_have_taken_effect, may) << static_cast<int>(expected.code);
    }
  }
}

TEST(CqlSession, ThrowsEachErrorAsItsClass) {
  const auto thrown = [](ErrorCode code) {
    const Frame frame = answer(Opcode::error, error_body(code, from_hex(kErrors.at(code))));
    return [frame] { decode_result(frame, Effect::single, kWhere); };
  };
  const auto unavailable = failure_of<Unavailable>(thrown(ErrorCode::unavailable));
  EXPECT_EQ(unavailable.replicas.consistency, Consistency::quorum);
  EXPECT_EQ(unavailable.replicas.required, 2);
  EXPECT_EQ(unavailable.replicas.answered, 1);
  const auto write = failure_of<WriteTimeout>(thrown(ErrorCode::write_timeout));
  EXPECT_EQ(write.replicas.answered, 1);
  EXPECT_EQ(write.replicas.required, 2);
  EXPECT_EQ(write.write_type, "SIMPLE");
  EXPECT_EQ(failure_of<WriteFailure>(thrown(ErrorCode::write_failure)).write_type, "BATCH");
  const auto read = failure_of<ReadTimeout>(thrown(ErrorCode::read_timeout));
  EXPECT_EQ(read.replicas.required, 3);
  EXPECT_TRUE(read.data_present);
  EXPECT_FALSE(failure_of<ReadFailure>(thrown(ErrorCode::read_failure)).data_present);
  const auto exists = failure_of<AlreadyExists>(thrown(ErrorCode::already_exists));
  EXPECT_EQ(exists.keyspace + "." + exists.table, "k.t");
  EXPECT_EQ(failure_of<Unprepared>(thrown(ErrorCode::unprepared)).id, from_hex("abcd"));
  failure_of<Overloaded>(thrown(ErrorCode::overloaded));
  failure_of<IsBootstrapping>(thrown(ErrorCode::is_bootstrapping));
  failure_of<Syntax>(thrown(ErrorCode::syntax_error));
  failure_of<Unauthorized>(thrown(ErrorCode::unauthorized));
  failure_of<Invalid>(thrown(ErrorCode::invalid));
  failure_of<AuthenticationFailed>(thrown(ErrorCode::authentication));
  EXPECT_EQ(failure_of<ServerError>(thrown(ErrorCode::config_error)).code, ErrorCode::config_error);
}

TEST(CqlSession, GivesUpOnARequestThatIsNeverAnswered) {
  FakeServer server({[](Peer& peer) {
                       peer.welcome();
                       peer.drain();
                     },
                     [](Peer& peer) {
                       peer.greet();
                       peer.drain();
                     }});
  Session session(to(server));
  const auto begin = Clock::now();
  const auto late = failure_of<TimedOut>([&] { session.run(kInsert, {}, within(100)); });
  EXPECT_TRUE(late.may_have_taken_effect);
  EXPECT_EQ(late.what(), server.host().text() + ": no answer within 100 ms");
  EXPECT_GE(Clock::now() - begin, milliseconds(100));
  EXPECT_LT(Clock::now() - begin, milliseconds(5'000));
  EXPECT_TRUE(server.comes_to_an_end(1)) << "the connection is used no more";
  EXPECT_FALSE(
      failure_of<TimedOut>([&] { session.run(kSelect, {}, within(50)); }).may_have_taken_effect);
}

/// Its connection ends once nobody waits there any more, and not sooner.
TEST(CqlSession, ALateAnswerTakesNoOtherWithIt) {
  FakeServer server({[](Peer& peer) {
    peer.welcome();
    peer.next();
    const Frame second = peer.next();
    std::this_thread::sleep_for(milliseconds(400));
    peer.done(second);
    peer.drain();
  }});
  Session session(to(server));
  Pending first = session.send(kInsert, {}, within(100)), second = session.send(kInsert);
  EXPECT_TRUE(failure_of<TimedOut>([&] { first.get(); }).may_have_taken_effect);
  EXPECT_EQ(second.get().kind, Result::Kind::done);
  EXPECT_TRUE(server.comes_to_an_end(1));
}

/// On the connection itself, as a session goes on with another one.
boost::asio::awaitable<void> ask(std::shared_ptr<Connection> connection, std::string text,
                                 milliseconds timeout, std::vector<std::string>& answers) {
  std::string got;
  try {
    auto asking = connection->request(Opcode::query, query_body(text, {}), timeout, Effect::single);
    const Frame frame = co_await std::move(asking);
    got = decode_result(frame, Effect::none, "").rows.text(0, "text");
  } catch (const TimedOut& failure) {
    got = failure.may_have_taken_effect ? "timed out, may be done" : "timed out, not sent";
  }
  answers.push_back(text + ": " + got);
}

using Asks = std::function<boost::asio::awaitable<void>(std::shared_ptr<Connection>)>;

void on_a_connection(const FakeServer& server, std::size_t most_in_flight, const Asks& asks) {
  boost::asio::io_context context;
  std::exception_ptr failure;
  const auto all = [&]() -> boost::asio::awaitable<void> {
    auto opening = Connection::open(context.get_executor(), server.host(), {}, milliseconds(5'000),
                                    most_in_flight);
    const std::shared_ptr<Connection> connection = co_await std::move(opening);
    auto asking = asks(connection);
    co_await std::move(asking);
    connection->close("the test is over");
  };
  boost::asio::co_spawn(context, all, [&](std::exception_ptr thrown) { failure = thrown; });
  context.run();
  if (failure) std::rethrow_exception(failure);
}

TEST(CqlConnection, DoesNotTakeALateAnswerForAnothers) {
  FakeServer server({[](Peer& peer) {
    peer.greet();
    const Frame first = peer.next(), second = peer.next();
    EXPECT_NE(first.stream, second.stream);
    peer.answer(first, Opcode::result, echo(first));
    peer.answer(second, Opcode::result, echo(second));
    const Frame third = peer.next();
    peer.answer(third, Opcode::result, echo(third));
    peer.drain();
  }});
  std::vector<std::string> answers;
  const Asks asks = [&](std::shared_ptr<Connection> connection) -> boost::asio::awaitable<void> {
    co_await ask(connection, "1", milliseconds(50), answers);
    co_await ask(connection, "2", milliseconds(5'000), answers);
    co_await ask(connection, "3", milliseconds(5'000), answers);
  };
  on_a_connection(server, 100, asks);
  EXPECT_EQ(answers, (std::vector<std::string>{"1: timed out, may be done", "2: 2", "3: 3"}));
}

TEST(CqlConnection, NeverSendsWhatTimedOutBeforeItsTurn) {
  FakeServer server({[](Peer& peer) {
    peer.greet();
    const Frame first = peer.next();
    std::this_thread::sleep_for(milliseconds(200));
    peer.answer(first, Opcode::result, echo(first));
    const Frame second = peer.next();
    peer.answer(second, Opcode::result, echo(second));
    peer.drain();
  }});
  std::vector<std::string> answers;
  const Asks asks = [&](std::shared_ptr<Connection> connection) -> boost::asio::awaitable<void> {
    const auto executor = co_await boost::asio::this_coro::executor;
    std::size_t left = 3;
    const auto ended = [&](std::exception_ptr) { --left; };
    boost::asio::co_spawn(executor, ask(connection, "1", milliseconds(5'000), answers), ended);
    boost::asio::co_spawn(executor, ask(connection, "2", milliseconds(50), answers), ended);
    boost::asio::co_spawn(executor, ask(connection, "3", milliseconds(5'000), answers), ended);
    boost::asio::steady_timer timer(executor);
    while (left > 0) {
      timer.expires_after(milliseconds(10));
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  };
  on_a_connection(server, 1, asks);
  EXPECT_EQ(answers, (std::vector<std::string>{"2: timed out, not sent", "1: 1", "3: 3"}));
}

TEST(CqlSession, HasNoMoreInFlightThanAllowed) {
  std::atomic<std::size_t> most = 0;
  FakeServer server({[&](Peer& peer) {
    peer.welcome();
    std::map<std::int16_t, Frame> held;
    for (std::size_t i = 0; i < 100; ++i) {
      const Frame request = peer.next();
      EXPECT_TRUE(held.emplace(request.stream, request).second);
      most = std::max(most.load(), held.size());
      if (held.size() < 4 && i < 96) continue;
      peer.done(held.begin()->second);
      held.erase(held.begin());
    }
    for (const auto& [stream, request] : held) peer.done(request);
    peer.drain();
  }});
  SessionOptions options = to(server);
  options.most_in_flight = 4;
  Session session(options);
  std::vector<Pending> all;
  for (int i = 0; i < 100; ++i) all.push_back(session.send(kInsert, {}, within(5'000)));
  for (Pending& pending : all) pending.get();
  EXPECT_EQ(most, 4u);
}

/// The first one is answered last, so that its stream is taken all the time.
TEST(CqlSession, HasMoreRequestsInItsLifeThanStreams) {
  constexpr std::size_t kRequests = 33'000;
  FakeServer server({[](Peer& peer) {
    peer.welcome();
    const Frame first = peer.next();
    for (std::size_t others = 1; others < kRequests; ++others) {
      const Frame request = peer.next();
      peer.answer(request, Opcode::result, echo(request));
    }
    peer.answer(first, Opcode::result, echo(first));
    peer.drain();
  }});
  Session session(to(server));
  std::vector<Pending> all;
  for (std::size_t i = 0; i < kRequests; ++i)
    all.push_back(session.send(std::to_string(i), {}, within(60'000)));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < kRequests; ++i)
    wrong += all[i].get().rows.text(0, "text") != std::to_string(i);
  EXPECT_EQ(wrong, 0u);
}

TEST(CqlSession, TakesRequestsOfSeveralThreads) {
  FakeServer server({[](Peer& peer) {
    peer.welcome();
    for (;;) {
      const Frame request = peer.next();
      peer.answer(request, Opcode::result, echo(request));
    }
  }});
  Session session(to(server));
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      for (int i = 0; i < 100; ++i) {
        const std::string text = fmt::format("{} {}", number, i);
        right += session.run(text).rows.text(0, "text") == text;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 400);
}

// Prepared statements.

Prepared prepared_as(const std::string& id) {
  Prepared prepared;
  prepared.id = id;
  prepared.markers = {{"k", "t", "a", {Kind::int_}}};
  prepared.key_markers = {0};
  return prepared;
}

/// "PREPARE text", "EXECUTE id", "QUERY text" or "BATCH".
std::string shown(const Frame& request) {
  Reader reader(request.body);
  if (request.opcode == Opcode::prepare) return "PREPARE " + reader.long_string("");
  if (request.opcode == Opcode::execute) return "EXECUTE " + reader.short_bytes("");
  if (request.opcode == Opcode::query) return "QUERY " + reader.long_string("");
  return "BATCH";
}

/// Knows no statement until it is prepared on this connection, by its text as its id. Forgets it
/// after each use if told so.
FakeServer::Script preparing(std::vector<std::string>& log, bool forgets, bool is_first = true) {
  return [&log, forgets, is_first](Peer& peer) {
    is_first ? peer.welcome() : peer.greet();
    std::vector<std::string> known;
    for (;;) {
      const Frame request = peer.next();
      log.push_back(shown(request));
      Reader reader(request.body);
      if (request.opcode == Opcode::prepare) {
        const std::string text = reader.long_string("");
        if (!forgets) known.push_back(text);
        peer.answer(request, Opcode::result, prepared_body(prepared_as(text)));
        continue;
      }
      std::vector<std::string> ids;
      if (request.opcode == Opcode::execute) {
        ids.push_back(reader.short_bytes(""));
      } else {
        reader.byte("");
        for (std::size_t left = reader.unsigned_short(""); left > 0; --left) {
          if (reader.byte("") == 1) {
            ids.push_back(reader.short_bytes(""));
          } else {
            reader.long_string("");
          }
          for (std::size_t values = reader.unsigned_short(""); values > 0; --values)
            reader.bytes("");
        }
      }
      const auto unknown = std::ranges::find_if(
          ids, [&](const auto& id) { return std::ranges::find(known, id) == known.end(); });
      if (unknown == ids.end()) {
        peer.done(request);
        continue;
      }
      Writer id;
      id.short_bytes(*unknown);
      peer.answer(request, Opcode::error, error_body(ErrorCode::unprepared, id.written()));
    }
  };
}

TEST(CqlSession, PreparesAgainWhatAHostHasForgotten) {
  std::vector<std::string> log;
  {
    FakeServer first({preparing(log, false)});
    Session session(to(first));
    const Statement a = session.prepare("A"), b = session.prepare("B");
    EXPECT_EQ(a.prepared->markers, prepared_as("A").markers);
    session.run(a, {encode_int(1)});
  }
  EXPECT_EQ(log, (std::vector<std::string>{"PREPARE A", "PREPARE B", "EXECUTE A"}));
  log.clear();
  {
    const Statement a("A", prepared_as("A")), b("B", prepared_as("B"));
    FakeServer second({preparing(log, false)});
    Session session(to(second));
    session.run(a, {encode_int(1)});
    session.run(a, {encode_int(1)});
    session.run_batch(BatchType::logged, {{a, {encode_int(1)}}, {"C", {}}, {b, {encode_int(2)}}});
  }
  EXPECT_EQ(log, (std::vector<std::string>{"EXECUTE A", "PREPARE A", "EXECUTE A", "EXECUTE A",
                                           "BATCH", "PREPARE B", "BATCH"}));
}

TEST(CqlSession, GoesOnWithTheIdThatPreparingGave) {
  std::vector<std::string> log;
  {
    FakeServer server({preparing(log, false)});
    Session session(to(server));
    const Statement a("A", prepared_as("old id"));
    session.run_batch(BatchType::logged, {{a, {encode_int(1)}}, {a, {encode_int(2)}}});
    session.run(a, {encode_int(3)});
  }
  EXPECT_EQ(log, (std::vector<std::string>{"BATCH", "PREPARE A", "BATCH", "EXECUTE old id",
                                           "PREPARE A", "EXECUTE A"}));
}

TEST(CqlSession, PreparesAgainOnlyOnce) {
  std::vector<std::string> log;
  {
    FakeServer server({preparing(log, true)});
    Session session(to(server));
    const Statement a("A", prepared_as("A"));
    const auto failure = failure_of<Unprepared>([&] { session.run(a, {}, idempotent()); });
    EXPECT_FALSE(failure.may_have_taken_effect);
  }
  EXPECT_EQ(log, (std::vector<std::string>{"EXECUTE A", "PREPARE A", "EXECUTE A"}));
}

// Retries.

/// Fails the first `failures` requests, and does the others.
FakeServer::Script failing(ErrorCode code, int failures, std::atomic<int>& requests) {
  return [=, &requests](Peer& peer) {
    peer.welcome();
    for (;;) {
      const Frame request = peer.next();
      ++requests <= failures ? peer.fail(request, code) : peer.done(request);
    }
  };
}

TEST(CqlSession, RetriesOnlyWhatIsIdempotent) {
  for (const auto& [code, more] : kErrors) {
    const bool is_of_a_time = code == ErrorCode::server_error || code == ErrorCode::unavailable ||
                              code == ErrorCode::overloaded || code == ErrorCode::write_timeout ||
                              code == ErrorCode::read_timeout;
    if (code == ErrorCode::is_bootstrapping) continue;  // goes to another host
    SCOPED_TRACE(static_cast<int>(code));
    std::atomic<int> requests = 0;
    FakeServer server({failing(code, 1, requests)});
    Session session(to(server));
    EXPECT_THROW(session.run(kInsert, {}, within(5'000)), RequestFailed);
    EXPECT_EQ(requests, 1);
    requests = 0;
    if (is_of_a_time) {
      session.run(kInsert, {}, idempotent());
      EXPECT_EQ(requests, 2);
    } else {
      EXPECT_THROW(session.run(kInsert, {}, idempotent()), RequestFailed);
      EXPECT_EQ(requests, 1);
    }
  }
  std::atomic<int> requests = 0;
  FakeServer server({failing(ErrorCode::overloaded, 100, requests)});
  Session session(to(server));
  const auto begin = Clock::now();
  EXPECT_THROW(session.run(kInsert, {}, idempotent()), Overloaded);
  EXPECT_EQ(requests, 3);
  EXPECT_GE(Clock::now() - begin, milliseconds(250)) << "it is given time";
}

TEST(CqlSession, KnowsWhatTheServerDoesInSeveralSteps) {
  std::atomic<int> requests = 0;
  FakeServer server({failing(ErrorCode::unavailable, 100, requests)});
  Session session(to(server));
  const auto doubt = [](const std::function<void()>& run) {
    return failure_of<Unavailable>(run).may_have_taken_effect;
  };
  EXPECT_FALSE(doubt([&] { session.run(kInsert); }));
  EXPECT_TRUE(doubt([&] { session.run(kInsert + " IF NOT EXISTS"); }));
  EXPECT_TRUE(doubt([&] { session.run_batch(BatchType::logged, {{kInsert, {}}}); }));
}

/// Takes a request and goes.
void take_and_go(Peer& peer) {
  peer.greet();
  peer.next();
}

void greet_and_do_all(Peer& peer) {
  peer.greet();
  for (;;) peer.done(peer.next());
}

TEST(CqlSession, RetriesWhatIsIdempotentOnAnotherConnection) {
  const auto first = [](Peer& peer) {
    peer.welcome();
    peer.next();
  };
  const auto silent = [](Peer& peer) {
    peer.welcome();
    peer.drain();
  };
  const auto bootstrapping = [](Peer& peer) {
    peer.welcome();
    peer.fail(peer.next(), ErrorCode::is_bootstrapping);
    peer.next();
    ADD_FAILURE() << "it was asked again";
  };
  for (const FakeServer::Script& script :
       {FakeServer::Script(first), FakeServer::Script(silent), FakeServer::Script(bootstrapping)}) {
    FakeServer bad({script}), good({greet_and_do_all});
    SessionOptions options = to(bad);
    options.hosts.push_back(good.host());
    Session session(options);
    EXPECT_EQ(session.run(kInsert, {}, idempotent(200)).kind, Result::Kind::done);
    EXPECT_EQ(bad.connections(), 1u);
    EXPECT_EQ(good.connections(), 1u);
  }
  for (const FakeServer::Script& script : {FakeServer::Script(first), FakeServer::Script(silent)}) {
    FakeServer bad({script}), good({greet_and_do_all});
    SessionOptions options = to(bad);
    options.hosts.push_back(good.host());
    Session session(options);
    EXPECT_THROW(session.run(kInsert, {}, within(200)), RequestFailed);
    EXPECT_EQ(good.connections(), 0u);
    session.run(kInsert, {}, within(5'000));
    EXPECT_EQ(good.connections(), 1u);
  }
}

/// However many requests have failed at a host, it is left once.
TEST(CqlSession, DoesNotGoBackToTheHostThatItLeft) {
  FakeServer bad({[](Peer& peer) {
                    peer.welcome();
                    peer.drain();
                  },
                  greet_and_do_all});
  FakeServer good({greet_and_do_all});
  SessionOptions options = to(bad);
  options.hosts.push_back(good.host());
  Session session(options);
  Pending first = session.send(kInsert, {}, within(200));
  Pending second = session.send(kInsert, {}, within(200));
  EXPECT_THROW(first.get(), TimedOut);
  EXPECT_THROW(second.get(), TimedOut);
  for (int i = 0; i < 3; ++i) session.run(kInsert);
  EXPECT_EQ(bad.connections(), 1u);
  EXPECT_EQ(good.connections(), 1u);
}

TEST(CqlSession, RemembersThatAnEarlierTryMayHaveTakenEffect) {
  const auto first = [](Peer& peer) {
    peer.welcome();
    peer.next();
  };
  const auto unavailable = [](Peer& peer) {
    peer.greet();
    for (;;) peer.fail(peer.next(), ErrorCode::unavailable);
  };
  FakeServer server({first, unavailable});
  Session session(to(server));
  EXPECT_TRUE(failure_of<Unavailable>([&] {
                session.run(kInsert, {}, idempotent());
              }).may_have_taken_effect);
  EXPECT_FALSE(failure_of<Unavailable>([&] {
                 session.run(kInsert, {}, idempotent());
               }).may_have_taken_effect);
}

TEST(CqlSession, LosesARequestOnlyAfterThreeTries) {
  const auto first = [](Peer& peer) {
    peer.welcome();
    peer.next();
  };
  FakeServer server({first, take_and_go, greet_and_do_all});
  Session session(to(server));
  session.run(kInsert, {}, idempotent());
  EXPECT_EQ(server.connections(), 3u);
}

// Hosts.

Host nobody() {
  FakeServer gone({});
  return gone.host();
}

TEST(CqlSession, ConnectsToAnyHostThatAnswers) {
  FakeServer server({[](Peer& peer) {
    peer.welcome();
    peer.drain();
  }});
  SessionOptions options = to(server);
  options.hosts = {nobody(), {"127.0.0.1", 1}, server.host()};
  const Session session(options);
  EXPECT_EQ(server.connections(), 1u);
}

TEST(CqlSession, SaysWhyNoHostAnswers) {
  const Host first = nobody();
  FakeServer older({[](Peer& peer) {
    peer.next();
    peer.send(from_hex("83 00 0000 00 00000000"));
    peer.drain();
  }});
  FakeServer silent({[](Peer& peer) { peer.drain(); }});
  FakeServer stranger({[](Peer& peer) {
    const Frame request = peer.next();
    peer.send(encode(answer(Opcode::ready, "", static_cast<std::int16_t>(request.stream + 1)),
                     Direction::response));
    peer.drain();
  }});
  FakeServer other({[](Peer& peer) { peer.answer(peer.next(), Opcode::supported, ""); }});
  SessionOptions options;
  options.hosts = {first,           older.host(), silent.host(),
                   stranger.host(), other.host(), {"nowhere.invalid", 9042}};
  options.connect_timeout = milliseconds(300);
  const auto begin = Clock::now();
  const auto failure = failure_of<NoHost>([&] { Session session(options); });
  EXPECT_LT(Clock::now() - begin, milliseconds(10'000));
  EXPECT_FALSE(failure.may_have_taken_effect);
  const std::string expected = fmt::format(
      "no host of Cassandra answers: {}: Connection refused; "
      "{}: a frame begins with 0x83, expected 0x84: it is not of version 4 of the CQL protocol; "
      "{}: no answer within 300 ms; {}: an answer on stream 1, where nothing was asked; "
      "{}: it answered STARTUP with opcode 0x06; nowhere.invalid:9042: ",
      first.text(), older.host().text(), silent.host().text(), stranger.host().text(),
      other.host().text());
  EXPECT_TRUE(std::string(failure.what()).starts_with(expected)) << failure.what();
  EXPECT_THROW(Session(SessionOptions{}), UsageError);
}

/// A listener whose queue is full: further connections are not even refused.
TEST(CqlSession, GivesUpOnAHostThatTakesNoConnection) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener, generic, size), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, generic, &size), 0);
  std::vector<int> filling;
  for (int i = 0; i < 4; ++i) {
    filling.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::connect(filling.back(), generic, size);
  }
  SessionOptions options;
  options.hosts = {{"127.0.0.1", ntohs(address.sin_port)}};
  options.connect_timeout = milliseconds(200);
  const auto begin = Clock::now();
  const auto failure = failure_of<NoHost>([&] { Session session(options); });
  EXPECT_LT(Clock::now() - begin, milliseconds(5'000));
  EXPECT_TRUE(std::string(failure.what()).ends_with(": no answer within 200 ms")) << failure.what();
  for (const int socket : filling) ::close(socket);
  ::close(listener);
}

TEST(CqlSession, ShowsWhoItIsIfItIsAsked) {
  std::vector<std::string> tokens;
  const auto asking = [&](Peer& peer) {
    const std::string name = "PasswordAuthenticator";
    peer.answer(peer.next(), Opcode::authenticate, from_hex("0015") + name);
    const Frame request = peer.next();
    tokens.push_back(hexadecimal(request.body));
    if (request.body.ends_with("right")) {
      peer.answer(request, Opcode::auth_success, from_hex("ffffffff"));
      peer.done(peer.next());
    } else if (request.body.ends_with("more")) {
      peer.answer(request, Opcode::auth_challenge, from_hex("ffffffff"));
    } else {
      peer.fail(request, ErrorCode::authentication);
    }
    peer.drain();
  };
  const auto refusal = [&](const Credentials& credentials) {
    FakeServer server({asking});
    SessionOptions options = to(server);
    options.credentials = credentials;
    std::string what = "none";
    try {
      const Session session(options);
    } catch (const UsageError& error) {
      what = error.what();
    }
    const std::string host = server.host().text();
    return what.starts_with(host) ? what.substr(host.size()) : what;
  };
  EXPECT_EQ(refusal({"me", "right"}), "none");
  EXPECT_EQ(refusal({"me", "wrong"}), ": what went wrong");
  EXPECT_EQ(refusal({"me", "more"}), ": it asks for more than a user and a password (SASL PLAIN)");
  EXPECT_EQ(refusal({}), ": it asks for a user and a password; none were given");
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens[0], "0x00000009006d6500" + hexadecimal("right").substr(2));
}

TEST(CqlSession, TakesWhatIsNotTheProtocolForALostConnection) {
  for (const char* body : {"00000077", "", "00000002 00000000 00000001"}) {
    FakeServer server({[&](Peer& peer) {
                         peer.welcome();
                         const Frame first = peer.next();
                         peer.next();
                         peer.answer(first, Opcode::result, from_hex(body));
                         peer.drain();
                       },
                       greet_and_do_all, greet_and_do_all, greet_and_do_all});
    Session session(to(server));
    Pending first = session.send(kInsert), second = session.send(kInsert);
    EXPECT_TRUE(failure_of<ConnectionLost>([&] { first.get(); }).may_have_taken_effect);
    EXPECT_TRUE(failure_of<ConnectionLost>([&] { second.get(); }).may_have_taken_effect);
    session.run(kInsert);
    EXPECT_THROW(session.prepare(kInsert), ConnectionLost) << "it was not prepared";
  }
}

TEST(CqlSession, EndsWithRequestsUnderWay) {
  FakeServer server({[](Peer& peer) {
    peer.welcome();
    peer.drain();
  }});
  std::vector<Pending> all;
  {
    Session session(to(server));
    for (int i = 0; i < 10; ++i) all.push_back(session.send(i == 0 ? kSelect : kInsert));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto lost = failure_of<ConnectionLost>([&] { all[i].get(); });
    EXPECT_STREQ(lost.what(), "the session was closed before the answer");
    EXPECT_EQ(lost.may_have_taken_effect, i != 0);
  }
}

TEST(CqlSession, LeavesEventsAlone) {
  FakeServer server({[](Peer& peer) {
    peer.welcome();
    const Frame request = peer.next();
    peer.send(encode(answer(Opcode::event, "", -1), Direction::response));
    peer.done(request);
    peer.drain();
  }});
  Session session(to(server));
  EXPECT_EQ(session.run(kInsert).kind, Result::Kind::done);
}

TEST(CqlSession, AsksForPageAfterPage) {
  const auto page = [](std::vector<int> numbers, std::optional<std::string> next) {
    Rows rows{{{"k", "t", "a", {Kind::int_}}}, {}, std::move(next)};
    for (const int number : numbers) rows.rows.push_back({encode_int(number)});
    return rows_body(rows);
  };
  const auto asked = [](const char* state) {
    Parameters parameters;
    parameters.page_size = 2;
    if (*state != '\0') parameters.paging_state = state;
    return query_body(kSelect, parameters);
  };
  FakeServer server({[&](Peer& peer) {
    peer.welcome();
    const Frame first = peer.next();
    EXPECT_EQ(first.body, asked(""));
    peer.answer(first, Opcode::result, page({1, 2}, "x"));
    const Frame second = peer.next();
    EXPECT_EQ(second.body, asked("x"));
    peer.answer(second, Opcode::result, page({}, "y"));
    const Frame third = peer.next();
    EXPECT_EQ(third.body, asked("y"));
    peer.answer(third, Opcode::result, page({3}, std::nullopt));
    peer.drain();
  }});
  Session session(to(server));
  Options options = within(5'000);
  options.page_size = 2;
  std::vector<std::int64_t> found;
  session.each_page(kSelect, {}, options, [&](const Rows& rows) {
    for (std::size_t i = 0; i < rows.rows.size(); ++i) found.push_back(rows.integer(i, "a"));
  });
  EXPECT_EQ(found, (std::vector<std::int64_t>{1, 2, 3}));
}

}  // namespace
}  // namespace cutover::cql
