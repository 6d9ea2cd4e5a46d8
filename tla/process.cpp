#include "tla/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "system/child_process.h"

namespace cutover::tla {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLongestWait = 60'000;  // milliseconds; a wait that ends early begins again

/// Closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

/// A child that is killed at the end of its scope, if it has not ended.
class Running {
 public:
  Running(const Command& command, int output) {
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    pid_ = system::start_child(
        {command.arguments,
         command.folder,
         {{nothing.number(), STDIN_FILENO}, {output, STDOUT_FILENO}, {output, STDERR_FILENO}}});
  }
  ~Running() {
    if (!has_ended_) kill();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  int kill() {
    ::kill(pid_, SIGKILL);
    return wait();
  }
  int wait() {
    has_ended_ = true;
    return system::reap_child(pid_, true).value();
  }

 private:
  pid_t pid_ = -1;
  bool has_ended_ = false;
};

int milliseconds_until(Clock::time_point deadline) {
  const auto now = Clock::now();
  if (deadline <= now) return 0;
  if (deadline - now > std::chrono::milliseconds(kLongestWait)) return kLongestWait;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count());
}

/// Reads to the end of the output. False if the deadline came first.
bool read_all(int from, Clock::time_point deadline,
              const std::function<void(const std::string&)>& line) {
  std::string received;
  std::array<char, 65536> bytes{};
  while (true) {
    if (Clock::now() >= deadline) return false;
    pollfd wait{from, POLLIN, 0};
    const int ready = ::poll(&wait, 1, milliseconds_until(deadline));
    if (ready <= 0) continue;
    const ssize_t count = ::read(from, bytes.data(), bytes.size());  // ready: is not interrupted
    if (count <= 0) break;
    received.append(bytes.data(), static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (auto end = received.find('\n'); end != std::string::npos;
         end = received.find('\n', begin)) {
      line(received.substr(begin, end - begin));
      begin = end + 1;
    }
    received.erase(0, begin);
  }
  if (!received.empty()) line(received);
  return true;
}

}  // namespace

Ended run(const Command& command, const std::function<void(const std::string&)>& line) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error(fmt::format("no pipe can be made: {}", std::strerror(errno)));
  }
  const Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  Running running(command, theirs.number());
  theirs.close();
  Ended ended;
  ended.out_of_time = !read_all(ours.number(), command.deadline, line);
  ended.status = ended.out_of_time ? running.kill() : running.wait();
  return ended;
}

}  // namespace cutover::tla
