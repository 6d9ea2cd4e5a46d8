// The single tombstone with an optimisation that the design asks about and turns down: the moves
// only count the epochs up, and leave contents as they find them. The store that will be served is
// brought up once the move is over (Protocol::opens_lazily); the other one holds garbage by
// definition, and stays as it is.
//
// What a move copies may so be in an old format, or never initialised.
#include "impl/catalog/protocol.h"

namespace cutover::catalog {
namespace {

// clang-format off: the steps' numbers stay in one column
awaitable<Session> migrate(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1a
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2a
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved == true) co_return persist;                              // persist is the truth already
  auto snapshot = co_await stash.snapshot();                         // 4
  co_await persist.replace_contents(snapshot);                       // 5
  co_await set_tombstone(stash, true);                               // 6: from here persist is the truth
  co_return persist;
}

awaitable<Session> rollback(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1a
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2a
  co_await stash.raise_epoch(above(persist.epoch()));                // 2c
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved != true) co_return stash;                                // the stash is the truth already
  auto snapshot = co_await persist.snapshot();                       // 4
  co_await stash.replace_contents(snapshot);                         // 5
  co_await set_tombstone(stash, false);                              // 6: from here the stash is the truth
  co_return stash;
}
// clang-format on

}  // namespace

const Protocol kSingleTombstoneLazyOpen{"single-tombstone-lazy-open", migrate, rollback, true};

}  // namespace cutover::catalog
