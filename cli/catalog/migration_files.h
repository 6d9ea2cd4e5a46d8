// The two files of a migration: what is refused before any of them is changed, and the persist
// store that is made when it is needed.
#pragma once

#include <filesystem>

#include "cli/catalog/files.h"
#include "cli/catalog/protocol_mark.h"
#include "impl/store/sqlite_store.h"

namespace cutover::cli {

/// A store file that is created by the first step on it, if it is not there: so a migration that
/// ends before leaves no empty one.
class StoreFile final : public Store {
 public:
  StoreFile(std::string name, std::filesystem::path file, LockWait wait)
      : Store(std::move(name)), file_(std::move(file)), wait_(std::move(wait)) {}

  /// Opens it first. Throws StoreOpenError.
  StoreLook look(SqliteStore::Mode mode);
  awaitable<Answer> perform(Request request) override;
  /// True if nobody has opened it.
  bool fold_log() { return !store_ || store_->fold_log_without_waiting(); }

 private:
  std::filesystem::path file_;
  LockWait wait_;
  std::unique_ptr<SqliteStore> store_;
};

struct MigrationFiles {
  std::unique_ptr<StoreFile> stash, persist;
};

/// Throws UsageError and StoreOpenError, and then has changed nothing.
MigrationFiles open_files(const MigrateOptions& options, ProtocolKind kind);

}  // namespace cutover::cli
