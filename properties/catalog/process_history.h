// One history of real processes over two real store files: moves that complete, are killed or are
// held back, and clients that are served in between; judged by the catalog's properties after every
// event. What process_check tries out in all ways.
//
// The moving processes are children. Between them clients are served by the reference
// implementation in this process, over the same files. What is asserted of the files is read from a
// copy, so that the next process finds them as the last one left them, and has to recover them
// itself.
//
// Not covered: a power loss, since the operating system outlives a kill; and a kill in the middle
// of a step, which the engine's transactions have to survive.
#pragma once

#include <atomic>
#include <filesystem>
#include <set>

#include "crashsim/process/child.h"
#include "impl/catalog/process.h"
#include "properties/catalog/properties.h"

namespace cutover::catalog {

/// What is under check.
struct Subject {
  std::string executable;  ///< run as EXECUTABLE migrate --stash ... --pause-fds R,W
  Protocol reference;      ///< its name is the child's --protocol, its code serves clients
  Truth truth = nullptr;
  std::atomic<std::uint64_t> children = 0, kills = 0, fenced = 0;  ///< so far
};

/// What went wrong.
struct Failure {
  std::string property;  ///< the violated one; empty: the check itself could not go on
  std::string what;
};
using MaybeFailure = std::optional<Failure>;

/// Where a move was held or killed, in the order in which it announces its steps.
using Announcements = std::vector<crashsim::Announcement>;

/// A value: a copy shares the past, and goes on by itself in the same folder. Only the copy that
/// went on last has its files there.
class ProcessHistory {
 public:
  using Which = crashsim::catalog::Which;

  /// The stash is the truth, its contents are in the old format, and it carries no tombstone. The
  /// persist store has a higher epoch and an outdated copy: old values, and a key deleted since.
  static ProcessHistory beginning(Subject& subject, const std::filesystem::path& folder);

  /// The same history, to go on in another folder.
  ProcessHistory in(const std::filesystem::path& folder) const;

  /// A child moves the truth, alone, and must succeed. `steps`, if given, receives its
  /// announcements.
  MaybeFailure complete(Target to, Announcements* steps = nullptr);

  /// A child that takes these steps is killed at the given one.
  MaybeFailure kill_at(Target to, const Announcements& steps, std::size_t at);

  /// A child is held at the given step while another moves the truth and clients are served; then
  /// it goes on, and must neither change anything nor claim to have succeeded. It may, if it had
  /// not begun, or had nothing left to do.
  MaybeFailure hold_at(Target to, const Announcements& steps, std::size_t at, Target other);

  /// A process starts, moves nothing, and serves clients a put and a delete. Then it is gone,
  /// without having closed its files.
  MaybeFailure serve_anew();

  /// The same by the process that complete() has just run, which would go on to serve.
  MaybeFailure serve_on();

  Which truth() const { return truth_; }
  /// What has happened, a line each.
  const std::vector<std::string>& story() const { return story_; }

 private:
  ProcessHistory(Subject& subject, const std::filesystem::path& folder)
      : subject_(&subject), root_(folder) {}

  std::filesystem::path folder() const { return root_ / std::to_string(number_); }
  void go_on_in_a_copy();
  crashsim::Child::Options migrate(Target to) const;
  MaybeFailure reach(crashsim::Child& child, const Announcements& steps, std::size_t at) const;
  MaybeFailure complete_in_place(Target to, Announcements* steps);
  MaybeFailure serve(Stage::Kind first);
  MaybeFailure serve_in_place(Stage::Kind first, Store& stash, Store& persist);
  MaybeFailure finish_held(crashsim::Child& child, Target to, bool had_begun, bool had_ended);
  MaybeFailure judge();
  MaybeFailure judge_contents(const Contents& contents) const;
  MaybeFailure judge_epoch(Which store, Epoch epoch);
  MaybeFailure fail(const std::string& property, const std::string& what) const;
  std::string last_words() const;

  Subject* subject_;
  std::filesystem::path root_;
  unsigned number_ = 0;  ///< of the folder in use

  Which truth_ = Which::stash;
  Entries expected_;               ///< what the truth must hold
  std::set<std::string> erased_;   ///< and what it must not
  std::array<Epoch, 2> epochs_{};  ///< of each store, as last seen
  Epoch acknowledged_{};           ///< under which clients were answered last
  unsigned puts_ = 0;
  std::vector<std::string> story_;
};

}  // namespace cutover::catalog
