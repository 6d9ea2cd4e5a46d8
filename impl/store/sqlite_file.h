// Opening a file as a store's database: what is refused, and why, before a byte of it is changed;
// its tables; and its journal.
#pragma once

#include "impl/store/sqlite.h"
#include "impl/store/sqlite_store.h"

namespace cutover::sqlite {

/// What a failure of SQLite means to the file's user, and the remedy.
std::string explain(const Error& error);

/// A connection to the file, with the tables of a store; it has a write-ahead log, and every commit
/// is synced. Throws StoreOpenError, which names the file.
Connection open_store(const std::filesystem::path& file, SqliteStore::Mode mode,
                      const LockWait& wait);

}  // namespace cutover::sqlite
