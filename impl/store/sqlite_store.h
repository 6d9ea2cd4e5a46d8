// A store in a SQLite file, or in memory: a real engine behind the interface of the protocols.
//
// Every perform() is one SQLite transaction that checks the fence and does the work, on a database
// in WAL mode with synchronous=FULL: an answer of ok is on disk. Several processes may open one
// file; SQLite's locks order their transactions, and the fence tells the sessions apart.
//
// Not covered: a damaged file, a value beyond SQLite's limit of 1 GB, or an epoch at its end is no
// expected outcome of a step; perform() then throws StoreError, which names the file. Nothing here
// can show that the disk keeps what it was told to sync.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>

#include "impl/store/lock_wait.h"
#include "impl/store/store.h"

namespace cutover {

/// Why a file cannot be opened as a store: one line with the file, what is wrong, and the remedy.
/// A file that is not a Cutover store was neither changed nor given companions (-wal, -shm).
class StoreOpenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// All that a store holds, at one moment.
struct StoreLook {
  Epoch epoch{};
  std::map<std::string, std::uint64_t> config;
  Snapshot contents;
};

class SqliteStore final : public Store {
 public:
  /// A file of size zero counts as missing: it holds no store yet.
  enum class Mode {
    create_if_missing,
    must_exist,
    /// Must exist; needs no permission to write, and every step that would write is unavailable.
    /// Where it may not write, it must be left alone by others while it is read, unless they have
    /// it open already.
    read_only,
  };

  /// `file` ":memory:" is a private database without a file, created whatever the mode. A step that
  /// has waited in vain for another process's transaction is unavailable. Throws StoreOpenError.
  SqliteStore(std::string name, std::filesystem::path file, Mode mode, const LockWait& wait = {});
  ~SqliteStore() override;

  /// Completes before it first suspends. A step that could not begin, or that SQLite rolled back,
  /// is unavailable; one whose COMMIT failed so that its record may be on disk is a lost answer.
  awaitable<Answer> perform(Request request) override;

  /// All that the store holds, read in one transaction, unfenced; the contents as a handle, which
  /// may outlive the store object. Throws StoreError.
  StoreLook look();
  /// The same, with all contents in memory.
  StoreState inspect();

  /// Makes the store hold exactly `state`, in one transaction, unfenced: the epoch may decrease, so
  /// this is for tests and simulation only. Throws StoreError.
  void restore(const StoreState& state);

  /// Folds the write-ahead log into the file, so that the file alone is the whole store. Closing
  /// the last connection does so too, but can't say whether it could. False if another process is
  /// in the way, or the disk is full: then the store is file and log together.
  bool fold_log();
  /// The same as far as it goes without waiting for anybody: what others still read stays in the
  /// log, and the last of them to close the store folds it. False if the file cannot be written, as
  /// on a full disk.
  bool fold_log_without_waiting();

 private:
  class Database;
  std::unique_ptr<Database> database_;
};

}  // namespace cutover
