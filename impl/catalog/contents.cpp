#include "impl/catalog/contents.h"

#include <fmt/format.h>

#include <boost/crc.hpp>

namespace cutover::catalog {
namespace {

constexpr std::size_t kChecksumBytes = 4;

std::string checksum(const std::string& value) {
  boost::crc_32_type crc;
  crc.process_bytes(value.data(), value.size());
  std::string bytes(kChecksumBytes, '\0');
  for (std::size_t i = 0; i < kChecksumBytes; ++i) {
    bytes[i] = static_cast<char>(crc.checksum() >> (8 * i) & 0xff);
  }
  return bytes;
}

}  // namespace

std::string encode_value(std::uint32_t format, const std::string& value) {
  return format == kOldFormat ? value : value + checksum(value);
}

std::optional<std::string> decode_value(std::uint32_t format, const std::string& stored) {
  if (format == kOldFormat) return stored;
  if (stored.size() < kChecksumBytes) return std::nullopt;
  std::string value = stored.substr(0, stored.size() - kChecksumBytes);
  if (value + checksum(value) != stored) return std::nullopt;
  return value;
}

std::string damage_text(const std::string& store, const std::string& key) {
  return fmt::format(
      "{}: the value of key {} is damaged (its checksum differs); restore it from a backup", store,
      printable(key));
}

Entries decode(const Contents& contents) {
  Entries seen;
  for (const auto& [key, stored] : contents.entries) {
    seen[key] = decode_value(contents.format, stored).value_or("damaged:" + stored);
  }
  return seen;
}

Contents upgraded(const Contents& contents) {
  Contents current;
  current.format = kCurrentFormat;
  for (const auto& [key, value] : contents.entries) {
    current.entries[key] = encode_value(kCurrentFormat, value);
  }
  return current;
}

bool is_supported(const Contents& contents) {
  if (contents.format == Contents::kNeverInitialised) return contents.entries.empty();
  return contents.format <= kCurrentFormat;
}

awaitable<void> bring_up(Session& session) {
  const Contents contents = co_await session.snapshot();
  if (!is_supported(contents)) throw UnsupportedContents();
  if (contents.format == Contents::kNeverInitialised) {
    Contents empty;
    empty.format = kCurrentFormat;
    co_await session.replace_contents(std::move(empty));
  } else if (contents.format == kOldFormat) {
    Contents current = upgraded(contents);
    co_await session.replace_contents(std::move(current));
  }
}

}  // namespace cutover::catalog
