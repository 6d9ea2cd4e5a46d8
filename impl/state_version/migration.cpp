#include "impl/state_version/migration.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace cutover::state_version {

Chain::Chain(std::vector<Migration> migrations) : migrations_(std::move(migrations)) {
  for (std::size_t i = 1; i < migrations_.size(); ++i) {
    const Version &before = migrations_[i - 1].version, &after = migrations_[i].version;
    if (before < after) continue;
    throw std::invalid_argument(
        fmt::format("the migration to {} stands {} the one to {}", after.text(),
                    before == after ? "beside another:" : "after", before.text()));
  }
}

std::vector<const Migration*> Chain::between(const Version& stored, const Version& running) const {
  std::vector<const Migration*> found;
  for (const Migration& each : migrations_) {
    if (stored < each.version && each.version <= running) found.push_back(&each);
  }
  return found;
}

const Migration* Chain::to(const Version& version) const {
  const auto at = std::ranges::find(migrations_, version, &Migration::version);
  return at == migrations_.end() ? nullptr : &*at;
}

Version version_of(const json& state) {
  const auto at = state.find("version");
  return at == state.end() ? unversioned() : Version(at->get<std::string>());
}

json state_of_text(const std::string& text) {
  try {
    json state = json::parse(text);
    return state.is_object() ? state : json("it is no JSON object");
  } catch (const json::parse_error& error) {
    return error.what();
  }
}

bool is_damaged(const json& read) { return !read.is_null() && !read.is_object(); }

json known_to(const Build& build, const json& state) {
  json known = json::object();
  for (const std::string& member : build.members) {
    if (const auto at = state.find(member); at != state.end()) known[member] = *at;
  }
  return known;
}

}  // namespace cutover::state_version
