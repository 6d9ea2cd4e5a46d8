#include "system/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

namespace cutover::system {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = 1 << 16;
constexpr unsigned kMostLinks = 40;  // in a row, as the kernel has it

[[noreturn]] void fail(const fs::path& file, int error) {
  throw std::runtime_error(
      fmt::format("{}: cannot be written ({})", file.string(), std::strerror(error)));
}

/// Where the links lead, also to what is not there yet.
fs::path followed(fs::path file) {
  std::error_code ignored;
  for (unsigned i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(file, ignored)); ++i) {
    file = file.parent_path() / fs::read_symlink(file, ignored);
  }
  return file;
}

/// The folders that were missing and have been made, the outermost first.
std::vector<fs::path> make_folders(const fs::path& file) {
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path at = file.parent_path(); !at.empty() && !fs::exists(at, error);
       at = at.parent_path()) {
    missing.insert(missing.begin(), at);
  }
  for (const fs::path& each : missing) {
    if (!fs::create_directory(each, error) && error) fail(file, error.value());
  }
  return missing;
}

}  // namespace

WholeFile::WholeFile(const fs::path& file) : named_(file), file_(file) {
  struct stat there{};
  const bool is_there = ::stat(file.c_str(), &there) == 0;
  if (is_there && !S_ISREG(there.st_mode)) {
    descriptor_ = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor_ < 0) fail(named_, errno);
    return;
  }
  file_ = followed(file);
  // What must not be written to must not be replaced either.
  if (is_there && ::access(file_.c_str(), W_OK) != 0) fail(named_, errno);
  temporary_ = temporary_name(file_);
  removed_.emplace(std::vector{temporary_});
  descriptor_ =
      ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(named_, errno);
  // As far as this user may.
  if (is_there && (::fchown(descriptor_, there.st_uid, there.st_gid) == 0 || errno == EPERM)) {
    ::fchmod(descriptor_, there.st_mode & 07777);
  }
}

WholeFile::~WholeFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void WholeFile::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= kBufferBytes) flush();
}

void WholeFile::flush() {
  for (std::string_view left = buffer_; !left.empty();) {
    const ssize_t count = ::write(descriptor_, left.data(), left.size());
    if (count < 0 && errno != EINTR) fail(named_, errno);
    if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
  }
  buffer_.clear();
}

void WholeFile::sync() {
  flush();
  if (::fsync(descriptor_) != 0 && errno != EINVAL) fail(named_, errno);  // of no pipe, no device
  is_synced_ = true;
}

void WholeFile::finish() {
  flush();
  if (::close(std::exchange(descriptor_, -1)) != 0) fail(named_, errno);
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), file_.c_str()) != 0) fail(named_, errno);
  removed_.reset();
  if (is_synced_) sync_folder_of(file_);
}

void sync_folder_of(const fs::path& file) {
  const fs::path folder = fs::absolute(file).parent_path();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_synced = descriptor >= 0 && (::fsync(descriptor) == 0 || errno == EINVAL);
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!is_synced) fail(file, error);
}

void write_file(const fs::path& file, std::string_view bytes) {
  make_folders(followed(file));
  WholeFile output(file);
  output.write(bytes);
  output.finish();
}

void try_to_write(const fs::path& file) {
  const fs::path place = followed(file);
  struct stat there{};
  if (::stat(place.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    if (S_ISDIR(there.st_mode)) fail(file, EISDIR);
    if (::access(place.c_str(), W_OK) != 0) fail(file, errno);
    return;  // to open a FIFO would wait for its reader, or wake it
  }
  const auto made = make_folders(place);
  const auto remove_made = [&] {
    std::error_code ignored;
    for (auto at = made.rbegin(); at != made.rend(); ++at) fs::remove(*at, ignored);
  };
  try {
    const WholeFile tried(file);
  } catch (...) {
    remove_made();
    throw;
  }
  remove_made();
}

bool is_same_file(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code error;
  if (std::filesystem::equivalent(one, other, error) && !error) return true;
  // Absolute first: of a relative path to nothing, weakly_canonical makes nothing absolute.
  const std::filesystem::path first = fs::weakly_canonical(fs::absolute(one), error);
  if (error) return false;
  const std::filesystem::path second = fs::weakly_canonical(fs::absolute(other), error);
  return !error && first == second;
}

}  // namespace cutover::system
