// What is still done when SIGINT, SIGTERM or SIGHUP ends the process: child processes are killed,
// temporary files and folders removed, and an unfinished line on the terminal is ended. Nothing can
// be done when it is killed: its children end with it all the same (child_process.h), and what it
// left is removed by the next one (temporary_folder.h).
//
// All of this may be used from any thread. Signals that are ignored stay ignored. There are places
// for 1024 children and 128 paths; what finds none is not taken care of.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <string>

namespace cutover::system {

/// A file, or a folder with all that is in it, as long as this lives.
class RemovedAtSignal {
 public:
  explicit RemovedAtSignal(const std::string& path);
  ~RemovedAtSignal();
  RemovedAtSignal(const RemovedAtSignal&) = delete;
  RemovedAtSignal& operator=(const RemovedAtSignal&) = delete;

 private:
  int place_ = -1;
};

/// A child that was not waited for yet.
void kill_at_signal(pid_t child);
void no_more_kill_at_signal(pid_t child);

/// What is written to standard error first, such as the end of a line that was begun; null:
/// nothing. The text is not copied.
void set_last_words(const char* text);

/// The same, and the process ends by this signal, whatever is done with it else.
[[noreturn]] void end_by(int signal);

/// Something new is made that would be left behind, and is noted in one of the ways above: while
/// this lives, a signal's work waits for it. If that has begun, the constructor does not return.
/// For moments only. The thread is sent no signals.
class Making {
 public:
  Making();
  ~Making();
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;

 private:
  sigset_t before_;
};

}  // namespace cutover::system
