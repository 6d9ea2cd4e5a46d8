// Which processes write to a table of a file as workers.
#pragma once

#include <filesystem>
#include <string>

#include "impl/store/lock_wait.h"
#include "impl/store/store_failed.h"
#include "system/task.h"

namespace cutover::online {

/// Those that share a lock on FILE.TABLE.workers. What a process has not committed when it dies,
/// never arrives.
class FileWorkers {
 public:
  /// `wait.told` is given the target, if it has to wait. Throws StoreFailed.
  FileWorkers(const std::filesystem::path& target, const std::string& table, LockWait wait);
  ~FileWorkers();
  FileWorkers(const FileWorkers&) = delete;
  FileWorkers& operator=(const FileWorkers&) = delete;

  Task<void> join() const;
  Task<void> leave() const;
  /// Throws StoreFailed when the time is over.
  Task<void> drained() const;

 private:
  void take(int kind) const;
  [[noreturn]] void fail(const char* what) const;

  std::filesystem::path target_, file_;
  LockWait wait_;
  int descriptor_ = -1;
};

}  // namespace cutover::online
