// The catalog's data format, and bringing a store's contents up to it.
//
// Format 1 holds plain values. Format 2 appends to each value its CRC-32, so that a value damaged
// at rest is noticed. Format 3, the current one, appends the CRC-32 of key and value, so that a
// value that got to another key is noticed too. Upgrading twice would append two: the format number
// and the values must change in one write.
#pragma once

#include "impl/store/store.h"

namespace cutover::catalog {

inline constexpr std::uint32_t kOldFormat = 1;
inline constexpr std::uint32_t kValueChecksumFormat = 2;
inline constexpr std::uint32_t kCurrentFormat = 3;

/// `value` as the given format stores it under `key`.
std::string encode_value(std::uint32_t format, std::string_view key, std::string_view value);

/// The value that clients see, or nothing if the stored bytes are damaged.
std::optional<std::string> decode_value(std::uint32_t format, std::string_view key,
                                        std::string_view stored);

/// One line that names the store and the key of a value that can't be decoded, and the remedy.
std::string damage_text(const std::string& store, std::string_view key);

/// What clients see of the whole contents; a damaged value shows as "damaged:" and its stored
/// bytes.
Entries decode(const Contents& contents);

/// What to do with values whose checksum is wrong, when contents are copied or upgraded.
enum class Damaged {
  refuse,  ///< DamagedValue, before the contents that they are in are changed or copied
  keep,    ///< they go along, and stay damaged
};

class DamagedValue : public StoreError {
 public:
  DamagedValue(const std::string& store, std::string_view key);
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

/// The same contents; reading a damaged value throws DamagedValue.
Snapshot verified(Snapshot contents, const std::string& store);

/// The same contents in the current format. What is damaged stays so: it gets no valid checksum.
Snapshot upgraded(Snapshot contents);

/// False of contents that we would read or write wrongly: those of a format newer than ours, and
/// entries without a format, which are not ours to wipe.
bool is_supported(const Snapshot& contents);

/// Nothing was done to contents that are not supported.
class UnsupportedContents : public std::runtime_error {
 public:
  UnsupportedContents()
      : std::runtime_error("the contents are of a newer format, or of none at all") {}
};

/// Initialises contents that never were, and upgrades older ones; of current ones it reads only the
/// format.
/// Throws StepFailed, and UnsupportedContents before anything is written.
awaitable<void> bring_up(Session& session);

/// Opens a store as the design has it, in two steps: the epoch goes up, and then the contents are
/// brought up. Whoever fails between the two has fenced others, and changed nothing else.
awaitable<Session> open_catalog(Store& store, Epoch at_least = {});

/// A store whose snapshots are verified while they are read: so a copy or an upgrade ends at the
/// first damaged value, and its transaction is undone.
class VerifiedStore final : public Store {
 public:
  VerifiedStore(Store& store, Damaged damaged)
      : Store(store.name()), store_(store), damaged_(damaged) {}
  awaitable<Answer> perform(Request request) override;

 private:
  Store& store_;
  Damaged damaged_;
};

}  // namespace cutover::catalog
