#include "properties/catalog/process_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "impl/catalog/contents.h"
#include "impl/store/complete.h"
#include "impl/store/sqlite_store.h"
#include "model/checker/check.h"

namespace cutover::catalog {
namespace {

namespace fs = std::filesystem;
using crashsim::Announcement;
using crashsim::Child;
using crashsim::catalog::kStoreNames;
using crashsim::catalog::Which;

constexpr std::array kWhich = {Which::stash, Which::persist};
constexpr const char* kPutKey = "a";
constexpr const char* kLog = "migrate.log";

std::size_t index_of(Which which) { return static_cast<std::size_t>(which); }
std::string name_of(Which which) { return kStoreNames[index_of(which)]; }
Which store_of(Target to) { return to == Target::persist ? Which::persist : Which::stash; }
Target target_of(Which which) { return which == Which::persist ? Target::persist : Target::stash; }
std::string file_of(Which which) { return name_of(which) + ".db"; }

std::unique_ptr<SqliteStore> open_file(const fs::path& folder, Which which) {
  return std::make_unique<SqliteStore>(name_of(which), folder / file_of(which),
                                       SqliteStore::Mode::must_exist);
}

/// What a killed process leaves: the database and its log. SQLite makes the third file, the log's
/// index, again.
void copy_stores(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::create_directories(to);
  for (const Which which : kWhich) {
    for (const char* companion : {"", "-wal"}) {
      const std::string file = file_of(which) + companion;
      if (fs::exists(from / file)) fs::copy_file(from / file, to / file);
    }
  }
}

std::optional<bool> tombstone_of(const StoreState& state) {
  const auto at = state.config.find(kTombstone);
  if (at == state.config.end()) return std::nullopt;
  return at->second != 0;
}

Contents encoded(std::uint32_t format, const Entries& values) {
  Contents contents;
  contents.format = format;
  for (const auto& [key, value] : values) contents.entries[key] = encode_value(format, value);
  return contents;
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

ProcessHistory ProcessHistory::beginning(Subject& subject, const fs::path& folder) {
  ProcessHistory history(subject, folder);
  history.expected_ = {{"a", "v0"}, {"b", "v1"}, {"c", "v2"},
                       {"d", "v3"}, {"e", "v4"}, {"f", "v5"}};
  history.erased_ = {"gone"};
  StoreState stash, persist;
  stash.epoch = Epoch{3};
  stash.contents = encoded(kOldFormat, history.expected_);
  persist.epoch = Epoch{7};
  persist.contents = encoded(kCurrentFormat, {{"a", "old"}, {"b", "v1"}, {"gone", "x"}});
  history.epochs_ = {stash.epoch, persist.epoch};
  history.acknowledged_ = stash.epoch;
  history.story_ = {"the stash is the truth, in the old format; persist has an outdated copy"};

  fs::create_directories(history.folder());
  for (const Which which : kWhich) {
    SqliteStore store(name_of(which), history.folder() / file_of(which),
                      SqliteStore::Mode::create_if_missing);
    store.restore(which == Which::stash ? stash : persist);
  }
  return history;
}

ProcessHistory ProcessHistory::in(const fs::path& folder) const {
  ProcessHistory history = *this;
  history.root_ = folder;
  history.number_ = 0;
  copy_stores(this->folder(), history.folder());
  return history;
}

MaybeFailure ProcessHistory::complete(Target to, Announcements* steps) {
  go_on_in_a_copy();
  return complete_in_place(to, steps);
}

MaybeFailure ProcessHistory::kill_at(Target to, const Announcements& steps, std::size_t at) {
  go_on_in_a_copy();
  story_.push_back(fmt::format("a process that moves it to {} is killed {} '{}'",
                               name_of(store_of(to)), to_string(steps[at].when), steps[at].label));
  Child child(migrate(to));
  ++subject_->children;
  if (auto failed = reach(child, steps, at)) return failed;
  child.kill();
  ++subject_->kills;
  return judge();
}

MaybeFailure ProcessHistory::hold_at(Target to, const Announcements& steps, std::size_t at,
                                     Target other) {
  go_on_in_a_copy();
  story_.push_back(fmt::format("a process that moves it to {} is held {} '{}'",
                               name_of(store_of(to)), to_string(steps[at].when), steps[at].label));
  Child held(migrate(to));
  ++subject_->children;
  if (auto failed = reach(held, steps, at)) return failed;
  if (auto failed = complete_in_place(other, nullptr)) return failed;
  {
    const auto stash = open_file(folder(), Which::stash);
    const auto persist = open_file(folder(), Which::persist);
    if (auto failed = serve_in_place(Stage::Kind::serve, *stash, *persist)) return failed;
  }
  if (auto failed = judge()) return failed;
  const bool had_begun = std::any_of(steps.begin(), steps.begin() + at + 1, [](const auto& step) {
    return step.when == Announcement::When::after && step.label.starts_with("open ");
  });
  return finish_held(held, to, had_begun, at + 1 == steps.size());
}

MaybeFailure ProcessHistory::serve_anew() { return serve(Stage::Kind::move); }
MaybeFailure ProcessHistory::serve_on() { return serve(Stage::Kind::serve); }

void ProcessHistory::go_on_in_a_copy() {
  const fs::path before = folder();
  ++number_;
  copy_stores(before, folder());
}

Child::Options ProcessHistory::migrate(Target to) const {
  const auto store = [&](Which which) { return "sqlite:" + (folder() / file_of(which)).string(); };
  Child::Options options;
  options.executable = subject_->executable;
  options.arguments = {"migrate",
                       "--stash",
                       store(Which::stash),
                       "--persist",
                       store(Which::persist),
                       "--to",
                       name_of(store_of(to)),
                       "--protocol",
                       std::string(subject_->reference.name),
                       "--pause-fds",
                       fmt::format("{},{}", Child::kPauseRead, Child::kPauseWrite)};
  options.output = folder() / kLog;
  return options;
}

/// Lets the child go on until it waits at steps[at].
MaybeFailure ProcessHistory::reach(Child& child, const Announcements& steps, std::size_t at) const {
  for (std::size_t i = 0; i <= at; ++i) {
    if (i > 0) child.go_on();
    const auto announced = child.next();
    if (announced == steps[i]) continue;
    const std::string found =
        announced ? fmt::format("{} '{}'", to_string(announced->when), announced->label)
                  : "its end";
    return fail("", fmt::format("the same move took other steps: expected {} '{}', found {}; {}",
                                to_string(steps[i].when), steps[i].label, found, last_words()));
  }
  return std::nullopt;
}

MaybeFailure ProcessHistory::complete_in_place(Target to, Announcements* steps) {
  const Which asked = store_of(to);
  story_.push_back(fmt::format("a process moves it to {} and ends", name_of(asked)));
  Child child(migrate(to));
  ++subject_->children;
  try {
    while (const auto announced = child.next()) {
      if (steps != nullptr) steps->push_back(*announced);
      child.go_on();
    }
    const int code = child.exit_code();
    if (auto failed = judge()) return failed;
    if (code != 0) {
      return fail("CanFinish", fmt::format("it ended with status {}; {}", code, last_words()));
    }
  } catch (const crashsim::ChildTimeout& timeout) {
    return fail("CanFinish", timeout.what());
  }
  if (truth_ == asked) return std::nullopt;
  return fail("CanFinish", fmt::format("it ended with status 0, and {} is the source of truth",
                                       name_of(truth_)));
}

MaybeFailure ProcessHistory::finish_held(Child& child, Target to, bool had_begun, bool had_ended) {
  story_.push_back("the process that was held goes on");
  const Which before = truth_;
  int code = 0;
  try {
    do child.go_on();
    while (child.next());
    code = child.exit_code();
  } catch (const crashsim::ChildTimeout& timeout) {
    return fail("CanFinish", timeout.what());
  }
  if (auto failed = judge()) return failed;
  const std::string ended = fmt::format("it ended with status {}; {}", code, last_words());
  if (code == 0 && !had_ended && truth_ != store_of(to)) {
    return fail("ServeOnlyTruth",
                fmt::format("{}, and {} is the source of truth", ended, name_of(truth_)));
  }
  if (!had_begun || had_ended) {
    if (code != 0) return fail("CanFinish", ended);
    return std::nullopt;
  }
  constexpr int kFenced = 1;
  if (code == kFenced) ++subject_->fenced;
  if (code == 0 || truth_ != before) return fail("FencedNeverSucceeds", ended);
  if (code != kFenced) return fail("CanFinish", ended);
  return std::nullopt;
}

MaybeFailure ProcessHistory::serve(Stage::Kind first) {
  go_on_in_a_copy();
  const auto stash = open_file(folder(), Which::stash);
  const auto persist = open_file(folder(), Which::persist);
  if (auto failed = serve_in_place(first, *stash, *persist)) return failed;
  // Closing would fold the log into the database; a copy of the open files is what a kill leaves.
  go_on_in_a_copy();
  return judge();
}

MaybeFailure ProcessHistory::serve_in_place(Stage::Kind first, Store& stash, Store& persist) {
  const auto erased =
      std::ranges::find_if(expected_, [](const auto& entry) { return entry.first != kPutKey; });
  CUTOVER_CHECK(erased != expected_.end());
  const std::string key = erased->first, value = fmt::format("w{}", ++puts_);
  Script clients(
      {{ClientRequest::Kind::put, kPutKey, value}, {ClientRequest::Kind::erase, key, ""}});
  const bool anew = first == Stage::Kind::move;
  story_.push_back(fmt::format("{} serves {}: put {}={}, delete {}",
                               anew ? "a new process" : "that process", name_of(truth_), kPutKey,
                               value, key));

  Stage stage{first, std::nullopt};
  Store& truth = truth_ == Which::stash ? stash : persist;
  if (!anew) stage.session = Session(truth, epochs_[index_of(truth_)]);
  const Plan plan{subject_->reference, target_of(truth_)};
  while (!stage.has_ended()) {
    stage = cutover::complete(run_stage(plan, stage, stash, persist, clients));
  }
  for (const ClientReply& reply : clients.replies) {
    if (reply.status != Status::ok) break;
    if (reply.epoch < acknowledged_) {
      return fail("EpochMonotone",
                  fmt::format("clients were answered under epoch {} before, and under {} now",
                              acknowledged_.value, reply.epoch.value));
    }
    acknowledged_ = reply.epoch;
  }
  if (stage.kind != Stage::Kind::stopped) {
    return fail("CanFinish", fmt::format("{} could not be served", name_of(truth_)));
  }
  expected_[kPutKey] = value;
  expected_.erase(key);
  erased_.insert(key);
  return std::nullopt;
}

MaybeFailure ProcessHistory::judge() {
  const fs::path copy = root_ / "looked-at";
  copy_stores(folder(), copy);
  std::array<StoreState, 2> seen;
  try {
    for (const Which which : kWhich) seen[index_of(which)] = open_file(copy, which)->inspect();
  } catch (const std::runtime_error& unreadable) {
    return fail("CanFinish", unreadable.what());
  }
  fs::remove_all(copy);
  const auto truth = subject_->truth(tombstone_of(seen[0]), tombstone_of(seen[1]));
  if (!truth) return fail("OneSourceOfTruth", "the tombstones name no store, or both");
  truth_ = *truth;
  if (auto failed = judge_contents(seen[index_of(truth_)].contents)) return failed;
  for (const Which which : kWhich) {
    if (auto failed = judge_epoch(which, seen[index_of(which)].epoch)) return failed;
  }
  return std::nullopt;
}

MaybeFailure ProcessHistory::judge_contents(const Contents& contents) const {
  const Entries held = decode(contents);
  for (const auto& [key, value] : expected_) {
    const auto at = held.find(key);
    if (at != held.end() && at->second == value) continue;
    return fail("NoLostWrite",
                fmt::format("{} is the truth, and there {} is {}, not {}", name_of(truth_), key,
                            at == held.end() ? "missing" : at->second, value));
  }
  for (const auto& [key, value] : held) {
    if (expected_.contains(key)) continue;
    return fail(erased_.contains(key) ? "NoResurrection" : "NoLostWrite",
                fmt::format("{} is the truth, and there {} is {}, which should be absent",
                            name_of(truth_), key, value));
  }
  return std::nullopt;
}

MaybeFailure ProcessHistory::judge_epoch(Which store, Epoch epoch) {
  Epoch& last = epochs_[index_of(store)];
  if (epoch < last) {
    return fail("EpochMonotone", fmt::format("the epoch of {} was {} and is {}", name_of(store),
                                             last.value, epoch.value));
  }
  last = epoch;
  return std::nullopt;
}

MaybeFailure ProcessHistory::fail(const std::string& property, const std::string& what) const {
  std::string text;
  for (std::size_t i = 0; i < story_.size(); ++i) {
    text += fmt::format("{:>3}  {}\n", i + 1, story_[i]);
  }
  text += fmt::format("  => {}\n     files: {}\n", what, folder().string());
  return Failure{property, text};
}

/// The last line that the children printed, for a person.
std::string ProcessHistory::last_words() const {
  std::ifstream log(folder() / kLog);
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (!line.empty()) last = line;
  }
  return last.empty() ? "it printed nothing" : fmt::format("its last line: {}", last);
}

}  // namespace cutover::catalog
