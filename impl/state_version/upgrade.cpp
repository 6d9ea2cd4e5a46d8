#include "impl/state_version/upgrade.h"

#include <fmt/format.h>

namespace cutover::state_version {

std::optional<std::string> refusal(const Build& build, const Version& stored) {
  if (stored <= build.version) return std::nullopt;
  return fmt::format("the state is of version {}, and this is {}: run that one, or a newer",
                     stored.text(), build.version.text());
}

std::optional<std::string> refusal(const Build& build, const json& state) {
  if (is_damaged(state)) return "the state is damaged; restore it from a backup";
  if (const auto why = refusal(build, version_of(state))) return why;
  for (const json& applied : state.value("applied", json::array())) {
    const Migration* const known =
        build.chain.to(Version(applied.at("version").get<std::string>()));
    if (known == nullptr || applied.at("checksum") == known->checksum) continue;
    return fmt::format("the migration to {} is another than the one that was applied to this state",
                       known->version.text());
  }
  return std::nullopt;
}

json upgraded(const Build& build, json state) {
  if (version_of(state) == build.version) return state;
  json applied = state.value("applied", json::array());
  for (const Migration* each : build.chain.between(version_of(state), build.version)) {
    state = each->document(state);
    applied.push_back({{"version", each->version.text()}, {"checksum", each->checksum}});
  }
  state["version"] = build.version.text();
  state["applied"] = std::move(applied);
  return state;
}

}  // namespace cutover::state_version
