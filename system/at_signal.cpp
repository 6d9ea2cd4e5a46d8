#include "system/at_signal.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>

namespace cutover::system {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

// What the handler reads: it must not touch a container, nor wait for a lock.
struct Place {
  enum State { free, being_written, taken, being_removed };
  std::atomic<State> state = free;
  std::array<char, PATH_MAX> path;  // a copy: its owner may be gone any moment
};
std::array<Place, 128> g_paths;
std::array<std::atomic<pid_t>, 1024> g_children{};
std::atomic<const char*> g_last_words = nullptr;
std::atomic<bool> g_is_ending = false;
std::atomic<int> g_making = 0;

bool change(Place& place, Place::State from, Place::State to) {
  return place.state.compare_exchange_strong(from, to);
}

/// As remove_all() does it, by nothing but system calls. Links are not followed.
void remove_tree(int folder, const char* name) {
  if (::unlinkat(folder, name, 0) == 0 || (errno != EISDIR && errno != EPERM)) return;
  const int inside = ::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (inside < 0) return;
  alignas(dirent64) std::array<char, 2048> bytes;
  for (long count; (count = ::syscall(SYS_getdents64, inside, bytes.data(), bytes.size())) > 0;) {
    for (long at = 0; at < count;) {
      const auto* entry = reinterpret_cast<const dirent64*>(bytes.data() + at);
      const char* const inner = entry->d_name;
      if (std::strcmp(inner, ".") != 0 && std::strcmp(inner, "..") != 0) {
        remove_tree(inside, inner);
      }
      at += entry->d_reclen;
    }
  }
  ::close(inside);
  ::unlinkat(folder, name, AT_REMOVEDIR);
}

void nap() {
  constexpr timespec kNap{0, 5'000'000};
  ::nanosleep(&kNap, nullptr);
}

/// Killed first, all of them, then waited for: what they have open would be in the way.
void kill_children() {
  for (const auto& each : g_children) {
    if (const pid_t child = each.load(); child != 0) ::kill(child, SIGKILL);
  }
  for (const auto& each : g_children) {
    const pid_t child = each.load();
    constexpr int kAttempts = 200;
    for (int i = 0; child != 0 && i < kAttempts; ++i) {
      siginfo_t ended{};
      // It stays for whoever waits for it in another thread.
      const int failed =
          ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT);
      if (failed != 0 || ended.si_pid == child) break;
      nap();
    }
  }
}

void clean_up_and_end(int signal) {
  if (g_is_ending.exchange(true)) {
    for (;;) ::pause();  // another thread is at it
  }
  const char* const words = g_last_words.load();
  if (words != nullptr && ::write(STDERR_FILENO, words, std::strlen(words)) < 0) {
    // There is nobody to tell.
  }
  constexpr int kAttempts = 200;
  for (int i = 0; g_making > 0 && i < kAttempts; ++i) nap();
  kill_children();
  for (Place& each : g_paths) {
    if (change(each, Place::taken, Place::being_removed)) {
      remove_tree(AT_FDCWD, each.path.data());
    }
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void handle_signals() {
  for (const int signal : kSignals) {
    struct sigaction before{};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_DFL) continue;
    struct sigaction ours{};
    ours.sa_handler = clean_up_and_end;
    for (const int other : kSignals) ::sigaddset(&ours.sa_mask, other);
    ::sigaction(signal, &ours, nullptr);
  }
}

}  // namespace

RemovedAtSignal::RemovedAtSignal(const std::string& path) {
  handle_signals();
  for (std::size_t i = 0; i < g_paths.size() && path.size() < PATH_MAX; ++i) {
    if (!change(g_paths[i], Place::free, Place::being_written)) continue;
    std::memcpy(g_paths[i].path.data(), path.c_str(), path.size() + 1);
    g_paths[i].state = Place::taken;
    place_ = static_cast<int>(i);
    return;
  }
}

RemovedAtSignal::~RemovedAtSignal() {
  if (place_ >= 0) change(g_paths[static_cast<std::size_t>(place_)], Place::taken, Place::free);
}

void kill_at_signal(pid_t child) {
  handle_signals();
  for (auto& each : g_children) {
    pid_t none = 0;
    if (each.compare_exchange_strong(none, child)) return;
  }
}

void no_more_kill_at_signal(pid_t child) {
  for (auto& each : g_children) {
    pid_t same = child;
    if (each.compare_exchange_strong(same, 0)) return;
  }
}

void set_last_words(const char* text) {
  g_last_words = text;
  if (text != nullptr) handle_signals();
}

void end_by(int signal) {
  sigset_t others;
  ::sigfillset(&others);
  ::sigdelset(&others, signal);
  ::pthread_sigmask(SIG_SETMASK, &others, nullptr);  // one in this thread would wait for itself
  clean_up_and_end(signal);
  ::_exit(128 + signal);
}

Making::Making() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  ++g_making;  // before it is asked, as the handler asks for this after it said so
  if (!g_is_ending) return;
  --g_making;
  for (;;) ::pause();
}

Making::~Making() {
  --g_making;
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace cutover::system
