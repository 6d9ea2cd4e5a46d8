#include "cli/stores/lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/errors.h"

namespace cutover::cli {
namespace {

constexpr std::size_t kChunk = 1 << 16;

/// A terminal that has hung up reads like the end of a file; it is no terminal any more.
bool has_hung_up(int descriptor, bool was_terminal) {
  if (::isatty(descriptor) == 1) return false;
  return was_terminal || errno == EIO;
}

}  // namespace

Lines::Lines(const std::string& file)
    : name_(file == kStandard ? "standard input" : file),
      descriptor_(file == kStandard ? STDIN_FILENO
                                    : ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)) {
  struct stat status{};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) fail(errno);
  if (S_ISDIR(status.st_mode)) fail(EISDIR);
  if (S_ISREG(status.st_mode)) size_ = static_cast<std::uint64_t>(status.st_size);
  is_terminal_ = ::isatty(descriptor_) == 1;
}

Lines::~Lines() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

std::optional<double> Lines::share() const {
  if (size_ == 0) return std::nullopt;
  return std::min(1.0,
                  static_cast<double>(read_ - (buffer_.size() - at_)) / static_cast<double>(size_));
}

std::optional<std::string> Lines::next() {
  std::size_t searched = 0;  // of what is left in the buffer
  for (;;) {
    const std::size_t end = buffer_.find('\n', at_ + searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(at_, end - at_);
      at_ = end + 1;
      ++number_;
      was_ended_ = true;
      return line;
    }
    searched = buffer_.size() - at_;
    if (fill()) continue;
    if (searched == 0) return std::nullopt;
    ++number_;
    was_ended_ = false;
    std::string line = buffer_.substr(at_);
    at_ = buffer_.size();
    return line;
  }
}

/// Reads more, after what is left; false at the end.
bool Lines::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t left = buffer_.size();
  buffer_.resize(left + kChunk);
  ssize_t count = 0;
  do count = ::read(descriptor_, buffer_.data() + left, kChunk);
  while (count < 0 && errno == EINTR);
  buffer_.resize(left + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (count < 0) fail(errno);
  if (count == 0 && has_hung_up(descriptor_, is_terminal_)) {
    throw UsageError(fmt::format("{}: the terminal hung up before the end; load again", name_));
  }
  read_ += static_cast<std::uint64_t>(count);
  return count > 0;
}

void Lines::fail(int error) const {
  if (error == EISDIR) {
    throw UsageError(fmt::format("{}: is a directory; name a file of JSON lines", name_));
  }
  throw UsageError(fmt::format("{}: cannot be read ({})", name_, std::strerror(error)));
}

}  // namespace cutover::cli
