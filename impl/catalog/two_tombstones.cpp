// Two tombstones, one in each store: the alternative design.
//
// (stash, persist) tombstones name the source of truth: (absent, any) stash; (any, absent) stash;
// (true, false) persist; (false, true) stash; (true, true) stash; (false, false) persist. A move
// first states its direction in the store it leaves or returns to, then copies, then states in the
// persist store that it is done: only that last write moves the truth.
//
// Opening and epochs as in the single tombstone.
#include "impl/catalog/contents.h"
#include "impl/catalog/protocol.h"

namespace cutover::catalog {
namespace {

// clang-format off: the steps' numbers stay in one column
awaitable<Session> migrate(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await set_tombstone(stash, true);                                       // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone == false) co_return persist;                         // persist is the truth already
  auto snapshot = co_await stash.snapshot();                                 // 5
  co_await persist.replace_contents(snapshot);                               // 6
  co_await set_tombstone(persist, false);                                    // 7: from here persist is the truth
  co_return persist;
}

awaitable<Session> rollback(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  co_await set_tombstone(stash, false);                                      // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone != false) co_return stash;                           // the stash is the truth already
  auto snapshot = co_await persist.snapshot();                               // 5
  co_await stash.replace_contents(snapshot);                                 // 6
  co_await set_tombstone(persist, true);                                     // 7: from here the stash is the truth
  co_return stash;
}
// clang-format on

}  // namespace

const Protocol kTwoTombstones{"two-tombstones", migrate, rollback};

}  // namespace cutover::catalog
