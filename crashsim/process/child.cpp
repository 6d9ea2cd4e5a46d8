#include "crashsim/process/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "system/child_process.h"

namespace cutover::crashsim {
namespace {

using Clock = std::chrono::steady_clock;

/// Closes a descriptor at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

void check(int error, const std::string& what) {
  if (error != 0) throw std::runtime_error(what + ": " + std::strerror(error));
}

int opened(const std::string& file, int flags) {
  constexpr mode_t kMode = 0644;
  const int number = ::open(file.c_str(), flags | O_CLOEXEC, kMode);
  check(number < 0 ? errno : 0, file);
  return number;
}

std::optional<Announcement> parse(const std::string& line) {
  for (const auto when : {Announcement::When::before, Announcement::When::after}) {
    const std::string prefix = std::string(to_string(when)) + " ";
    if (line.starts_with(prefix)) return Announcement{when, line.substr(prefix.size())};
  }
  return std::nullopt;
}

/// Milliseconds for poll(), rounded up.
int until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
}

}  // namespace

const char* to_string(Announcement::When when) {
  return when == Announcement::When::before ? "before" : "after";
}

Child::Child(Options options) : options_(std::move(options)) {
  // One socket for both directions, because a write to it can be told not to raise SIGPIPE.
  std::array<int, 2> ends{};
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0 ? 0 : errno,
        "socketpair");
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  const Descriptor nothing(opened("/dev/null", O_RDONLY));
  const Descriptor output(opened(options_.output.empty() ? "/dev/null" : options_.output.string(),
                                 O_WRONLY | O_CREAT | O_APPEND));
  system::ChildSetup setup;
  setup.command = {options_.executable};
  setup.command.insert(setup.command.end(), options_.arguments.begin(), options_.arguments.end());
  setup.descriptors = {{nothing.number(), STDIN_FILENO},
                       {output.number(), STDOUT_FILENO},
                       {output.number(), STDERR_FILENO},
                       {theirs.number(), kPauseRead},
                       {theirs.number(), kPauseWrite}};
  pid_ = system::start_child(setup);
  socket_ = ours.release();
}

Child::~Child() {
  kill();
  ::close(socket_);
}

std::optional<Announcement> Child::next() {
  const auto deadline = Clock::now() + options_.timeout;
  while (true) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      const std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      const auto announcement = parse(line);
      if (announcement) return announcement;
      throw std::runtime_error(fmt::format("{}: announced '{}', not a step", command(), line));
    }
    pollfd wait{socket_, POLLIN, 0};
    const int ready = ::poll(&wait, 1, until(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) throw ChildTimeout(command() + ": neither announced a step nor ended in time");
    std::array<char, 512> bytes{};
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    received_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

void Child::go_on() {
  // A newline, so that a shell's `read` can wait for it too.
  while (::send(socket_, "\n", 1, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

void Child::stop() { ::kill(pid_, SIGSTOP); }

void Child::resume() { ::kill(pid_, SIGCONT); }

void Child::kill() {
  if (exit_code_) return;
  ::kill(pid_, SIGKILL);
  reap(true);
}

int Child::exit_code() {
  const auto deadline = Clock::now() + options_.timeout;
  // A child that closed its descriptor ends within microseconds, so most waits are not even one
  // nap.
  std::chrono::microseconds nap{50};
  while (!reap(false)) {
    if (Clock::now() >= deadline) throw ChildTimeout(command() + ": did not end in time");
    std::this_thread::sleep_for(nap);
    nap = std::min<std::chrono::microseconds>(nap * 2, std::chrono::milliseconds(5));
  }
  return *exit_code_;
}

bool Child::reap(bool wait) {
  if (!exit_code_) exit_code_ = system::reap_child(pid_, wait);
  return exit_code_.has_value();
}

std::string Child::command() const {
  return fmt::format("{} {}", options_.executable, fmt::join(options_.arguments, " "));
}

}  // namespace cutover::crashsim
