// The two tombstones with one wrong step: a flaw for each step of the migration, and its mirror in
// the rollback. Read each beside impl/catalog/two_tombstones.cpp; the line that differs says so.
#include "impl/catalog/contents.h"
#include "properties/catalog/mutants.h"

namespace cutover::catalog {
namespace {

// clang-format off: the steps' numbers stay in one column
// In place of the migration.

/// The snapshot is read through a session that is given up before step 1: violates NoLostWrite.
awaitable<Session> snapshot_before_open(Store& stash_store, Store& persist_store) {
  auto earlier = co_await open_catalog(stash_store);
  auto snapshot = co_await earlier.snapshot();                               // 5, FLAW: comes before 1
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await set_tombstone(stash, true);                                       // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone == false) co_return persist;
  co_await persist.replace_contents(snapshot);                               // 6
  co_await set_tombstone(persist, false);                                    // 7
  co_return persist;
}

/// Persist's epoch starts wherever it was: violates EpochMonotone.
awaitable<Session> no_lower_bound(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store);                       // 2, FLAW: no lower bound
  co_await set_tombstone(stash, true);                                       // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone == false) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 5
  co_await persist.replace_contents(snapshot);                               // 6
  co_await set_tombstone(persist, false);                                    // 7
  co_return persist;
}

/// The direction is not stated: violates ServeOnlyTruth. Without a tombstone in the stash, persist's
/// moves nothing.
awaitable<Session> no_direction(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  const auto persist_tombstone = co_await tombstone(persist);                // 4, FLAW: without 3
  if (persist_tombstone == false) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 5
  co_await persist.replace_contents(snapshot);                               // 6
  co_await set_tombstone(persist, false);                                    // 7
  co_return persist;
}

/// It does not ask whether persist is the truth already: violates NoLostWrite. The copy overwrites
/// what persist was told since.
awaitable<Session> never_asks(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await set_tombstone(stash, true);                                       // 3
  auto snapshot = co_await stash.snapshot();                                 // 5, FLAW: without 4
  co_await persist.replace_contents(snapshot);                               // 6
  co_await set_tombstone(persist, false);                                    // 7
  co_return persist;
}

/// The truth moves without the contents: violates NoLostWrite.
awaitable<Session> without_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await set_tombstone(stash, true);                                       // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone == false) co_return persist;
  co_await set_tombstone(persist, false);                                    // 7, FLAW: without 5 and 6
  co_return persist;
}

/// The copy is merged into what persist holds: violates NoResurrection.
awaitable<Session> merge(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await set_tombstone(stash, true);                                       // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone == false) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 5
  auto there = co_await persist.snapshot();
  Contents merged = snapshot.contents();
  merged.entries.merge(there.contents().entries);                            // FLAW
  snapshot = std::move(merged);
  co_await persist.replace_contents(snapshot);                               // 6
  co_await set_tombstone(persist, false);                                    // 7
  co_return persist;
}

/// The truth moves before the copy: violates NoLostWrite.
awaitable<Session> flip_before_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await set_tombstone(stash, true);                                       // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone == false) co_return persist;
  auto snapshot = co_await stash.snapshot();                                 // 5
  co_await set_tombstone(persist, false);                                    // 7, FLAW: comes before 6
  co_await persist.replace_contents(snapshot);                               // 6
  co_return persist;
}

// In place of the rollback.

/// The snapshot is read through a session of persist that is given up before step 1: violates
/// NoLostWrite.
awaitable<Session> rollback_snapshot_before_open(Store& stash_store, Store& persist_store) {
  auto earlier = co_await open_catalog(persist_store);
  auto snapshot = co_await earlier.snapshot();                               // 5, FLAW: comes before 1
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  co_await set_tombstone(stash, false);                                      // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone != false) co_return stash;
  co_await stash.replace_contents(snapshot);                                 // 6
  co_await set_tombstone(persist, true);                                     // 7
  co_return stash;
}

/// The stash is served under the epoch with which it was opened: violates EpochMonotone.
awaitable<Session> rollback_without_raise(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await set_tombstone(stash, false);                                      // 3, FLAW: without 2c
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone != false) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 5
  co_await stash.replace_contents(snapshot);                                 // 6
  co_await set_tombstone(persist, true);                                     // 7
  co_return stash;
}

/// The direction is not stated: harmless to every property, as it is the other store's tombstone that
/// moves the truth back. But it is not what the design says: violates Refinement.
awaitable<Session> rollback_no_direction(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  const auto persist_tombstone = co_await tombstone(persist);                // 4, FLAW: without 3
  if (persist_tombstone != false) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 5
  co_await stash.replace_contents(snapshot);                                 // 6
  co_await set_tombstone(persist, true);                                     // 7
  co_return stash;
}

/// It does not ask whether the stash is the truth already: violates NoLostWrite.
awaitable<Session> rollback_never_asks(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  co_await set_tombstone(stash, false);                                      // 3
  auto snapshot = co_await persist.snapshot();                               // 5, FLAW: without 4
  co_await stash.replace_contents(snapshot);                                 // 6
  co_await set_tombstone(persist, true);                                     // 7
  co_return stash;
}

/// The truth moves without the contents: violates NoLostWrite.
awaitable<Session> rollback_without_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  co_await set_tombstone(stash, false);                                      // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone != false) co_return stash;
  co_await set_tombstone(persist, true);                                     // 7, FLAW: without 5 and 6
  co_return stash;
}

/// The copy is merged into what the stash holds: violates NoResurrection.
awaitable<Session> rollback_merge(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  co_await set_tombstone(stash, false);                                      // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone != false) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 5
  auto there = co_await stash.snapshot();
  Contents merged = snapshot.contents();
  merged.entries.merge(there.contents().entries);                            // FLAW
  snapshot = std::move(merged);
  co_await stash.replace_contents(snapshot);                                 // 6
  co_await set_tombstone(persist, true);                                     // 7
  co_return stash;
}

/// The truth moves before the copy: violates NoLostWrite.
awaitable<Session> rollback_flip_before_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open_catalog(stash_store);                           // 1
  auto persist = co_await open_catalog(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                        // 2c
  co_await set_tombstone(stash, false);                                      // 3
  const auto persist_tombstone = co_await tombstone(persist);                // 4
  if (persist_tombstone != false) co_return stash;
  auto snapshot = co_await persist.snapshot();                               // 5
  co_await set_tombstone(persist, true);                                     // 7, FLAW: comes before 6
  co_await stash.replace_contents(snapshot);                                 // 6
  co_return stash;
}
// clang-format on

Mutant mutant(const char* name, const char* violates, const char* about, const Protocol& protocol) {
  const Parts parts{.protocol = protocol, .truth = truth_by_two_tombstones};
  return {"two-tombstones", name, violates, about, parts, ""};
}

Mutant migrating(const char* name, const char* violates, const char* about, Protocol::Move move) {
  return mutant(name, violates, about, {name, move, kTwoTombstones.rollback});
}

Mutant rolling_back(const char* name, const char* violates, const char* about,
                    Protocol::Move move) {
  return mutant(name, violates, about, {name, kTwoTombstones.migrate, move});
}

}  // namespace

std::vector<Mutant> mutants_of_two_tombstones() {
  return {
      migrating("snapshot-before-open", "NoLostWrite",
                "the snapshot is read before the stash is opened", snapshot_before_open),
      rolling_back("rollback-early-snapshot", "NoLostWrite",
                   "the rollback reads its snapshot before the stash is opened",
                   rollback_snapshot_before_open),
      migrating("no-lower-bound", "EpochMonotone",
                "the destination is opened without a lower bound", no_lower_bound),
      rolling_back("rollback-without-raise", "EpochMonotone",
                   "the rollback serves the stash under the epoch it was opened with",
                   rollback_without_raise),
      migrating("no-direction", "ServeOnlyTruth",
                "the migration does not set the stash's tombstone", no_direction),
      rolling_back("rollback-no-direction", "Refinement",
                   "the rollback does not set the stash's tombstone: harmless, but not the design",
                   rollback_no_direction),
      migrating("never-asks", "NoLostWrite",
                "the migration does not ask whether persist is the truth already", never_asks),
      rolling_back("rollback-never-asks", "NoLostWrite",
                   "the rollback does not ask whether the stash is the truth already",
                   rollback_never_asks),
      migrating("migrate-without-copy", "NoLostWrite", "the migration flips without copying",
                without_copy),
      rolling_back("rollback-without-copy", "NoLostWrite", "the rollback flips without copying",
                   rollback_without_copy),
      migrating("merge", "NoResurrection", "the copy is merged into what persist holds", merge),
      rolling_back("rollback-merge", "NoResurrection",
                   "the rollback's copy is merged into what the stash holds", rollback_merge),
      migrating("flip-before-copy", "NoLostWrite", "the truth moves before the copy",
                flip_before_copy),
      rolling_back("rollback-flips-first", "NoLostWrite",
                   "the rollback moves the truth before the copy", rollback_flip_before_copy),
  };
}

}  // namespace cutover::catalog
