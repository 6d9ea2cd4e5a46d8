// Which processes write to a table of a file as workers.
#pragma once

#include <filesystem>
#include <string>

#include "impl/online/cluster.h"
#include "impl/store/lock_wait.h"
#include "impl/store/store_failed.h"
#include "system/task.h"

namespace cutover::online {

/// Those that share a lock on FILE.TABLE.workers. What a process has not committed when it dies,
/// never arrives.
class FileWorkers final : public Workers {
 public:
  /// `wait.told` is given the target, if it has to wait. Throws StoreFailed.
  FileWorkers(const std::filesystem::path& target, const std::string& table, LockWait wait);
  ~FileWorkers() override;
  FileWorkers(const FileWorkers&) = delete;
  FileWorkers& operator=(const FileWorkers&) = delete;

  Task<void> join() const override;
  Task<void> leave() const override;
  Task<void> drained() const override;

 private:
  void take(int kind) const;
  [[noreturn]] void fail(const char* what) const;

  std::filesystem::path target_, file_;
  LockWait wait_;
  int descriptor_ = -1;
};

}  // namespace cutover::online
