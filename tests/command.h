// The real command as a process of its own, with the standard descriptors, limits and signals that
// a test wants it to have.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cutover {

struct Ended {
  int status = -1;  ///< exit status, or 128 plus the signal that ended it
  std::string output, errors;
  std::uint64_t peak_bytes = 0;  ///< of memory
  double busy = 0;               ///< seconds of a processor
};

/// A process that is killed at the end of its scope, if it has not ended, and after a minute.
class Started {
 public:
  /// `in_child` runs before the command does, in its process: it may do what is allowed after a
  /// fork. Standard input is empty unless it says otherwise.
  explicit Started(const std::vector<std::string>& arguments,
                   const std::function<void()>& in_child = {},
                   const std::string& executable = CUTOVER_COMMAND)
      : output_(::memfd_create("output", MFD_CLOEXEC)),
        errors_(::memfd_create("errors", MFD_CLOEXEC)) {
    // Opened here: `in_child` may become a user who can't get at it by its name.
    const int file = ::open(executable.c_str(), O_RDONLY | O_CLOEXEC);
    std::vector<char*> pointers = {const_cast<char*>(executable.c_str())};
    for (const std::string& each : arguments) pointers.push_back(const_cast<char*>(each.c_str()));
    pointers.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ > 0) {
      ::close(file);
      return;
    }
    ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    ::dup2(output_, STDOUT_FILENO);
    ::dup2(errors_, STDERR_FILENO);
    ::alarm(60);
    if (in_child) in_child();
    ::fexecve(file, pointers.data(), environ);
    ::_exit(127);
  }
  ~Started() {
    if (pid_ > 0) kill(SIGKILL);
    ::close(output_);
    ::close(errors_);
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

  pid_t pid() const { return pid_; }

  /// Sends the signal and waits for the end.
  Ended kill(int signal) {
    if (pid_ > 0) ::kill(pid_, signal);  // -1 would be everybody
    return wait();
  }

  /// To be called once.
  Ended wait() {
    if (pid_ <= 0) throw std::logic_error("it was waited for");
    int status = 0;
    rusage used{};
    ::wait4(pid_, &status, 0, &used);
    pid_ = -1;
    Ended ended;
    ended.peak_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
    ended.busy = seconds(used.ru_utime) + seconds(used.ru_stime);
    ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ended.output = text_of(output_);
    ended.errors = text_of(errors_);
    return ended;
  }

  /// What it has printed to standard error so far.
  std::string errors() const { return text_of(errors_); }

 private:
  static double seconds(const timeval& of) {
    return static_cast<double>(of.tv_sec) + static_cast<double>(of.tv_usec) / 1e6;
  }
  static std::string text_of(int file) {
    struct stat status{};
    ::fstat(file, &status);  // its position is the child's, too
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    const ssize_t count = ::pread(file, text.data(), text.size(), 0);
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
  }

  int output_, errors_;
  pid_t pid_ = -1;
};

/// Until it has printed that to standard error, or 20 s are over.
inline void wait_until_says(const Started& started, const std::string& text) {
  for (int i = 0; i < 2000 && started.errors().find(text) == std::string::npos; ++i) {
    ::usleep(10'000);
  }
  EXPECT_NE(started.errors().find(text), std::string::npos) << started.errors();
}

inline Ended run_command(const std::vector<std::string>& arguments,
                         const std::function<void()>& in_child = {}) {
  return Started(arguments, in_child).wait();
}

/// Another program, such as a shell that runs the command.
inline Ended run_program(const std::string& executable, const std::vector<std::string>& arguments) {
  return Started(arguments, {}, executable).wait();
}

/// For `in_child`: the descriptor is this file.
inline std::function<void()> with_file(int descriptor, const std::string& file, int flags) {
  return [=] { ::dup2(::open(file.c_str(), flags | O_NOCTTY, 0600), descriptor); };
}
inline std::function<void()> with_closed(int descriptor) {
  return [=] { ::close(descriptor); };
}

}  // namespace cutover
