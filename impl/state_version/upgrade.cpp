#include "impl/state_version/upgrade.h"

#include <fmt/format.h>

#include <map>

namespace cutover::state_version {

namespace {

/// Why there is no way down from that version, or nothing.
std::optional<std::string> no_way_down(const Build& build, const Version& stored) {
  if (build.chain.to(stored) == nullptr) {
    return fmt::format("no migration to {} is known here: go down with those that led there",
                       stored.text());
  }
  for (const Migration* each : build.chain.between(build.version, stored)) {
    if (each->down) continue;
    return fmt::format("the migration to {} has no way down: restore a backup of before it",
                       each->version.text());
  }
  return std::nullopt;
}

/// The checksums of what was applied, and not undone since, by version.
std::map<std::string, json> in_effect(const json& state) {
  std::map<std::string, json> checksums;
  const json applied = state.value("applied", json::array());
  for (const json& line : applied) {
    const std::string version = line.at("version");
    checksums[version] = line.at("checksum");
    if (line.value("down", false)) checksums.erase(version);
  }
  return checksums;
}

json line_of(const Build& build, const Migration& migration) {
  json line = {{"version", migration.version.text()}, {"checksum", migration.checksum}};
  if (build.stamp) line.update(build.stamp());
  return line;
}

}  // namespace

std::optional<std::string> refusal(const Build& build, const Version& stored) {
  if (stored <= build.version) return std::nullopt;
  if (build.goes_down) return no_way_down(build, stored);
  return fmt::format("the state is of version {}, and this is {}: run that one, or a newer",
                     stored.text(), build.version.text());
}

std::optional<std::string> refusal(const Build& build, const json& state) {
  if (state.is_null()) return "there is no state";
  if (is_damaged(state)) return "the state is damaged; restore it from a backup";
  if (const auto why = refusal(build, version_of(state))) return why;
  for (const auto& [version, checksum] : in_effect(state)) {
    const Migration* const known = build.chain.to(Version(version));
    if (known == nullptr || checksum == known->checksum) continue;
    return fmt::format(
        "the migration to {} is another than the one that was applied to this state: give the "
        "released one, and put what is new into a migration of its own",
        version);
  }
  return std::nullopt;
}

std::optional<std::string> other_version(const Build& build, const json& state) {
  const Version stored = version_of(state);
  if (stored == build.version) return std::nullopt;
  return fmt::format("meanwhile it was brought to version {}", stored.text());
}

json upgraded(const Build& build, json state) {
  const Version stored = version_of(state);
  if (stored == build.version) return state;
  json applied = state.value("applied", json::array());
  for (const Migration* each : build.chain.between(stored, build.version)) {
    state = each->document(state);
    applied.push_back(line_of(build, *each));
  }
  const auto undone = build.chain.between(build.version, stored);
  for (auto each = undone.rbegin(); build.goes_down && each != undone.rend(); ++each) {
    state = (*each)->down(state);
    applied.push_back(line_of(build, **each));
    applied.back()["down"] = true;
  }
  state["version"] = build.version.text();
  state["applied"] = std::move(applied);
  return state;
}

}  // namespace cutover::state_version
