#include "cql/frame.h"

#include <fmt/format.h>

#include <limits>

namespace cutover::cql {
namespace {

constexpr std::size_t kHeader = 9;

/// Big-endian.
std::uint64_t number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

void append(std::string& to, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<char>(value >> (8 * i)));
}

std::int32_t length(std::size_t value) {
  if (value > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw std::length_error(fmt::format("{} bytes are too many for a CQL value", value));
  return static_cast<std::int32_t>(value);
}

bool is_opcode(std::uint8_t byte) {
  return byte <= static_cast<std::uint8_t>(Opcode::auth_success) && byte != 0x04;
}

}  // namespace

std::string encode(const Frame& frame, Direction direction) {
  if (frame.body.size() > kLongestBody)
    throw std::length_error(fmt::format("a request of {} bytes is too long for CQL, which takes {}",
                                        frame.body.size(), kLongestBody));
  std::string bytes;
  bytes.reserve(kHeader + frame.body.size());
  append(bytes, static_cast<std::uint8_t>(direction), 1);
  append(bytes, frame.flags, 1);
  append(bytes, static_cast<std::uint16_t>(frame.stream), 2);
  append(bytes, static_cast<std::uint8_t>(frame.opcode), 1);
  append(bytes, frame.body.size(), 4);
  bytes += frame.body;
  return bytes;
}

void FrameReader::add(std::string_view bytes) {
  // What was read is dropped once it is most of what is held, so that each byte is moved but once.
  if (read_ > received_.size() / 2) {
    received_.erase(0, read_);
    read_ = 0;
  }
  received_ += bytes;
}

std::optional<Frame> FrameReader::next() {
  const std::string_view left = std::string_view(received_).substr(read_);
  if (left.empty()) return std::nullopt;
  // The version first: what speaks another one has another header.
  const auto version = static_cast<std::uint8_t>(left[0]);
  if (version != static_cast<std::uint8_t>(direction_))
    throw ProtocolError(
        fmt::format("a frame begins with {:#04x}, expected {:#04x}: it is not of "
                    "version 4 of the CQL protocol",
                    version, static_cast<std::uint8_t>(direction_)));
  if (left.size() < kHeader) return std::nullopt;
  Frame frame;
  frame.flags = static_cast<std::uint8_t>(left[1]);
  frame.stream = static_cast<std::int16_t>(number(left.substr(2, 2)));
  const auto opcode = static_cast<std::uint8_t>(left[4]);
  if (!is_opcode(opcode))
    throw ProtocolError(fmt::format("a frame's opcode is {:#04x}, which is none", opcode));
  frame.opcode = static_cast<Opcode>(opcode);
  const std::uint64_t size = number(left.substr(5, 4));
  if (size > kLongestBody)
    throw ProtocolError(
        fmt::format("a frame claims {} bytes, more than the {} allowed", size, kLongestBody));
  if (left.size() - kHeader < size) return std::nullopt;
  frame.body = left.substr(kHeader, size);
  read_ += kHeader + size;
  return frame;
}

std::string_view Reader::raw(std::size_t count, const char* what) {
  if (count > left_.size())
    throw ProtocolError(
        fmt::format("{}: {} bytes expected, {} are left", what, count, left_.size()));
  const std::string_view found = left_.substr(0, count);
  left_.remove_prefix(count);
  return found;
}

std::uint8_t Reader::byte(const char* what) { return static_cast<std::uint8_t>(raw(1, what)[0]); }

std::uint16_t Reader::unsigned_short(const char* what) {
  return static_cast<std::uint16_t>(number(raw(2, what)));
}

std::int32_t Reader::integer(const char* what) {
  return static_cast<std::int32_t>(number(raw(4, what)));
}

std::int64_t Reader::long_integer(const char* what) {
  return static_cast<std::int64_t>(number(raw(8, what)));
}

std::string Reader::string(const char* what) {
  return std::string(raw(unsigned_short(what), what));
}

std::string Reader::long_string(const char* what) {
  const std::int32_t size = integer(what);
  if (size < 0) throw ProtocolError(fmt::format("{}: its length is {}", what, size));
  return std::string(raw(static_cast<std::size_t>(size), what));
}

std::string Reader::short_bytes(const char* what) { return string(what); }

std::optional<std::string_view> Reader::bytes_here(const char* what) {
  const std::int32_t size = integer(what);
  if (size < 0) return std::nullopt;
  return raw(static_cast<std::size_t>(size), what);
}

std::optional<std::string> Reader::bytes(const char* what) {
  const auto here = bytes_here(what);
  if (!here) return std::nullopt;
  return std::string(*here);
}

std::vector<std::string> Reader::string_list(const char* what) {
  std::vector<std::string> list;
  for (std::size_t left = unsigned_short(what); left > 0; --left) list.push_back(string(what));
  return list;
}

std::size_t Reader::count(std::int32_t claimed, std::size_t smallest, const char* what) const {
  // A negative one is a huge one here.
  if (static_cast<std::size_t>(claimed) > left_.size() / smallest)
    throw ProtocolError(
        fmt::format("{}: {} of them can't be in {} bytes", what, claimed, left_.size()));
  return static_cast<std::size_t>(claimed);
}

void Writer::byte(std::uint8_t value) { append(bytes_, value, 1); }

void Writer::unsigned_short(std::size_t value) {
  if (value > std::numeric_limits<std::uint16_t>::max())
    throw std::length_error(fmt::format("{} is too much for CQL, which takes 65535 here", value));
  append(bytes_, value, 2);
}

void Writer::integer(std::int32_t value) { append(bytes_, static_cast<std::uint32_t>(value), 4); }

void Writer::long_integer(std::int64_t value) {
  append(bytes_, static_cast<std::uint64_t>(value), 8);
}

void Writer::string(std::string_view value) {
  unsigned_short(value.size());
  raw(value);
}

void Writer::long_string(std::string_view value) { bytes(value); }

void Writer::short_bytes(std::string_view value) { string(value); }

void Writer::bytes(std::string_view value) {
  integer(length(value.size()));
  raw(value);
}

}  // namespace cutover::cql
