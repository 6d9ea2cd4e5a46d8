#include "system/temporary_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace cutover::system {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLock = ".in-use";

[[noreturn]] void fail(const fs::path& place, const std::string& why) {
  throw std::runtime_error(
      fmt::format("{}: no temporary folder can be made there ({}); set TMPDIR to a folder that can "
                  "be written to",
                  place.string(), why));
}

fs::path place_for_temporary_files() {
  std::error_code error;
  const fs::path place = fs::temp_directory_path(error);
  if (!error) return place;
  const char* const named = std::getenv("TMPDIR");
  fail(named == nullptr ? "/tmp" : named, error.message());
}

/// Opened and locked, if it is this user's and nobody's lock is on it; else -1, and errno says why.
/// Where a new file can't be locked, as some file systems have it, nobody can, so it is left alone.
int locked(const fs::path& file, int flags) {
  const int lock = ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (lock < 0) return -1;
  struct stat status{};
  const bool is_locked = ::flock(lock, LOCK_EX | LOCK_NB) == 0;
  int error = is_locked || ((flags & O_CREAT) != 0 && errno != EWOULDBLOCK) ? 0 : errno;
  if (error == 0 && ::fstat(lock, &status) != 0) error = errno;
  if (error == 0 && status.st_uid != ::geteuid()) error = EPERM;
  if (error == 0 && status.st_nlink == 0) error = ENOENT;  // another has removed it just now
  if (error == 0) return lock;
  ::close(lock);
  errno = error;
  return -1;
}

/// The lock's file goes last: should this be killed too, what is left is known for what it is.
void remove_folder(const fs::path& folder) {
  std::error_code ignored;
  for (fs::directory_iterator at(folder, ignored), end; at != end; at.increment(ignored)) {
    std::error_code also_ignored;
    if (at->path().filename() != kLock) fs::remove_all(at->path(), also_ignored);
  }
  ::unlink((folder / kLock).c_str());
  ::rmdir(folder.c_str());
}

/// Removes what processes left that were killed. A folder without anything is what one left that
/// had just made it; one that lives, and has, takes another.
void remove_left(const fs::path& place, const std::string& name) {
  std::error_code error;
  for (fs::directory_iterator at(place, error), end; !error && at != end; at.increment(error)) {
    const fs::path& path = at->path();
    std::error_code ignored;
    if (path.stem() != name || !fs::is_directory(fs::symlink_status(path, ignored))) continue;
    const int lock = locked(path / kLock, 0);
    if (lock >= 0) remove_folder(path);
    if (lock >= 0) ::close(lock);
    if (lock < 0) ::rmdir(path.c_str());
  }
}

}  // namespace

TemporaryFolder::TemporaryFolder(const std::string& name, const fs::path& wanted) {
  const fs::path place = wanted.empty() ? place_for_temporary_files() : wanted;
  std::error_code error;
  fs::create_directories(place, error);
  remove_left(place, name);
  for (unsigned number = 1; path_.empty(); ++number) {
    const fs::path path = place / fmt::format("{}.{}", name, number);
    const Making folder;
    if (::mkdir(path.c_str(), 0700) == 0) {
      at_signal_.emplace(path.string());
      if (take(path)) path_ = path;
    } else if (errno != EEXIST) {
      fail(place, std::strerror(errno));
    }
  }
}

/// False if another process, which took it for a dead one's, was faster: then it is that one's.
bool TemporaryFolder::take(const fs::path& path) {
  lock_ = locked(path / kLock, O_CREAT | O_EXCL);
  if (lock_ >= 0) return true;
  const int error = errno;
  at_signal_.reset();
  if (error == ENOENT || error == EWOULDBLOCK) return false;
  ::rmdir(path.c_str());
  fail(path.parent_path(), std::strerror(error));
}

TemporaryFolder::~TemporaryFolder() {
  if (lock_ < 0) return;
  remove_folder(path_);
  ::close(lock_);
}

void TemporaryFolder::keep() {
  at_signal_.reset();
  ::unlink((path_ / kLock).c_str());
  ::close(std::exchange(lock_, -1));
}

}  // namespace cutover::system
