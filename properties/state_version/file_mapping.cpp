#include "properties/state_version/file_mapping.h"

#include <fmt/format.h>

#include <array>

#include "impl/state_version/reference_file.h"

namespace cutover::state_version {
namespace {

namespace file = model::state_version::file;
using crashsim::Value;
using model::Byte;

constexpr std::array<const char*, 11> kAt = {"nowhere", "open",     "take",  "read",
                                             "found",   "truncate", "write", "sync",
                                             "rename",  "folder",   "wait"};
constexpr std::array<const char*, 4> kPrograms = {"none", "old", "middle", "newest"};
// Of World::events: those of sessions come first.
constexpr std::size_t kEndsSession = 0, kLosesPower = 1;

std::optional<file::Content> content_of(const json& stored) {
  if (stored == kEmpty) return file::Content{};
  if (stored == kTorn) return file::Content{file::kTorn, 0};
  const auto abstract = abstracted(stored);
  if (!abstract) return std::nullopt;
  return file::Content{abstract->version, abstract->changes};
}

std::optional<file::Disk> disk_of(const Disk& stored) {
  const Disk tidied = stored.tidy();
  file::Disk made;
  if (tidied.inodes.size() > made.inodes.size()) return std::nullopt;
  for (std::size_t i = 0; i < tidied.inodes.size(); ++i) {
    const auto written = content_of(tidied.inodes[i].written);
    const auto synced = content_of(tidied.inodes[i].synced);
    if (!written || !synced) return std::nullopt;
    made.inodes[i] = {*written, *synced};
  }
  const auto inode = [](const std::map<std::string, int>& names, const char* name) {
    const auto at = names.find(name);
    return static_cast<Byte>(at == names.end() ? 0 : at->second + 1);
  };
  made.state = inode(tidied.names, kStateFile);
  made.fresh = inode(tidied.names, kNewStateFile);
  made.synced_state = inode(tidied.synced_names, kStateFile);
  made.synced_fresh = inode(tidied.synced_names, kNewStateFile);
  return made;
}

/// One that disk_of() makes this one of: contents that are different here are different there.
Disk some_disk_of(const file::Disk& disk) {
  const auto content = [](const file::Content& of) -> json {
    if (of.version == file::kEmpty) return kEmpty;
    if (of.version == file::kTorn) return kTorn;
    return {{"version", of.version}, {"changes", of.changes}};
  };
  Disk made;
  for (const file::Inode& each : disk.inodes) {
    made.inodes.push_back({content(each.written), content(each.synced)});
  }
  const auto put = [](std::map<std::string, int>& names, const char* name, Byte inode) {
    if (inode != 0) names[name] = inode - 1;
  };
  put(made.names, kStateFile, disk.state);
  put(made.names, kNewStateFile, disk.fresh);
  put(made.synced_names, kStateFile, disk.synced_state);
  put(made.synced_names, kNewStateFile, disk.synced_fresh);
  return made.tidy();
}

/// In 64 bits there is not room for all of it: what differs is told apart but for one in 2^64.
std::uint64_t number_of(const file::Disk& disk) {
  std::uint64_t number = 0xcbf29ce484222325;  // FNV-1a
  const auto add = [&](Byte byte) { number = (number ^ byte) * 0x100000001b3; };
  for (const file::Inode& each : disk.inodes) {
    for (const file::Content& content : {each.written, each.synced}) {
      add(content.version);
      add(content.changes);
    }
  }
  for (const Byte name : {disk.state, disk.fresh, disk.synced_state, disk.synced_fresh}) add(name);
  return number;
}

std::uint64_t number_of(const file::Lock& lock) {
  return std::uint64_t{lock.opened} << 16 | std::uint64_t{lock.open} << 8 | lock.holder;
}

Value tla_content(const file::Content& content) {
  return {{"version", content.version},
          {"labels", labels_in(content.changes)},
          {"limits", limits_in(content.changes)}};
}

Value tla_disk(const file::Disk& disk) {
  Value inodes = Value::array();
  const auto used = std::max({disk.state, disk.fresh, disk.synced_state, disk.synced_fresh});
  for (Byte i = 0; i < used; ++i) {
    inodes.push_back({{"written", tla_content(disk.inodes[i].written)},
                      {"synced", tla_content(disk.inodes[i].synced)}});
  }
  return {{"inodes", inodes},
          {"names", {{"state", disk.state}, {"new", disk.fresh}}},
          {"synced", {{"state", disk.synced_state}, {"new", disk.synced_fresh}}}};
}

Value tla_lock(const file::Lock& lock) {
  Value open = Value::array();
  for (unsigned session = 1; session <= lock.opened; ++session) {
    if ((lock.open >> (session - 1) & 1) != 0) open.push_back(session);
  }
  return {{"opened", lock.opened}, {"open", open}, {"holder", lock.holder}};
}

std::string name_of(const file::Content& content) {
  switch (content.version) {
    case file::kEmpty: return "empty";
    case file::kTorn: return "torn";
    case file::kNoFile: return "none";
    default: return fmt::format("{}", content.version);
  }
}

}  // namespace

std::optional<std::size_t> FileMapping::event(const Action& action) const {
  if (action.name == Name::LosesPower) return kLosesPower;
  if (action.name == Name::EndsSession) return kEndsSession;
  return std::nullopt;
}

crashsim::Choice FileMapping::event_choice(const State& before, const Action& action) const {
  if (action.name == Name::EndsSession) {
    return {"lock", fmt::format("ends session {} of lock", action.who), "ok"};
  }
  const file::Disk disk = file::after_loss_of_power(before.disk)[action.way];
  for (const auto& [outcome, result] : lose_power(some_disk_of(before.disk))) {
    if (json(result) == json(some_disk_of(disk))) return {"disk", "loses power", outcome};
  }
  throw std::logic_error("no such loss of power");
}

std::string FileMapping::label(const Model&, std::size_t key) const {
  constexpr std::array<const char*, 11> kLabels = {"",
                                                   "lock: open session",
                                                   "lock: take",
                                                   "disk: read",
                                                   "disk: sync folder",
                                                   "disk: truncate",
                                                   "disk: write",
                                                   "disk: sync",
                                                   "disk: rename",
                                                   "disk: sync folder",
                                                   ""};
  return kLabels[key];
}

std::optional<file::Disk> FileMapping::disk(const Disk& stored) const { return disk_of(stored); }

std::optional<std::uint64_t> FileMapping::durable(const Value& store) const {
  if (store.contains("opened")) {
    file::Lock lock{store.at("opened").get<Byte>(), 0, store.at("value").get<Byte>()};
    for (const Value& session : store.at("open")) {
      lock.open |= static_cast<Byte>(1u << (session.get<unsigned>() - 1));
    }
    return number_of(lock);
  }
  const auto disk = disk_of(store.get<Disk>());
  return disk ? std::optional(number_of(*disk)) : std::nullopt;
}
std::uint64_t FileMapping::durable(const State& state, std::size_t store) const {
  return store == 0 ? number_of(state.disk) : number_of(state.lock);
}

Value FileMapping::tla(const Model& model, const State& state) const {
  Value processes = Value::array();
  for (unsigned i = 0; i < model.bounds().processes; ++i) {
    const file::Process& of = state.process[i];
    processes.push_back({{"at", kAt[static_cast<std::size_t>(of.at)]},
                         {"program", kPrograms[of.program]},
                         {"session", of.session},
                         {"state", tla_content(of.state)},
                         {"change", of.change}});
  }
  return {{"disk", tla_disk(state.disk)},
          {"lock", tla_lock(state.lock)},
          {"process", processes},
          {"operators",
           {{"brought", state.brought},
            {"up", state.up},
            {"acked", {{"labels", labels_in(state.acked)}, {"limits", limits_in(state.acked)}}}}},
          {"used", {{"starts", state.used.starts}, {"crashes", state.used.crashes}}}};
}

crashsim::Look FileMapping::look(const Model&, const State& state) const {
  crashsim::Look look;
  look.columns = {{"file", name_of(Model::content_of(state.disk))}};
  look.bad = Model::content_of(state.disk).version == file::kTorn ||
             (state.disk.state != 0 && Model::content_of(state.disk).version == file::kEmpty);
  return look;
}

}  // namespace cutover::state_version
