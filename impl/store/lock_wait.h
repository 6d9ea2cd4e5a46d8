// How long to wait while another process holds a lock on a file, and who is told of it.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>

namespace cutover {

struct LockWait {
  using Told = std::function<void(const std::filesystem::path& file)>;
  static constexpr std::chrono::milliseconds kAtMost{30000};
  /// A shorter wait is not worth a word.
  static constexpr std::chrono::milliseconds kUntold{300};

  LockWait(std::chrono::milliseconds at_most = kAtMost, Told told = {})
      : at_most(at_most), told(std::move(told)) {}

  std::chrono::milliseconds at_most;
  Told told;  ///< called once in each wait that lasts; must not throw
};

/// Takes flock(2)'s lock, LOCK_SH or LOCK_EX, on a file that is open. `of` is told if it has to
/// wait. 0; ETIMEDOUT when the time is over; or why it can't be locked, as in errno.
int lock_file(int descriptor, int kind, const LockWait& wait, const std::filesystem::path& of);

}  // namespace cutover
