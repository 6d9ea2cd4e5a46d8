#include "properties/state_version/disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "impl/state_version/as_described_file.h"

namespace cutover::state_version {
namespace {

Inode& inode_of(Disk& disk, const std::string& name) {
  const auto at = disk.names.find(name);
  if (at == disk.names.end()) throw std::logic_error("there is no file " + name);
  return disk.inodes[static_cast<std::size_t>(at->second)];
}

}  // namespace

json Disk::read(const std::string& name) const {
  const auto at = names.find(name);
  return at == names.end() ? json() : inodes[static_cast<std::size_t>(at->second)].written;
}

void Disk::truncate(const std::string& name) {
  if (names.contains(name)) {
    inode_of(*this, name).written = kEmpty;
    return;
  }
  names[name] = static_cast<int>(inodes.size());
  inodes.push_back({kEmpty, kEmpty});
}

void Disk::write(const std::string& name, const json& content) {
  inode_of(*this, name).written = content;
}

void Disk::sync(const std::string& name) {
  Inode& inode = inode_of(*this, name);
  inode.synced = inode.written;
}

void Disk::rename(const std::string& from, const std::string& to) {
  names[to] = names.at(from);
  names.erase(from);
}

Disk Disk::tidy() const {
  Disk tidied;
  std::map<int, int> moved;
  for (const auto* of : {&names, &synced_names}) {
    for (const auto& [name, inode] : *of) {
      if (!moved.emplace(inode, static_cast<int>(tidied.inodes.size())).second) continue;
      tidied.inodes.push_back(inodes[static_cast<std::size_t>(inode)]);
    }
  }
  for (const auto& [name, inode] : names) tidied.names[name] = moved.at(inode);
  for (const auto& [name, inode] : synced_names) tidied.synced_names[name] = moved.at(inode);
  return tidied;
}

void to_json(json& made, const Disk& disk) {
  const Disk tidied = disk.tidy();
  json inodes = json::array();
  for (const Inode& each : tidied.inodes) inodes.push_back({each.written, each.synced});
  made = {{"inodes", inodes}, {"names", tidied.names}, {"synced_names", tidied.synced_names}};
}

void from_json(const json& from, Disk& disk) {
  disk = {};
  for (const json& each : from.at("inodes")) disk.inodes.push_back({each.at(0), each.at(1)});
  from.at("names").get_to(disk.names);
  from.at("synced_names").get_to(disk.synced_names);
}

Disk disk_with(const json& state) {
  Disk disk;
  if (state.is_null()) return disk;
  disk.inodes = {{state, state}};
  disk.names = disk.synced_names = {{kStateFile, 0}};
  return disk;
}

std::vector<std::pair<std::string, Disk>> lose_power(const Disk& disk) {
  std::vector<std::pair<std::string, Disk>> results = {{"", disk}};
  for (std::size_t i = 0; i < disk.inodes.size(); ++i) {
    const auto& [written, synced] = disk.inodes[i];
    std::vector<std::pair<std::string, json>> ways = {{"old", synced}};
    if (written != synced) ways.push_back({"new", written});
    if (written != synced && written.is_object()) ways.push_back({"torn", kTorn});
    std::vector<std::pair<std::string, Disk>> more;
    for (const auto& [outcome, result] : results) {
      for (const auto& [way, content] : ways) {
        more.push_back({outcome, result});
        more.back().second.inodes[i] = {content, content};
        if (ways.size() > 1)
          more.back().first += fmt::format("{}{}", outcome.empty() ? "" : ", ", way);
      }
    }
    results = std::move(more);
  }
  std::vector<std::pair<std::string, Disk>> all;
  std::set<std::string> known;
  const auto add = [&](std::string outcome, Disk result, const std::map<std::string, int>& names) {
    result.names = result.synced_names = names;
    if (known.insert(json(result).dump()).second) all.push_back({std::move(outcome), result});
  };
  for (const auto& [outcome, result] : results) {
    const std::string of_files = outcome.empty() ? "nothing lost" : outcome;
    add(disk.names == disk.synced_names ? of_files : of_files + ", old names", result,
        disk.synced_names);
    add(of_files + ", new names", result, disk.names);
  }
  return all;
}

}  // namespace cutover::state_version
