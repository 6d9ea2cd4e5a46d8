#include "tla/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace cutover::tla {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLongestWait = 60'000;  // milliseconds; a wait that ends early begins again

void check(int error, const std::string& what) {
  if (error != 0) throw std::runtime_error(what + ": " + std::strerror(error));
}

/// Starts the command with both its outputs into `output`.
pid_t start(Command& command, int output) {
  std::vector<char*> argv;
  for (std::string& argument : command.arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  ::posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  check(error, fmt::format("cannot start {} in {}", argv[0], command.folder.string()));
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

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
    const ssize_t count = ::read(from, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
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

Ended run(Command command, const std::function<void(const std::string&)>& line) {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe");
  pid_t pid = -1;
  try {
    pid = start(command, ends[1]);
  } catch (...) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw;
  }
  ::close(ends[1]);
  Ended ended;
  ended.out_of_time = !read_all(ends[0], command.deadline, line);
  ::close(ends[0]);
  if (ended.out_of_time) ::kill(pid, SIGKILL);
  ended.status = wait_for(pid);
  return ended;
}

}  // namespace cutover::tla
