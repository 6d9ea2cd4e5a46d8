#include "crashsim/process/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "model/checker/check.h"

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

/// What is done in the child before it runs the executable.
class SpawnActions {
 public:
  SpawnActions() { CUTOVER_CHECK(::posix_spawn_file_actions_init(&actions_) == 0); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  void open(int number, const std::string& file, int flags) {
    constexpr mode_t kMode = 0644;
    check(::posix_spawn_file_actions_addopen(&actions_, number, file.c_str(), flags, kMode), file);
  }
  void duplicate(int from, int to) {
    check(::posix_spawn_file_actions_adddup2(&actions_, from, to), "adddup2");
  }
  void close_from(int number) {
    check(::posix_spawn_file_actions_addclosefrom_np(&actions_, number), "addclosefrom");
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

/// Signals as a new process expects them, whatever this one does with them.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    CUTOVER_CHECK(::posix_spawnattr_init(&attributes_) == 0);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

/// The same descriptor by a number that no dup2 in the child overwrites, closed on exec.
int moved_up(int number) {
  constexpr int kAboveTheChilds = 10;
  const int moved = ::fcntl(number, F_DUPFD_CLOEXEC, kAboveTheChilds);
  check(moved < 0 ? errno : 0, "F_DUPFD_CLOEXEC");
  return moved;
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
  Descriptor ours(ends[0]), lower(ends[1]);
  const Descriptor theirs(moved_up(lower.number()));

  SpawnActions actions;
  const std::string output = options_.output.empty() ? "/dev/null" : options_.output.string();
  actions.open(STDIN_FILENO, "/dev/null", O_RDONLY);
  actions.open(STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND);
  actions.duplicate(STDOUT_FILENO, STDERR_FILENO);
  actions.duplicate(theirs.number(), kPauseRead);
  actions.duplicate(theirs.number(), kPauseWrite);
  actions.close_from(kPauseWrite + 1);

  std::vector<char*> argv = {options_.executable.data()};
  for (std::string& argument : options_.arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const SpawnAttributes attributes;
  check(::posix_spawn(&pid_, options_.executable.c_str(), actions.get(), attributes.get(),
                      argv.data(), environ),
        "cannot start " + options_.executable);
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
  if (exit_code_) return true;
  int status = 0;
  pid_t reaped = 0;
  do reaped = ::waitpid(pid_, &status, wait ? 0 : WNOHANG);
  while (reaped < 0 && errno == EINTR);
  if (reaped == 0) return false;
  CUTOVER_CHECK(reaped == pid_);
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

std::string Child::command() const {
  return fmt::format("{} {}", options_.executable, fmt::join(options_.arguments, " "));
}

}  // namespace cutover::crashsim
