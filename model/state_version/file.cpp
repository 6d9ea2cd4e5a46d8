#include "model/state_version/file.h"

namespace cutover::model::state_version::file {
namespace {

bool is_state(const Content& content) { return content.version >= 1 && content.version <= kNewest; }

/// Without the inodes that no name is of, in the order of the names.
Disk tidy(const Disk& disk) {
  Disk tidied;
  std::array<Byte, 5> moved = {};
  Byte count = 0;
  const auto number = [&](Byte inode) {
    if (inode == 0) return inode;
    if (moved[inode] == 0) {
      tidied.inodes[count] = disk.inodes[inode - 1u];
      moved[inode] = ++count;
    }
    return moved[inode];
  };
  tidied.state = number(disk.state);
  tidied.fresh = number(disk.fresh);
  tidied.synced_state = number(disk.synced_state);
  tidied.synced_fresh = number(disk.synced_fresh);
  return tidied;
}

void sync_folder(Disk& disk) {
  disk.synced_state = disk.state;
  disk.synced_fresh = disk.fresh;
  disk = tidy(disk);
}

/// Makes it where it is not there.
void truncate_new(Disk& disk) {
  if (disk.fresh != 0) {
    disk.inodes[disk.fresh - 1u].written = {};
    return;
  }
  // Of four inodes, three at most have another name.
  const auto names = {disk.state, disk.synced_state, disk.synced_fresh};
  Byte free = 1;
  while (std::ranges::find(names, free) != names.end()) ++free;
  disk.inodes[free - 1u] = {};
  disk.fresh = free;
  disk = tidy(disk);
}

}  // namespace

const char* to_string(Name name) {
  constexpr std::array<const char*, 21> kNames = {
      "Start",       "OpenSession",  "TakeLock",    "Read",       "SyncFound",     "Truncate",
      "Write",       "Sync",         "Rename",      "SyncFolder", "Client",        "Stop",
      "CrashBefore", "CrashAfter",   "EndsSession", "LosesPower", "CrashInFlight", "LoseBefore",
      "LoseAfter",   "LoseInFlight", "Land"};
  return kNames[static_cast<std::size_t>(name)];
}

std::vector<Disk> after_loss_of_power(const Disk& disk) {
  std::vector<Disk> contents = {disk};
  for (std::size_t i = 0; i < disk.inodes.size(); ++i) {
    const auto [written, synced] = disk.inodes[i];
    std::vector<Content> ways = {synced};
    if (written != synced) ways.push_back(written);
    if (written != synced && is_state(written)) ways.push_back({kTorn, 0});
    std::vector<Disk> more;
    for (const Disk& each : contents) {
      for (const Content& way : ways) {
        more.push_back(each);
        more.back().inodes[i] = {way, way};
      }
    }
    contents = std::move(more);
  }
  std::vector<Disk> all;
  const auto add = [&](Disk made, Byte state, Byte fresh) {
    made.state = made.synced_state = state;
    made.fresh = made.synced_fresh = fresh;
    made = tidy(made);
    if (std::ranges::find(all, made) == all.end()) all.push_back(made);
  };
  for (const Disk& each : contents) {
    add(each, disk.synced_state, disk.synced_fresh);
    add(each, disk.state, disk.fresh);
  }
  return all;
}

std::vector<State> Model::initial_states() const {
  State start, fresh;
  start.disk.inodes[0] = {{1, 0}, {1, 0}};
  start.disk.state = start.disk.synced_state = 1;
  return {start, fresh};
}

Name Model::name_of(At at) {
  switch (at) {
    case At::open: return Name::OpenSession;
    case At::take: return Name::TakeLock;
    case At::read: return Name::Read;
    case At::found: return Name::SyncFound;
    case At::truncate: return Name::Truncate;
    case At::write: return Name::Write;
    case At::sync: return Name::Sync;
    case At::rename: return Name::Rename;
    default: return Name::SyncFolder;
  }
}

bool Model::take_effect(State& state, const Process& process) const {
  Disk& disk = state.disk;
  const bool is_of_new =
      process.at == At::write || process.at == At::sync || process.at == At::rename;
  if (is_of_new && disk.fresh == 0) return false;
  Inode* const fresh = disk.fresh == 0 ? nullptr : &disk.inodes[disk.fresh - 1u];
  switch (process.at) {
    case At::open:
      ++state.lock.opened;
      state.lock.open |= static_cast<Byte>(1u << (state.lock.opened - 1));
      break;
    case At::take: state.lock.holder = process.session; break;
    case At::found:
      if (flaw_ != Flaw::unsynced_start) sync_folder(disk);
      break;
    case At::truncate: truncate_new(disk); break;
    case At::write: fresh->written = process.state; break;
    case At::sync:
      if (flaw_ != Flaw::no_sync) fresh->synced = fresh->written;
      break;
    case At::rename:
      disk.state = disk.fresh;
      disk.fresh = 0;
      disk = tidy(disk);
      break;
    case At::folder:
      if (flaw_ != Flaw::no_folder_sync || process.change == 0) sync_folder(disk);
      break;
    default: break;
  }
  return true;
}

/// Serves.
Process Model::up(Process process, State& now) const {
  now.up = std::max(now.up, process.program);
  process.at = At::wait;
  return process;
}

Process Model::after(const Process& process, State& now) const {
  Process next = process;
  switch (process.at) {
    case At::open:
      next.session = now.lock.opened;
      next.at = At::take;
      return next;
    case At::take: next.at = At::read; return next;
    case At::read:
      next.state = content_of(now.disk);
      next.at = At::found;
      return next;
    case At::found:
      if (next.state.version == kNoFile) next.state = {1, 0};  // the build's fresh state
      if (!is_state(next.state)) return {};
      if (next.state.version > process.program && flaw_ != Flaw::runs_on_newer) return {};
      if (next.state.version == process.program) return up(next, now);
      next.state.version = process.program;
      next.at = At::truncate;
      return next;
    case At::folder:
      if (process.change == 0) return up(next, now);
      now.acked |= bit_of_change(process.change, process.program);
      next.change = 0;
      next.at = At::wait;
      return next;
    default: next.at = static_cast<At>(static_cast<Byte>(process.at) + 1); return next;
  }
}

checker::Property Model::judge(const State& state) const {
  const Content found = content_of(state.disk);
  if (found.version == kNoFile) return state.acked != 0 ? NothingLost : checker::kHolds;
  if (!is_state(found)) return CanFinish;  // as nobody can start on it
  if ((state.acked & ~found.changes) != 0) return NothingLost;
  if (state.up == kNewest && found.version != kNewest) return OthersDoNothing;
  if (found.version < state.up) return NoOldWriter;
  return checker::kHolds;
}

State Model::widest() const {
  State state;
  const Content content = {7, all_changes(bounds_.writes)};
  state.disk.inodes.fill({content, content});
  state.disk.state = state.disk.fresh = state.disk.synced_state = state.disk.synced_fresh = 4;
  const auto starts = static_cast<Byte>(bounds_.starts);
  state.lock = {starts, static_cast<Byte>((1u << starts) - 1), starts};
  state.brought = static_cast<Byte>(bounds_.writes);
  state.up = kNewest;
  state.acked = content.changes;
  state.process.fill({At::wait, kNewest, starts, content, state.brought});
  state.used = most_used(bounds_);
  return state;
}

// Bits of witnesses.
namespace {
constexpr std::uint64_t kNewestIsUp = 1;
constexpr std::uint64_t kChangeIsAcknowledged = 2;
constexpr std::uint64_t kProcessWaits = 4;
constexpr std::uint64_t kWriteIsTorn = 8;
constexpr std::uint64_t kRenameIsLost = 16;
}  // namespace

std::vector<Model::Witness> Model::witnesses() const {
  const bool starts = bounds_.starts > 0, crashes = bounds_.crashes > 0;
  const bool locks = flaw_ != Flaw::no_lock;
  return {{"the newest is up", starts},
          {"a change is acknowledged", starts && bounds_.writes > 0},
          {"a process waits for the lock", locks && bounds_.starts > 1 && bounds_.processes > 1},
          {"a write is torn", starts && crashes},
          {"a rename is lost", starts && crashes}};
}
std::uint64_t Model::seen_in(const State& state) const {
  const bool waits =
      state.lock.holder != 0 &&
      std::ranges::any_of(state.process, [](const Process& each) { return each.at == At::take; });
  return (state.up == kNewest ? kNewestIsUp : 0) | (state.acked != 0 ? kChangeIsAcknowledged : 0) |
         (waits ? kProcessWaits : 0);
}
std::uint64_t Model::seen_in(const State& before, const Action& action, const State& after) const {
  if (action.name != Name::LosesPower) return 0;
  const bool is_torn = std::ranges::any_of(
      after.disk.inodes, [](const Inode& each) { return each.written.version == kTorn; });
  const bool is_back = content_of(before.disk) != content_of(after.disk);
  return (is_torn ? kWriteIsTorn : 0) | (is_back ? kRenameIsLost : 0);
}

}  // namespace cutover::model::state_version::file
