// One history of real processes over two real store files: moves that complete, are killed or are
// held back, and clients that are served in between; judged by the catalog's properties after every
// event. What process_check tries out in all ways.
//
// The moving processes are children. Between them clients are served by the reference
// implementation in this process, over the same files. What is asserted of the files is read from a
// copy, so that the next process finds them as the last one left them, and has to recover them
// itself.
//
// Not covered: a power loss, since the operating system outlives a kill, and a kill in the middle
// of a step, which the engine's transactions have to survive.
#pragma once

#include <atomic>
#include <filesystem>

#include "crashsim/process/child.h"
#include "impl/catalog/process.h"
#include "properties/catalog/file_monitor.h"

namespace cutover::catalog {

/// What is under check.
struct Subject {
  std::string executable;  ///< run as EXECUTABLE migrate --stash ... --pause-fds R,W
  Protocol reference;      ///< its name is the child's --protocol, its code serves clients
  Truth truth = nullptr;
  std::atomic<std::uint64_t> children = 0, kills = 0, fenced = 0;  ///< so far
};

/// Where a move waits, in the order in which it announces it.
using Announcements = std::vector<crashsim::Announcement>;

/// A value: a copy shares the past, and goes on by itself in the same folder. Only the copy that
/// went on last has its files there. Where an event returns a failure, the history ends.
class ProcessHistory {
 public:
  using Which = crashsim::catalog::Which;

  /// What the stores are to each other when a history begins.
  enum class Past {
    strangers,  ///< nothing yet, and persist is empty
    pair,       ///< persist has an outdated copy from an abandoned migration: an old value, and a
                ///< key deleted since
  };

  /// The stash is the truth, its contents are in the old format, and it carries no tombstone.
  static ProcessHistory beginning(Subject& subject, const std::filesystem::path& folder, Past past,
                                  Epoch stash, Epoch persist);

  /// The same history, to go on in another folder.
  ProcessHistory in(const std::filesystem::path& folder) const;

  /// A child moves the truth, alone, and must succeed. `steps`, if given, receives its
  /// announcements.
  MaybeFailure complete(Target to, Announcements* steps = nullptr);

  /// A child that takes these steps is killed at the given one.
  MaybeFailure kill_at(Target to, const Announcements& steps, std::size_t at);

  /// A child is held at the given step while another moves the truth and clients are served. Then
  /// it goes on: it must change nothing and end fenced, unless it had not opened a store yet, or
  /// had nothing left to do. Assumes that a move opens each store once.
  MaybeFailure hold_at(Target to, const Announcements& steps, std::size_t at, Target other);

  /// A process starts, moves nothing, and serves clients a put and a delete. Then it is gone,
  /// without having closed its files.
  MaybeFailure serve_anew();

  /// The same by the process that complete() has just run, which would go on to serve.
  MaybeFailure serve_on();

  Which truth() const { return monitor_.truth(); }
  Past past() const { return past_; }

 private:
  ProcessHistory(Subject& subject, std::filesystem::path root, Past past, FileMonitor monitor)
      : subject_(&subject), root_(std::move(root)), past_(past), monitor_(std::move(monitor)) {}

  std::filesystem::path folder() const { return root_ / std::to_string(number_); }
  void go_on_in_a_copy();
  crashsim::Child::Options migrate(Target to) const;
  MaybeFailure reach(crashsim::Child& child, const Announcements& steps, std::size_t at) const;
  MaybeFailure complete_in_place(Target to, Announcements* steps);
  MaybeFailure let_go(crashsim::Child& child, Target to, const Announcements& past);
  MaybeFailure serve(Stage::Kind first);
  MaybeFailure serve_through(Store& stash, Store& persist, Stage::Kind first);
  MaybeFailure look();
  MaybeFailure explained(MaybeFailure failure) const;
  MaybeFailure failure(const std::string& property, const std::string& what) const;
  std::string ended(int code) const;
  std::string last_words() const;

  Subject* subject_;
  std::filesystem::path root_;
  Past past_;
  unsigned number_ = 0;  ///< of the folder in use
  FileMonitor monitor_;
  unsigned puts_ = 0;
  std::vector<std::string> story_;  ///< what has happened, a line each
};

}  // namespace cutover::catalog
