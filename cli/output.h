// Standard output that knows when something could not be written to it.
//
// What could not be written makes the command fail: a truncated answer must not look like a whole
// one. A reader that went away, as `head -1` does, ends it as it ends any command, by SIGPIPE and
// without a word.
#pragma once

#include <memory>
#include <ostream>
#include <stdexcept>
#include <thread>

namespace cutover::cli {

/// Thrown by stop_if_lost(); only cutover_main() catches it, and standard output says the rest.
class OutputLost : public std::runtime_error {
 public:
  OutputLost() : std::runtime_error("the output cannot be written") {}
};

/// A command that would go on for long calls it now and then, since nobody reads what it finds.
/// Throws OutputLost.
void stop_if_lost(const std::ostream& out);

/// As long as it lives, the process ends at once if whoever reads its standard output, a pipe, goes
/// away, also while there is nothing to write: for what searches for long, and leaves nothing half
/// done.
class EndsWithReader {
 public:
  EndsWithReader();
  ~EndsWithReader();
  EndsWithReader(const EndsWithReader&) = delete;
  EndsWithReader& operator=(const EndsWithReader&) = delete;

 private:
  int end_ = -1;  ///< readable once it ends
  std::thread watching_;
};

/// Takes the place of what std::cout writes to, as long as it lives. Make it before any file is
/// opened: where a standard descriptor is closed it keeps its number from being given to a file,
/// and then every write to it fails.
class StandardOutput {
 public:
  StandardOutput();
  ~StandardOutput();
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;

  /// Writes what is left. Returns the exit status of a command that would end with `status`: not 0
  /// if anything was lost, and then a line on standard error says why.
  int finish(int status);

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;
  std::streambuf* before_;
};

}  // namespace cutover::cli
