// A child process that never outlives this one: it is killed if this process is, or if the thread
// that started it ends. So one thread starts a child and waits for it.
//
// Processes that the child itself leaves behind are not covered.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cutover::system {

struct ChildSetup {
  std::vector<std::string> command;   ///< the first is a path, or a name to be found in PATH
  std::filesystem::path folder = {};  ///< in which it runs; empty: this process's
  /// Ours and its own number for each, from 0 up. It has no others.
  std::vector<std::pair<int, int>> descriptors;
};

/// Starts it, with this process's environment. Its signals are those of a new process, but SIGINT,
/// SIGTERM, SIGHUP and SIGQUIT stay ignored if they are. Throws std::runtime_error.
pid_t start_child(const ChildSetup& setup);

/// Its exit status, or 128 plus the signal that ended it; nothing if it runs and `wait` is false.
/// `used`: what it took. After the status was returned once the number may be another process's.
std::optional<int> reap_child(pid_t child, bool wait, rusage* used = nullptr);

}  // namespace cutover::system
