// The steps of a command over real stores, told as they happen; and the places at which somebody
// who started the command may hold it, to look at the stores or to kill it.
//
// Held by two descriptors: before each step the command writes the line "before LABEL" to one and
// waits for a byte from the other, and after the step, whatever its outcome, it writes "after
// LABEL" and waits again. The other side is crashsim/process/child.h.
#pragma once

#include <iosfwd>

#include "cli/progress_line.h"
#include "impl/store/store.h"

namespace cutover::cli {

class Steps {
 public:
  /// Negative descriptors: the command is not held anywhere. They stay the caller's.
  Steps(std::ostream& out, int pause_read_fd, int pause_write_fd)
      : out_(out), pause_read_fd_(pause_read_fd), pause_write_fd_(pause_write_fd) {}

  /// Performs the request on the store and prints the step's number, label and outcome. Throws what
  /// the store throws, and std::runtime_error if whoever holds the command has gone away: then
  /// nothing more is done, as if the command had been killed there.
  awaitable<Answer> perform(Store& store, Request request);
  /// The same under another label than the request's own.
  awaitable<Answer> perform(Store& store, Request request, std::string step);

  /// Tells of a step that was performed elsewhere.
  void tell(const Store& store, const std::string& step, Status status);

  /// The contents; whoever reads them while a step is performed shows how far it is.
  Snapshot watched(Snapshot contents);

  /// The step that began last; empty before the first.
  const std::string& last_label() const { return last_label_; }
  /// The name of the store of that step.
  const std::string& last_store() const { return last_store_; }

 private:
  void begin(const Store& store, const std::string& step);
  void end(const std::string& step, Status status);
  void pause(const char* when, const std::string& label);

  std::ostream& out_;
  int pause_read_fd_, pause_write_fd_;
  unsigned count_ = 0;
  std::string last_label_, last_store_;
  ProgressLine progress_;
};

}  // namespace cutover::cli
