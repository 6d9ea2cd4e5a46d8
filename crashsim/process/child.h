// A real child process that can be held before and after each of its steps, let go on, and killed.
//
// The child is given two descriptors, by the numbers below. Before and after each step it writes
// the line "before LABEL" or "after LABEL" to the one and waits for a byte from the other.
// Everything else that it prints goes to a file.
//
// A kill is SIGKILL: the operating system keeps what the child had written to files, synced or not,
// so it shows nothing of a power loss. The child does not outlive the thread that started it
// (system/child_process.h). One that leaves processes of its own behind is not covered.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cutover::crashsim {

/// Where a child waits.
struct Announcement {
  enum class When { before, after };
  When when = When::before;
  std::string label;  ///< of the step
  bool operator==(const Announcement&) const = default;
};

const char* to_string(Announcement::When when);

/// A child that neither announced a step nor ended within its time. What() names its command.
class ChildTimeout : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Not thread-safe itself; several threads may have children, and start them, at once.
class Child {
 public:
  /// The child's descriptors.
  static constexpr int kPauseRead = 3;
  static constexpr int kPauseWrite = 4;

  struct Options {
    std::string executable;  ///< a path; PATH is not searched
    std::vector<std::string> arguments;
    /// Standard output and error are appended to this file; empty: dropped.
    std::filesystem::path output = {};
    /// How long next() and exit_code() wait.
    std::chrono::milliseconds timeout{20'000};
  };

  /// Starts the child. It inherits the environment and, besides the two above, only standard input
  /// (empty), output and error. Throws std::runtime_error if it cannot be started.
  explicit Child(Options options);
  /// Kills the child if it has not ended.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The child's next announcement; nothing once it has ended or has closed its descriptor. Throws
  /// ChildTimeout, and std::runtime_error for a line that is no announcement.
  std::optional<Announcement> next();

  /// Lets a waiting child go on. Does nothing if it has ended.
  void go_on();

  /// Stops it as a debugger would, or a machine that is paused: it does not know of it. Until
  /// resume().
  void stop();
  void resume();

  /// Kills the child where it is, and waits until it is gone. Does nothing if it has ended and
  /// exit_code() was called.
  void kill();

  /// Waits until the child ends. Returns its exit status, or 128 plus the signal that ended it.
  /// Throws ChildTimeout.
  int exit_code();

 private:
  std::string command() const;
  bool reap(bool wait);

  Options options_;
  pid_t pid_ = -1;
  int socket_ = -1;  ///< our end; both of the child's descriptors are the other one
  std::string received_;
  std::optional<int> exit_code_;
};

}  // namespace cutover::crashsim
