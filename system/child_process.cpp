#include "system/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "system/at_signal.h"

namespace cutover::system {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const ChildSetup& setup, int error) {
  const std::string in = setup.folder.empty() ? "" : " in " + setup.folder.string();
  throw std::runtime_error(
      fmt::format("cannot start {}{}: {}", setup.command[0], in, std::strerror(error)));
}

/// The descriptors by numbers that none of the child's overwrites; closed at the end of its scope.
class MovedUp {
 public:
  explicit MovedUp(const ChildSetup& setup) {
    for (const auto& [ours, its] : setup.descriptors) above_ = std::max(above_, its + 1);
    for (const auto& [ours, its] : setup.descriptors) {
      const int moved = ::fcntl(ours, F_DUPFD_CLOEXEC, above_);
      if (moved < 0) {
        const int error = errno;
        close_all();
        fail(setup, error);
      }
      pairs_.emplace_back(moved, its);
    }
  }
  ~MovedUp() { close_all(); }
  MovedUp(const MovedUp&) = delete;
  MovedUp& operator=(const MovedUp&) = delete;

  const std::vector<std::pair<int, int>>& pairs() const { return pairs_; }
  /// Above all that the child has.
  int above() const { return above_; }

 private:
  void close_all() {
    for (const auto& [moved, its] : pairs_) ::close(moved);
  }

  std::vector<std::pair<int, int>> pairs_;
  int above_ = 0;
};

/// Where the executable may be, in the order in which it is looked for.
std::vector<std::string> places_of(const std::string& executable) {
  if (executable.find('/') != std::string::npos) return {executable};
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/bin:/usr/bin" : path);
  std::vector<std::string> places;
  for (std::string folder; std::getline(folders, folder, ':');) {
    places.push_back((folder.empty() ? "." : folder) + "/" + executable);
  }
  return places;
}

/// All that the child needs, made beforehand.
struct Prepared {
  const char* folder;  ///< null: stays
  const std::pair<int, int>* descriptors;
  std::size_t descriptor_count;
  unsigned above;
  const char* const* places;  ///< null at the end
  char* const* arguments;
  const sigset_t* mask;
  pid_t parent;
  int* error;
};

bool stays_ignored(int signal) {
  if (signal != SIGINT && signal != SIGTERM && signal != SIGHUP && signal != SIGQUIT) return false;
  struct sigaction now{};
  ::sigaction(signal, nullptr, &now);
  return now.sa_handler == SIG_IGN;
}

/// What the child does, in this process's memory: it must change nothing there.
[[noreturn]] void become(const Prepared& what) {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction plain{};
    plain.sa_handler = SIG_DFL;
    if (!stays_ignored(signal)) ::sigaction(signal, &plain, nullptr);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != what.parent) ::_exit(127);  // it has ended before
  const auto end = [&]() {
    *what.error = errno;
    ::_exit(127);
  };
  for (std::size_t i = 0; i < what.descriptor_count; ++i) {
    if (::dup2(what.descriptors[i].first, what.descriptors[i].second) < 0) end();
  }
  if (::close_range(what.above, ~0u, 0) != 0) {  // an old kernel
    constexpr unsigned kMost = 4096;
    for (unsigned number = what.above; number < kMost; ++number) ::close(static_cast<int>(number));
  }
  if (what.folder != nullptr && ::chdir(what.folder) != 0) end();
  ::sigprocmask(SIG_SETMASK, what.mask, nullptr);
  int error = ENOENT;
  for (const char* const* place = what.places; *place != nullptr; ++place) {
    ::execve(*place, what.arguments, environ);
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
    if (error != ENOENT && error != EACCES) break;
  }
  errno = error;
  end();
  ::_exit(127);
}

/// As fork() would copy the tables of a memory that may be large. Nothing of this frame is used
/// after it but what is set once.
[[gnu::noinline]] pid_t vfork_and_become(const Prepared& what) {
  const pid_t pid = ::vfork();
  if (pid == 0) become(what);
  return pid;
}

template <class T>
std::vector<T*> pointers_to(std::vector<std::string>& texts) {
  std::vector<T*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

pid_t start_child(const ChildSetup& setup) {
  const MovedUp moved(setup);
  std::vector<std::string> places = places_of(setup.command[0]), arguments = setup.command;
  const auto place_pointers = pointers_to<const char>(places);
  const auto argument_pointers = pointers_to<char>(arguments);
  const std::string folder = setup.folder.string();
  int error = 0;
  sigset_t none;
  ::sigemptyset(&none);
  const Prepared prepared{folder.empty() ? nullptr : folder.c_str(),
                          moved.pairs().data(),
                          moved.pairs().size(),
                          static_cast<unsigned>(moved.above()),
                          place_pointers.data(),
                          argument_pointers.data(),
                          &none,
                          ::getpid(),
                          &error};
  pid_t pid = -1;
  {
    const Making child;  // and no handler of ours runs in it
    pid = vfork_and_become(prepared);
    if (pid < 0) error = errno;
    if (pid > 0 && error == 0) kill_at_signal(pid);
  }
  if (pid > 0 && error != 0) reap_child(pid, true);
  if (error != 0) fail(setup, error);
  return pid;
}

std::optional<int> reap_child(pid_t child, bool wait, rusage* used) {
  // Taken from the handler's list while its number is still its own.
  siginfo_t ended{};
  const int options = WEXITED | WNOWAIT | (wait ? 0 : WNOHANG);
  int failed = 0;
  do failed = ::waitid(P_PID, static_cast<id_t>(child), &ended, options);
  while (failed != 0 && errno == EINTR);
  if (failed == 0 && ended.si_pid == 0) return std::nullopt;
  no_more_kill_at_signal(child);
  int status = 0;
  while (::wait4(child, &status, 0, used) < 0) {
    if (errno != EINTR) throw std::runtime_error(fmt::format("waitpid: {}", std::strerror(errno)));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace cutover::system
