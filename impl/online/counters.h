// Counters move to another cluster while they are counted on. A counter can only be added to: an
// addition whose answer was lost must not be repeated, the value can't be set, and no write time
// orders anything.
//
// The value is in three places: the counter in the source, a base at the target, which is a plain
// cell that is written by conditions, and counters at the target, one for each generation. What
// they come to is decided by the base alone:
//
//   base of generation 0   the source's counter, and all generations at the target
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
/// be repeated.
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

/// At least what counted before it began.
template <class Source, class Target, class Record>
Task<std::int64_t> read(const Source& source, const Target& target, const Record& record) {
  while (true) {
    // 1. The base first: what is folded afterwards is still where it was.
    const Base base = co_await target.base();
    std::int64_t value = base.value;
    if (base.generation == 0) value += co_await source.value();
    // 2. Every generation that the base does not have.
    const int last = co_await record.generation();
    for (int generation = std::max(base.generation, 1); generation <= last; ++generation) {
      value += co_await target.value(generation);
    }
    // 3. Once more, if it was folded meanwhile, and may have been dropped.
    const Base after = co_await target.base();
    if (after.generation == base.generation) co_return value;
  }
}

/// The operator: moves everything to the target, and folds what was counted meanwhile. May be run
/// again at any time, and several times at once.
template <class Source, class Target, class Record>
Task<void> move_counters(const Source& source, const Target& target, const Record& record) {
  // 1. Additions go to the target. What counts in the source, is in it by now.
  int generation = co_await record.generation();
  if (generation == 0) generation = co_await record.next(0);
  // 2. The source's value becomes the base, unless somebody was faster.
  const Base base = co_await target.base();
  if (base.generation == 0) {
    const std::int64_t counted = co_await source.value();
    co_await target.fold(0, counted, 1);
  }
  // 3. Additions go to the next generation, 4. and the first one is folded into the base.
  if (generation == 1) co_await record.next(1);
  const Base first = co_await target.base();
  if (first.generation == 1) {
    const std::int64_t counted = co_await target.value(1);
    co_await target.fold(1, first.value + counted, 2);
  }
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
