// A command that is run to its end, its output read line by line, and killed if it takes too long.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace cutover::tla {

struct Command {
  std::vector<std::string> arguments;  ///< the first is looked for in PATH
  std::filesystem::path folder;        ///< in which it runs
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

struct Ended {
  int status = -1;  ///< its exit status, or 128 plus the signal that ended it
  bool out_of_time = false;
};

/// Standard output and error, as one, go to `line`. The command does not outlive this process.
/// Processes that the command leaves behind are not covered. Throws std::runtime_error if it cannot
/// be started, and what `line` throws.
Ended run(const Command& command, const std::function<void(const std::string&)>& line);

}  // namespace cutover::tla
