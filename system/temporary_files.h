// Files that don't outlive their purpose: removed at the end of a scope, and also when SIGINT,
// SIGTERM or SIGHUP ends the process. One that is killed may leave them; the next use of the name
// starts anew.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cutover::system {

/// Not thread-safe. Signals that are ignored stay ignored.
class TemporaryFiles {
 public:
  /// Paths that can't be removed, as they are not there, are left out silently.
  explicit TemporaryFiles(const std::vector<std::filesystem::path>& files);
  ~TemporaryFiles();
  TemporaryFiles(const TemporaryFiles&) = delete;
  TemporaryFiles& operator=(const TemporaryFiles&) = delete;

 private:
  std::vector<std::string> files_;
};

/// What such a signal writes to standard error first, such as the end of a line that was begun;
/// null: nothing. The text is not copied.
void set_last_words(const char* text);

/// A name beside `file`, for what is to take its place.
std::filesystem::path temporary_name(const std::filesystem::path& file);

}  // namespace cutover::system
