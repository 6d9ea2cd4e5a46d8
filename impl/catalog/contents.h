// The catalog's data format, and bringing a store's contents up to it.
//
// Format 1 holds plain values. Format 2, the current one, appends to each value its CRC-32, so that
// a value damaged at rest is noticed. Upgrading twice would append two: the format number and the
// values must change in one write.
#pragma once

#include <stdexcept>

#include "impl/store/store.h"

namespace cutover::catalog {

inline constexpr std::uint32_t kOldFormat = 1;
inline constexpr std::uint32_t kCurrentFormat = 2;

/// `value` as the given format stores it.
std::string encode_value(std::uint32_t format, const std::string& value);

/// The value that clients see, or nothing if the stored bytes are damaged.
std::optional<std::string> decode_value(std::uint32_t format, const std::string& stored);

/// One line that names the store and the key of a value that can't be decoded, and the remedy.
std::string damage_text(const std::string& store, const std::string& key);

/// What clients see of the whole contents; a damaged value shows as "damaged:" and its stored
/// bytes.
Entries decode(const Contents& contents);

/// The same contents in the current format.
Contents upgraded(const Contents& contents);

/// False of contents that we would read or write wrongly: those of a format newer than ours, and
/// entries without a format, which are not ours to wipe.
bool is_supported(const Contents& contents);

/// Nothing was done to contents that are not supported.
class UnsupportedContents : public std::runtime_error {
 public:
  UnsupportedContents()
      : std::runtime_error("the contents are of a newer format, or of none at all") {}
};

/// Initialises contents that never were, upgrades older ones, leaves current ones alone. Throws
/// StepFailed, and UnsupportedContents before anything is written.
awaitable<void> bring_up(Session& session);

}  // namespace cutover::catalog
