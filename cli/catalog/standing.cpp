#include "cli/catalog/standing.h"

#include "impl/catalog/pair.h"
#include "impl/catalog/protocol.h"

namespace cutover::cli {
namespace {

using catalog::kTombstone;

bool has_mark(const Config& config, ProtocolKind kind) {
  const auto mark = config.find(kProtocolMark);
  return mark != config.end() && mark->second == static_cast<std::uint64_t>(kind);
}

std::optional<std::uint64_t> tombstone_of(const Config& config) {
  const auto at = config.find(kTombstone);
  return at == config.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace

Standing standing(const Config& own) {
  const auto tombstone = tombstone_of(own);
  const bool is_persist = own.contains(catalog::kPersistOf);
  const bool is_stash = own.contains(catalog::kStashOf);
  if (is_persist && is_stash) return Standing::unknown;  // in the middle of a chain
  const bool by_two = has_mark(own, ProtocolKind::two_tombstones);
  // Of two tombstones, persist's decides once the stash has one; and that is set first.
  if (is_persist) {
    if (!by_two || !tombstone) return Standing::unknown;
    return *tombstone == 0 ? Standing::truth : Standing::not_truth;
  }
  if (!tombstone) return Standing::truth;
  if (by_two) return Standing::unknown;
  return *tombstone == 0 ? Standing::truth : Standing::not_truth;
}

Standing standing_in_pair(const Config& stash, const Config& persist, bool is_persist) {
  const bool by_two = has_mark(stash, ProtocolKind::two_tombstones) ||
                      has_mark(persist, ProtocolKind::two_tombstones);
  const auto kind = by_two ? ProtocolKind::two_tombstones : ProtocolKind::single_tombstone;
  const bool moved = persist_is_truth(kind, tombstone_of(stash), tombstone_of(persist));
  return moved == is_persist ? Standing::truth : Standing::not_truth;
}

}  // namespace cutover::cli
