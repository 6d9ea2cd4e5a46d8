// A store in a SQLite file, or in memory: a real engine behind the interface of the protocols.
//
// Every perform() is one SQLite transaction that checks the fence and does the work, on a database
// in WAL mode with synchronous=FULL: an answer of ok is on disk. Several processes may open one
// file; SQLite's locks order their transactions, and the fence tells the sessions apart.
//
// Not covered: a damaged file, or a value beyond SQLite's limit of 1 GB, is no expected outcome of
// a step; perform() then throws std::runtime_error. Nothing here can show that the disk keeps what
// it was told to sync.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "impl/store/store.h"

namespace cutover {

/// Why a file cannot be opened as a store: one line with the file, what is wrong, and the remedy.
/// A file that is not a Cutover store was neither changed nor given companions (-wal, -shm).
class StoreOpenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class SqliteStore final : public Store {
 public:
  /// A file of size zero counts as missing: it holds no store yet.
  enum class Mode { create_if_missing, must_exist };

  /// How long a step waits for another process's transaction before it is unavailable.
  static constexpr std::chrono::milliseconds kBusyTimeout{2000};

  /// `file` ":memory:" is a private database without a file, created whatever the mode. Throws
  /// StoreOpenError.
  SqliteStore(std::string name, std::filesystem::path file, Mode mode,
              std::chrono::milliseconds busy_timeout = kBusyTimeout);
  ~SqliteStore() override;

  /// Completes before it first suspends. A step that could not begin, or that SQLite rolled back,
  /// is unavailable; one whose COMMIT failed so that its record may be on disk is ambiguous.
  awaitable<Answer> perform(Request request) override;

  /// All that the store holds, read in one transaction, unfenced. Throws std::runtime_error.
  StoreState inspect();

  /// Makes the store hold exactly `state`, in one transaction, unfenced: the epoch may decrease, so
  /// this is for tests and simulation only. Throws std::runtime_error.
  void restore(const StoreState& state);

 private:
  class Database;
  std::unique_ptr<Database> database_;
};

}  // namespace cutover
