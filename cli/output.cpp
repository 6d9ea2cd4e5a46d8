#include "cli/output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <streambuf>
#include <string>
#include <system_error>

#include "cli/command_name.h"
#include "cli/errors.h"
#include "system/at_signal.h"
#include "system/text.h"

namespace cutover::cli {
namespace {

/// A closed descriptor, opened in a way that it can't be used as what it is.
void occupy_closed_descriptors() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) >= 0) continue;
    ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // the lowest that is free
  }
}

}  // namespace

/// Writes to the descriptor of standard output. After the first failure it takes everything and
/// writes nothing, as the rest without its middle would mislead.
class StandardOutput::Buffer : public std::streambuf {
 public:
  Buffer() { setp(bytes_.begin(), bytes_.end()); }

  int error() const { return error_; }

 protected:
  int_type overflow(int_type c) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) {
      sputc(traits_type::to_char_type(c));
    }
    return traits_type::not_eof(c);
  }

  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::streamsize taken = std::streambuf::xsputn(text, size);
    const bool ends_line = std::memchr(text, '\n', static_cast<std::size_t>(size)) != nullptr;
    if (is_terminal_ && ends_line && sync() != 0) return 0;
    return taken;
  }

  int sync() override {
    const char* at = pbase();
    while (at < pptr() && error_ == 0) {
      const ssize_t count = ::write(STDOUT_FILENO, at, static_cast<std::size_t>(pptr() - at));
      if (count < 0 && errno != EINTR) error_ = errno;
      if (count > 0) at += count;
    }
    setp(bytes_.begin(), bytes_.end());
    return error_ == 0 ? 0 : -1;
  }

 private:
  std::array<char, 1 << 16> bytes_;
  const bool is_terminal_ = is_terminal(STDOUT_FILENO);
  int error_ = 0;
};

void stop_if_lost(const std::ostream& out) {
  if (out.bad()) throw OutputLost();
}

EndsWithReader::EndsWithReader() : end_(::eventfd(0, EFD_CLOEXEC)) {
  struct stat status{};
  const bool is_pipe = ::fstat(STDOUT_FILENO, &status) == 0 && S_ISFIFO(status.st_mode);
  if (end_ < 0 || !is_pipe) return;
  const auto watch = [this] {
    std::array<pollfd, 2> both{{{STDOUT_FILENO, 0, 0}, {end_, POLLIN, 0}}};
    while (::poll(both.data(), both.size(), -1) < 0 && errno == EINTR) {
    }
    if (both[1].revents == 0 && (both[0].revents & POLLERR) != 0) system::end_by(SIGPIPE);
  };
  try {
    watching_ = std::thread(watch);
  } catch (const std::system_error&) {
    // Where no thread can be had it ends with the next line.
  }
}

EndsWithReader::~EndsWithReader() {
  if (end_ < 0) return;
  ::eventfd_write(end_, 1);
  if (watching_.joinable()) watching_.join();
  ::close(end_);
}

StandardOutput::StandardOutput() {
  occupy_closed_descriptors();
  ::signal(SIGPIPE, SIG_IGN);
  buffer_ = std::make_unique<Buffer>();
  before_ = std::cout.rdbuf(buffer_.get());
}

StandardOutput::~StandardOutput() { std::cout.rdbuf(before_); }

int StandardOutput::finish(int status) {
  std::cout.flush();
  int error = buffer_->error();
  // Some file systems tell only when a descriptor is closed.
  const int copy = ::dup(STDOUT_FILENO);
  if (error == 0 && copy >= 0 && ::close(copy) != 0) error = errno;
  if (error == 0) return status;
  if (error == EPIPE) {
    ::signal(SIGPIPE, SIG_DFL);
    ::raise(SIGPIPE);
  }
  std::cerr << command_name() << ": standard output cannot be written (" << std::strerror(error)
            << "); what it got is not all\n";
  return status == kAsExpected ? kBadInput : status;
}

}  // namespace cutover::cli
