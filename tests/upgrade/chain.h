// The chain of migrations.json, and the oldest state that it begins with.
#pragma once

#include <filesystem>

#include "impl/state_version/migrations_file.h"
#include "impl/state_version/upgrade.h"

namespace cutover::state_version {

inline const std::filesystem::path kMigrations =
    std::filesystem::path(CUTOVER_SOURCE) / "tests/upgrade/migrations.json";

inline json oldest(const std::string& master = "zk://a") {
  return {{"master", master},
          {"resources", {{"cpus", 2}, {"memory", 4096}}},
          {"nodes", 3},
          {"timeout", 5},
          {"dashboard", "http://b"}};
}

/// As a clean run has it, without what else the log says.
inline json as_of(const std::string& version, const json& begun = oldest()) {
  static const Chain chain = read_migrations(kMigrations);
  return upgraded({Version(version), chain, {}, nullptr}, begun);
}

}  // namespace cutover::state_version
