#include "cli/catalog/steps.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>

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

awaitable<Answer> Steps::perform(Store& store, Request request) {
  std::string step = label(store.name(), request);
  return perform(store, std::move(request), std::move(step));
}

awaitable<Answer> Steps::perform(Store& store, Request request, std::string step) {
  begin(store, step);
  Answer answer = co_await store.perform(std::move(request));
  end(step, answer.status);
  co_return answer;
}

void Steps::tell(const Store& store, const std::string& step, Status status) {
  begin(store, step);
  end(step, status);
}

Snapshot Steps::watched(Snapshot contents) {
  if (!progress_.is_shown()) return contents;
  return with_progress(std::move(contents), [this](std::uint64_t done, std::uint64_t total) {
    progress_.entries(last_label_, done, total);
  });
}

void Steps::begin(const Store& store, const std::string& step) {
  pause("before", step);
  last_label_ = step;
  last_store_ = store.name();
}

void Steps::end(const std::string& step, Status status) {
  progress_.clear();
  out_ << fmt::format("{:>3}  {:<26} {}\n", ++count_, step, to_string(status)) << std::flush;
  pause("after", step);
}

void Steps::pause(const char* when, const std::string& label) {
  if (pause_write_fd_ < 0 || pause_read_fd_ < 0) return;
  write_line(pause_write_fd_, fmt::format("{} {}\n", when, label), label);
  wait_for_byte(pause_read_fd_, label);
}

}  // namespace cutover::cli
