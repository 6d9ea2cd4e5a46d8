#include "impl/store/lock_wait.h"

#include <sys/file.h>

#include <cerrno>
#include <thread>

namespace cutover {

int lock_file(int descriptor, int kind, const LockWait& wait, const std::filesystem::path& of) {
  const auto until = std::chrono::steady_clock::now() + wait.at_most;
  for (bool first = true; ::flock(descriptor, kind | LOCK_NB) != 0; first = false) {
    if (errno != EWOULDBLOCK && errno != EINTR) return errno;
    if (std::chrono::steady_clock::now() >= until) return ETIMEDOUT;
    if (first && wait.told) wait.told(of);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return 0;
}

}  // namespace cutover
