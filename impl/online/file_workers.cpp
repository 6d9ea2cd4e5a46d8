#include "impl/online/file_workers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace cutover::online {

FileWorkers::FileWorkers(const std::filesystem::path& target, const std::string& table,
                         LockWait wait)
    : target_(target),
      file_(std::filesystem::weakly_canonical(std::filesystem::absolute(target)).string() + "." +
            table + ".workers"),
      wait_(std::move(wait)),
      descriptor_(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) fail("cannot be made");
}

FileWorkers::~FileWorkers() { ::close(descriptor_); }

Task<void> FileWorkers::join() const {
  take(LOCK_SH);
  co_return;
}

Task<void> FileWorkers::leave() const {
  if (::flock(descriptor_, LOCK_UN) != 0) fail("cannot be unlocked");
  co_return;
}

Task<void> FileWorkers::drained() const {
  take(LOCK_EX);
  co_await leave();
}

void FileWorkers::take(int kind) const {
  errno = lock_file(descriptor_, kind, wait_, target_);
  if (errno == ETIMEDOUT) {
    throw StoreFailed(
        fmt::format("{}: workers still write to it; end them, or wait longer", target_.string()));
  }
  if (errno != 0) fail("cannot be locked");
}

void FileWorkers::fail(const char* what) const {
  throw StoreFailed(fmt::format("{}: {}: {}", file_.string(), what, std::strerror(errno)));
}

}  // namespace cutover::online
