// The handover over two real files, and how it is checked by real processes.
#pragma once

#include "crashsim/process/subject.h"

namespace cutover::handover {

/// Moves the value between old.json and new.json of the folder. The descriptors are those of
/// crashsim/process/child.h. 0: moved; 1: another move was faster.
int move_files(const std::filesystem::path& folder, int pause_read_fd, int pause_write_fd);

/// The children are run as EXECUTABLE hand-over --folder F --pause-fds R,W.
crashsim::ProcessSubject process_subject(const std::string& executable);

}  // namespace cutover::handover
