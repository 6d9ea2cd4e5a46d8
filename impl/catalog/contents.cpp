#include "impl/catalog/contents.h"

#include <fmt/format.h>

#include <array>
#include <boost/crc.hpp>

namespace cutover::catalog {
namespace {

constexpr std::size_t kChecksumBytes = 4;

/// Of format 2 the value's; of format 3 the key's and the value's, with the key's length before
/// them, so that no bytes can pass from one to the other.
std::array<char, kChecksumBytes> checksum(std::uint32_t format, std::string_view key,
                                          std::string_view value) {
  boost::crc_32_type crc;
  if (format != kValueChecksumFormat) {
    std::array<char, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i) {
      length[i] = static_cast<char>(std::uint64_t{key.size()} >> (8 * i) & 0xff);
    }
    crc.process_bytes(length.data(), length.size());
    crc.process_bytes(key.data(), key.size());
  }
  crc.process_bytes(value.data(), value.size());
  std::array<char, kChecksumBytes> bytes{};
  for (std::size_t i = 0; i < kChecksumBytes; ++i) {
    bytes[i] = static_cast<char>(crc.checksum() >> (8 * i) & 0xff);
  }
  return bytes;
}

/// The value within the stored bytes, or nothing if they are damaged.
std::optional<std::string_view> intact(std::uint32_t format, const EntryView& stored) {
  if (format == kOldFormat) return stored.value;
  if (stored.value.size() < kChecksumBytes) return std::nullopt;
  const std::string_view value = stored.value.substr(0, stored.value.size() - kChecksumBytes);
  const auto expected = checksum(format, stored.key, value);
  if (stored.value.substr(value.size()) != std::string_view(expected.data(), expected.size())) {
    return std::nullopt;
  }
  return value;
}

/// The format is one that has checksums, and that we know.
bool has_checksums(std::uint32_t format) {
  return format == kValueChecksumFormat || format == kCurrentFormat;
}

/// Bytes of a damaged value as they were stored, which show as damaged in the current format too.
std::string still_damaged(const EntryView& stored) {
  std::string bytes(stored.value);
  while (intact(kCurrentFormat, {stored.key, bytes})) bytes += '\0';
  return bytes;
}

}  // namespace

DamagedValue::DamagedValue(const std::string& store, std::string_view key)
    : StoreError(damage_text(store, key)), key_(key) {}

std::string encode_value(std::uint32_t format, std::string_view key, std::string_view value) {
  std::string bytes(value);
  if (format == kOldFormat) return bytes;
  const auto sum = checksum(format, key, value);
  return bytes.append(sum.data(), sum.size());
}

std::optional<std::string> decode_value(std::uint32_t format, std::string_view key,
                                        std::string_view stored) {
  const auto value = intact(format, {key, stored});
  if (!value) return std::nullopt;
  return std::string(*value);
}

std::string damage_text(const std::string& store, std::string_view key) {
  return fmt::format(
      "{}: the value of key {} is damaged (its checksum differs); restore it from a backup", store,
      printable(key));
}

Entries decode(const Contents& contents) {
  Entries seen;
  for (const auto& [key, stored] : contents.entries) {
    seen[key] = decode_value(contents.format, key, stored).value_or("damaged:" + stored);
  }
  return seen;
}

Snapshot verified(Snapshot contents, const std::string& store) {
  const std::uint32_t format = contents.format();
  if (!has_checksums(format)) return contents;
  return mapped(std::move(contents), format, [format, store]() -> MapEntry {
    return [format, store](const EntryView& entry) {
      if (!intact(format, entry)) throw DamagedValue(store, entry.key);
      return entry;
    };
  });
}

Snapshot upgraded(Snapshot contents) {
  const std::uint32_t format = contents.format();
  return mapped(std::move(contents), kCurrentFormat, [format]() -> MapEntry {
    return [format, bytes = std::string()](const EntryView& entry) mutable -> EntryView {
      const auto value = intact(format, entry);
      bytes = value ? encode_value(kCurrentFormat, entry.key, *value) : still_damaged(entry);
      return {entry.key, bytes};
    };
  });
}

bool is_supported(const Snapshot& contents) {
  if (contents.format() != Contents::kNeverInitialised) return contents.format() <= kCurrentFormat;
  return contents.is_empty();
}

awaitable<void> bring_up(Session& session) {
  const Snapshot contents = co_await session.snapshot();
  if (!is_supported(contents)) throw UnsupportedContents();
  if (contents.format() == Contents::kNeverInitialised) {
    Snapshot empty(Contents{kCurrentFormat, {}});
    co_await session.replace_contents(std::move(empty));
  } else if (contents.format() < kCurrentFormat) {
    Snapshot current = upgraded(contents);
    co_await session.replace_contents(std::move(current));
  }
}

awaitable<Session> open_catalog(Store& store, Epoch at_least) {
  Session session = co_await open(store, at_least);  // a
  co_await bring_up(session);                        // b
  co_return session;
}

awaitable<Answer> VerifiedStore::perform(Request request) {
  const bool is_snapshot = request.kind == Request::Kind::snapshot;
  Answer answer = co_await store_.perform(std::move(request));
  if (is_snapshot && answer.status == Status::ok && damaged_ == Damaged::refuse) {
    answer.contents = verified(std::move(answer.contents), name());
  }
  co_return answer;
}

}  // namespace cutover::catalog
