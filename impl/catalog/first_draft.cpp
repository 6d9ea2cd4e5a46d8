// The first draft of the design, known to be wrong: violates OneSourceOfTruth.
//
// Each move raises a flag of intent in the store it leaves, and the copy takes the other store's
// flag down. A move that ends between the two leaves its flag up; a move the other way then raises
// the second one, and with both up nothing tells which store is right.
//
// Stores are opened lazily, as in lazy_open.cpp: the flaw has nothing to do with their contents.
#include "impl/catalog/protocol.h"

namespace cutover::catalog {
namespace {

/// Writes the contents and takes the store's tombstone down, atomically.
awaitable<void> arrive(Session& session, Snapshot contents) {
  Transaction transaction;
  transaction.replace = std::move(contents);
  transaction.config[kTombstone] = 0;
  co_await session.commit(std::move(transaction));
}

// clang-format off: the steps' numbers stay in one column
awaitable<Session> migrate(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 1
  co_await set_tombstone(stash, true);                               // 2
  const auto left_persist = co_await tombstone(persist);             // 3
  if (left_persist == false) co_return persist;
  auto snapshot = co_await stash.snapshot();                         // 4
  co_await arrive(persist, snapshot);                                // 5
  co_return persist;
}

awaitable<Session> rollback(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 1
  co_await stash.raise_epoch(above(persist.epoch()));                // 1c
  co_await set_tombstone(persist, true);                             // 2
  const auto left_stash = co_await tombstone(stash);                 // 3
  if (left_stash != true) co_return stash;
  auto snapshot = co_await persist.snapshot();                       // 4
  co_await arrive(stash, snapshot);                                  // 5
  co_return stash;
}
// clang-format on

}  // namespace

const Protocol kFirstDraft{"first-draft", migrate, rollback, true};

}  // namespace cutover::catalog
