#include "cql/token.h"

#include <bit>
#include <limits>
#include <stdexcept>

#include "cql/frame.h"

namespace cutover::cql {
namespace {

constexpr std::uint64_t kFirst = 0x87c37b91114253d5;
constexpr std::uint64_t kSecond = 0x4cf5ad432745937f;

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

/// As Java widens a byte: a negative one has all bits above it set, and flips those of the others.
std::uint64_t signed_tail(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto widened = static_cast<std::int64_t>(static_cast<signed char>(bytes[i]));
    value ^= static_cast<std::uint64_t>(widened) << (8 * i);
  }
  return value;
}

std::uint64_t mixed_first(std::uint64_t k) { return std::rotl(k * kFirst, 31) * kSecond; }
std::uint64_t mixed_second(std::uint64_t k) { return std::rotl(k * kSecond, 33) * kFirst; }

std::uint64_t finished(std::uint64_t h) {
  h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
  h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
  return h ^ h >> 33;
}

}  // namespace

std::string partition_key(const std::vector<std::string>& columns) {
  if (columns.size() == 1) return columns[0];
  Writer writer;
  for (const std::string& column : columns) {
    writer.short_bytes(column);
    writer.byte(0);
  }
  return std::move(writer).written();
}

std::int64_t murmur3_token(std::string_view key) {
  if (key.empty()) return std::numeric_limits<std::int64_t>::min();
  std::uint64_t first = 0, second = 0;
  std::string_view left = key;
  for (; left.size() >= 16; left.remove_prefix(16)) {
    first ^= mixed_first(little_endian(left.substr(0, 8)));
    first = (std::rotl(first, 27) + second) * 5 + 0x52dce729;
    second ^= mixed_second(little_endian(left.substr(8, 8)));
    second = (std::rotl(second, 31) + first) * 5 + 0x38495ab5;
  }
  if (left.size() > 8) second ^= mixed_second(signed_tail(left.substr(8)));
  first ^= mixed_first(signed_tail(left.substr(0, 8)));
  first ^= key.size();
  second ^= key.size();
  first += second;
  second += first;
  first = finished(first) + finished(second);
  const auto token = static_cast<std::int64_t>(first);
  return token == std::numeric_limits<std::int64_t>::min()
             ? std::numeric_limits<std::int64_t>::max()
             : token;
}

std::vector<TokenRange> token_ranges(std::uint32_t count) {
  if (count == 0) throw std::invalid_argument("the ring is to be cut into no ranges");
  constexpr std::uint64_t kRing = std::numeric_limits<std::uint64_t>::max();
  std::vector<TokenRange> ranges;
  std::int64_t after = std::numeric_limits<std::int64_t>::min();
  for (std::uint32_t i = 1; i <= count; ++i) {
    // Counted from the smallest number; the last ends the ring, though count may not divide it.
    const std::uint64_t end = i == count ? kRing : kRing / count * i;
    const auto to = static_cast<std::int64_t>(end + (std::uint64_t{1} << 63));
    ranges.push_back({after, to});
    after = to;
  }
  return ranges;
}

}  // namespace cutover::cql
