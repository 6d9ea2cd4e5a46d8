// The single tombstone's moves with one wrong step each; protocol_mutants.cpp makes protocols of
// them.
//
// Every flaw of the migration is there in the rollback too, and the other way round. Some mirrors
// are not what their original is:
//   migrate_without_bound         is mirrored by rollback_without_raise: each leaves out what keeps
//                                 epochs growing in its direction. A missing bound in the rollback
//                                 is harmless, as rollback_no_lower_bound shows.
//   rollback_absent_means_moved   loses writes: a rollback that believes in a migration overwrites
//                                 the stash, where a migration that does only serves persist
//   migrate_peek_before_open      loses writes likewise: it finds the tombstone down and overwrites
//                                 persist, where peek_before_open only serves the stash
#pragma once

#include "impl/catalog/single_tombstone.h"

namespace cutover::catalog::mutants {

// mutant_migrations.cpp
awaitable<Session> flip_before_copy(Store& stash_store, Store& persist_store);
awaitable<Session> snapshot_before_open(Store& stash_store, Store& persist_store);
awaitable<Session> merge(Store& stash_store, Store& persist_store);
awaitable<Session> migrate_without_copy(Store& stash_store, Store& persist_store);
awaitable<Session> trust_earlier_copy(Store& stash_store, Store& persist_store);
awaitable<Session> migrate_without_bound(Store& stash_store, Store& persist_store);
awaitable<Session> migrate_peek_before_open(Store& stash_store, Store& persist_store);
awaitable<Session> absent_means_moved(Store& stash_store, Store& persist_store);
awaitable<Session> migrate_emergency_open(Store& stash_store, Store& persist_store);
awaitable<Session> migrate_old_binary(Store& stash_store, Store& persist_store);
awaitable<Session> exclusive_mark(Store& stash_store, Store& persist_store);
awaitable<Session> bring_up_first(Store& stash_store, Store& persist_store);
awaitable<Session> never_brought_up(Store& stash_store, Store& persist_store);
awaitable<Session> persist_left_alone(Store& stash_store, Store& persist_store);
awaitable<Session> snapshot_first(Store& stash_store, Store& persist_store);
awaitable<Session> copy_with_epoch(Store& stash_store, Store& persist_store);

// mutant_rollbacks.cpp
awaitable<Session> rollback_flip_before_copy(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_snapshot_before_open(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_merge(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_without_copy(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_trust_earlier_copy(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_without_raise(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_no_lower_bound(Store& stash_store, Store& persist_store);
awaitable<Session> peek_before_open(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_absent_means_moved(Store& stash_store, Store& persist_store);
awaitable<Session> emergency_open(Store& stash_store, Store& persist_store);
awaitable<Session> old_binary(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_exclusive_mark(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_brings_up_first(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_never_brings_up(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_leaves_persist(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_snapshot_first(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_copy_with_epoch(Store& stash_store, Store& persist_store);

}  // namespace cutover::catalog::mutants
