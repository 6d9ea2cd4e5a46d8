// One history of real processes over real store files: moves that complete, are killed or are held
// back, and clients that are served in between; judged by the family after every event. What
// process_check tries out in all ways.
//
// The moving processes are children. Between them clients are served in this process, over the same
// files. What is asserted of the files is read from a copy, so that the next process finds them as
// the last one left them, and has to recover them itself.
//
// Not covered: a power loss, since the operating system outlives a kill, and a kill in the middle
// of a step, which the engine's transactions have to survive.
#pragma once

#include <atomic>

#include "crashsim/process/child.h"
#include "crashsim/process/subject.h"

namespace cutover::crashsim {

/// How many there were so far, of all histories.
struct ProcessCounts {
  std::atomic<std::uint64_t> children = 0, kills = 0, fenced = 0;
};

/// Where a move waits, in the order in which it announces it.
using Announcements = std::vector<Announcement>;

/// A value: a copy shares the past, and goes on by itself in the same folder. Only the copy that
/// went on last has its files there. Where an event returns a failure, the history ends.
class ProcessHistory {
 public:
  /// Begins in the folder. The subject and the counts must outlive it.
  ProcessHistory(const ProcessSubject& subject, ProcessCounts& counts,
                 const ProcessBeginning& beginning, const std::filesystem::path& folder);
  ProcessHistory(const ProcessHistory& other);
  ProcessHistory(ProcessHistory&&) = default;
  ProcessHistory& operator=(const ProcessHistory&) = delete;

  /// The same history, to go on in another folder.
  ProcessHistory in(const std::filesystem::path& folder) const;

  /// A child carries out the move, alone, and must succeed. `steps`, if given, receives its
  /// announcements.
  MaybeFailure complete(const ProcessMove& move, Announcements* steps = nullptr);

  /// A child that takes these steps is killed at the given one.
  MaybeFailure kill_at(const ProcessMove& move, const Announcements& steps, std::size_t at);

  /// A child is held at the given step while another moves the truth and clients are served. Then
  /// it goes on: it must change nothing and end fenced, unless it had not opened a store yet, or
  /// had nothing left to do. If it has a lock, the other one must change nothing and end, no client
  /// is served, and it must succeed.
  MaybeFailure hold_at(const ProcessMove& move, const Announcements& steps, std::size_t at,
                       const ProcessMove& other);

  /// A process starts, moves nothing, and serves clients. Then it is gone, without having closed
  /// its files.
  MaybeFailure serve_anew() { return serve(true); }

  /// The same by the process that complete() has just run, which would go on to serve.
  MaybeFailure serve_on() { return serve(false); }

  const ProcessStores& stores() const { return *stores_; }
  std::string fingerprint() const { return stores_->fingerprint(folder()); }

 private:
  std::filesystem::path folder() const { return root_ / std::to_string(number_); }
  void go_on_in_a_copy();
  Child start(const ProcessMove& move) const;
  MaybeFailure reach(Child& child, const Announcements& steps, std::size_t at) const;
  MaybeFailure run_out(Child& child, int& code, Announcements* steps = nullptr) const;
  MaybeFailure complete_in_place(const ProcessMove& move, Announcements* steps);
  MaybeFailure keep_out(const ProcessMove& move);
  bool has_lock(const Announcements& past) const;
  MaybeFailure let_go(Child& child, const ProcessMove& move, const Announcements& past);
  bool relies_on_a_session(const Announcements& past, const Announcements& later) const;
  MaybeFailure serve(bool anew);
  MaybeFailure look();
  MaybeFailure explained(MaybeFailure failure) const;
  MaybeFailure failure(const std::string& property, const std::string& what) const;
  std::string ended(int code) const;
  std::string last_words() const;

  const ProcessSubject* subject_;
  ProcessCounts* counts_;
  std::filesystem::path root_;
  unsigned number_ = 0;  ///< of the folder in use
  std::unique_ptr<ProcessStores> stores_;
  std::vector<std::string> story_;  ///< what has happened, a line each
};

}  // namespace cutover::crashsim
