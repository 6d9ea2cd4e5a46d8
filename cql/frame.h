// Frames of the CQL binary protocol, version 4, and the primitive types that their bodies are made
// of: CQL BINARY PROTOCOL v4, sections 2 and 3 (doc/native_protocol_v4.spec in Apache Cassandra).
//
// What the other side sends is never trusted: nothing is read past its end, and no memory is taken
// for what it only claims to send. Compression is not offered to it, so none is understood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cutover::cql {

/// What was received is not of the protocol. The text names what was read and what was wrong.
class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Section 2.4.
enum class Opcode : std::uint8_t {
  error = 0x00,
  startup = 0x01,
  ready = 0x02,
  authenticate = 0x03,
  options = 0x05,
  supported = 0x06,
  query = 0x07,
  result = 0x08,
  prepare = 0x09,
  execute = 0x0A,
  register_ = 0x0B,
  event = 0x0C,
  batch = 0x0D,
  auth_challenge = 0x0E,
  auth_response = 0x0F,
  auth_success = 0x10,
};

/// Section 2.2.
enum FrameFlag : std::uint8_t {
  kCompressed = 0x01,
  kTracing = 0x02,
  kCustomPayload = 0x04,
  kWarning = 0x08,
};

struct Frame {
  std::uint8_t flags = 0;
  std::int16_t stream = 0;  ///< an answer has its request's; an event has -1
  Opcode opcode = Opcode::ready;
  std::string body;
  bool operator==(const Frame&) const = default;
};

enum class Direction : std::uint8_t { request = 0x04, response = 0x84 };

/// Section 2.5: a longer body is refused.
inline constexpr std::size_t kLongestBody = 256u << 20;

/// As it is sent. Throws std::length_error if the body is too long.
std::string encode(const Frame& frame, Direction direction);

/// Cuts what arrives into frames, however it is split.
class FrameReader {
 public:
  explicit FrameReader(Direction direction) : direction_(direction) {}

  void add(std::string_view bytes);
  /// The next one, if it has arrived whole. Throws ProtocolError; then what follows can't be read.
  std::optional<Frame> next();

 private:
  const Direction direction_;
  std::string received_;
  std::size_t read_ = 0;  ///< of received_
};

/// Reads a body from its begin to its end; each call throws ProtocolError if too little is left.
/// `what` says what is read, for the error. The bytes must outlive it.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  std::uint8_t byte(const char* what);
  std::uint16_t unsigned_short(const char* what);
  std::int32_t integer(const char* what);
  std::int64_t long_integer(const char* what);
  std::string string(const char* what);                          ///< [string]
  std::string long_string(const char* what);                     ///< [long string]
  std::string short_bytes(const char* what);                     ///< [short bytes]
  std::optional<std::string> bytes(const char* what);            ///< [bytes]; nothing: null
  std::optional<std::string_view> bytes_here(const char* what);  ///< the same, not copied
  std::vector<std::string> string_list(const char* what);
  std::string_view raw(std::size_t count, const char* what);

  /// A count that can't be, as fewer bytes are left than so many things of `smallest` take.
  std::size_t count(std::int32_t claimed, std::size_t smallest, const char* what) const;
  std::size_t left() const { return left_.size(); }

 private:
  std::string_view left_;
};

/// Appends to a body. What is too long for its type throws std::length_error.
class Writer {
 public:
  void byte(std::uint8_t value);
  void unsigned_short(std::size_t value);
  void integer(std::int32_t value);
  void long_integer(std::int64_t value);
  void string(std::string_view value);
  void long_string(std::string_view value);
  void short_bytes(std::string_view value);
  void bytes(std::string_view value);
  void null() { integer(-1); }
  void unset() { integer(-2); }  ///< section 3, [value]
  void raw(std::string_view value) { bytes_ += value; }

  const std::string& written() const& { return bytes_; }
  std::string written() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace cutover::cql
