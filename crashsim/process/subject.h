// What a family says of its migration so that it can be checked by real processes: how they are
// started, how histories begin, and how what they leave behind is judged.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cutover::crashsim {

/// What went wrong.
struct Failure {
  std::string property;  ///< the violated one; empty: the check itself could not go on
  std::string what;
};
using MaybeFailure = std::optional<Failure>;

/// The stores of one history and what is known of them: what clients were told, and which of them
/// was the source of truth when they were last looked at. The files are in a folder that each
/// member is given.
class ProcessStores {
 public:
  virtual ~ProcessStores() = default;
  /// The same knowledge, to go on by itself.
  virtual std::unique_ptr<ProcessStores> clone() const = 0;

  /// Makes `to` hold what a process that was killed in `from` has left. Nobody may be writing
  /// there, but the files may be open.
  virtual void copy_files(const std::filesystem::path& from,
                          const std::filesystem::path& to) const = 0;

  /// Looks at the stores, after an event, and judges them. It may change the files: they are a
  /// copy. Throws std::runtime_error where they can't be read.
  virtual MaybeFailure look(const std::filesystem::path& folder) = 0;

  /// Clients are served, by the reference implementation: by a process that starts anew, or by the
  /// one that has just moved the truth. `told` is a line for the history. The files are left as a
  /// kill leaves them: `before_closing` is called once all is written.
  virtual MaybeFailure serve(const std::filesystem::path& folder, bool anew, std::string& told,
                             const std::function<void()>& before_closing) = 0;

  /// Equal where the stores in two folders, and what is known of them, differ in nothing that a
  /// process or a judgement may depend on: what comes of one then comes of the other, too. Empty:
  /// equal to none.
  virtual std::string fingerprint(const std::filesystem::path&) const { return ""; }

  /// As last looked at.
  virtual std::size_t truth() const = 0;
  virtual std::string truth_name() const = 0;

  /// In what situation a move that begins now finds the stores: its place among those that there
  /// are, and "while old is the truth".
  virtual std::size_t situation() const = 0;
  virtual std::string situation_name() const = 0;
};

/// What a process may be asked to do.
struct ProcessMove {
  std::string name;    ///< "to new"
  std::size_t to = 0;  ///< what is the truth once it has succeeded
  /// How the child is started. It announces its steps to crashsim/process/child.h by its two
  /// descriptors.
  std::function<std::vector<std::string>(const std::filesystem::path& folder)> arguments;
};

/// A history to which nothing has happened.
struct ProcessBeginning {
  std::string name;   ///< of a folder
  std::string story;  ///< a line for the history
  /// Makes the files.
  std::function<std::unique_ptr<ProcessStores>(const std::filesystem::path& folder)> make;
  std::optional<std::size_t> moved = std::nullopt;  ///< by this move, before it begins
};

/// What is under check. Of a move that is held while another one is made, either what it has opened
/// is fenced, and it must end without having changed anything; or it has taken a lock, and the
/// other one must end so; or neither, and then both must succeed.
struct ProcessSubject {
  std::string name;        ///< for folders
  std::string executable;  ///< of the children
  std::vector<ProcessMove> moves;
  std::vector<ProcessBeginning> beginnings;
  /// Steps after which a process relies on what it has opened, each of which it takes once:
  /// another's move fences it. Null: no step is.
  std::function<bool(const std::string& label)> opens = nullptr;
  /// Steps after which a process has a lock until it ends. Null: no step is.
  std::function<bool(const std::string& label)> locks = nullptr;
  bool holds = true;      ///< else moves are killed, and none is held
  int fenced_status = 1;  ///< with which a process ends that is fenced, or does not get the lock
  /// What it is called that every move ends, that one that succeeded has moved the truth, and that
  /// one that is fenced, or does not get the lock, changes nothing.
  std::string can_finish = "CanFinish", success_is_true = "ServeOnlyTruth",
              fenced_never_succeeds = "FencedNeverSucceeds";
};

}  // namespace cutover::crashsim
