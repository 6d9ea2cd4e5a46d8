#include "crashsim/process/process_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace cutover::crashsim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLog = "move.log";

std::string text_of(const Announcement& announcement) {
  return fmt::format("{} '{}'", to_string(announcement.when), announcement.label);
}

}  // namespace

ProcessHistory::ProcessHistory(const ProcessSubject& subject, ProcessCounts& counts,
                               const ProcessBeginning& beginning, const fs::path& folder)
    : subject_(&subject), counts_(&counts), root_(folder), story_{beginning.story} {
  fs::create_directories(this->folder());
  stores_ = beginning.make(this->folder());
}

ProcessHistory::ProcessHistory(const ProcessHistory& other)
    : subject_(other.subject_),
      counts_(other.counts_),
      root_(other.root_),
      number_(other.number_),
      stores_(other.stores_->clone()),
      story_(other.story_) {}

ProcessHistory ProcessHistory::in(const fs::path& folder) const {
  ProcessHistory history = *this;
  history.root_ = folder;
  history.number_ = 0;
  stores_->copy_files(this->folder(), history.folder());
  return history;
}

MaybeFailure ProcessHistory::complete(const ProcessMove& move, Announcements* steps) {
  go_on_in_a_copy();
  return complete_in_place(move, steps);
}

MaybeFailure ProcessHistory::kill_at(const ProcessMove& move, const Announcements& steps,
                                     std::size_t at) {
  go_on_in_a_copy();
  story_.push_back(
      fmt::format("a process that moves it {} is killed {}", move.name, text_of(steps[at])));
  Child child = start(move);
  if (auto failed = reach(child, steps, at)) return failed;
  child.kill();
  ++counts_->kills;
  return look();
}

MaybeFailure ProcessHistory::hold_at(const ProcessMove& move, const Announcements& steps,
                                     std::size_t at, const ProcessMove& other) {
  go_on_in_a_copy();
  story_.push_back(
      fmt::format("a process that moves it {} is held {}", move.name, text_of(steps[at])));
  Child held = start(move);
  if (auto failed = reach(held, steps, at)) return failed;
  const auto end = steps.begin() + static_cast<std::ptrdiff_t>(at) + 1;
  const Announcements past(steps.begin(), end);
  if (has_lock(past)) {
    if (auto failed = keep_out(other)) return failed;
    return let_go(held, move, past);
  }
  if (auto failed = complete_in_place(other, nullptr)) return failed;
  auto& told = story_.emplace_back();
  if (auto failed = stores_->serve(folder(), false, told, [] {})) return explained(failed);
  if (auto failed = look()) return failed;
  return let_go(held, move, past);
}

void ProcessHistory::go_on_in_a_copy() {
  const fs::path before = folder();
  ++number_;
  stores_->copy_files(before, folder());
}

Child ProcessHistory::start(const ProcessMove& move) const {
  Child::Options options;
  options.executable = subject_->executable;
  options.arguments = move.arguments(folder());
  options.output = folder() / kLog;
  ++counts_->children;
  return Child(options);
}

/// Lets the child go on until it waits at steps[at].
MaybeFailure ProcessHistory::reach(Child& child, const Announcements& steps, std::size_t at) const {
  try {
    for (std::size_t i = 0; i <= at; ++i) {
      if (i > 0) child.go_on();
      const auto announced = child.next();
      if (announced == steps[i]) continue;
      return failure("", fmt::format("the same move took other steps: expected {}, found {}; {}",
                                     text_of(steps[i]), announced ? text_of(*announced) : "its end",
                                     last_words()));
    }
  } catch (const ChildTimeout& timeout) {
    return failure(subject_->can_finish, timeout.what());
  }
  return std::nullopt;
}

/// Lets the child go on to its end, and gives its status. It may be waiting at no step.
MaybeFailure ProcessHistory::run_out(Child& child, int& code, Announcements* steps) const {
  try {
    while (const auto announced = child.next()) {
      if (steps != nullptr) steps->push_back(*announced);
      child.go_on();
    }
    code = child.exit_code();
  } catch (const ChildTimeout& timeout) {
    return failure(subject_->can_finish, timeout.what());
  }
  return std::nullopt;
}

MaybeFailure ProcessHistory::complete_in_place(const ProcessMove& move, Announcements* steps) {
  story_.push_back(fmt::format("a process moves it {} and ends", move.name));
  Child child = start(move);
  int code = 0;
  if (auto failed = run_out(child, code, steps)) return failed;
  if (auto failed = look()) return failed;
  if (code == 0 && stores_->truth() == move.to) return std::nullopt;
  return failure(code == 0 ? subject_->success_is_true : subject_->can_finish, ended(code));
}

bool ProcessHistory::has_lock(const Announcements& past) const {
  return subject_->locks && std::ranges::any_of(past, [this](const Announcement& step) {
           return step.when == Announcement::When::after && subject_->locks(step.label);
         });
}

/// The move, by a child that must not get the lock.
MaybeFailure ProcessHistory::keep_out(const ProcessMove& move) {
  story_.push_back(
      fmt::format("another process is to move it {}, and does not get the lock", move.name));
  if (auto failed = look()) return failed;
  const std::size_t before = stores_->truth();
  Child child = start(move);
  int code = 0;
  if (auto failed = run_out(child, code)) return failed;
  if (auto failed = look()) return failed;
  const bool was_kept_out = code == subject_->fenced_status && stores_->truth() == before;
  if (!was_kept_out) return failure(subject_->fenced_never_succeeds, ended(code));
  ++counts_->fenced;
  return std::nullopt;
}

MaybeFailure ProcessHistory::let_go(Child& child, const ProcessMove& move,
                                    const Announcements& past) {
  story_.push_back("the process that was held goes on");
  const std::size_t before = stores_->truth();
  Announcements later;
  int code = 0;
  child.go_on();
  if (auto failed = run_out(child, code, &later)) return failed;
  if (auto failed = look()) return failed;
  const bool succeeded = code == 0, has_moved = stores_->truth() != before;
  if (later.empty()) {  // it had nothing left to do
    if (has_moved) return failure(subject_->fenced_never_succeeds, ended(code));
    return succeeded ? std::nullopt : failure(subject_->can_finish, ended(code));
  }
  if (succeeded && stores_->truth() != move.to) {
    return failure(subject_->success_is_true, ended(code));
  }
  if (!relies_on_a_session(past, later)) {  // what came before is nothing to it
    return succeeded ? std::nullopt : failure(subject_->can_finish, ended(code));
  }
  if (succeeded || has_moved) return failure(subject_->fenced_never_succeeds, ended(code));
  if (code != subject_->fenced_status) return failure(subject_->can_finish, ended(code));
  ++counts_->fenced;
  return std::nullopt;
}

/// True if a move that has a past goes on with a store that it had opened there.
bool ProcessHistory::relies_on_a_session(const Announcements& past,
                                         const Announcements& later) const {
  if (!subject_->opens) return false;
  const auto opened = [&](const Announcements& steps, Announcement::When when) {
    std::set<std::string> labels;
    for (const Announcement& step : steps) {
      if (step.when == when && subject_->opens(step.label)) labels.insert(step.label);
    }
    return labels;
  };
  return !std::ranges::includes(opened(later, Announcement::When::before),
                                opened(past, Announcement::When::after));
}

MaybeFailure ProcessHistory::serve(bool anew) {
  go_on_in_a_copy();
  auto& told = story_.emplace_back();
  // Closing would fold logs into databases: a kill leaves them as they are while open.
  const auto before_closing = [this] { go_on_in_a_copy(); };
  if (auto failed = stores_->serve(folder(), anew, told, before_closing)) return explained(failed);
  return look();
}

MaybeFailure ProcessHistory::look() {
  const fs::path copy = root_ / "looked-at";
  stores_->copy_files(folder(), copy);
  MaybeFailure found;
  try {
    found = stores_->look(copy);
  } catch (const std::runtime_error& unreadable) {
    found = Failure{subject_->can_finish, unreadable.what()};
  }
  fs::remove_all(copy);
  return explained(std::move(found));
}

MaybeFailure ProcessHistory::failure(const std::string& property, const std::string& what) const {
  return explained(Failure{property, what});
}

/// Adds how it came about.
MaybeFailure ProcessHistory::explained(MaybeFailure failure) const {
  if (!failure) return failure;
  std::string text;
  for (std::size_t i = 0; i < story_.size(); ++i) {
    text += fmt::format("{:>3}  {}\n", i + 1, story_[i]);
  }
  failure->what = text + fmt::format("     {}\n     files: {}\n", failure->what, folder().string());
  return failure;
}

std::string ProcessHistory::ended(int code) const {
  return fmt::format("it ended with status {}, and {} is the truth; {}", code,
                     stores_->truth_name(), last_words());
}

/// The last line that the children in this folder printed, for a person.
std::string ProcessHistory::last_words() const {
  std::ifstream log(folder() / kLog);
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (!line.empty()) last = line;
  }
  return last.empty() ? "it printed nothing" : "its last line: " + last;
}

}  // namespace cutover::crashsim
