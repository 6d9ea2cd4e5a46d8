#include "model/online/shadow.h"

#include <stdexcept>

namespace cutover::model::online::shadow {
namespace {

constexpr Byte bit_of(Byte session) { return static_cast<Byte>(1u << (session - 1)); }
constexpr Byte first_of(Byte range) { return range == 0 ? kA : kC; }
constexpr Byte end_of(Byte range) { return range == 0 ? kC : kC + 1; }

bool target_is_truth(Phase phase) { return phase >= Phase::verified; }
bool has_both(Phase phase) { return phase > Phase::source_only && phase < Phase::target_only; }

Byte key_of(Kind kind) { return kind == Kind::insert ? kC : kA; }
Row row_of(Time time) {
  if (kind_of(time) == Kind::deletion) return {time};
  return {0, time, value_of(number_of(time))};
}

/// Once it is answered: a process that there is no more.
constexpr Process kEnded = {};

}  // namespace

const char* to_string(Name name) {
  constexpr std::array<const char*, 35> kNames = {
      "Start",         "OpenSession",  "Get",        "Join",         "TakeLease",
      "Scan",          "Copy",         "Finish",     "Leave",        "Drain",
      "PageOfTarget",  "PageOfSource", "Repair",     "Remove",       "FinishComparison",
      "Advance",       "GoBack",       "Write",      "WriteShadow",  "ReadRow",
      "Put",           "Delete",       "Insert",     "Read",         "Stop",
      "Rejected",      "EndsSession",  "Compaction", "CrashBefore",  "CrashAfter",
      "CrashInFlight", "LoseBefore",   "LoseAfter",  "LoseInFlight", "Land"};
  return kNames[static_cast<std::size_t>(name)];
}

Name Model::name_of(At at) {
  switch (at) {
    case At::open: return Name::OpenSession;
    case At::join: return Name::Join;
    case At::lease: return Name::TakeLease;
    case At::scan: return Name::Scan;
    case At::copy: return Name::Copy;
    case At::record_first:
    case At::finish: return Name::Finish;
    case At::leave: return Name::Leave;
    case At::drain: return Name::Drain;
    case At::page_of_target: return Name::PageOfTarget;
    case At::page_of_source: return Name::PageOfSource;
    case At::repair: return Name::Repair;
    case At::remove: return Name::Remove;
    case At::finish_comparison: return Name::FinishComparison;
    case At::advance: return Name::Advance;
    case At::go_back: return Name::GoBack;
    case At::write: return Name::Write;
    case At::write_shadow: return Name::WriteShadow;
    case At::read: return Name::ReadRow;
    default: return Name::Get;  // get, ask, get_back, learn, confirm, confirm_read
  }
}

bool Model::is_read(At at) {
  switch (at) {
    case At::open:
    case At::join:
    case At::lease:
    case At::record_first:
    case At::copy:
    case At::finish:
    case At::leave:
    case At::repair:
    case At::remove:
    case At::finish_comparison:
    case At::advance:
    case At::go_back:
    case At::write:
    case At::write_shadow: return false;
    default: return true;
  }
}

// The later cell wins; of one time a marker, then the greater value, which the old one is.
Row merged(const Row& one, const Row& other) {
  const auto rank = [](const Row& row) {
    const bool is_marker = row.value == 0;
    return std::tuple(row.written, is_marker, row.value == kOld, row.value);
  };
  Row all = rank(one) < rank(other) ? other : one;
  all.deleted = std::max(one.deleted, other.deleted);
  if (all.written <= all.deleted) all.written = all.value = 0;
  return all;
}

Row marker_of(const Row& row, const Row& other) {
  return row.is_live() && !other.is_live() ? Row{0, row.written, 0} : Row{};
}

Page page(const Rows& rows, Byte range, Byte from) {
  Page found;
  for (Byte key = from; key < end_of(range); ++key) {
    const Row& row = rows[key - 1u];
    if (row == Row{}) continue;
    if (found.key != 0) {
      found.next = key;
      break;
    }
    found.key = key;
    found.row = row;
  }
  return found;
}

bool advance(Record& record, Byte turn, Flaw flaw) {
  if (flaw == Flaw::advances_blindly) {
    turn = record.turn;
    if (record.phase == Phase::strict) record.compared = static_cast<Byte>(turn + 1);
  }
  if (record.turn != turn || record.phase == Phase::target_only) return false;
  const bool all_done = record.range[0].done != 0 && record.range[1].done != 0;
  if (record.phase == Phase::backfill && !all_done) return false;
  if (record.phase == Phase::strict && record.compared != turn + 1) return false;
  record.phase = static_cast<Phase>(static_cast<Byte>(record.phase) + 1);
  ++record.turn;
  return true;
}

bool go_back(Record& record, Byte turn) {
  if (record.turn != turn || !has_both(record.phase)) return false;
  record.phase = static_cast<Phase>(static_cast<Byte>(record.phase) - 1);
  ++record.turn;
  return true;
}

Byte lease(Record& record) {
  Byte oldest = 2;
  for (Byte i = 0; i < 2; ++i) {
    if (record.phase != Phase::backfill || record.range[i].done != 0) continue;
    if (oldest == 2 || record.range[i].lease < record.range[oldest].lease) oldest = i;
  }
  if (oldest != 2) record.range[oldest].lease = ++record.leases;
  return oldest;
}

Time latest_acknowledged(const Clients& clients, Byte key) {
  Time latest = 0;
  for (const Kind kind : {Kind::put, Kind::insert, Kind::deletion}) {
    if (key_of(kind) != key) continue;
    for (Byte number = 1; number <= kMostRequests; ++number) {
      const Byte attempt = clients.acked[static_cast<std::size_t>(kind)][number - 1u];
      if (attempt != 0) latest = std::max(latest, time_of(kind, number, attempt - 1));
    }
  }
  return latest;
}

std::vector<State> Model::initial_states() const {
  State state;
  state.record.phase = begins_;
  state.record.turn = static_cast<Byte>(begins_);
  state.source[kA - 1] = {0, kLongAgo, kOld};
  state.source[kB - 1] = {0, kLately, kOld};
  if (begins_ == Phase::verified) {
    state.record.compared = state.record.turn;
    state.record.leases = 2;
    state.record.range = {Range{1, 1}, Range{2, 1}};
    state.target = state.source;
  }
  return {state};
}

Request Model::request_of(const Process& process) {
  const auto& [at, program, session, phase, turn, lease, range, from, lost, here, there, copied,
               time, asked] = process;
  const Store truth = target_is_truth(phase) ? Store::target : Store::source;
  const Store shadow = target_is_truth(phase) ? Store::source : Store::target;
  const auto of_target = [&](Byte key = 0, Row row = {}) {
    return Request{at, Store::target, session, key, row};
  };
  const auto of_record = [&](Byte number = 0, Byte of = 0) {
    return Request{at, Store::record, 0, 0, {}, number, of};
  };
  switch (at) {
    case At::join:
    case At::leave:
    case At::drain:
    case At::page_of_target: return of_target();
    case At::copy: return of_target(here.key, {0, time_of_lease(lease), here.row.value});
    case At::repair: return of_target(here.key, here.row);
    case At::remove: return of_target(there.key, there.row);
    case At::record_first:
    case At::finish: return of_record(lease, range);
    case At::finish_comparison:
    case At::advance:
    case At::go_back: return of_record(turn);
    case At::write: return {at, truth, 0, key_of(kind_of(time)), row_of(time)};
    case At::write_shadow: return {at, shadow, 0, key_of(kind_of(time)), row_of(time)};
    case At::read: return {at, truth};
    case At::open: return {at, Store::target};
    case At::scan:
    case At::page_of_source: return {at, Store::source};
    default: return of_record();  // what asks for the record, or for a lease
  }
}

bool Model::is_enabled(const State& state, const Process& process) {
  if (process.at != At::drain) return true;
  const bool is_open = (state.sessions.open & bit_of(process.session)) != 0;
  return state.sessions.workers == 0 || !is_open;
}

bool Model::take_effect(State& state, const Request& request) const {
  const auto& [at, store, session, key, row, number, range] = request;
  Sessions& sessions = state.sessions;
  if (session != 0 && (sessions.open & bit_of(session)) == 0) return false;
  switch (at) {
    case At::open: sessions.open |= bit_of(++sessions.opened); break;
    case At::join: sessions.workers |= bit_of(session); break;
    case At::leave: sessions.workers &= static_cast<Byte>(~bit_of(session)); break;
    case At::lease: lease(state.record); break;
    case At::record_first:
    case At::finish:
      if (state.record.range[range].lease == number) state.record.range[range].done = 1;
      break;
    case At::finish_comparison:
      if (state.record.turn == number && state.record.phase == Phase::strict) {
        state.record.compared = static_cast<Byte>(number + 1);
      }
      break;
    case At::advance: advance(state.record, number, flaw_); break;
    case At::go_back: go_back(state.record, number); break;
    case At::copy:
    case At::repair:
    case At::remove:
    case At::write:
    case At::write_shadow: {
      Row& there = (store == Store::target ? state.target : state.source)[key - 1u];
      there = merged(there, row);
      break;
    }
    default: break;  // reads
  }
  return true;
}

/// As that phase demands.
Process Model::goes_on(Process process, const Record& known) const {
  Process next{.program = process.program, .session = process.session, .turn = known.turn};
  if (known.phase == Phase::target_only) return kEnded;
  next.at = At::advance;
  if (known.phase == Phase::backfill) next.at = At::join;
  if (known.phase == Phase::strict && known.compared != known.turn + 1) next.at = At::drain;
  return next;
}

Process Model::has_scanned(Process process) const {
  process.from = process.here.next;
  process.here = {};
  process.at = process.from != 0 ? At::scan : At::finish;
  return process;
}

/// It has both pages: what is to be repaired is left of the source's, and what is to be removed of
/// the target's.
Process Model::compares(Process process) const {
  Page &here = process.here, &there = process.there;
  Byte next = here.next;
  if (next == 0 || (there.next != 0 && there.next < next)) next = there.next;
  for (Page* each : {&here, &there}) {
    if (next != 0 && each->key >= next) each->key = 0, each->row = {};
  }
  const Row source = here.key == there.key ? here.row : Row{};
  const Row marker = marker_of(merged(there.row, source), source);
  const bool is_there = here.key == there.key && merged(there.row, here.row) == there.row;
  here = is_there ? Page{0, {}, next} : Page{here.key, here.row, next};
  there = marker == Row{} ? Page{} : Page{there.key, marker, 0};
  if (here.key == 0) return has_compared(process);
  process.at = At::repair;
  return process;
}

/// It has repaired what the source has.
Process Model::has_compared(Process process) const {
  if (process.there.key != 0) {
    process.at = At::ask;
    return process;
  }
  process.from = process.here.next;
  process.here = {};
  process.at = At::page_of_target;
  if (process.from != 0) return process;
  if (process.range == 0) {
    process.range = 1;
    process.from = first_of(1);
  } else {
    process.range = 0;
    process.at = At::finish_comparison;
  }
  return process;
}

Process Model::attempts(Process process, Time time, State& now) const {
  process.at = At::write;
  process.time = time;
  if (kind_of(time) == Kind::deletion) now.clients.deletion = std::max(now.clients.deletion, time);
  return process;
}

Process Model::acknowledges(Process process, State& now) const {
  const Time time = process.time;
  now.clients.acked[static_cast<std::size_t>(kind_of(time))][number_of(time) - 1u] =
      static_cast<Byte>(attempt_of(time) + 1);
  process.at = At::wait;
  process.time = 0;
  return process;
}

/// To all stores that it writes to.
Process Model::has_written(Process process, State& now) const {
  if (flaw_ == Flaw::acknowledges_blindly) return acknowledges(process, now);
  process.at = At::confirm;
  return process;
}

Process Model::answers_read(Process process, State& now) const {
  if (process.time < process.asked) now.clients.stale_read = 1;
  process.at = At::wait;
  process.time = process.asked = 0;
  return process;
}

Process Model::after(const Process& process, const State& before, State& now) const {
  const Record& record = now.record;
  Process next = process;
  const auto at = [&](At step) {
    next.at = step;
    return next;
  };
  const auto is_in_target = [&] {
    Time& latest = now.clients.in_target[kind_of(process.time) == Kind::insert ? 1 : 0];
    latest = std::max(latest, process.time);
  };
  switch (process.at) {
    case At::open: next.session = now.sessions.opened; return at(At::get);
    case At::get: return goes_on(process, record);
    // A worker.
    case At::join: return at(At::lease);
    case At::lease: {
      Record known = before.record;
      next.range = lease(known);
      if (next.range == 2) {
        next.range = 0;
        return at(At::leave);
      }
      next.lease = known.leases;
      next.from = first_of(next.range);
      return at(flaw_ == Flaw::records_first ? At::record_first : At::scan);
    }
    case At::record_first:
      next.lost = record.range[process.range].lease != process.lease ? 1 : 0;
      return at(At::scan);
    case At::scan:
      next.here = page(now.source, process.range, process.from);
      if (flaw_ == Flaw::stops_at_a_page) next.here.next = 0;
      if (next.here.row.is_live()) {
        next.here.row = {0, 0, next.here.row.value};
        return at(At::copy);
      }
      next = has_scanned(next);
      break;
    case At::copy:
      next.copied[process.here.key - first_of(process.range)] = process.here.row.value;
      next = has_scanned(next);
      break;
    case At::finish: break;
    case At::leave:
      if (process.lost != 0) return kEnded;
      return at(At::advance);
    // A comparison.
    case At::drain: next.from = kA; return at(At::page_of_target);
    case At::page_of_target:
      next.there = page(now.target, process.range, process.from);
      return at(At::page_of_source);
    case At::page_of_source:
      next.here = page(now.source, process.range, process.from);
      return compares(next);
    case At::repair: next.here = {0, {}, process.here.next}; return has_compared(next);
    case At::ask: return record.turn != process.turn ? kEnded : at(At::remove);
    case At::remove: next.there = {}; return has_compared(next);
    case At::finish_comparison:
      if (record.turn != process.turn || record.phase != Phase::strict) return kEnded;
      return at(At::advance);
    case At::advance: return goes_on(process, record);
    case At::get_back: next.turn = record.turn; return at(At::go_back);
    case At::go_back: return kEnded;
    // An application.
    case At::write:
      if (target_is_truth(process.phase)) is_in_target();
      if (!has_both(process.phase) ||
          (flaw_ == Flaw::forgets_the_source && target_is_truth(process.phase))) {
        return has_written(next, now);
      }
      return at(At::write_shadow);
    case At::write_shadow:
      if (!target_is_truth(process.phase)) is_in_target();
      return has_written(next, now);
    case At::read:
      next.time = (target_is_truth(process.phase) ? now.target : now.source)[kA - 1].time();
      return flaw_ == Flaw::reads_blindly ? answers_read(next, now) : at(At::confirm_read);
    case At::learn:
    case At::confirm:
    case At::confirm_read: {
      next.phase = record.phase;
      next.turn = record.turn;
      if (process.at == At::learn) return at(At::wait);
      const bool is_as_known = process.turn == record.turn;
      if (process.at == At::confirm_read) {
        if (is_as_known) return answers_read(next, now);
        next.time = 0;
        return at(At::read);
      }
      if (is_as_known) return acknowledges(next, now);
      if (attempt_of(process.time) + 1 == kMostAttempts)
        throw std::logic_error("too many attempts");
      const int later = flaw_ == Flaw::repeats_a_write_time ? 0 : 1;
      return attempts(next, static_cast<Time>(process.time + later), now);
    }
    case At::nowhere:
    case At::wait: return process;
  }
  // A worker that is done with its range, unless another one has it.
  if (next.at != At::finish || (process.at != At::finish && flaw_ != Flaw::records_first)) {
    return next;
  }
  const bool is_lost = flaw_ == Flaw::records_first
                           ? process.lost != 0
                           : record.range[process.range].lease != process.lease;
  if (is_lost) {
    return {.at = At::leave, .program = 1, .session = process.session, .lost = 1};
  }
  for (Byte i = 0; i < 2; ++i) {
    if (next.copied[i] == 0) continue;
    now.clients.copied[first_of(process.range) + i - 1u] = {time_of_lease(process.lease),
                                                            next.copied[i]};
  }
  return {.at = At::lease, .program = 1, .session = process.session, .turn = process.turn};
}

Process Model::after_loss(const Process& process, State& now) const {
  const bool goes_on = process.at == At::write_shadow && process.phase < Phase::strict;
  return goes_on ? has_written(process, now) : kEnded;
}

checker::Property Model::judge(const State& state) const {
  const auto& [record, source, target, sessions, compactions, clients, unused, process, in_flight,
               used] = state;
  if (record.turn % 2 != static_cast<Byte>(record.phase) % 2) return PhasesAdjacent;
  for (Byte key = kA; key <= kC; ++key) {
    const Row& there = target[key - 1u];
    const auto& [time, value] = clients.copied[key - 1u];
    if (there.time() < time) return DoneIsDone;
    if (there.time() == time && there.is_live() && there.value != value) return DoneIsDone;
  }
  if (record.range[0].done != 0 && !target[kB - 1].is_live()) return DoneIsDone;
  for (const Byte key : {kA, kC}) {
    const Time latest = clients.in_target[key == kA ? 0 : 1], time = target[key - 1u].time();
    if (latest != 0 && (time < latest || !is_clients(time))) return NewerWins;
  }
  const auto holds_all = [&](const Rows& rows, bool deleted) {
    for (Byte key = kA; key <= kC; ++key) {
      const Row& row = rows[key - 1u];
      const Time latest = latest_acknowledged(clients, key), time = row.time();
      const bool is_deleted = latest != 0 && kind_of(latest) == Kind::deletion;
      if (is_deleted != deleted) continue;
      // The attempt that it comes from, if it does.
      const bool is_deletion = is_clients(time) && kind_of(time) == Kind::deletion;
      const bool is_attempt = is_clients(time) && key_of(kind_of(time)) == key &&
                              row.value == (is_deletion ? 0 : value_of(number_of(time)));
      if (is_attempt && time >= latest) continue;
      if (is_deleted) {
        const bool is_acknowledged =
            is_attempt &&
            clients.acked[static_cast<std::size_t>(kind_of(time))][number_of(time) - 1u] ==
                attempt_of(time) + 1;
        if (!row.is_live() || (is_attempt && !is_acknowledged)) continue;
        return false;
      }
      if (!row.is_live() && key == kA && clients.deletion > latest) continue;
      if (latest != 0) return false;
      if (key == kC ? row.is_live() : row.value != kOld) return false;
    }
    return true;
  };
  const Rows& truth = target_is_truth(record.phase) ? target : source;
  if (!holds_all(truth, false)) return NoLostWrite;
  if (!holds_all(truth, true)) return NoResurrection;
  const bool may_go_back = record.phase != Phase::target_only;
  if (may_go_back && !(holds_all(source, false) && holds_all(source, true))) return CanGoBack;
  if (clients.stale_read != 0) return OneSourceOfTruth;
  return checker::kHolds;
}

State Model::widest() const {
  State state;
  const auto byte = [](unsigned number) { return static_cast<Byte>(number); };
  const auto& [processes, starts, crashes, in_flight, lost, puts, inserts, deletes, reads,
               compactions] = bounds_;
  constexpr Byte kLast = kMostAttempts - 1;
  const Time deleted = deletes > 0 ? time_of(Kind::deletion, byte(deletes), kLast) : Time{0};
  Time written = std::max(kLately, deleted);
  if (puts > 0) written = std::max(written, time_of(Kind::put, byte(puts), kLast));
  if (inserts > 0) written = std::max(written, time_of(Kind::insert, byte(inserts), kLast));
  const Byte value = value_of(byte(std::max(puts, inserts)));
  const auto leases = byte(2 * starts + (goes_back() ? 2 : 0));
  const auto turn = byte(goes_back() ? 5 + 2 * starts : 5);
  const Row a{deleted, written, value}, b{0, kLately, kOld}, c{0, written, value};
  state.record = {Phase::target_only, turn, byte(turn + 1), leases, {}};
  state.record.range.fill({leases, 1});
  state.source = state.target = {a, b, c};
  const auto sessions = byte((1u << starts) - 1);
  state.sessions = {byte(starts), sessions, sessions};
  state.compactions = byte(compactions);
  state.clients = {byte(puts), byte(inserts), byte(deletes), byte(reads), {}, {}, deleted, 1, {}};
  for (const auto& [kind, most] : {std::pair(Kind::put, puts), std::pair(Kind::insert, inserts),
                                   std::pair(Kind::deletion, deletes)}) {
    for (unsigned i = 0; i < most; ++i) {
      state.clients.acked[static_cast<std::size_t>(kind)][i] = kMostAttempts;
    }
  }
  state.clients.in_target.fill(written);
  state.clients.copied.fill({time_of_lease(leases), value});
  const Time asked = reads > 0 ? written : Time{0};
  state.process.fill({At::confirm_read,
                      3,
                      byte(starts),
                      Phase::target_only,
                      turn,
                      leases,
                      1,
                      kC,
                      1,
                      {kC, a, kC},
                      {kC, a, kC},
                      {value, value},
                      written,
                      asked});
  state.in_flight.fill(
      {At::write_shadow, Store::record, byte(starts), kC, a, std::max(turn, leases), 1});
  state.used = most_used(bounds_);
  return state;
}

// Bits of witnesses.
namespace {
constexpr std::uint64_t kTargetAlone = 1;
constexpr std::uint64_t kIsAcknowledged = 2;
constexpr std::uint64_t kIsDoneAgain = 4;
constexpr std::uint64_t kIsRepaired = 8;
constexpr std::uint64_t kIsRemoved = 16;
constexpr std::uint64_t kRangeIsLost = 32;
}  // namespace

std::vector<Model::Witness> Model::witnesses() const {
  const bool starts = bounds_.starts > 0, two = bounds_.starts > 1 && bounds_.processes > 1;
  const bool requests = bounds_.puts + bounds_.inserts + bounds_.deletes > 0;
  return {{"the target alone is left", starts},
          {"a request is acknowledged", starts && requests},
          {"a request is done again", two && requests},
          {"a row is repaired", starts && !goes_back()},
          {"a row is removed", two && bounds_.deletes > 0 && bounds_.compactions > 0},
          {"a worker loses its range", two && begins_ != Phase::verified}};
}
std::uint64_t Model::seen_in(const State& state) const {
  const auto is_any = [](const auto& attempts) {
    return std::ranges::any_of(attempts, [](Byte attempt) { return attempt != 0; });
  };
  return (state.record.phase == Phase::target_only ? kTargetAlone : 0) |
         (std::ranges::any_of(state.clients.acked, is_any) ? kIsAcknowledged : 0);
}
std::uint64_t Model::seen_in(const State& before, const Action& action, const State& after) const {
  switch (action.name) {
    case Name::Get: {
      const bool was = before.process[action.who].at == At::confirm;
      return was && after.process[action.who].at == At::write ? kIsDoneAgain : 0;
    }
    case Name::Repair: return kIsRepaired;
    case Name::Remove: return kIsRemoved;
    case Name::Finish: return after.process[action.who].lost != 0 ? kRangeIsLost : 0;
    default: return 0;
  }
}

}  // namespace cutover::model::online::shadow
