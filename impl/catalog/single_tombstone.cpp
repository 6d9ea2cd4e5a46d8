// The single tombstone. It is a config entry of the stash: absent or false, the stash is the source
// of truth; true, persist is. The store that is not the source of truth holds garbage by
// definition.
//
// Every move opens the stash first, so that whoever opened it last is the only one who can still
// read or set the tombstone; then persist, so that nobody else can write there either. Opening is
// two steps, the epoch and then the contents (open_catalog), of the store that will not be served
// too: lazy_open.cpp is the form without.
//
// Epochs. A third party fences by the epoch of the session that serves, whichever store that is on,
// so it must not decrease when the truth moves. Opening persist above the stash's epoch sees to it
// in a migration. In a rollback the stash was opened first, so its session raises its own epoch
// above persist's (step 2c). It is a fenced operation of that session: if another process has
// opened the stash meanwhile, it fails, like every later step. It comes before step 3 because a
// rollback that finds the tombstone down already may follow one that died right after step 6, and
// must serve above persist's epoch all the same.
#include "impl/catalog/single_tombstone.h"

#include "impl/catalog/contents.h"

namespace cutover::catalog {
namespace single_tombstone {

// clang-format off: the steps' numbers stay in one column
awaitable<Session> migrate(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;                                      // persist is the truth already
  auto snapshot = co_await stash.snapshot();                                 // 4
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6: from here persist is the truth
  co_return persist;
}

awaitable<Session> rollback(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;                                        // the stash is the truth already
  auto snapshot = co_await persist.snapshot();                               // 4
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6: from here the stash is the truth
  co_return stash;
}

awaitable<Session> rollback_one_write(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;                                        // the stash is the truth already
  auto snapshot = co_await persist.snapshot();                               // 4
  Transaction copy_and_flip;
  copy_and_flip.replace = std::move(snapshot);
  copy_and_flip.config[kTombstone] = 0;
  co_await stash.commit(std::move(copy_and_flip));                           // 5 and 6, one write
  co_return stash;
}
// clang-format on

}  // namespace single_tombstone

const Protocol kSingleTombstone{"single-tombstone", single_tombstone::migrate,
                                single_tombstone::rollback};
const Protocol kSingleTombstoneOneWrite{"single-tombstone-one-write", single_tombstone::migrate,
                                        single_tombstone::rollback_one_write};

}  // namespace cutover::catalog
