// The places at which somebody who started a command may hold it, to look at its stores or to kill
// it: before and after each step.
//
// Held by two descriptors: before each step the command writes the line "before LABEL" to one and
// waits for a byte from the other, and after the step, whatever its outcome, it writes "after
// LABEL" and waits again. The other side is crashsim/process/child.h.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cutover::cli {

struct Pauses {
  // Negative: the command is not held anywhere. They stay the caller's.
  int read_fd = -1, write_fd = -1;

  // Throw std::runtime_error if whoever holds the command has gone away: then nothing more is to be
  // done, as if the command had been killed there.
  void before(const std::string& label) const { pause("before", label); }
  void after(const std::string& label) const { pause("after", label); }

 private:
  void pause(const char* when, const std::string& label) const;
};

/// Adds --pause-fds, which is not shown.
void add_pauses(CLI::App& command, Pauses& pauses);

}  // namespace cutover::cli
