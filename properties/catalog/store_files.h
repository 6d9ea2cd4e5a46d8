// The two store files of a folder, as check_processes lays them out.
#pragma once

#include <filesystem>

#include "impl/store/sqlite_store.h"
#include "properties/catalog/adaptor.h"

namespace cutover::catalog {

std::string store_name(Which which);
std::filesystem::path store_file(const std::filesystem::path& folder, Which which);

/// Both, opened. Throws StoreOpenError.
struct StoreFiles {
  explicit StoreFiles(const std::filesystem::path& folder,
                      SqliteStore::Mode mode = SqliteStore::Mode::must_exist);
  SqliteStore stash, persist;
};

/// Makes `to` hold what a process that was killed in `from` has left: the databases and their logs.
/// SQLite makes the third file, the log's index, again. Nobody may be writing there, but the files
/// may be open.
void copy_store_files(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace cutover::catalog
