// The single tombstone's migration with one wrong step. Read each beside
// impl/catalog/single_tombstone.cpp; the line that differs says so.
#include "impl/catalog/contents.h"
#include "properties/catalog/mutant_moves.h"
#include "properties/catalog/mutant_stores.h"

namespace cutover::catalog::mutants {

// clang-format off: the steps' numbers stay in one column
/// The tombstone is set before the copy: violates NoLostWrite. From the moment it is set, persist
/// is the truth, and holds whatever was left there.
awaitable<Session> flip_before_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 4
  co_await set_tombstone(stash, true);                                       // 6, FLAW: comes before 5
  co_await persist.replace_contents(snapshot);                               // 5
  co_return persist;
}

/// The snapshot is read through a session that is given up before step 1: violates NoLostWrite. A
/// process that serves the stash in between acknowledges writes that the snapshot does not hold.
awaitable<Session> snapshot_before_open(Store& stash_store, Store& persist_store) {
  auto earlier = co_await open_catalog(stash_store);
  auto snapshot = co_await earlier.snapshot();                               // 4, FLAW: comes before 1
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}

/// The copy is merged into what the destination holds: violates NoResurrection. A key that was
/// deleted since an earlier copy is still in it.
awaitable<Session> merge(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 4
  auto there = co_await persist.snapshot();
  Contents merged = snapshot.contents();
  merged.entries.merge(there.contents().entries);                            // FLAW
  snapshot = std::move(merged);
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}

/// The migration moves the truth without copying: violates NoLostWrite.
awaitable<Session> migrate_without_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  co_await set_tombstone(stash, true);                                       // 6, FLAW: without 4 and 5
  co_return persist;
}

/// A mark left beside an earlier copy is taken for its being current: violates NoLostWrite. Between
/// the copy and the restart another process may have served the stash.
awaitable<Session> trust_earlier_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  const auto copied = co_await persist.config("copied");                     // FLAW
  if (!copied) {
    auto snapshot = co_await stash.snapshot();                       // 4
    Transaction copy_and_mark;
    copy_and_mark.replace = std::move(snapshot);
    copy_and_mark.config["copied"] = 1;
    co_await persist.commit(std::move(copy_and_mark));               // 5
  }
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}

/// The destination's epoch starts wherever it was: violates EpochMonotone. After a migration clients
/// are served under a lower epoch than before, and third parties take the new owner for fenced.
awaitable<Session> migrate_without_bound(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store);                       // 2, FLAW: no lower bound
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 4
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}

/// The tombstone is read before the stash is opened, and used after: violates NoLostWrite. Persist
/// may have become the truth in between, and is overwritten with what the stash held before.
awaitable<Session> migrate_peek_before_open(Store& stash_store, Store& persist_store) {
  const auto peeked = co_await peek_config(stash_store, kTombstone);         // 3, FLAW: comes before 1
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  if (peeked == 1u) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 4
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}

/// A tombstone that was never set is read as true: violates ServeOnlyTruth. The first migration of
/// all believes that it is done.
awaitable<Session> absent_means_moved(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved != false) co_return persist;                                     // FLAW: absent is not false
  auto snapshot = co_await stash.snapshot();                                 // 4
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}

/// The emergency path opens everything in order and then serves persist, whatever the tombstone
/// says: violates ServeOnlyTruth.
awaitable<Session> migrate_emergency_open(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_return persist;                                                         // FLAW: without 3
}

/// What the stash's contents are brought up from is read through a session that is given up before
/// the epoch goes up: violates NoLostWrite. A process that serves the stash in between acknowledges
/// writes that are overwritten.
awaitable<Session> bring_up_first(Store& stash_store, Store& persist_store) {
  auto earlier = co_await open(stash_store);
  auto held = co_await earlier.snapshot();                                   // 1b, FLAW: comes before 1a
  auto stash = co_await open(stash_store);                                   // 1a
  auto current = upgraded(held);
  co_await stash.replace_contents(current);                                  // 1b
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 4
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}

/// The stash is opened without its contents being brought up: violates NoLostWrite. The copy is in
/// the old format, and what is written into it in the current one can't be read.
awaitable<Session> never_brought_up(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                                   // 1a, FLAW: without 1b
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 4
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}

/// Persist is opened without its contents being brought up: harmless to every property where they are
/// replaced, or were copied when they were current. Not where an older program has copied them, which
/// is no beginning of a search. And it is not what the design says: violates Refinement.
awaitable<Session> persist_left_alone(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch()));         // 2a, FLAW: without 2b
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 4
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}

/// A binary from after the stash was given up for good: it knows persist and no tombstone. Violates
/// ServeOnlyTruth.
awaitable<Session> migrate_old_binary(Store&, Store& persist_store) {
  auto persist = co_await open_catalog(persist_store);                       // 2, FLAW: and nothing else
  co_return persist;
}

/// A mark keeps two migrations from running at once, and nobody takes it away from the dead:
/// violates CanFinish.
awaitable<Session> exclusive_mark(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  const auto busy = co_await persist.config("busy");                         // FLAW
  if (busy == 1u) throw StepFailed(Status::unavailable);
  co_await persist.set_config("busy", 1);
  auto snapshot = co_await stash.snapshot();                                 // 4
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_await persist.set_config("busy", 0);
  co_return persist;
}

/// The snapshot is read before the tombstone: harmless to every property, as a process that stops at
/// the tombstone throws its snapshot away. But it is not what the design says: violates Refinement.
awaitable<Session> snapshot_first(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  auto snapshot = co_await stash.snapshot();                                 // 4, FLAW: comes before 3
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  co_await persist.replace_contents(snapshot);                               // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}

/// The copy brings the source's epoch along, into a store that takes it: violates EpochMonotone.
awaitable<Session> copy_with_epoch(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                              // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 4
  Transaction copy;
  copy.replace = std::move(snapshot);
  copy.config[kEpochEntry] = stash.epoch().value;                            // FLAW
  co_await persist.commit(std::move(copy));                                  // 5
  co_await set_tombstone(stash, true);                                       // 6
  co_return persist;
}
// clang-format on

}  // namespace cutover::catalog::mutants
