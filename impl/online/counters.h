// Counters move to another cluster while they are counted on. A counter can only be added to: an
// addition whose answer was lost must not be repeated, the value can't be set, and no write time
// orders anything.
//
// The value is in three places: the counter in the source, a base at the target, which is a plain
// cell that is written by conditions, and counters at the target, one for each generation. What
// they come to is decided by the base alone:
//
//   base of generation 0   the source's counter, and all generations at the target; from the
//                          second one on, nothing counts in the source of such a counter
//   base of generation g   the base, and the generations from g on
//
// so that whatever folds a counter into the base takes effect in one step. A counter is never
// reset, and dropped only once it is folded. Additions go to the generation that the record names:
// 0 is the source's counter.
//
// What it is given:
//   source.add(amount), source.value(), source.drop()
//   target.add(generation, amount), target.value(generation), target.drop(generation)
//   target.base()                           Base
//   target.fold(generation, value, into)    if that is the base's generation, it has this value
//                                           from then on, and the generation `into`
//   record.generation()
//   record.next(generation)                 the one after that, if it is that; the one it is then
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "system/task.h"

namespace cutover::online {

struct Base {
  int generation = 0;
  std::int64_t value = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Base, generation, value)

/// Adds once. True if it counts; false if nobody can say, as when its answer is lost: it must not
/// be repeated. `known`: what the record said last. Ask it first, and again after a failure: the
/// source may be switched off.
template <class Source, class Target, class Record>
Task<bool> add(const Source& source, const Target& target, const Record& record, int& known,
               int amount) {
  // 1. To the generation that was last heard of.
  if (known == 0) {
    co_await source.add(amount);
  } else {
    co_await target.add(known, amount);
  }
  // 2. It counts if nobody can have folded that generation before.
  const int now = co_await record.generation();
  const bool counts = now == known;
  known = now;
  co_return counts;
}

/// At least what counted before it began. The source is not asked once all is moved.
template <class Source, class Target, class Record>
Task<std::int64_t> read(const Source& source, const Target& target, const Record& record) {
  while (true) {
    // 1. The base first: what is folded afterwards is still where it was.
    const Base base = co_await target.base();
    std::int64_t value = base.value;
    // 2. Every generation that the base does not have. From the second one on, all that counts in
    // the source is in a base: that of a counter without one is asked no more, and may be gone.
    const int last = co_await record.generation();
    if (base.generation == 0 && last < 2) value += co_await source.value();
    for (int generation = std::max(base.generation, 1); generation <= last; ++generation) {
      value += co_await target.value(generation);
    }
    // 3. Once more, if it was folded meanwhile, and may have been dropped.
    const Base after = co_await target.base();
    if (after.generation == base.generation) co_return value;
  }
}

/// The source's value becomes the base, unless somebody was faster.
template <class Source, class Target>
Task<void> fold_source(const Source& source, const Target& target) {
  const Base base = co_await target.base();
  if (base.generation != 0) co_return;
  const std::int64_t value = co_await source.value();
  co_await target.fold(0, value, 1);
}

/// The first generation is added to it, unless somebody was faster.
template <class Target>
Task<void> fold_first(const Target& target) {
  const Base base = co_await target.base();
  if (base.generation != 1) co_return;
  const std::int64_t value = co_await target.value(1);
  co_await target.fold(1, base.value + value, 2);
}

/// The operator: moves everything to the target, and folds what was counted meanwhile. May be run
/// again at any time, and several times at once. `counters()`: those that are there by then, each
/// as a pair of its source and its target. Returns how many there were: all of them
/// are folded by then. One that comes later has nothing to be folded that counts: its additions go
/// to the second generation.
template <class Counters, class Record>
Task<std::size_t> move_counters(const Counters& counters, const Record& record) {
  // 1. Additions go to the target. What counts in the source, is in it by now.
  int generation = co_await record.generation();
  if (generation == 0) generation = co_await record.next(0);
  // 2. The sources' values become the bases.
  const auto counted = counters();
  for (const auto& [source, target] : counted) co_await fold_source(source, target);
  // 3. Additions go to the next generation, and who reads leaves the source: all that counts there
  //    is in a base by now,
  if (generation == 1) co_await record.next(1);
  // 4. and the first one is folded into the bases; that of a counter that came meanwhile, too.
  const auto all = counters();
  for (const auto& [source, target] : all) {
    co_await fold_source(source, target);
    co_await fold_first(target);
  }
  co_return all.size();
}

/// What was folded is needed no longer. Does nothing before it was moved.
template <class Source, class Target>
Task<void> drop_folded(const Source& source, const Target& target) {
  const Base base = co_await target.base();
  if (base.generation < 2) co_return;
  co_await source.drop();
  co_await target.drop(1);
}

}  // namespace cutover::online
