// The single tombstone with one wrong step. Read each beside impl/catalog/single_tombstone.cpp; the
// line that differs says so.
#include "impl/catalog/contents.h"
#include "impl/catalog/single_tombstone.h"
#include "properties/catalog/mutants.h"

namespace cutover::catalog {
namespace {

using single_tombstone::migrate;
using single_tombstone::rollback;

/// The tombstone is set before the copy: violates NoLostWrite. From the moment it is set, persist
/// is the truth, and holds whatever was left there.
// clang-format off: the steps' numbers stay in one column
awaitable<Session> flip_before_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                         // 4
  co_await set_tombstone(stash, true);                               // 6, FLAW: comes before 5
  co_await persist.replace_contents(snapshot);                       // 5
  co_return persist;
}

/// The snapshot is read through a session that is given up before step 1: violates NoLostWrite. A
/// process that serves the stash in between acknowledges writes that the snapshot does not hold.
awaitable<Session> snapshot_before_open(Store& stash_store, Store& persist_store) {
  auto earlier = co_await open(stash_store);
  auto snapshot = co_await earlier.snapshot();                       // 4, FLAW: comes before 1
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved == true) co_return persist;
  co_await persist.replace_contents(snapshot);                       // 5
  co_await set_tombstone(stash, true);                               // 6
  co_return persist;
}

/// The copy is merged into what the destination holds: violates NoResurrection. A key that was
/// deleted since an earlier copy is still in it.
awaitable<Session> merge(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                         // 4
  if (snapshot.format == kOldFormat) snapshot = upgraded(snapshot);
  auto there = co_await persist.snapshot();
  snapshot.entries.merge(there.entries);                             // FLAW
  co_await persist.replace_contents(snapshot);                       // 5
  co_await set_tombstone(stash, true);                               // 6
  co_return persist;
}

/// The rollback moves the truth without copying: violates NoLostWrite.
awaitable<Session> rollback_without_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                // 2b
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved != true) co_return stash;
  co_await set_tombstone(stash, false);                              // 6, FLAW: without 4 and 5
  co_return stash;
}

/// A mark left beside an earlier copy is taken for its being current: violates NoLostWrite. Between
/// the copy and the restart another process may have served the stash.
awaitable<Session> trust_earlier_copy(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved == true) co_return persist;
  const auto copied = co_await persist.config("copied");             // FLAW
  if (!copied) {
    auto snapshot = co_await stash.snapshot();                       // 4
    Transaction copy_and_mark;
    copy_and_mark.replace = std::move(snapshot);
    copy_and_mark.config["copied"] = 1;
    co_await persist.commit(std::move(copy_and_mark));               // 5
  }
  co_await set_tombstone(stash, true);                               // 6
  co_return persist;
}

/// The naive rollback: the stash is served under the epoch with which it was opened, and that may
/// be below one that persist has served under: violates EpochMonotone.
awaitable<Session> rollback_without_raise(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2, FLAW: no 2b
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved != true) co_return stash;
  auto snapshot = co_await persist.snapshot();                       // 4
  co_await stash.replace_contents(snapshot);                         // 5
  co_await set_tombstone(stash, false);                              // 6
  co_return stash;
}

/// The tombstone is read before the stash is opened, and used after: violates ServeOnlyTruth. It
/// may have been moved in between.
awaitable<Session> peek_before_open(Store& stash_store, Store& persist_store) {
  const auto peeked = co_await peek_config(stash_store, kTombstone); // 3, FLAW: comes before 1
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                // 2b
  if (!peeked || *peeked == 0) co_return stash;
  auto snapshot = co_await persist.snapshot();                       // 4
  co_await stash.replace_contents(snapshot);                         // 5
  co_await set_tombstone(stash, false);                              // 6
  co_return stash;
}

/// A mark keeps two migrations from running at once, and nobody takes it away from the dead:
/// violates CanFinish.
awaitable<Session> exclusive_mark(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved == true) co_return persist;
  const auto busy = co_await persist.config("busy");                 // FLAW
  if (busy == 1u) throw StepFailed(Status::unavailable);
  co_await persist.set_config("busy", 1);
  auto snapshot = co_await stash.snapshot();                         // 4
  co_await persist.replace_contents(snapshot);                       // 5
  co_await set_tombstone(stash, true);                               // 6
  co_await persist.set_config("busy", 0);
  co_return persist;
}
// clang-format on

Mutant mutant(const char* name, const char* violates, const char* about, Protocol::Move to_persist,
              Protocol::Move to_stash) {
  return {"single-tombstone", name, violates, about,
          Parts{.protocol = {name, to_persist, to_stash}}};
}

}  // namespace

std::vector<Mutant> protocol_mutants() {
  return {
      mutant("flip-before-copy", "NoLostWrite", "the tombstone is set before the copy",
             flip_before_copy, rollback),
      mutant("snapshot-before-open", "NoLostWrite",
             "the snapshot is read before the stash is opened", snapshot_before_open, rollback),
      mutant("merge", "NoResurrection", "the copy is merged into what the destination holds", merge,
             rollback),
      mutant("rollback-without-copy", "NoLostWrite", "the rollback flips without copying", migrate,
             rollback_without_copy),
      mutant("trust-earlier-copy", "NoLostWrite", "a restart trusts an earlier copy",
             trust_earlier_copy, rollback),
      mutant("rollback-without-raise", "EpochMonotone",
             "the rollback serves the stash under the epoch it was opened with", migrate,
             rollback_without_raise),
      mutant("peek-before-open", "ServeOnlyTruth",
             "the tombstone is read before opening and used after", migrate, peek_before_open),
      mutant("exclusive-mark", "CanFinish",
             "a mark keeps others out, and the dead never take it away", exclusive_mark, rollback),
  };
}

}  // namespace cutover::catalog
