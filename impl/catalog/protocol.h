// The catalog's migration protocols: from the stash to the persist store, and back.
//
// Each protocol is two coroutines whose lines are the steps of the design, one store operation a
// line; opening a store is two. They return the session on the store that is the source of truth,
// through which the process then serves. A step that does not go through ends the attempt
// (StepFailed): nothing is retried within an attempt, because a request whose answer was lost may
// still be under way, and only opening the stores again fences it.
#pragma once

#include <string_view>

#include "impl/store/store.h"

namespace cutover::catalog {

inline constexpr const char* kTombstone = "tombstone";

/// One of the two stores: where a move takes the truth to, or which of a pair it is.
enum class Which : std::size_t { stash, persist };

/// A migration protocol. The function objects are free functions: they keep nothing between calls.
struct Protocol {
  using Move = awaitable<Session> (*)(Store& stash, Store& persist);
  std::string_view name;
  Move migrate;   ///< to persist
  Move rollback;  ///< to the stash
  /// The moves leave the contents of stores that they open as they are, and the one that is to be
  /// served is brought up afterwards.
  bool opens_lazily = false;
};

/// The tombstone of a store as its session reads it, fenced; empty where it was never set.
awaitable<std::optional<bool>> tombstone(Session& session);
awaitable<void> set_tombstone(Session& session, bool value);

extern const Protocol kSingleTombstone;
extern const Protocol kSingleTombstoneOneWrite;  ///< steps 5 and 6 of the rollback are one write
extern const Protocol kSingleTombstoneLazyOpen;  ///< only the store that is served is brought up
extern const Protocol kTwoTombstones;
extern const Protocol kFirstDraft;  ///< known to be wrong

}  // namespace cutover::catalog
