#include "cli/catalog/protocol_mark.h"

#include "cli/errors.h"
#include "impl/catalog/protocol.h"

namespace cutover::cli {
namespace {

using catalog::kTombstone;

constexpr std::uint64_t number_of(ProtocolKind kind) { return static_cast<std::uint64_t>(kind); }

bool is_marked(const Config& config, ProtocolKind kind) {
  const auto at = config.find(kProtocolMark);
  return at != config.end() && at->second == number_of(kind);
}

}  // namespace

void refuse_other_protocol(ProtocolKind kind, const Config& stash, const Config& persist) {
  for (const Config* config : {&stash, &persist}) {
    const auto mark = config->find(kProtocolMark);
    if (mark != config->end() && mark->second != number_of(ProtocolKind::single_tombstone) &&
        mark->second != number_of(ProtocolKind::two_tombstones)) {
      throw UsageError(
          "these stores were moved with a protocol that this program does not know; use the "
          "program that moved them");
    }
  }
  if (is_marked(persist, ProtocolKind::single_tombstone)) {  // only a stash ever is
    throw UsageError(
        stash.contains(kTombstone)
            ? "the store that --persist names is the stash of another migration; name another one"
            : "--stash and --persist look swapped: the store that --persist names is the stash of "
              "a migration by a single tombstone");
  }
  const auto moved_with = [&](ProtocolKind by) {
    return is_marked(stash, by) || is_marked(persist, by);
  };
  // A single tombstone is in the stash only.
  const bool two = moved_with(ProtocolKind::two_tombstones) || persist.contains(kTombstone);
  if (kind == ProtocolKind::single_tombstone && two) {
    throw UsageError(
        "these stores were moved with two tombstones, and a single one would not tell which store "
        "is the source of truth; use --protocol two-tombstones");
  }
  if (kind == ProtocolKind::two_tombstones && moved_with(ProtocolKind::single_tombstone)) {
    throw UsageError(
        "these stores were moved with a single tombstone, and two would not tell which store is "
        "the source of truth; use --protocol single-tombstone");
  }
  // A tombstone that is down says the same under both.
  const auto up = stash.find(kTombstone);
  if (kind == ProtocolKind::two_tombstones && !two && up != stash.end() && up->second != 0) {
    throw UsageError(
        "another program raised the stash's tombstone, as a migration by a single tombstone does; "
        "use --protocol single-tombstone, or finish with that program");
  }
}

bool needs_persist(ProtocolKind kind, const Config& stash) {
  const auto at = stash.find(kTombstone);
  if (at == stash.end()) return false;
  return kind == ProtocolKind::two_tombstones || at->second != 0;
}

bool persist_is_truth(ProtocolKind kind, std::optional<std::uint64_t> stash_tombstone,
                      std::optional<std::uint64_t> persist_tombstone) {
  if (kind == ProtocolKind::single_tombstone) return stash_tombstone.value_or(0) != 0;
  return stash_tombstone && persist_tombstone && *persist_tombstone == 0;
}

awaitable<Answer> MarkedStore::perform(Request request) {
  auto& config = request.transaction.config;
  if (config.contains(kTombstone)) config[kProtocolMark] = number_of(kind_);
  co_return co_await store_->perform(std::move(request));
}

}  // namespace cutover::cli
