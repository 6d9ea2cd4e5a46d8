#include "system/temporary_files.h"

#include <fmt/format.h>
#include <unistd.h>

namespace cutover::system {

TemporaryFiles::TemporaryFiles(const std::vector<std::filesystem::path>& files) : files_(files) {
  for (const std::filesystem::path& file : files_) {
    at_signal_.push_back(std::make_unique<RemovedAtSignal>(file.string()));
  }
}

TemporaryFiles::~TemporaryFiles() {
  for (const std::filesystem::path& file : files_) ::unlink(file.c_str());
}

std::filesystem::path temporary_name(const std::filesystem::path& file) {
  return fmt::format("{}.{}.tmp", file.string(), ::getpid());
}

}  // namespace cutover::system
