// The model of impl/online/shadow.h: a table moves to another cluster while applications go on
// writing to it; operators and workers, applications, and somebody who goes back. The same
// variables and actions, under the same names, are those of tla/online/Shadow.tla; see there for
// what is abstracted.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "model/model_of.h"

namespace cutover::model::online::shadow {

struct Bounds {
  unsigned processes, starts, crashes, in_flight, lost, puts, inserts, deletes, reads, compactions;
};
inline constexpr unsigned kMostStarts = 4, kMostRequests = 4;  ///< of a kind

/// What a mutant does wrong.
enum class Flaw : Byte {
  none,
  advances_blindly,
  acknowledges_blindly,
  reads_blindly,
  forgets_the_source,
  records_first,
  stops_at_a_page,
  repeats_a_write_time,
};

enum class Phase : Byte { source_only, both, backfill, strict, verified, target_only };

/// The step that a process is about to take.
enum class At : Byte {
  nowhere,
  // The operator's, who is a worker too.
  open,
  get,
  join,
  lease,
  record_first,  ///< a mutant's
  scan,
  copy,
  finish,
  leave,
  drain,
  page_of_target,
  page_of_source,
  repair,
  ask,
  remove,
  finish_comparison,
  advance,
  // Of whoever goes back.
  get_back,
  go_back,
  // An application's.
  learn,
  wait,
  write,
  write_shadow,
  confirm,
  read,
  confirm_read,
};
inline constexpr std::size_t kAts = static_cast<std::size_t>(At::confirm_read) + 1;

enum class Name : Byte {
  Start,
  OpenSession,
  Get,
  Join,
  TakeLease,
  Scan,
  Copy,
  Finish,
  Leave,
  Drain,
  PageOfTarget,
  PageOfSource,
  Repair,
  Remove,
  FinishComparison,
  Advance,
  GoBack,
  Write,
  WriteShadow,
  ReadRow,
  Put,
  Delete,
  Insert,
  Read,
  Stop,
  Rejected,
  EndsSession,
  Compaction,
  CrashBefore,
  CrashAfter,
  CrashInFlight,
  LoseBefore,
  LoseAfter,
  LoseInFlight,
  Land,
};
const char* to_string(Name name);

/// Of EndsSession `who` is the session.
using Action = ActionOf<Name>;

// Write times, in their order. 0: none.
using Time = Byte;
inline constexpr Time kLongAgo = 1, kCopies = 2, kLately = 11, kClients = 12;
enum class Kind : Byte { put, insert, deletion };  ///< in the order of their clients' clocks
/// A request is done again once for each change of the phase at most.
inline constexpr Byte kMostAttempts = 6;
/// Of what is copied under a lease.
constexpr Time time_of_lease(Byte lease) { return static_cast<Time>(kCopies + lease); }
/// Of an attempt, from 0, at the nth request of a kind, from 1.
constexpr Time time_of(Kind kind, Byte number, Byte attempt) {
  return static_cast<Time>(kClients + ((number - 1) * 3 + static_cast<Byte>(kind)) * kMostAttempts +
                           attempt);
}
constexpr bool is_clients(Time time) { return time >= kClients; }
constexpr Kind kind_of(Time time) {
  return static_cast<Kind>((time - kClients) / kMostAttempts % 3);
}
constexpr Byte number_of(Time time) {
  return static_cast<Byte>((time - kClients) / kMostAttempts / 3 + 1);
}
constexpr Byte attempt_of(Time time) {
  return static_cast<Byte>((time - kClients) % kMostAttempts);
}

// Values. 0: of a marker. The old one is the greatest.
inline constexpr Byte kOld = 1;
constexpr Byte value_of(Byte number) { return static_cast<Byte>(number + 1); }

/// All zero: there is none.
struct Row {
  Time deleted = 0;
  Time written = 0;  ///< of its cell
  Byte value = 0;
  bool is_live() const { return value != 0; }
  Time time() const { return std::max(deleted, written); }
  auto operator<=>(const Row&) const = default;
};
Row merged(const Row& one, const Row& other);
/// A marker of the cell that is live in it and not in the other; all zero: there is none.
Row marker_of(const Row& row, const Row& other);

/// The keys are 1: a, 2: b, 3: c; the ranges 0: a and b, 1: c.
inline constexpr Byte kA = 1, kB = 2, kC = 3;
using Rows = std::array<Row, 3>;
/// Of one row at most; key 0: of none.
struct Page {
  Byte key = 0;
  Row row = {};
  Byte next = 0;  ///< the key that the next one begins with; 0: there is none
  auto operator<=>(const Page&) const = default;
};
/// In one range, from that key on.
Page page(const Rows& rows, Byte range, Byte from);

struct Range {
  Byte lease = 0, done = 0;
  auto operator<=>(const Range&) const = default;
};
struct Record {
  Phase phase = Phase::source_only;
  Byte turn = 0;
  Byte compared = 0;  ///< the turn after the one in which all was compared; 0: none was
  Byte leases = 0;
  std::array<Range, 2> range;
  auto operator<=>(const Record&) const = default;
};
bool advance(Record& record, Byte turn, Flaw flaw);
bool go_back(Record& record, Byte turn);
/// The place of a range that is to be copied, whose lease is the newest then; 2: there is none.
Byte lease(Record& record);

/// Sessions are numbered from 1. Bit n-1: of session n.
struct Sessions {
  Byte opened = 0, open = 0;
  Byte workers = 0;
  auto operator<=>(const Sessions&) const = default;
};

/// All zero: there is none. The programs are 1: move, 2: back, 3: application.
struct Process {
  At at = At::nowhere;
  Byte program = 0;
  Byte session = 0;
  Phase phase = Phase::source_only;  ///< as it last heard,
  Byte turn = 0;                     ///< and the turn
  Byte lease = 0;
  Byte range = 0;                ///< that it copies or compares
  Byte from = 0;                 ///< the key that its next page begins with
  Byte lost = 0;                 ///< 1: another worker has its range
  Page here = {}, there = {};    ///< of the source: to be copied, or repaired; of the target
  std::array<Byte, 2> copied{};  ///< values, of the range's keys; 0: none
  Time time = 0;                 ///< of its request's attempt, or of what it read
  Time asked = 0;                ///< acknowledged when its read began
  auto operator<=>(const Process&) const = default;
};

enum class Store : Byte { none, source, target, record };

/// Something that changes a store; all zero: there is none.
struct Request {
  At at = At::nowhere;
  Store store = Store::none;
  Byte session = 0;  ///< in which it is made; 0: in none
  Byte key = 0;
  Row row = {};     ///< that is written
  Byte number = 0;  ///< the turn, or the lease
  Byte range = 0;
  auto operator<=>(const Request&) const = default;
};

/// What the properties remember.
struct Clients {
  Byte puts = 0, inserts = 0, deletes = 0, reads = 0;
  /// By kind and number: the attempt that was acknowledged, from 1; 0: none was.
  std::array<std::array<Byte, kMostRequests>, 3> acked{};
  std::array<Time, 2>
      in_target{};    ///< of a, and c: the latest attempt that the target is known to have
  Time deletion = 0;  ///< the latest attempt at one
  Byte stale_read = 0;
  /// What ranges were recorded with: write time, and value.
  std::array<std::array<Byte, 2>, 3> copied{};
  auto operator<=>(const Clients&) const = default;
};

/// The latest write of the key that was acknowledged.
Time latest_acknowledged(const Clients& clients, Byte key);

struct State {
  Record record;
  Rows source, target;
  Sessions sessions;
  Byte compactions = 0;
  Clients clients;
  Byte unused[1] = {};
  std::array<Process, 3> process;
  std::array<Request, 2> in_flight;
  Used used;
  auto operator<=>(const State&) const = default;
};
static_assert(sizeof(State) % 8 == 0);

class Model : public ModelOf<State, Flaw, Bounds> {
 public:
  using State = shadow::State;
  using Action = shadow::Action;
  using Name = shadow::Name;
  enum Property : checker::Property {
    PhasesAdjacent = 1,
    DoneIsDone,
    NewerWins,
    NoLostWrite,
    NoResurrection,
    CanGoBack,
    OneSourceOfTruth,
    CanFinish
  };
  /// It begins in that phase; from Phase::verified somebody may go back.
  Model(const Bounds& bounds, Flaw flaw, Phase begins, bool interchangeable)
      : ModelOf(bounds, flaw, interchangeable), begins_(begins) {}

  bool goes_back() const { return begins_ == Phase::verified; }

  std::vector<State> initial_states() const;
  template <class F>
  void successors(const State& state, F&& f) const;
  checker::Property judge(const State& state) const;
  State widest() const;

  std::vector<Witness> witnesses() const;
  std::uint64_t expected() const { return checker::possible_bits(witnesses()); }
  std::uint64_t seen_in(const State& state) const;
  std::uint64_t seen_in(const State& before, const Action& action, const State& after) const;

  static constexpr checker::Property kGoalsStayPossible = CanFinish;
  std::uint8_t goals_reached(const State& state) const {
    return state.record.phase == Phase::target_only;
  }

  static Request request_of(const Process& process);

 private:
  static bool is_read(At at);
  static Name name_of(At at);
  /// False: it waits.
  static bool is_enabled(const State& state, const Process& process);
  /// False if it is rejected, and had none.
  bool take_effect(State& state, const Request& request) const;
  /// The process once it was answered; `before` and `now`: without and with the effect of its step,
  /// of which clients hear what they are told.
  Process after(const Process& process, const State& before, State& now) const;
  /// The same if the answer is lost.
  Process after_loss(const Process& process, State& now) const;

  Process goes_on(Process process, const Record& known) const;
  Process has_scanned(Process process) const;
  Process compares(Process process) const;
  Process has_compared(Process process) const;
  Process attempts(Process process, Time time, State& now) const;
  Process acknowledges(Process process, State& now) const;
  Process answers_read(Process process, State& now) const;
  Process has_written(Process process, State& now) const;

  Phase begins_;
};

template <class F>
void Model::successors(const State& state, F&& f) const {
  const auto emit = [&](Name name, Byte who, State next, Byte program = 0) {
    if (interchangeable_) sort_places(next);
    f(Action{name, who, program}, next);
  };
  for (Byte place = 0; place < bounds_.processes; ++place) {
    const Process& process = state.process[place];
    if (interchangeable_ && place > 0 && process == state.process[place - 1u]) continue;
    State gone = state;  // without the process
    gone.process[place] = {};
    if (process.at == At::nowhere) {
      if (state.used.starts == bounds_.starts) continue;
      const auto start = [&](Byte program, At at) {
        State next = gone;
        ++next.used.starts;
        next.process[place] = {at, program};
        emit(Name::Start, place, next, program);
      };
      start(1, At::open);
      if (goes_back()) start(2, At::get_back);
      start(3, At::learn);
      continue;
    }
    if (process.at == At::wait) {
      emit(Name::Stop, place, gone);
      const auto ask = [&](Name name, Kind kind, Byte Clients::* count, unsigned most) {
        if (state.clients.*count == most) return;
        State next = state;
        const Byte number = ++(next.clients.*count);
        next.process[place] = attempts(process, time_of(kind, number, 0), next);
        emit(name, place, next);
      };
      ask(Name::Put, Kind::put, &Clients::puts, bounds_.puts);
      ask(Name::Delete, Kind::deletion, &Clients::deletes, bounds_.deletes);
      ask(Name::Insert, Kind::insert, &Clients::inserts, bounds_.inserts);
      if (state.clients.reads < bounds_.reads) {
        State next = state;
        ++next.clients.reads;
        next.process[place].at = At::read;
        next.process[place].asked = latest_acknowledged(state.clients, kA);
        emit(Name::Read, place, next);
      }
      continue;
    }
    const Request request = request_of(process);
    State taken = gone;  // with the effect of its request, too
    if (is_enabled(state, process)) {
      if (take_effect(taken, request)) {
        State next = taken;
        next.process[place] = after(process, state, next);
        emit(name_of(process.at), place, next);
      } else {
        emit(Name::Rejected, place, gone);
      }
    }
    State lost = gone, lost_taken = taken;
    lost.process[place] = after_loss(process, lost);
    lost_taken.process[place] = after_loss(process, lost_taken);
    fail_at_step<Name>(gone, taken, lost, lost_taken, request, is_read(process.at), bounds_,
                       [&](Name fault, const State& failed) { emit(fault, place, failed); });
  }
  land(
      state, [&](State& next, const Request& request) { take_effect(next, request); },
      [&](Byte place, const State& next) { emit(Name::Land, place, next); });
  for (Byte session = 1; session <= state.sessions.opened; ++session) {
    const auto bit = static_cast<Byte>(1u << (session - 1));
    if ((state.sessions.open & bit) == 0) continue;
    const bool is_due = std::ranges::none_of(
        state.process, [&](const Process& each) { return each.session == session; });
    if (!is_due && state.used.crashes == bounds_.crashes) continue;
    State next = state;
    next.sessions.open &= static_cast<Byte>(~bit);
    next.sessions.workers &= static_cast<Byte>(~bit);
    if (!is_due) ++next.used.crashes;
    emit(Name::EndsSession, session, next);
  }
  if (state.compactions < bounds_.compactions) {
    State next = state;
    ++next.compactions;
    for (Row& row : next.source) {
      if (!row.is_live()) row = {};
    }
    if (next.source != state.source) emit(Name::Compaction, 0, next);
  }
}

}  // namespace cutover::model::online::shadow
