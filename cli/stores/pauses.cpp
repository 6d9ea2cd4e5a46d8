#include "cli/stores/pauses.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace cutover::cli {
namespace {

[[noreturn]] void gone(const std::string& label) {
  throw std::runtime_error(fmt::format(
      "whoever held this command at '{}' has gone away; run it again to finish", label));
}

void write_line(int descriptor, const std::string& line, const std::string& label) {
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t count = ::write(descriptor, line.data() + written, line.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) gone(label);
    written += static_cast<std::size_t>(count);
  }
}

void wait_for_byte(int descriptor, const std::string& label) {
  char byte = 0;
  ssize_t count = 0;
  do count = ::read(descriptor, &byte, 1);
  while (count < 0 && errno == EINTR);
  if (count != 1) gone(label);
}

}  // namespace

void Pauses::pause(const char* when, const std::string& label) const {
  if (write_fd < 0 || read_fd < 0) return;
  write_line(write_fd, fmt::format("{} {}\n", when, label), label);
  wait_for_byte(read_fd, label);
}

void add_pauses(CLI::App& command, Pauses& pauses) {
  command
      .add_option_function<std::vector<int>>("--pause-fds",
                                             [&pauses](const std::vector<int>& fds) {
                                               pauses.read_fd = fds[0];
                                               pauses.write_fd = fds[1];
                                             })
      ->delimiter(',')
      ->expected(2)
      ->group("");  // hidden: for check --engine process
}

}  // namespace cutover::cli
