// The model of impl/state_version/reference_file.h: schedulers of three versions over one JSON
// file, which is replaced whole by whoever has the lock; the machine may lose its power. The same
// variables and actions, under the same names, are those of tla/state_version/File.tla; see there
// for what is abstracted.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "model/state_version/model_of.h"

namespace cutover::model::state_version::file {

/// What a mutant does wrong.
enum class Flaw : Byte { none, no_sync, no_folder_sync, unsynced_start, no_lock, runs_on_newer };

enum class At : Byte {
  nowhere,
  open,
  take,
  read,
  found,  ///< syncs the folder, before anything rests on what was found
  truncate,
  write,
  sync,
  rename,
  folder,
  wait,
};
enum class Name : Byte {
  Start,
  OpenSession,
  TakeLock,
  Read,
  SyncFound,
  Truncate,
  Write,
  Sync,
  Rename,
  SyncFolder,
  Client,
  Stop,
  CrashBefore,
  CrashAfter,
  EndsSession,
  LosesPower,
  // What it does not have: its steps are calls.
  CrashInFlight,
  LoseBefore,
  LoseAfter,
  LoseInFlight,
  Land,
};
const char* to_string(Name name);

struct Action {
  Name name = Name::Start;
  Byte who = 0;      ///< of EndsSession: the session
  Byte program = 0;  ///< of Start
  Byte way = 0;      ///< of LosesPower: which of after_loss_of_power()
  bool operator==(const Action&) const = default;
};

// Versions of a content that is no state: half of one was written, and of a process that found
// none, there is no file.
inline constexpr Byte kEmpty = 0, kTorn = 4, kNoFile = 5;
struct Content {
  Byte version = kEmpty, changes = 0;
  auto operator<=>(const Content&) const = default;
};
struct Inode {
  Content written, synced;
  auto operator<=>(const Inode&) const = default;
};
/// A name is the number of its inode; 0: there is no such file. Inodes are in the order of the
/// names: of the state, of the new one, and of both as they are durable.
struct Disk {
  std::array<Inode, 4> inodes;
  Byte state = 0, fresh = 0;
  Byte synced_state = 0, synced_fresh = 0;
  auto operator<=>(const Disk&) const = default;
};
/// Each once.
std::vector<Disk> after_loss_of_power(const Disk& disk);

/// Sessions are numbered from 1, and end some time after their processes.
struct Lock {
  Byte opened = 0;
  Byte open = 0;    ///< bit n-1: session n is
  Byte holder = 0;  ///< 0: nobody
  Byte unused = 0;
  auto operator<=>(const Lock&) const = default;
};

/// All zero: there is none. A program is the version of its scheduler.
struct Process {
  At at = At::nowhere;
  Byte program = 0;
  Byte session = 0;
  Content state = {};  ///< as it was read, or as it is to be
  Byte change = 0;     ///< that it carries out, from 1
  Byte unused[2] = {};
  auto operator<=>(const Process&) const = default;
};

/// There is none, ever.
struct Request {
  At at = At::nowhere;
  auto operator<=>(const Request&) const = default;
};

struct State {
  Disk disk;
  Lock lock;
  Byte brought = 0;  ///< how many changes
  Byte up = 1;       ///< the newest version that is up, or was
  Byte acked = 0;    ///< changes
  Byte unused = 0;
  std::array<Process, 3> process;
  std::array<Request, 2> in_flight;
  Byte unused_too[2] = {};
  Used used;
  auto operator<=>(const State&) const = default;
};
static_assert(sizeof(State) == 64);

class Model : public ModelOf<State, Flaw> {
 public:
  using State = file::State;
  using Action = file::Action;
  using Name = file::Name;
  using ModelOf::ModelOf;

  /// There is a file of the oldest version; and there is none.
  std::vector<State> initial_states() const;
  template <class F>
  void successors(const State& state, F&& f) const;
  checker::Property judge(const State& state) const;
  State widest() const;

  std::vector<Witness> witnesses() const;
  std::uint64_t expected() const { return checker::possible_bits(witnesses()); }
  std::uint64_t seen_in(const State& state) const;
  std::uint64_t seen_in(const State& before, const Action& action, const State& after) const;

  std::uint8_t goals_reached(const State& state) const {
    const Content found = content_of(state.disk);
    return found.version == kNoFile || found.version == kNewest;
  }

  /// What is in the state's file.
  static Content content_of(const Disk& disk) {
    return disk.state == 0 ? Content{kNoFile, 0} : disk.inodes[disk.state - 1u].written;
  }

 private:
  static bool is_alive(const State& state) {
    return std::ranges::any_of(state.process,
                               [](const Process& each) { return each.at != At::nowhere; });
  }
  static bool has_session(const State& state, Byte session) {
    return std::ranges::any_of(state.process,
                               [=](const Process& each) { return each.session == session; });
  }
  /// False if it is refused, and had none.
  bool take_effect(State& state, const Process& process) const;
  /// The process once its call has returned; `now`: with the effect of its step, of which the
  /// operators hear what they are told.
  Process after(const Process& process, State& now) const;
  Process up(Process process, State& now) const;
  static Name name_of(At at);
};

template <class F>
void Model::successors(const State& state, F&& f) const {
  const auto emit = [&](Name name, Byte who, State next, Byte program = 0, Byte way = 0) {
    if (interchangeable_) sort_places(next);
    f(Action{name, who, program, way}, next);
  };
  const bool may_crash = state.used.crashes < bounds_.crashes;
  for (Byte place = 0; place < bounds_.processes; ++place) {
    const Process& process = state.process[place];
    if (interchangeable_ && place > 0 && process == state.process[place - 1u]) continue;
    State gone = state;  // without the process
    gone.process[place] = {};
    if (process.at == At::nowhere) {
      if (state.used.starts == bounds_.starts) continue;
      for (Byte program = 1; program <= kNewest; ++program) {
        State next = gone;
        ++next.used.starts;
        next.process[place] = {flaw_ == Flaw::no_lock ? At::read : At::open, program};
        emit(Name::Start, place, next, program);
      }
      continue;
    }
    if (process.at == At::wait) {
      emit(Name::Stop, place, gone);
      if (state.brought == bounds_.writes) continue;
      State next = state;
      Process& asked = next.process[place];
      asked.at = At::truncate;
      asked.change = ++next.brought;
      asked.state.changes |= bit_of_change(asked.change, asked.program);
      emit(Name::Client, place, next);
      continue;
    }
    State taken = gone;  // with the effect of its step, too
    const bool waits = process.at == At::take && state.lock.holder != 0;
    if (!waits) {
      State next = state;
      const bool is_done = take_effect(next, process);
      taken.disk = next.disk;
      taken.lock = next.lock;
      next.process[place] = is_done ? after(process, next) : Process{};
      emit(name_of(process.at), place, next);
    }
    if (!may_crash) continue;
    ++gone.used.crashes;
    ++taken.used.crashes;
    emit(Name::CrashBefore, place, gone);
    if (!waits && process.at != At::read) emit(Name::CrashAfter, place, taken);
  }
  for (Byte session = 1; session <= state.lock.opened; ++session) {
    const bool is_open = (state.lock.open >> (session - 1) & 1) != 0;
    if (!is_open || has_session(state, session)) continue;
    State next = state;
    next.lock.open &= static_cast<Byte>(~(1u << (session - 1)));
    if (next.lock.holder == session) next.lock.holder = 0;
    emit(Name::EndsSession, session, next);
  }
  if (!may_crash) return;
  Byte way = 0;
  for (const Disk& disk : after_loss_of_power(state.disk)) {
    State next = state;
    next.disk = disk;
    next.process.fill({});
    ++next.used.crashes;
    if (disk != state.disk || is_alive(state)) emit(Name::LosesPower, 0, next, 0, way);
    ++way;
  }
}

}  // namespace cutover::model::state_version::file
