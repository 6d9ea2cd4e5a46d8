// The single tombstone's rollback with one wrong step. Read each beside
// impl/catalog/single_tombstone.cpp; the line that differs says so.
#include "impl/catalog/contents.h"
#include "properties/catalog/mutant_moves.h"
#include "properties/catalog/mutant_stores.h"

namespace cutover::catalog::mutants {

// clang-format off: the steps' numbers stay in one column
/// The tombstone is taken down before the copy: violates NoLostWrite. From the moment it is down, the
/// stash is the truth, and holds what it held when it was left.
awaitable<Session> rollback_flip_before_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 4
  co_await set_tombstone(stash, false);                                      // 6, FLAW: comes before 5
  co_await stash.replace_contents(snapshot);                                 // 5
  co_return stash;
}

/// The snapshot is read through a session of persist that is given up before step 1: violates
/// NoLostWrite. A migration that serves persist in between acknowledges writes that the snapshot
/// does not hold.
awaitable<Session> rollback_snapshot_before_open(Store& stash_store, Store& persist_store) {
  auto earlier = co_await open_catalog(persist_store);
  auto snapshot = co_await earlier.snapshot();                               // 4, FLAW: comes before 1
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// The copy is merged into what the stash holds: violates NoResurrection. A key that was deleted while
/// persist was the truth is still in it.
awaitable<Session> rollback_merge(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 4
  auto there = co_await stash.snapshot();
  Contents merged = snapshot.contents();
  merged.entries.merge(there.contents().entries);                            // FLAW
  snapshot = std::move(merged);
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// The rollback moves the truth without copying: violates NoLostWrite.
awaitable<Session> rollback_without_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  co_await set_tombstone(stash, false);                                      // 6, FLAW: without 4 and 5
  co_return stash;
}

/// A mark left beside an earlier copy is taken for its being current: violates NoLostWrite. Since the
/// copy persist may have been served again.
awaitable<Session> rollback_trust_earlier_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  const auto copied = co_await stash.config("copied");                       // FLAW
  if (!copied) {
    auto snapshot = co_await persist.snapshot();                     // 4
    Transaction copy_and_mark;
    copy_and_mark.replace = std::move(snapshot);
    copy_and_mark.config["copied"] = 1;
    co_await stash.commit(std::move(copy_and_mark));                 // 5
  }
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// The naive rollback: the stash is served under the epoch with which it was opened, and that may
/// be below one that persist has served under: violates EpochMonotone.
awaitable<Session> rollback_without_raise(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2, FLAW: no 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 4
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// Persist is opened without a lower bound: harmless to every property, as step 2c raises the stash
/// above whatever persist's epoch then is, and a migration opens persist above the stash again. But
/// it is not what the design says: violates Refinement.
awaitable<Session> rollback_no_lower_bound(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store);                       // 2, FLAW: no lower bound
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 4
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// The tombstone is read before the stash is opened, and used after: violates ServeOnlyTruth. It
/// may have been moved in between.
awaitable<Session> peek_before_open(Store& stash_store, Store& persist_store) {
  const auto peeked = co_await peek_config(stash_store, kTombstone);         // 3, FLAW: comes before 1
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  if (!peeked || *peeked == 0) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 4
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// A tombstone that was never set is read as true: violates NoLostWrite. A rollback before the first
/// migration of all copies what was left in persist over the truth.
awaitable<Session> rollback_absent_means_moved(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == false) co_return stash;                                       // FLAW: absent is not true
  auto snapshot = co_await persist.snapshot();                               // 4
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// The emergency path opens everything in order and then serves the stash, whatever the tombstone
/// says: violates ServeOnlyTruth.
awaitable<Session> emergency_open(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  co_return stash;                                                           // FLAW: without 3
}

/// What persist's contents are brought up from is read through a session that is given up before
/// the epoch goes up: violates NoLostWrite. A migration that serves persist in between acknowledges
/// writes that are overwritten.
awaitable<Session> rollback_brings_up_first(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto earlier = co_await open(persist_store);
  auto held = co_await earlier.snapshot();                                   // 2b, FLAW: comes before 2a
  auto persist = co_await open(persist_store, above(stash.epoch()));         // 2a
  auto current = upgraded(held);
  co_await persist.replace_contents(current);                                // 2b
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 4
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// The stash is opened without its contents being brought up: violates NoLostWrite. Where it is the
/// truth already it is served in the old format, and what is written in the current one can't be
/// read.
awaitable<Session> rollback_never_brings_up(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                                   // 1a, FLAW: without 1b
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 4
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// Persist is opened without its contents being brought up: harmless to every property where it is
/// left, or was copied into when the stash's were current. Not where an older program has copied them,
/// which is no beginning of a search. And it is not what the design says: violates Refinement.
awaitable<Session> rollback_leaves_persist(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch()));         // 2a, FLAW: without 2b
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 4
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// A binary from before the migration: it knows one store and no tombstone. Violates ServeOnlyTruth.
awaitable<Session> old_binary(Store& stash_store, Store&) {
  auto stash = co_await open_catalog(stash_store);                           // 1, FLAW: and nothing else
  co_return stash;
}

/// A mark keeps two rollbacks from running at once, and nobody takes it away from the dead: violates
/// CanFinish.
awaitable<Session> rollback_exclusive_mark(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  const auto busy = co_await stash.config("busy");                           // FLAW
  if (busy == 1u) throw StepFailed(Status::unavailable);
  co_await stash.set_config("busy", 1);
  auto snapshot = co_await persist.snapshot();                               // 4
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_await stash.set_config("busy", 0);
  co_return stash;
}

/// The snapshot is read before the tombstone: harmless to every property, as a process that stops at
/// the tombstone throws its snapshot away. But it is not what the design says: violates Refinement.
awaitable<Session> rollback_snapshot_first(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  auto snapshot = co_await persist.snapshot();                               // 4, FLAW: comes before 3
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  co_await stash.replace_contents(snapshot);                                 // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}

/// The copy brings the source's epoch along, into a store that takes it: violates EpochMonotone. It
/// undoes step 2c.
awaitable<Session> rollback_copy_with_epoch(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != true) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 4
  Transaction copy;
  copy.replace = std::move(snapshot);
  copy.config[kEpochEntry] = persist.epoch().value;                          // FLAW
  co_await stash.commit(std::move(copy));                                    // 5
  co_await set_tombstone(stash, false);                                      // 6
  co_return stash;
}
// clang-format on

}  // namespace cutover::catalog::mutants
