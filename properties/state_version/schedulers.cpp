#include "properties/state_version/schedulers.h"

#include <algorithm>

#include "impl/state_version/upgrade.h"
#include "properties/state_version/sample.h"

namespace cutover::state_version {
namespace {

constexpr auto upgraded_to = [](Known& known, std::string version) {
  if (!known.back_to.empty() && Version(version) > Version(known.back_to)) version = known.back_to;
  if (Version(version) > Version(known.version)) known.version = version;
};
/// From now on states may be as old as that.
constexpr auto may_go_back = [](Known& known, std::string version) {
  known.back_to = version;
  if (Version(known.version) > Version(version)) known.version = version;
};
/// It can be read, and something says of which version it is.
bool is_known(const json& state) {
  return !is_damaged(state) && !(state.contains("version") && state["version"].is_null());
}
constexpr auto add_place = [](Known& known, std::string place) {
  known.acknowledged.push_back(place);
  std::ranges::sort(known.acknowledged);
};

}  // namespace

Task<std::optional<json>> Operators::next() {
  if (!is_up_) actor_.note("is up", upgraded_to, build_.version.text());
  is_up_ = true;
  const auto request = co_await actor_.next_input();
  if (!request) co_return std::nullopt;
  co_return change_of(build_, request->as<int>());
}

void Operators::acknowledge(const json& change) {
  const std::string place = name_ + place_of(change);
  actor_.note("acknowledged", add_place, place);
}

std::vector<Scheduler> all_schedulers() {
  return {{"old", build_of(Which::old_one)},
          {"middle", build_of(Which::middle)},
          {"newest", build_of(Which::newest)}};
}

std::vector<Scheduler> back_and_newest(const std::string& back, const std::string& newest) {
  return {{"back", build_that_goes_back_to(Which::middle), back},
          {"newest", build_of(Which::newest), newest}};
}

Case with_way_back(Case of) {
  of.own_bounds = "processes=1,starts=4";
  of.world = [world = of.world](crashsim::Bounds bounds) {
    bounds.processes = std::min(bounds.processes, 1u);
    return world(bounds);
  };
  return of;
}

cutover::Migration with_lock_of_sessions(cutover::Migration made) {
  made.session_store("lock", 0, [](int& holder, int session) {
    if (holder == session) holder = 0;
  });
  return made;
}

Stored only(const json& state) {
  Stored stored;
  if (!state.is_null()) stored.states[kOnly] = state;
  return stored;
}

Case scheduler_case(const std::string& name, const std::string& about, const std::string& violates,
                    const cutover::Migration& made, const std::string& record) {
  Case of{"state_version/" + name, about, violates, made};
  of.record = record;
  return of;
}

void add_schedulers(cutover::Migration& made, const std::string& store,
                    const std::vector<Scheduler>& schedulers, const Run& run,
                    const StoredIn& stored_in) {
  made.memory(Known{}).input("change");
  const Version newest = schedulers.back().build.version;
  for (const Scheduler& each : schedulers) {
    made.program(each.name, [=](Actor& actor) {
      if (each.build.goes_down) actor.note("goes back to", may_go_back, each.build.version.text());
      return run(actor, each);
    });
  }
  made.column(store, [=](const Stores& now) -> std::string {
    const auto states = stored_in(now).states;
    if (states.empty()) return "none";
    std::string text;
    for (const auto& [name, state] : states) {
      text += (text.empty() ? "" : " ") + (name == kOnly ? "" : name + "=") + state.dump();
    }
    return text;
  });
  // What can't be read is no state to be judged: that nobody can start on it says CanFinish.
  const auto all = [=](const Stores& now, const std::function<bool(const json&)>& holds) {
    const auto states = stored_in(now).states;
    return std::ranges::all_of(
        states, [&](const auto& each) { return !is_known(each.second) || holds(each.second); });
  };
  made.property("VersionMatchesState", [=](const View& now) {
    return all(now, [](const json& state) { return format_of(state) == version_of(state); });
  });
  const bool is_edited = std::ranges::find(schedulers.back().build.members, "cap") !=
                         schedulers.back().build.members.end();
  made.property("EachMigrationOnce", [=](const View& now) {
    return all(now, [&](const json& state) {
      const bool lacks_edit = is_edited && version_of(state) >= newest && !has_the_edit(state);
      return is_migrated_once(state) && !lacks_edit;
    });
  });
  made.property("InOrder", [=](const View& now) { return all(now, is_migrated_in_order); });
  made.property("NothingLost", [=](const View& now) {
    const auto states = stored_in(now).states;
    const Known known = now.memory<Known>();
    const auto is_there = [&](const std::string& place) {
      const auto end = place.find('/');
      const auto at = states.find(place.substr(0, end));
      if (at == states.end()) return known.may_go.contains(place.substr(0, end));
      if (!known.back_to.empty() && place.find("/limits/") != std::string::npos) return true;
      return is_damaged(at->second) || at->second.contains(json::json_pointer(place.substr(end)));
    };
    const auto is_gone = [&](const std::string& name) { return !states.contains(name); };
    return std::ranges::all_of(known.acknowledged, is_there) &&
           std::ranges::all_of(known.gone, is_gone);
  });
  made.property("NoOldWriter", [=](const View& now) {
    const Version up(now.memory<Known>().version);
    const auto beside = stored_in(now).version;
    if (beside && *beside < up) return false;
    return all(now, [&](const json& state) { return version_of(state) >= up; });
  });
  const json migrated = but_for_changes(upgraded(schedulers.back().build, oldest_state()));
  made.property("OthersDoNothing", [=](const View& now) {
    if (Version(now.memory<Known>().version) < newest) return true;
    const auto [states, beside] = stored_in(now);
    if (beside && *beside != newest) return false;
    return std::ranges::all_of(states, [&](const auto& each) {
      const json& state = each.second;
      if (is_damaged(state)) return true;
      json without = but_for_changes(state);
      without["applied"] = migrated["applied"];
      return without == migrated;
    });
  });
  for (const Scheduler& each : schedulers) {
    if (each.build.version != newest) continue;
    made.can_finish(each.name, [=](const Stores& now) {
      const auto states = stored_in(now).states;
      return std::ranges::all_of(states, [&](const auto& each) {
        return is_known(each.second) && version_of(each.second) >= newest;
      });
    });
  }
  made.sometimes("the newest is up",
                 [=](const View& now) { return Version(now.memory<Known>().version) == newest; });
  const auto has_writes = [](const crashsim::Bounds& bounds) {
    return crashsim::kWrites.of(bounds) > 0;
  };
  made.sometimes(
      "a change is acknowledged",
      [](const View& now) { return !now.memory<Known>().acknowledged.empty(); }, has_writes);
}

}  // namespace cutover::state_version
