// A table moves to another cluster while applications go on writing to it, and neither cluster has
// fences, nor transactions over both. Which of the two is the truth, is a function of the phase in
// one durable record (record.h); that record alone has conditional writes.
//
//   phase        written, in this order        answers   before the next phase
//   source_only  source                        source    there is a plan of ranges
//   both         source, target if it can be   source
//   backfill     the same                      source    every range is recorded as done
//   strict       source, target                source    workers have drained, all is compared
//   verified     target, source                target
//   target_only  target                        target
//
// Until the last phase there is a way back, phase by phase, since the source has been written all
// the time. What the target has by then stays, to be compared once it is moved again.
//
// Applications keep the record that they last read, and learn of a change late. No clock bounds how
// late: each change of the record is a turn, and a write is acknowledged only if the turn was still
// the same after it had taken effect. Whoever was too late does it again under the new phase. (The
// other way are leases on the phase, as in F1's schema changes, VLDB 2013, which need clocks.)
//
// What it is given:
//   table.read(key)              its Row, empty if there is none
//   table.page(first, end)       a Page of the keys from first on and before end, in their order
//   table.write(key, row)        merges
//   source.scan(first, end)      such a page for target.copy, with `next` as in Page
//   target.copy(scanned, time)   writes what is live in it, as if it had been written then; returns
//                                once all of it was answered
//   workers.join(), leave()      from then on until then this process writes to the target as a
//                                worker; whoever dies leaves once nothing of it can be on its way
//   workers.drained()            returns when there are none
//   record.get()                 the Record
//   record.advance(turn), go_back(turn), lease(), finish(lease), finish_comparison(turn)
//                                as in record.h; the first two answer the Record that is then
// Whatever throws leaves unknown whether it took effect.
#pragma once

#include <stdexcept>
#include <string>

#include "impl/online/record.h"
#include "impl/online/row.h"
#include "system/task.h"

namespace cutover::online {

/// A client's request. `request.attempt()` is its change, with a write time later than that of any
/// attempt before; `request.in_target()` is told once the target has that; a program need not care.
template <class Source, class Target, class RecordStore>
Task<void> write(const Source& source, const Target& target, const RecordStore& record,
                 Record& known, const std::string& key, auto& request) {
  while (true) {
    const Row change = request.attempt();
    // 1. To the store that is the truth, as far as is known,
    if (known.target_is_truth()) {
      co_await target.write(key, change);
      request.in_target();
    } else {
      co_await source.write(key, change);
    }
    // 2. and to its shadow, which before the strict phase may fail.
    if (known.has_both() && known.target_is_truth()) {
      co_await source.write(key, change);
    } else if (known.has_both()) {
      try {
        co_await target.write(key, change);
        request.in_target();
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
    // 2. Copy what is live, page by page, so that it loses to whatever clients write, and to what
    //    a later lease on the range writes.
    const WriteTime written = before + lease.number;
    std::string from = lease.first;
    do {
      const auto scanned = co_await source.scan(from, lease.end);
      co_await target.copy(scanned, written);
      watch.copied(scanned, written);
      from = scanned.next;
    } while (!from.empty());
    // 3. Record it, once all of it was answered.
    is_ours = co_await record.finish(lease);
    if (is_ours) watch.done(lease);
  }
  co_await workers.leave();
  co_return is_ours;
}

/// Makes the target hold what the source holds, of keys from `first` on and before `end`, in the
/// strict phase. False if that phase is over.
template <class Source, class Target, class RecordStore>
Task<bool> compare(const Source& source, const Target& target, const RecordStore& record, int turn,
                   const std::string& first, const std::string& end, auto& watch) {
  std::string from = first;
  do {
    // 1. The target first: whatever clients have written there, the source has had by then.
    Page there = co_await target.page(from, end);
    Page here = co_await source.page(from, end);
    // As far as both pages go.
    from = cut_to_the_shorter(there, here);
    // 2. What the target lacks gets the write times that it has in the source.
    for (const auto& [key, row] : here.rows) {
      const auto found = there.rows.find(key);
      const bool is_there = found != there.rows.end() && contains(found->second, row);
      if (is_there) continue;
      co_await target.write(key, row);
      watch.repaired(key, row);
    }
    // 3. What the source lacks was deleted there: just that is, and only if it was this phase's
    //    order of writing that was compared.
    for (const auto& [key, row] : there.rows) {
      const auto found = here.rows.find(key);
      const Row source_row = found != here.rows.end() ? found->second : Row{};
      const Row markers = markers_of(merged(row, source_row), source_row);
      if (markers.columns.empty()) continue;
      const Record now = co_await record.get();
      if (now.turn != turn) co_return false;
      co_await target.write(key, markers);
      watch.repaired(key, markers);
    }
    watch.compared(here, there);
  } while (!from.empty());
  co_return true;
}

/// All ranges, and then it is recorded. False if the phase is over.
template <class Source, class Target, class Workers, class RecordStore>
Task<bool> compare_all(const Source& source, const Target& target, const Workers& workers,
                       const RecordStore& record, const Record& now, auto& watch) {
  // 1. What workers have sent has arrived, or never will.
  co_await workers.drained();
  // 2. Range after range;
  for (const Range& range : now.plan) {
    const bool is_ours =
        co_await compare(source, target, record, now.turn, range.first, range.end, watch);
    if (!is_ours) co_return false;
  }
  // 3. without this, the phase does not end.
  const bool is_ours = co_await record.finish_comparison(now.turn);
  co_return is_ours;
}

/// The operator: from whatever phase to the last one. May be run again at any time, and several
/// times at once. Returns early if another one has overtaken it.
template <class Source, class Target, class Workers, class RecordStore>
Task<void> move(const Source& source, const Target& target, const Workers& workers,
                const RecordStore& record, WriteTime before, auto& watch) {
  Record now = co_await record.get();
  while (now.phase != Phase::target_only) {
    bool is_ours = true;
    if (now.phase == Phase::backfill) {
      is_ours = co_await backfill(source, target, workers, record, before, watch);
    }
    if (now.phase == Phase::strict && now.compared != now.turn) {
      is_ours = co_await compare_all(source, target, workers, record, now, watch);
    }
    if (!is_ours) co_return;
    now = co_await record.advance(now.turn);
  }
}

}  // namespace cutover::online
