// Why the catalog migration is right: its named properties, as a monitor of what happens.
//
//   OneSourceOfTruth     the tombstones name exactly one store
//   NoLostWrite          the source of truth holds every acknowledged put, and beyond them only
//                        what an unacknowledged client request may have written
//   NoResurrection       a key whose delete was acknowledged stays gone
//   ServeOnlyTruth       a process that is not fenced on the store it serves serves the truth
//   FencedNeverSucceeds  no request of a session takes effect once a later epoch was issued
//   EpochMonotone        every epoch a store issues is higher than all it issued before; and
//                        clients' operations are acknowledged under epochs that never decrease,
//                        whichever store they are served from
//   CanFinish            from every durable state, a process started alone and without further
//                        faults ends up serving what it was asked for
//
// What an acknowledged write is, is told by the client: a request from the moment at which it
// reaches a process may have been written; an acknowledged one must have been, and replaces on its
// key all that was possible before. That is stricter than linearizability: a request of a dead
// process must not land after a later process has acknowledged a write to the same key. Fencing
// promises as much.
//
// Not verified: that clients are answered at all while processes compete.
#pragma once

#include "properties/catalog/adaptor.h"
#include "properties/catalog/bounds.h"

namespace cutover::catalog {

/// Names the source of truth from the tombstones alone; nothing where they name none or both.
using Truth = std::optional<Which> (*)(std::optional<bool> stash_tombstone,
                                       std::optional<bool> persist_tombstone);

std::optional<Which> truth_by_single_tombstone(std::optional<bool> stash,
                                               std::optional<bool> persist);
std::optional<Which> truth_by_two_tombstones(std::optional<bool> stash,
                                             std::optional<bool> persist);
/// The first draft gives (true, true) no meaning: each move raises one flag, whichever way it goes.
std::optional<Which> truth_by_first_draft(std::optional<bool> stash, std::optional<bool> persist);

/// The properties' names, in the order in which they are reported.
std::vector<std::string> property_names();
/// Index of CanFinish, which the engine itself decides.
std::size_t can_finish_index();
std::vector<crashsim::Witness> witnesses();

std::shared_ptr<const crashsim::Monitor> make_monitor(Truth truth);

/// What is remembered at a beginning: what clients know of each key, the epochs issued so far, and
/// the one under which clients were last acknowledged.
crashsim::Value initial_memory(
    const std::map<std::string, std::optional<std::string>>& acknowledged, Epoch stash,
    Epoch persist, Epoch served);

/// The columns of a trace: stash, persist, truth.
std::vector<std::pair<std::string, std::string>> describe(
    Truth truth, std::span<const crashsim::Value* const> stores);

}  // namespace cutover::catalog
