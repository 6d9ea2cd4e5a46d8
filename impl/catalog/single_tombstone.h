// The single tombstone: the accepted design, as functions that its mutants share.
#pragma once

#include "impl/catalog/protocol.h"

namespace cutover::catalog::single_tombstone {

awaitable<Session> migrate(Store& stash_store, Store& persist_store);
awaitable<Session> rollback(Store& stash_store, Store& persist_store);
awaitable<Session> rollback_one_write(Store& stash_store, Store& persist_store);

}  // namespace cutover::catalog::single_tombstone
