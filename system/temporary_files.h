// Files that don't outlive their purpose: removed at the end of a scope, and also when SIGINT,
// SIGTERM or SIGHUP ends the process. One that is killed may leave them; the next use of the name
// starts anew.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "system/at_signal.h"

namespace cutover::system {

class TemporaryFiles {
 public:
  /// Paths that can't be removed, as they are not there, are left out silently.
  explicit TemporaryFiles(const std::vector<std::filesystem::path>& files);
  ~TemporaryFiles();
  TemporaryFiles(const TemporaryFiles&) = delete;
  TemporaryFiles& operator=(const TemporaryFiles&) = delete;

 private:
  const std::vector<std::filesystem::path> files_;
  std::vector<std::unique_ptr<RemovedAtSignal>> at_signal_;
};

/// A name beside `file`, for what is to take its place.
std::filesystem::path temporary_name(const std::filesystem::path& file);

}  // namespace cutover::system
