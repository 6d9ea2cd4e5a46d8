// Whose tombstones these are.
//
// The same tombstones name different sources of truth under different protocols. After a migration
// by a single tombstone, the protocol of two tombstones would take the outdated stash for the truth
// and copy it over persist; and a migration by two tombstones that was cut short looks finished to
// the other. So the migrate command writes beside each tombstone, in the same transaction, which
// kind of protocol it belongs to, and refuses to go on with the other kind.
//
// Tombstones without a mark come from other programs. What can be told of them is told; otherwise
// they count as the single tombstone's.
#pragma once

#include <map>
#include <optional>

#include "impl/store/store.h"

namespace cutover::cli {

/// The config entry of the mark, in the store whose tombstone it is about.
inline constexpr const char* kProtocolMark = "tombstone protocol";

/// Protocols of one kind agree on what tombstones mean. The values are what the mark holds.
enum class ProtocolKind : std::uint64_t { single_tombstone = 1, two_tombstones = 2 };

using Config = std::map<std::string, std::uint64_t>;

/// Throws UsageError with the protocol to use if stores with this config were moved by the other
/// kind. A store that does not exist has an empty config.
void refuse_other_protocol(ProtocolKind kind, const Config& stash, const Config& persist);

/// True if, by its tombstone, the stash may not be the source of truth: then the persist store must
/// exist.
bool needs_persist(ProtocolKind kind, const Config& stash);

/// True if the tombstones say that persist is the source of truth, under protocols of this kind.
bool persist_is_truth(ProtocolKind kind, std::optional<std::uint64_t> stash_tombstone,
                      std::optional<std::uint64_t> persist_tombstone);

/// A store that writes the mark beside each tombstone. Labels of steps do not show it.
class MarkedStore final : public Store {
 public:
  MarkedStore(std::unique_ptr<Store> store, ProtocolKind kind)
      : Store(store->name()), store_(std::move(store)), kind_(kind) {}
  awaitable<Answer> perform(Request request) override;

 private:
  std::unique_ptr<Store> store_;
  ProtocolKind kind_;
};

}  // namespace cutover::cli
