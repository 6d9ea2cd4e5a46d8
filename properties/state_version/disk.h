// A file system, simulated: what its files and names are, and which of that is durable.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cutover::state_version {

using json = nlohmann::json;

/// What is in a file: a state, or nothing, or half of what was written.
inline constexpr const char* kEmpty = "";
inline constexpr const char* kTorn = "torn";

struct Inode {
  json written, synced;
};

struct Disk {
  std::vector<Inode> inodes;
  std::map<std::string, int> names, synced_names;  ///< each of its inode

  /// Null: there is no such file.
  json read(const std::string& name) const;
  void truncate(const std::string& name);  ///< makes it, if it is not there
  void write(const std::string& name, const json& content);
  void sync(const std::string& name);
  void rename(const std::string& from, const std::string& to);
  void sync_folder() { synced_names = names; }

  /// Without the inodes that no name is of, in the order of the names.
  Disk tidy() const;
};
void to_json(json& made, const Disk& disk);
void from_json(const json& from, Disk& disk);

Disk disk_with(const json& state);

/// How it may be after a loss of power: of each file whose content was not synced the old one, the
/// new one or half of it; and, apart from that, the names as they were, or as they are. A rename
/// may so be durable before what it names.
std::vector<std::pair<std::string, Disk>> lose_power(const Disk& disk);

}  // namespace cutover::state_version
