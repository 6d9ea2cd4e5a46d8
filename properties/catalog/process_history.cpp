#include "properties/catalog/process_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "impl/catalog/contents.h"
#include "impl/catalog/pair.h"
#include "impl/store/complete.h"
#include "model/checker/check.h"
#include "properties/catalog/store_files.h"

namespace cutover::catalog {
namespace {

namespace fs = std::filesystem;
using crashsim::Announcement;
using crashsim::Child;
using crashsim::catalog::Which;

constexpr const char* kPutKey = "a";
constexpr const char* kLog = "migrate.log";
constexpr int kFenced = 1;  // exit status of migrate

Which store_of(Target to) { return to == Target::persist ? Which::persist : Which::stash; }
Target target_of(Which which) { return which == Which::persist ? Target::persist : Target::stash; }

Contents encoded(std::uint32_t format, const Entries& values) {
  Contents contents;
  contents.format = format;
  for (const auto& [key, value] : values) contents.entries[key] = encode_value(format, key, value);
  return contents;
}

std::string text_of(const Announcement& announcement) {
  return fmt::format("{} '{}'", to_string(announcement.when), announcement.label);
}

/// The stores that were opened, as the labels of the steps that did it.
std::set<std::string> opens(const Announcements& steps, Announcement::When when) {
  std::set<std::string> labels;
  for (const Announcement& step : steps) {
    if (step.when == when && step.label.starts_with("open ")) labels.insert(step.label);
  }
  return labels;
}

/// True if a move that has a past goes on with a store that it had opened there.
bool relies_on_a_session(const Announcements& past, const Announcements& later) {
  const auto opened = opens(past, Announcement::When::after);
  const auto again = opens(later, Announcement::When::before);
  return !std::ranges::includes(again, opened);
}

/// Clients that ask for these things, one after the other, and then for nothing.
class Script final : public Clients {
 public:
  explicit Script(std::vector<ClientRequest> requests) : requests_(std::move(requests)) {}
  void serving(const Session&) override {}
  awaitable<std::optional<ClientRequest>> next() override {
    if (replies.size() == requests_.size()) co_return std::nullopt;
    co_return requests_[replies.size()];
  }
  void reply(const Session&, const ClientRequest&, const ClientReply& reply) override {
    replies.push_back(reply);
  }

  std::vector<ClientReply> replies;

 private:
  std::vector<ClientRequest> requests_;
};

}  // namespace

ProcessHistory ProcessHistory::beginning(Subject& subject, const fs::path& folder, Past past,
                                         Epoch stash, Epoch persist) {
  const Entries values = {{"a", "v0"}, {"b", "v1"}, {"c", "v2"},
                          {"d", "v3"}, {"e", "v4"}, {"f", "v5"}};
  const Entries outdated = {{"a", "old"}, {"b", "v1"}, {"gone", "x"}};
  const bool are_pair = past == Past::pair;
  ProcessHistory history(subject, folder, past,
                         {subject.truth, values, {"gone"}, {stash, persist}});
  history.story_ = {
      fmt::format("the stash is the truth, in the old format, at epoch {}; persist {}, at epoch {}",
                  stash.value, are_pair ? "has an outdated copy" : "is empty and not its pair yet",
                  persist.value)};
  fs::create_directories(history.folder());
  StoreFiles files(history.folder(), SqliteStore::Mode::create_if_missing);
  StoreState first{stash, {}, encoded(kOldFormat, values)}, second{persist, {}, {}};
  if (are_pair) {
    first.config[kStashOf] = second.config[kPersistOf] = new_identity();
    second.contents = encoded(kCurrentFormat, outdated);
  }
  files.stash.restore(first);
  files.persist.restore(second);
  return history;
}

ProcessHistory ProcessHistory::in(const fs::path& folder) const {
  ProcessHistory history = *this;
  history.root_ = folder;
  history.number_ = 0;
  copy_store_files(this->folder(), history.folder());
  return history;
}

MaybeFailure ProcessHistory::complete(Target to, Announcements* steps) {
  go_on_in_a_copy();
  return complete_in_place(to, steps);
}

MaybeFailure ProcessHistory::kill_at(Target to, const Announcements& steps, std::size_t at) {
  go_on_in_a_copy();
  story_.push_back(fmt::format("a process that moves it to {} is killed {}",
                               store_name(store_of(to)), text_of(steps[at])));
  Child child(migrate(to));
  ++subject_->children;
  if (auto failed = reach(child, steps, at)) return failed;
  child.kill();
  ++subject_->kills;
  return look();
}

MaybeFailure ProcessHistory::hold_at(Target to, const Announcements& steps, std::size_t at,
                                     Target other) {
  go_on_in_a_copy();
  story_.push_back(fmt::format("a process that moves it to {} is held {}", store_name(store_of(to)),
                               text_of(steps[at])));
  Child held(migrate(to));
  ++subject_->children;
  if (auto failed = reach(held, steps, at)) return failed;
  if (auto failed = complete_in_place(other, nullptr)) return failed;
  {
    StoreFiles files(folder());
    if (auto failed = serve_through(files.stash, files.persist, Stage::Kind::serve)) return failed;
  }
  if (auto failed = look()) return failed;
  const auto end = steps.begin() + static_cast<std::ptrdiff_t>(at) + 1;
  return let_go(held, to, Announcements(steps.begin(), end));
}

MaybeFailure ProcessHistory::serve_anew() { return serve(Stage::Kind::move); }
MaybeFailure ProcessHistory::serve_on() { return serve(Stage::Kind::serve); }

void ProcessHistory::go_on_in_a_copy() {
  const fs::path before = folder();
  ++number_;
  copy_store_files(before, folder());
}

Child::Options ProcessHistory::migrate(Target to) const {
  const auto store = [&](Which which) { return "sqlite:" + store_file(folder(), which).string(); };
  const std::string descriptors = fmt::format("{},{}", Child::kPauseRead, Child::kPauseWrite);
  Child::Options options;
  options.executable = subject_->executable;
  options.arguments = {"migrate",
                       "--stash",
                       store(Which::stash),
                       "--persist",
                       store(Which::persist),
                       "--to",
                       store_name(store_of(to)),
                       "--protocol",
                       std::string(subject_->reference.name),
                       "--pause-fds",
                       descriptors};
  options.output = folder() / kLog;
  return options;
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
  } catch (const crashsim::ChildTimeout& timeout) {
    return failure("CanFinish", timeout.what());
  }
  return std::nullopt;
}

MaybeFailure ProcessHistory::complete_in_place(Target to, Announcements* steps) {
  const Which asked = store_of(to);
  story_.push_back(fmt::format("a process moves it to {} and ends", store_name(asked)));
  Child child(migrate(to));
  ++subject_->children;
  int code = 0;
  try {
    while (const auto announced = child.next()) {
      if (steps != nullptr) steps->push_back(*announced);
      child.go_on();
    }
    code = child.exit_code();
  } catch (const crashsim::ChildTimeout& timeout) {
    return failure("CanFinish", timeout.what());
  }
  if (auto failed = look()) return failed;
  if (code == 0 && truth() == asked) return std::nullopt;
  return failure(code == 0 ? "ServeOnlyTruth" : "CanFinish", ended(code));
}

MaybeFailure ProcessHistory::let_go(Child& child, Target to, const Announcements& past) {
  story_.push_back("the process that was held goes on");
  const Which before = truth();
  Announcements later;
  int code = 0;
  try {
    child.go_on();
    while (const auto announced = child.next()) {
      later.push_back(*announced);
      child.go_on();
    }
    code = child.exit_code();
  } catch (const crashsim::ChildTimeout& timeout) {
    return failure("CanFinish", timeout.what());
  }
  if (auto failed = look()) return failed;
  const bool succeeded = code == 0, has_moved = truth() != before;
  if (later.empty()) {  // it had nothing left to do
    if (has_moved) return failure("FencedNeverSucceeds", ended(code));
    return succeeded ? std::nullopt : failure("CanFinish", ended(code));
  }
  if (succeeded && truth() != store_of(to)) return failure("ServeOnlyTruth", ended(code));
  if (!relies_on_a_session(past, later)) {  // what came before is nothing to it
    return succeeded ? std::nullopt : failure("CanFinish", ended(code));
  }
  if (succeeded || has_moved) return failure("FencedNeverSucceeds", ended(code));
  if (code != kFenced) return failure("CanFinish", ended(code));
  ++subject_->fenced;
  return std::nullopt;
}

MaybeFailure ProcessHistory::serve(Stage::Kind first) {
  go_on_in_a_copy();
  StoreFiles files(folder());
  if (auto failed = serve_through(files.stash, files.persist, first)) return failed;
  // Closing would fold the logs into the databases: a kill leaves them as they are while open.
  go_on_in_a_copy();
  return look();
}

MaybeFailure ProcessHistory::serve_through(Store& stash, Store& persist, Stage::Kind first) {
  const auto other = std::ranges::find_if(monitor_.values(),
                                          [](const auto& entry) { return entry.first != kPutKey; });
  CUTOVER_CHECK(other != monitor_.values().end());
  const std::string deleted = other->first, value = fmt::format("w{}", ++puts_);
  const bool is_new = first == Stage::Kind::move;
  story_.push_back(fmt::format("{} serves {}: put {}={}, delete {}",
                               is_new ? "a new process" : "the process", store_name(truth()),
                               kPutKey, value, deleted));
  const std::vector<ClientRequest> requests = {{ClientRequest::Kind::put, kPutKey, value},
                                               {ClientRequest::Kind::erase, deleted, ""}};
  Script clients(requests);
  Stage stage{first, std::nullopt};
  if (!is_new) {
    stage.session = Session(truth() == Which::stash ? stash : persist, monitor_.epoch(truth()));
  }
  const Plan plan{subject_->reference, target_of(truth())};
  while (!stage.has_ended()) {
    stage = cutover::complete(run_stage(plan, stage, stash, persist, clients));
  }
  if (stage.kind != Stage::Kind::stopped) {
    return failure("CanFinish", fmt::format("{} could not be served", store_name(truth())));
  }
  const Epoch epoch = clients.replies.back().epoch;
  if (auto failed = monitor_.acknowledged(kPutKey, value, epoch)) return explained(failed);
  return explained(monitor_.acknowledged(deleted, std::nullopt, epoch));
}

MaybeFailure ProcessHistory::look() {
  const fs::path copy = root_ / "looked-at";
  copy_store_files(folder(), copy);
  MaybeFailure found;
  try {
    StoreFiles files(copy);
    found = monitor_.look({files.stash.inspect(), files.persist.inspect()});
  } catch (const std::runtime_error& unreadable) {
    found = Failure{"CanFinish", unreadable.what()};
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
  return fmt::format("it ended with status {}, and {} is the truth; {}", code, store_name(truth()),
                     last_words());
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

}  // namespace cutover::catalog
