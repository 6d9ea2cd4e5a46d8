// What schedulers over any kind of storage have in common: who may start, what operators ask for,
// and what must hold.
#pragma once

#include <set>

#include "crashsim/sdk.h"
#include "engines/case.h"
#include "impl/state_version/migration.h"

namespace cutover::state_version {

/// What the properties remember.
struct Known {
  std::vector<std::string> acknowledged;  ///< changes that operators were told are stored: where
  std::set<std::string> may_go, gone;     ///< namespaces that an operator deletes, or has deleted
  std::string version = unversioned().text();  ///< the newest that is up, or was
  std::string back_to = "";  ///< the version that an operator goes back to; empty: none
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Known, acknowledged, may_go, gone, version, back_to)

inline constexpr const char* kOnly = "state";  ///< the namespace, where there is one

/// The changes that reach a scheduler.
class Operators {
 public:
  Operators(Actor& actor, const Build& build, std::string name = kOnly)
      : actor_(actor), build_(build), name_(std::move(name)) {}
  Task<std::optional<json>> next();
  void acknowledge(const json& change);
  bool is_up() const { return is_up_; }  ///< has asked for a change

 private:
  Actor& actor_;
  const Build& build_;
  std::string name_;
  bool is_up_ = false;
};

struct Scheduler {
  std::string name;
  Build build;
  std::string of = kOnly;  ///< its namespace
};
/// Of 0.2.1.2, 0.2.1.9 and 0.2.1.10.
std::vector<Scheduler> all_schedulers();

/// The newest, and one that goes back to the middle one; of these namespaces.
std::vector<Scheduler> back_and_newest(const std::string& back = kOnly,
                                       const std::string& newest = kOnly);
/// One process at a time, whatever the bounds: two that go up and down at once may undo each
/// other's work for ever, and their logs would grow without end.
Case with_way_back(Case of);

/// A lock that vanishes with the session in which it was taken.
class Lock {
 public:
  explicit Lock(StoreHandle<int> lock) : lock_(lock) {}
  auto take() const {
    const auto take = [](int& holder, int me) {
      if (holder != 0) return false;
      holder = me;
      return true;
    };
    return lock_.when("take", take, lock_.session());
  }

 private:
  StoreHandle<int> lock_;  ///< the session that holds it; 0: none
};
/// Adds its store, "lock".
cutover::Migration with_lock_of_sessions(cutover::Migration made);

using Run = std::function<Task<void>(Actor&, const Scheduler&)>;
struct Stored {
  /// By namespace; a text: it is damaged. Each has its "version", wherever that is stored; null: no
  /// version is.
  std::map<std::string, json> states;
  std::optional<Version> version = std::nullopt;  ///< that is stored beside them, if one is
};
using StoredIn = std::function<Stored(const Stores&)>;
/// Of one state; null: there is none.
Stored only(const json& state);

/// By its name in the family; `record`: the public failure that it stands for.
Case scheduler_case(const std::string& name, const std::string& about, const std::string& violates,
                    const cutover::Migration& made, const std::string& record = "");

/// Adds to a migration that has its stores the programs and what must hold: VersionMatchesState,
/// EachMigrationOnce, NothingLost, NoOldWriter, and CanFinish of the newest scheduler.
/// Traces show the state as the column of the store.
void add_schedulers(cutover::Migration& made, const std::string& store,
                    const std::vector<Scheduler>& schedulers, const Run& run,
                    const StoredIn& stored_in);

}  // namespace cutover::state_version
