#include "impl/state_version/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "impl/state_version/reference_file.h"

namespace cutover::state_version {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const char* what) {
  throw StoreFailed(fmt::format("{}: {} ({})", file.string(), what, std::strerror(errno)));
}

fs::path beside(const fs::path& file, const char* ending) {
  return file.parent_path() / (file.filename().string() + ending);
}

/// Also one that is called again after a signal.
template <class Call>
auto retried(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

void write_all(int descriptor, const std::string& text, const fs::path& file) {
  for (std::size_t written = 0; written < text.size();) {
    const auto left = text.size() - written;
    const ssize_t count = retried([&] { return ::write(descriptor, &text[written], left); });
    if (count <= 0) fail(file, "cannot be written");
    written += static_cast<std::size_t>(count);
  }
}

/// The state in the file; see StateFile::read().
json parsed(const fs::path& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in && errno != ENOENT) fail(path, "cannot be read");
  if (!in) return nullptr;
  std::string text;
  try {
    text.assign(std::istreambuf_iterator<char>(in), {});
  } catch (const std::ios_base::failure&) {  // as the buffer tells it, whatever the stream says
    errno = fs::is_directory(path) ? EISDIR : EIO;
    fail(path, "cannot be read");
  }
  return state_of_text(text);
}

}  // namespace

StateFile::StateFile(const fs::path& file, Watch watch) : watch_(std::move(watch)) {
  std::error_code error;
  file_ = fs::weakly_canonical(fs::absolute(file), error);
  if (error) file_ = fs::absolute(file);
}

StateFile::~StateFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

fs::path StateFile::path_of(const std::string& name) const {
  return name == kStateFile ? file_ : beside(file_, ".new");
}

Task<json> StateFile::read(const std::string& name) const {
  co_return watch_.around("read " + name, [&] { return parsed(path_of(name)); });
}

Task<void> StateFile::truncate(const std::string& name) const {
  watch_.around("truncate " + name, [&] {
    const fs::path path = path_of(name);
    struct stat now = {};
    const mode_t mode = ::stat(file_.c_str(), &now) == 0 ? now.st_mode & 07777 : 0666;
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = retried(
        [&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode); });
    if (descriptor_ < 0) fail(path, "cannot be written");
    if (mode != 0666 && ::fchmod(descriptor_, mode) != 0) fail(path, "cannot be written");
  });
  co_return;
}

Task<void> StateFile::write(const std::string& name, const json& state) const {
  const std::string text = state.dump(2) + "\n";
  watch_.around("write " + name, [&] { write_all(descriptor_, text, path_of(name)); });
  co_return;
}

Task<void> StateFile::sync(const std::string& name) const {
  watch_.around("sync " + name, [&] {
    if (::fsync(descriptor_) != 0) fail(path_of(name), "cannot be synced");
  });
  co_return;
}

Task<void> StateFile::rename(const std::string& from, const std::string& to) const {
  watch_.around("rename " + from, [&] {
    const bool is_done = ::rename(path_of(from).c_str(), path_of(to).c_str()) == 0;
    if (!is_done) fail(path_of(to), "cannot be replaced");
  });
  co_return;
}

Task<void> StateFile::sync_folder() const {
  watch_.around("sync folder", [&] {
    const fs::path folder = file_.parent_path();
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) fail(folder, "cannot be opened");
    const int synced = ::fsync(descriptor);
    ::close(descriptor);
    if (synced != 0) fail(folder, "cannot be synced");
  });
  co_return;
}

FileLock::FileLock(const fs::path& file, LockWait wait, Watch watch)
    : state_(file),
      file_(beside(fs::weakly_canonical(fs::absolute(file)), ".lock")),
      wait_(std::move(wait)),
      watch_(std::move(watch)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Task<void> FileLock::take() const {
  watch_.around("take lock", [&] { wait_for_it(); });
  co_return;
}

void FileLock::wait_for_it() const {
  descriptor_ = retried([&] { return ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666); });
  if (descriptor_ < 0) fail(file_, "cannot be made");
  errno = lock_file(descriptor_, LOCK_EX, wait_, state_);
  if (errno == ETIMEDOUT) {
    throw StoreFailed(file_.string() + ": another process holds the lock; end it, or wait longer");
  }
  if (errno != 0) fail(file_, "cannot be locked");
}

}  // namespace cutover::state_version
