#include "properties/state_version/sample.h"

#include <algorithm>

#include "impl/state_version/upgrade.h"

namespace cutover::state_version {
namespace {

const Version& middle() {
  static const Version version("0.2.1.9");
  return version;
}
const Version& newest() {
  static const Version version("0.2.1.10");
  return version;
}

constexpr const char* kDid = "did";  // each migration that had its effect, in that order

json with(const json& state, const char* migration) {
  json after = state;
  after[kDid].push_back(migration);
  return after;
}

/// 0.2.1.9: the timeout is in milliseconds.
json in_milliseconds(const json& state) {
  json after = with(state, "m9");
  after["timeout_ms"] = state.value("timeout", state.value("timeout_ms", 0)) * 1000;
  after.erase("timeout");
  return after;
}

/// 0.2.1.10: limits have a level of their own, and there are as many retries as seeds.
json with_limits(const json& state) {
  json after = with(state, "m10");
  after["limits"] = {{"timeout_ms", state.value("timeout_ms", 0)}};
  if (state.contains("limits")) after["limits"] = state["limits"];
  after.erase("timeout_ms");
  after["retries"] = state.at("seeds");
  return after;
}

json without_last(const json& state) {
  json before = state;
  before[kDid].erase(before[kDid].size() - 1);
  if (before[kDid].empty()) before.erase(kDid);
  return before;
}
json in_seconds(const json& state) {
  json before = without_last(state);
  before["timeout"] = state.at("timeout_ms").get<int>() / 1000;
  before.erase("timeout_ms");
  return before;
}
/// What operators limited is destroyed.
json without_limits(const json& state) {
  json before = without_last(state);
  before["timeout_ms"] = state.at("limits").at("timeout_ms");
  before.erase("limits");
  before.erase("retries");
  return before;
}

/// The same, and a cap: as edited after the release.
json in_milliseconds_with_a_cap(const json& state) {
  json after = in_milliseconds(state);
  after["cap"] = kCap;
  return after;
}

Migration to_middle() {
  return {middle(),  "the timeout in milliseconds", in_milliseconds, {"timeout_ms"}, "m9",
          in_seconds};
}
Migration to_newest() {
  return {newest(),      "limits, and retries by seeds", with_limits, {"limits", "retries"}, "m10",
          without_limits};
}

}  // namespace

const char* const kMigrationsAsData = R"({"migrations": [
  {"version": "0.2.1.9",
   "about": "the timeout in milliseconds",
   "columns": ["timeout_ms"],
   "document": [{"op": "add", "path": "/did/-", "value": "m9"},
                {"op": "scale", "path": "/timeout", "by": 1000},
                {"op": "move", "from": "/timeout", "path": "/timeout_ms"}],
   "down": [{"op": "remove", "path": "/did/0"},
            {"op": "scale", "path": "/timeout_ms", "by": 0.001},
            {"op": "move", "from": "/timeout_ms", "path": "/timeout"}]},
  {"version": "0.2.1.10",
   "about": "limits, and retries by seeds",
   "columns": ["limits", "retries"],
   "document": [{"op": "add", "path": "/did/-", "value": "m10"},
                {"op": "add", "path": "/limits", "value": {}},
                {"op": "move", "from": "/timeout_ms", "path": "/limits/timeout_ms"},
                {"op": "copy", "from": "/seeds", "path": "/retries"}],
   "down": [{"op": "remove", "path": "/did/1"},
            {"op": "move", "from": "/limits/timeout_ms", "path": "/timeout_ms"},
            {"op": "remove", "path": "/limits"},
            {"op": "remove", "path": "/retries"}]}
]}
)";

json oldest_state_as_data() {
  json state = oldest_state();
  state[kDid] = json::array();
  return state;
}

json oldest_state() { return {{"seeds", 1}, {"timeout", kSeconds}}; }

Build build_of(Which which) {
  std::vector<std::string> members = {"seeds", "labels", kDid};
  const Version version = which == Which::old_one  ? unversioned()
                          : which == Which::middle ? middle()
                                                   : newest();
  if (which == Which::old_one) members.push_back("timeout");
  if (which == Which::middle) members.push_back("timeout_ms");
  if (which == Which::newest) members.insert(members.end(), {"limits", "retries"});
  return {version, Chain({to_middle(), to_newest()}), members, oldest_state()};
}

std::set<std::string> added_columns() {
  std::set<std::string> added;
  for (const Migration& each : {to_middle(), to_newest()}) {
    added.insert(each.columns.begin(), each.columns.end());
  }
  return added;
}

std::optional<Version> format_of(const json& state) {
  if (state.contains("limits") && state.contains("retries")) return newest();
  if (state.contains("timeout_ms")) return middle();
  if (state.contains("timeout")) return unversioned();
  return std::nullopt;
}

Build build_that_goes_back_to(Which which) {
  Build build = build_of(which);
  build.goes_down = true;
  return build;
}

Build build_with_an_edited_migration() {
  Build build = build_of(Which::newest);
  Migration edited = to_middle();
  edited.document = in_milliseconds_with_a_cap;
  edited.checksum = "m9, edited";
  build.chain = Chain({edited, to_newest()});
  build.members.push_back("cap");
  return build;
}

Build build_with_misnumbered_migrations() {
  Build build = build_of(Which::newest);
  Migration first = to_newest(), second = to_middle();
  std::swap(first.version, second.version);
  build.chain = Chain({first, second});
  return build;
}

json upgraded(const Repeating& build, const json& state) {
  const Build& plain = build;
  if (version_of(state) != build.version) return upgraded(plain, state);
  return build.chain.all().back().document(state);
}

bool has_the_edit(const json& state) { return state.value("cap", 0) == kCap; }

bool is_migrated_once(const json& state) {
  const json did = state.value(kDid, json::array());
  const auto has = [&](const char* migration) { return std::ranges::count(did, migration) == 1; };
  if (std::set<json>(did.begin(), did.end()).size() != did.size()) return false;
  if (version_of(state) >= middle() && !has("m9")) return false;
  if (version_of(state) >= newest() && !has("m10")) return false;
  const auto format = format_of(state);
  if (!format) return true;
  if (*format == newest()) return state["limits"]["timeout_ms"] == 1000 * kSeconds;
  return *format == middle() ? state["timeout_ms"] == 1000 * kSeconds
                             : state["timeout"] == kSeconds;
}

bool is_migrated_in_order(const json& state) {
  const json did = state.value(kDid, json::array());
  const auto first = std::ranges::find(did, "m9"), second = std::ranges::find(did, "m10");
  return second == did.end() || first < second;
}

json but_for_changes(const json& state) {
  json without = state;
  without.erase("labels");
  if (!state.contains("limits")) return without;
  without["limits"] = {{"timeout_ms", state["limits"].value("timeout_ms", 0)}};
  return without;
}

json change_of(const Build& build, int n) {
  const bool has_limits = std::ranges::find(build.members, "limits") != build.members.end();
  return {{has_limits ? "limits" : "labels", {{std::to_string(n), 1}}}};
}

std::string place_of(const json& change) {
  const auto member = change.begin();
  return "/" + member.key() + "/" + member->begin().key();
}

}  // namespace cutover::state_version
