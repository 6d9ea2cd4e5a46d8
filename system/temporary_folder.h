// A new folder, removed with all in it at the end of its scope, and also when SIGINT, SIGTERM or
// SIGHUP ends the process. One that is killed leaves it behind: the next process that makes a
// folder of this name there removes it.
//
// A process that lives holds a lock on a file in its folder. So what a dead one left is told apart
// also where several containers share the place. What is kept has no such file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "system/at_signal.h"

namespace cutover::system {

class TemporaryFolder {
 public:
  /// "NAME.NUMBER" in `place`, which is made if it is not there; by default it is the folder for
  /// temporary files (TMPDIR). Throws std::runtime_error that names the place and the remedy.
  explicit TemporaryFolder(const std::string& name, const std::filesystem::path& place = {});
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// It stays, whatever becomes of this process.
  void keep();

 private:
  bool take(const std::filesystem::path& path);

  std::filesystem::path path_;
  int lock_ = -1;
  std::optional<RemovedAtSignal> at_signal_;
};

}  // namespace cutover::system
