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
  if (snapshot.format() < kCurrentFormat) snapshot = upgraded(snapshot);
  auto there = co_await persist.snapshot();
  Contents merged = snapshot.contents();
  merged.entries.merge(there.contents().entries);                    // FLAW
  snapshot = std::move(merged);
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

/// The destination's epoch starts wherever it was: violates EpochMonotone. After a migration clients
/// are served under a lower epoch than before, and third parties take the new owner for fenced.
awaitable<Session> migrate_without_bound(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store);                       // 2, FLAW: no lower bound
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                         // 4
  co_await persist.replace_contents(snapshot);                       // 5
  co_await set_tombstone(stash, true);                               // 6
  co_return persist;
}

/// A tombstone that was never set is read as true: violates ServeOnlyTruth. The first migration of
/// all believes that it is done.
awaitable<Session> absent_means_moved(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved != false) co_return persist;                             // FLAW: absent is not false
  auto snapshot = co_await stash.snapshot();                         // 4
  co_await persist.replace_contents(snapshot);                       // 5
  co_await set_tombstone(stash, true);                               // 6
  co_return persist;
}

/// The emergency path opens everything in order and then serves the stash, whatever the tombstone
/// says: violates ServeOnlyTruth.
awaitable<Session> emergency_open(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  co_await stash.raise_epoch(above(persist.epoch()));                // 2b
  co_return stash;                                                   // FLAW: without 3
}

/// A binary from before the migration: it knows one store and no tombstone. Violates ServeOnlyTruth.
awaitable<Session> old_binary(Store& stash_store, Store&) {
  auto stash = co_await open(stash_store);                           // 1, FLAW: and nothing else
  co_return stash;
}

/// The copy brings the source's epoch along, into a store that takes it: violates EpochMonotone.
awaitable<Session> copy_with_epoch(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved == true) co_return persist;
  auto snapshot = co_await stash.snapshot();                         // 4
  Transaction copy;
  copy.replace = std::move(snapshot);
  copy.config[kEpochEntry] = stash.epoch().value;                    // FLAW
  co_await persist.commit(std::move(copy));                          // 5
  co_await set_tombstone(stash, true);                               // 6
  co_return persist;
}

/// The snapshot is read before the tombstone: harmless to every property, as a process that stops at
/// the tombstone throws its snapshot away. But it is not what the design says: violates Refinement.
awaitable<Session> snapshot_first(Store& stash_store, Store& persist_store) {
  auto stash = co_await open(stash_store);                           // 1
  auto persist = co_await open(persist_store, above(stash.epoch())); // 2
  auto snapshot = co_await stash.snapshot();                         // 4, FLAW: comes before 3
  const auto moved = co_await tombstone(stash);                      // 3
  if (moved == true) co_return persist;
  co_await persist.replace_contents(snapshot);                       // 5
  co_await set_tombstone(stash, true);                               // 6
  co_return persist;
}

/// Clients are told before the write is durable: violates NoLostWrite.
awaitable<bool> acknowledge_first(Session& session, Clients& clients) {
  const std::optional<ClientRequest> request = co_await clients.next();
  if (!request) co_return false;
  ClientReply reply;
  reply.epoch = session.epoch();
  clients.reply(session, *request, reply);                           // FLAW: comes before the commit
  Transaction transaction;
  auto& entry = transaction.entries[request->key];
  if (request->kind == ClientRequest::Kind::put) {
    entry = encode_value(kCurrentFormat, request->key, request->value);
  }
  co_await session.commit(std::move(transaction));
  co_return true;
}
// clang-format on

Mutant mutant(const char* name, const char* violates, const char* about, Protocol::Move to_persist,
              Protocol::Move to_stash, const char* record = "") {
  const Parts parts{.protocol = {name, to_persist, to_stash}};
  return {"single-tombstone", name, violates, about, parts, record};
}

}  // namespace

std::vector<Mutant> protocol_mutants() {
  const Parts acknowledging{.protocol = kSingleTombstone, .serve_one = acknowledge_first};
  const Parts carrying{.protocol = {"copy-with-epoch", copy_with_epoch, rollback},
                       .persist = make_epoch_setting_store};
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
             rollback_without_raise, "epoch-low-after-rollback (KAFKA-20488)"),
      mutant("no-lower-bound", "EpochMonotone", "the destination is opened without a lower bound",
             migrate_without_bound, rollback, "epoch-regress (Materialize PR 24290)"),
      mutant("peek-before-open", "ServeOnlyTruth",
             "the tombstone is read before opening and used after", migrate, peek_before_open),
      mutant("absent-means-moved", "ServeOnlyTruth", "an absent tombstone is read as true",
             absent_means_moved, rollback),
      mutant("emergency-open", "ServeOnlyTruth", "an emergency open ignores the tombstone", migrate,
             emergency_open, "stale-tombstone (Materialize PR 24376)"),
      mutant("old-binary", "ServeOnlyTruth", "an old binary knows no tombstone", migrate,
             old_binary),
      mutant("exclusive-mark", "CanFinish",
             "a mark keeps others out, and the dead never take it away", exclusive_mark, rollback),
      mutant("snapshot-first", "Refinement",
             "the snapshot is read before the tombstone: harmless, but not the design",
             snapshot_first, rollback),
      {"single-tombstone", "acknowledge-first", "NoLostWrite",
       "a write is acknowledged before it is durable", acknowledging, ""},
      {"single-tombstone", "snapshot-carries-epoch", "EpochMonotone",
       "the copy brings the source's epoch along", carrying, ""},
  };
}

}  // namespace cutover::catalog
