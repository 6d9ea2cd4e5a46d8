// The protocols that differ from the single tombstone in one move, or in how they serve; a flaw and
// its mirror in the other direction stand beside each other.
#include "impl/catalog/contents.h"
#include "properties/catalog/mutant_moves.h"
#include "properties/catalog/mutant_stores.h"
#include "properties/catalog/mutants.h"

namespace cutover::catalog {
namespace {

/// Clients are told before the write is durable: violates NoLostWrite. Whichever store is served: it
/// has no direction.
awaitable<bool> acknowledge_first(Session& session, Clients& clients) {
  const std::optional<ClientRequest> request = co_await clients.next();
  if (!request) co_return false;
  ClientReply reply;
  reply.epoch = session.epoch();
  clients.reply(session, *request, reply);  // FLAW: comes before the commit
  Transaction transaction;
  auto& entry = transaction.entries[request->key];
  if (request->kind == ClientRequest::Kind::put) {
    entry = encode_value(kCurrentFormat, request->key, request->value);
  }
  co_await session.commit(std::move(transaction));
  co_return true;
}

Mutant migrating(const char* name, const char* violates, const char* about, Protocol::Move move,
                 const char* record = "") {
  const Parts parts{.protocol = {name, move, single_tombstone::rollback}};
  return {"single-tombstone", name, violates, about, parts, record};
}

Mutant rolling_back(const char* name, const char* violates, const char* about, Protocol::Move move,
                    const char* record = "") {
  const Parts parts{.protocol = {name, single_tombstone::migrate, move}};
  return {"single-tombstone", name, violates, about, parts, record};
}

}  // namespace

std::vector<Mutant> protocol_mutants() {
  using namespace mutants;
  const Parts acknowledging{.protocol = kSingleTombstone, .serve_one = acknowledge_first};
  const Parts carrying{
      .protocol = {"copy-with-epoch", copy_with_epoch, single_tombstone::rollback},
      .persist = epoch_setting};
  const Parts carrying_back{
      .protocol = {"rollback-copy-with-epoch", single_tombstone::migrate, rollback_copy_with_epoch},
      .stash = epoch_setting};
  // FLAW: moves that open lazily, and nothing that brings up afterwards
  const Parts serving_as_it_is{.protocol = {"left-as-is", kSingleTombstoneLazyOpen.migrate,
                                            kSingleTombstoneLazyOpen.rollback}};
  return {
      migrating("flip-before-copy", "NoLostWrite", "the tombstone is set before the copy",
                flip_before_copy),
      rolling_back("rollback-flips-first", "NoLostWrite",
                   "the rollback takes the tombstone down before the copy",
                   rollback_flip_before_copy),
      migrating("snapshot-before-open", "NoLostWrite",
                "the snapshot is read before the stash is opened", snapshot_before_open),
      rolling_back("rollback-early-snapshot", "NoLostWrite",
                   "the rollback reads its snapshot before the stash is opened",
                   rollback_snapshot_before_open),
      migrating("merge", "NoResurrection", "the copy is merged into what the destination holds",
                merge),
      rolling_back("rollback-merge", "NoResurrection",
                   "the rollback's copy is merged into what the stash holds", rollback_merge),
      migrating("migrate-without-copy", "NoLostWrite", "the migration flips without copying",
                migrate_without_copy),
      rolling_back("rollback-without-copy", "NoLostWrite", "the rollback flips without copying",
                   rollback_without_copy),
      migrating("trust-earlier-copy", "NoLostWrite", "a restart trusts an earlier copy",
                trust_earlier_copy),
      rolling_back("rollback-trusts-copy", "NoLostWrite",
                   "a restarted rollback trusts an earlier copy", rollback_trust_earlier_copy),
      migrating("no-lower-bound", "EpochMonotone",
                "the destination is opened without a lower bound", migrate_without_bound,
                "epoch-regress (Materialize PR 24290)"),
      rolling_back("rollback-without-raise", "EpochMonotone",
                   "the rollback serves the stash under the epoch it was opened with",
                   rollback_without_raise, "epoch-low-after-rollback (KAFKA-20488)"),
      rolling_back("rollback-no-lower-bound", "Refinement",
                   "the rollback opens persist without a lower bound: harmless, as it raises the "
                   "stash, but not the design",
                   rollback_no_lower_bound),
      migrating("migrate-peeks-first", "NoLostWrite",
                "the migration reads the tombstone before opening and uses it after",
                migrate_peek_before_open),
      rolling_back("peek-before-open", "ServeOnlyTruth",
                   "the tombstone is read before opening and used after", peek_before_open),
      migrating("absent-means-moved", "ServeOnlyTruth", "an absent tombstone is read as true",
                absent_means_moved),
      rolling_back("rollback-absent-is-true", "NoLostWrite",
                   "the rollback reads an absent tombstone as true", rollback_absent_means_moved),
      migrating("migrate-emergency-open", "ServeOnlyTruth",
                "an emergency open of persist ignores the tombstone", migrate_emergency_open),
      rolling_back("emergency-open", "ServeOnlyTruth", "an emergency open ignores the tombstone",
                   emergency_open, "stale-tombstone (Materialize PR 24376)"),
      migrating("migrate-old-binary", "ServeOnlyTruth",
                "a binary that only knows persist knows no tombstone", migrate_old_binary),
      rolling_back("old-binary", "ServeOnlyTruth", "an old binary knows no tombstone", old_binary),
      migrating("exclusive-mark", "CanFinish",
                "a mark keeps others out, and the dead never take it away", exclusive_mark),
      rolling_back("rollback-exclusive-mark", "CanFinish",
                   "a mark keeps other rollbacks out, and the dead never take it away",
                   rollback_exclusive_mark),
      migrating("bring-up-first", "NoLostWrite",
                "the stash's contents are read for the upgrade before it is opened",
                bring_up_first),
      rolling_back("rollback-early-bring-up", "NoLostWrite",
                   "the rollback reads persist's contents for the upgrade before it is opened",
                   rollback_brings_up_first),
      migrating("never-brought-up", "NoLostWrite",
                "the migration opens the stash and leaves its contents in the old format",
                never_brought_up),
      rolling_back("rollback-not-brought-up", "NoLostWrite",
                   "the rollback opens the stash and leaves its contents in the old format",
                   rollback_never_brings_up),
      {"single-tombstone-lazy-open", "left-as-is", "NoLostWrite",
       "what is served stays in the old format", serving_as_it_is, ""},
      migrating("persist-left-alone", "Refinement",
                "the migration opens persist and leaves its contents alone: harmless, unless an "
                "older program has moved the truth there",
                persist_left_alone),
      rolling_back("rollback-leaves-persist", "Refinement",
                   "the rollback opens persist and leaves its contents alone: harmless, unless an "
                   "older program has moved the truth there",
                   rollback_leaves_persist),
      migrating("snapshot-first", "Refinement",
                "the snapshot is read before the tombstone: harmless, but not the design",
                snapshot_first),
      rolling_back("rollback-snapshot-first", "Refinement",
                   "the rollback reads its snapshot before the tombstone: harmless, but not the "
                   "design",
                   rollback_snapshot_first),
      {"single-tombstone", "acknowledge-first", "NoLostWrite",
       "a write is acknowledged before it is durable", acknowledging, ""},
      {"single-tombstone", "snapshot-carries-epoch", "EpochMonotone",
       "the copy brings the source's epoch along", carrying, ""},
      {"single-tombstone", "rollback-carries-epoch", "EpochMonotone",
       "the rollback's copy brings the source's epoch along", carrying_back, ""},
  };
}

}  // namespace cutover::catalog
