// A table moves to another cluster while applications go on writing to it, and neither cluster has
// fences, nor transactions over both. Which of the two is the truth, is a function of the phase in
// one durable record; that record alone has conditional writes.
//
//   phase        written, in this order        answers   before the next phase
//   source_only  source                        source    there is a plan of ranges
//   both         source, target if it can be   source
//   backfill     the same                      source    every range is recorded as done
//   strict       source, target                source    workers have drained, all is compared
//   verified     target, source                target    (until here there is a way back)
//   target_only  target                        target
//
// Applications keep the record that they last read, and learn of a change late. No clock bounds how
// late: each change of the record is a turn, and a write is acknowledged only if the turn was still
// the same after it had taken effect. Whoever was too late does it again under the new phase. (The
// other way are leases on the phase, as in F1's schema changes, VLDB 2013, which need clocks.)
//
// What it is given:
//   table.read(key)              its Row, empty if there is none
//   table.page(first, last)      Rows, of the keys from first to last
//   table.write(key, row)        merges
//   workers.join(), leave()      from then on until then this process writes to the target as a
//                                worker; whoever dies leaves once nothing of it can be on its way
//   workers.drained()            returns when there are none
//   record.get()                 the Record
//   record.advance(turn)         to the next phase if that is still the turn; the Record then
//   record.lease()               of a range that is not done, in the phase of the backfill; its
//                                number is 0 if there is none. Takes it from whoever had it
//   record.finish(lease)         records the range as done; false if somebody has taken it
// Whatever throws leaves unknown whether it took effect.
#pragma once

#include <string>
#include <vector>

#include "impl/online/row.h"
#include "system/task.h"

namespace cutover::online {

enum class Phase : int { source_only, both, backfill, strict, verified, target_only };
std::string to_string(Phase phase);

struct Range {
  std::string first, last;  ///< keys
  int lease = 0;            ///< the number of the latest one on it
  bool done = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Range, first, last, lease, done)

struct Record {
  Phase phase = Phase::source_only;
  int turn = 0;    ///< how often the phase was changed
  int leases = 0;  ///< how many were given
  std::vector<Range> plan = {};

  bool target_is_truth() const { return phase >= Phase::verified; }
  bool has_both() const { return phase > Phase::source_only && phase < Phase::target_only; }
  /// A write that one of the two has not is no write.
  bool is_strict() const { return phase >= Phase::strict; }
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Record, phase, turn, leases, plan)

struct Lease {
  int number = 0;
  int range = 0;  ///< its place in the plan
  std::string first, last;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Lease, number, range, first, last)

/// A client's change, which is the same whenever it is written. `watch.in_target(change)` is told
/// once the target has it; a program need not care.
template <class Source, class Target, class RecordStore>
Task<void> write(const Source& source, const Target& target, const RecordStore& record,
                 Record& known, const std::string& key, const Row& change, auto& watch) {
  while (true) {
    // 1. To the store that is the truth, as far as is known,
    if (known.target_is_truth()) {
      co_await target.write(key, change);
      watch.in_target(change);
    } else {
      co_await source.write(key, change);
    }
    // 2. and to its shadow, which before the strict phase may fail.
    if (known.has_both() && known.target_is_truth()) {
      co_await source.write(key, change);
    } else if (known.has_both()) {
      try {
        co_await target.write(key, change);
        watch.in_target(change);
      } catch (const std::runtime_error&) {
        if (known.is_strict()) throw;
      }
    }
    // 3. Acknowledge, unless the phase was changed meanwhile: then it is done again.
    const Record now = co_await record.get();
    const bool is_as_known = now.turn == known.turn;
    known = now;
    if (is_as_known) co_return;
  }
}

template <class Source, class Target, class RecordStore>
Task<Row> read(const Source& source, const Target& target, const RecordStore& record, Record& known,
               const std::string& key) {
  while (true) {
    Row found;
    if (known.target_is_truth()) {
      found = co_await target.read(key);
    } else {
      found = co_await source.read(key);
    }
    const Record now = co_await record.get();
    const bool is_as_known = now.turn == known.turn;
    known = now;
    if (is_as_known) co_return found;
  }
}

/// Copies range after range until all are recorded; false if another worker took this one's range,
/// and it should end. `before`: a write time that no client's clock can have shown since clients
/// write to the target, less as many as there will ever be leases.
template <class Source, class Target, class Workers, class RecordStore>
Task<bool> backfill(const Source& source, const Target& target, const Workers& workers,
                    const RecordStore& record, WriteTime before, auto& watch) {
  co_await workers.join();
  bool is_ours = true;
  while (is_ours) {
    // 1. Take a range.
    const Lease lease = co_await record.lease();
    if (lease.number == 0) break;
    // 2. Copy what is live, so that it loses to whatever clients write, and to what a later lease
    //    on the range writes.
    const Rows rows = co_await source.page(lease.first, lease.last);
    for (const auto& [key, row] : rows) {
      if (is_live(row)) co_await target.write(key, written_at(row, before + lease.number));
    }
    // 3. Record it, once all of it was answered.
    is_ours = co_await record.finish(lease);
    if (is_ours) watch.done(lease, rows);
  }
  co_await workers.leave();
  co_return is_ours;
}

/// Makes the target hold what the source holds, of keys from first to last, in the strict phase.
/// False if that phase is over.
template <class Source, class Target, class RecordStore>
Task<bool> compare(const Source& source, const Target& target, const RecordStore& record, int turn,
                   const std::string& first, const std::string& last) {
  // 1. The target first: whatever clients have written there, the source has had by then.
  const Rows there = co_await target.page(first, last);
  const Rows here = co_await source.page(first, last);
  // 2. What the target lacks gets the write times that it has in the source.
  for (const auto& [key, row] : here) {
    const auto found = there.find(key);
    const bool is_there = found != there.end() && contains(found->second, row);
    if (!is_there) co_await target.write(key, row);
  }
  // 3. What the source lacks was deleted there: just that is, and only if it was this phase's
  //    order of writing that was compared.
  for (const auto& [key, row] : there) {
    const auto found = here.find(key);
    const Row markers = markers_of(row, found != here.end() ? found->second : Row{});
    if (markers.columns.empty()) continue;
    const Record now = co_await record.get();
    if (now.turn != turn) co_return false;
    co_await target.write(key, markers);
  }
  co_return true;
}

/// The operator: from whatever phase to the last one. May be run again at any time, and several
/// times at once. Returns early if another one has overtaken it.
template <class Source, class Target, class Workers, class RecordStore>
Task<void> move(const Source& source, const Target& target, const Workers& workers,
                const RecordStore& record, WriteTime before, auto& watch) {
  Record now = co_await record.get();
  while (now.phase != Phase::target_only) {
    if (now.phase == Phase::backfill) {
      const bool is_ours = co_await backfill(source, target, workers, record, before, watch);
      if (!is_ours) co_return;
    }
    if (now.phase == Phase::strict) {
      co_await workers.drained();
      for (const Range& range : now.plan) {
        const bool is_ours =
            co_await compare(source, target, record, now.turn, range.first, range.last);
        if (!is_ours) co_return;
      }
    }
    now = co_await record.advance(now.turn);
  }
}

}  // namespace cutover::online
