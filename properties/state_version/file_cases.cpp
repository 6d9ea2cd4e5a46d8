#include "properties/state_version/file_cases.h"

#include "engines/model/model_of_case.h"
#include "impl/state_version/reference_file.h"
#include "properties/state_version/disk.h"
#include "properties/state_version/file_mapping.h"
#include "properties/state_version/process_subject.h"
#include "properties/state_version/sample.h"
#include "properties/state_version/schedulers.h"

namespace cutover::state_version {
namespace {

/// The calls of a file system, each a step. What is not there is refused, and ends its process.
class Files {
 public:
  /// `skips`: a call that has no effect.
  Files(StoreHandle<Disk> disk, const Operators& operators, std::string skips)
      : disk_(disk), operators_(&operators), skips_(std::move(skips)) {}
  explicit Files(StoreHandle<Disk> disk) : disk_(disk) {}

  auto read(const std::string& name) const {
    return disk_.read("read", [](const Disk& disk, std::string of) { return disk.read(of); }, name);
  }
  auto truncate(const std::string& name) const {
    return disk_.step("truncate", [](Disk& disk, std::string of) { disk.truncate(of); }, name);
  }
  auto write(const std::string& name, const json& content) const {
    const auto write = [](Disk& disk, std::string of, json what) {
      require(disk.names.contains(of));
      disk.write(of, what);
    };
    return disk_.step("write", write, name, content);
  }
  auto sync(const std::string& name) const {
    const auto sync = [](Disk& disk, std::string of) {
      require(disk.names.contains(of));
      disk.sync(of);
    };
    const auto nothing = [](Disk& disk, std::string of) { require(disk.names.contains(of)); };
    return skips_ == "sync" ? disk_.step("sync", nothing, name) : disk_.step("sync", sync, name);
  }
  auto rename(const std::string& from, const std::string& to) const {
    const auto rename = [](Disk& disk, std::string of, std::string is) {
      require(disk.names.contains(of));
      disk.rename(of, is);
    };
    return disk_.step("rename", rename, from, to);
  }
  auto sync_folder() const {
    const bool is_first = std::exchange(is_first_, false);
    const bool is_of_change = operators_ != nullptr && operators_->is_up();
    const bool does = !(is_of_change && skips_ == "sync folder of a change") &&
                      !(is_first && skips_ == "sync folder as found");
    const auto sync = [](Disk& disk) { disk.sync_folder(); };
    const auto nothing = [](Disk&) {};
    return does ? disk_.step("sync folder", sync) : disk_.step("sync folder", nothing);
  }

 private:
  StoreHandle<Disk> disk_;
  const Operators* operators_ = nullptr;
  std::string skips_;
  mutable bool is_first_ = true;  ///< to come
};

/// That nobody waits for.
struct NoLock {
  Task<void> take() const { co_return; }
};

Stored stored_in(const Stores& now) { return only(now.store<Disk>("disk").read(kStateFile)); }

/// The file at the beginning, and who may start over it.
cutover::Migration over_a_file(const json& state, const std::vector<Scheduler>& schedulers,
                               const Run& run) {
  cutover::Migration made;
  made.store("disk", disk_with(state)).local("disk");
  made.event<Disk>("disk", "loses power", lose_power, std::nullopt, true);
  made.beginning("fresh", {{"disk", Disk{}}});
  add_schedulers(made, "disk", schedulers, run, stored_in);
  return made;
}

Task<void> as_described(Actor& actor, const Scheduler& of) {
  const Files files(actor.store<Disk>("disk"));
  Operators operators(actor, of.build);
  co_await run_as_described(files, operators, of.build);
}

/// No two at once.
Task<void> as_described_in_turn(Actor& actor, const Scheduler& of) {
  const Lock lock(co_await actor.open_session<int>("lock"));
  co_await lock.take();
  co_await as_described(actor, of);
}

Task<void> reference(Actor& actor, const Scheduler& of, const std::string& skips) {
  Operators operators(actor, of.build);
  const Files files(actor.store<Disk>("disk"), operators, skips);
  if (skips == "lock") {
    const NoLock lock;
    co_await run_reference(files, lock, operators, of.build);
    co_return;
  }
  const Lock lock(co_await actor.open_session<int>("lock"));
  if (skips == "refusal") {
    const Trusting build{of.build};
    co_await run_reference(files, lock, operators, build);
  } else if (skips == "that it is done") {
    const Repeating build{of.build};
    co_await run_reference(files, lock, operators, build);
  } else {
    co_await run_reference(files, lock, operators, of.build);
  }
}

/// That of a machine: it vanishes with its process, and not before.
cutover::Migration with_lock(cutover::Migration made) {
  return with_lock_of_sessions(std::move(made)).local("lock");
}

}  // namespace

std::vector<Case> file_cases() {
  const std::vector<Scheduler> all = all_schedulers();
  const std::vector<Scheduler> newest = {all.back()};
  const auto described = [](const std::vector<Scheduler>& programs) {
    return over_a_file(oldest_state(), programs, as_described);
  };
  std::vector<Case> cases;
  const auto add = [&](const auto&... of) { cases.push_back(scheduler_case(of...)); };
  const auto but_for = [](const std::string& skips, const std::vector<Scheduler>& schedulers) {
    const Run run = [skips](Actor& actor, const Scheduler& of) {
      return reference(actor, of, skips);
    };
    return with_lock(over_a_file(oldest_state(), schedulers, run));
  };
  using Flaw = FileMapping::Flaw;
  const auto add_with_model = [&](Flaw flaw, const auto&... of) {
    cases.push_back(with_model(scheduler_case(of...), FileMapping{{flaw}}));
  };
  add_with_model(Flaw::none, "reference-file",
                 "a lock, and a file replaced whole, synced, and its folder too", "",
                 but_for("", all));
  cases.back().process = [](const std::string& executable) {
    return upgrades_of("file", a_file(), executable);
  };
  cases.push_back(with_way_back(scheduler_case("reference-file-and-back",
                                               "one at a time, and an operator who goes back", "",
                                               but_for("", back_and_newest()))));
  add_with_model(Flaw::no_sync, "reference-file+no-sync",
                 "the file is not synced before it is renamed over the other", "CanFinish",
                 but_for("sync", all));
  add_with_model(Flaw::no_folder_sync, "reference-file+no-folder-sync",
                 "the folder is not synced before a change is acknowledged", "NothingLost",
                 but_for("sync folder of a change", all));
  add_with_model(Flaw::unsynced_start, "reference-file+unsynced-start",
                 "serves a state that a loss of power may take back", "NoOldWriter",
                 but_for("sync folder as found", all));
  add_with_model(Flaw::no_lock, "reference-file+no-lock", "two schedulers at once", "CanFinish",
                 but_for("lock", all));
  add_with_model(Flaw::runs_on_newer, "reference-file+runs-on-newer",
                 "it does not ask whether it may run on what it finds", "NoOldWriter",
                 but_for("refusal", all));
  add("reference-file+repeats", "it migrates what is of its version already", "OthersDoNothing",
      but_for("that it is done", newest));
  add("reference-file+misnumbered", "the versions of two migrations are the wrong way round",
      "InOrder", but_for("", {{"newest", build_with_misnumbered_migrations()}}));
  add("as-described-file", "one file, rewritten in place, by whoever starts", "VersionMatchesState",
      described(all));
  add("as-described-file+torn-file", "the file is truncated, and then rewritten", "CanFinish",
      described(newest), "torn-file");
  cases.back().process = [](const std::string& executable) {
    return described_over("torn-file", a_file(), executable);
  };
  add("as-described-file+stamp-down",
      "an older one stamps its version, and drops what it does not know", "NothingLost",
      with_lock(over_a_file(oldest_state(), all, as_described_in_turn)), "stamp-down");
  cutover::Migration with_script = described(newest);
  with_script.program("script", [](Actor& actor) -> Task<void> {
    const Files files(actor.store<Disk>("disk"));
    co_await stamp_as_described(files, build_of(Which::newest).version);
  });
  add("as-described-file+false-stamp",
      "a script stamps the newest version on what was never migrated", "VersionMatchesState",
      with_script, "false-stamp");
  const std::vector<Scheduler> edited = {{"middle", build_of(Which::middle)},
                                         {"newest", build_with_an_edited_migration()}};
  add("as-described-file+edited-migration",
      "a migration is edited after its release, and some states never get the change",
      "EachMigrationOnce", described(edited), "edited-migration");
  return cases;
}

}  // namespace cutover::state_version
