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

/// Open for writing, under the name under which it belongs or a temporary one.
class Output {
 public:
  explicit Output(const fs::path& named) : named_(named), file_(followed(named)) {
    struct stat there{};
    const bool is_there = ::stat(file_.c_str(), &there) == 0;
    if (is_there && !S_ISREG(there.st_mode)) {
      descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CLOEXEC);
    } else {
      // What must not be written to must not be replaced either.
      if (is_there && ::access(file_.c_str(), W_OK) != 0) fail(named_, errno);
      temporary_ = fmt::format("{}.{}.tmp", file_.string(), ::getpid());
      descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    }
    if (descriptor_ < 0) fail(named_, errno);
    if (is_there && !temporary_.empty()) {
      // As far as this user may.
      if (::fchown(descriptor_, there.st_uid, there.st_gid) == 0 || errno == EPERM) {
        ::fchmod(descriptor_, there.st_mode & 07777);
      }
    }
  }
  ~Output() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno != EINTR) fail(named_, errno);
      if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void finish() {
    if (::close(std::exchange(descriptor_, -1)) != 0) fail(named_, errno);
    if (temporary_.empty()) return;
    if (::rename(temporary_.c_str(), file_.c_str()) != 0) fail(named_, errno);
    temporary_.clear();
  }

 private:
  const fs::path named_, file_;
  std::string temporary_;  ///< empty: it is written in its place
  int descriptor_ = -1;
};

}  // namespace

void write_file(const fs::path& file, std::string_view bytes) {
  make_folders(followed(file));
  Output output(file);
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
    const Output tried(file);
  } catch (...) {
    remove_made();
    throw;
  }
  remove_made();
}

}  // namespace cutover::system
