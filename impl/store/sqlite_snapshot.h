// The contents of a store's file at one moment, as a handle: a connection of its own that holds a
// read transaction, and reads row by row. Whoever writes meanwhile is not in the way, and not seen.
#pragma once

#include "impl/store/sqlite.h"
#include "impl/store/store.h"

namespace cutover::sqlite {

class SnapshotSource final : public EntrySource {
 public:
  /// Begins the transaction. Throws Error.
  SnapshotSource(Connection db, std::string file);

  /// As they are at the snapshot's moment, so that a fence is compared atomically with it. Throw
  /// Error.
  Epoch epoch() const;
  std::map<std::string, std::uint64_t> config() const;

  /// From here on StoreError, which names the file, or std::bad_alloc.
  std::uint32_t format() const override;
  std::uint64_t size() const override;
  std::unique_ptr<EntryCursor> read() const override;

 private:
  Connection db_;
  std::string file_;
};

/// The format that is stored; SQLITE_CORRUPT if it is none.
std::uint32_t read_format(Statement& query);

}  // namespace cutover::sqlite
