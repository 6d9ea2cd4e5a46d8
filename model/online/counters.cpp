#include "model/online/counters.h"

namespace cutover::model::online::counters {

const char* to_string(Name name) {
  constexpr std::array<const char*, 21> kNames = {
      "Start",        "Generation",    "NextGeneration", "ReadBase",    "ReadSource",
      "ReadCounter",  "Fold",          "DropSource",     "DropCounter", "AddToSource",
      "AddToCounter", "Add",           "Read",           "Stop",        "CrashBefore",
      "CrashAfter",   "CrashInFlight", "LoseBefore",     "LoseAfter",   "LoseInFlight",
      "Land"};
  return kNames[static_cast<std::size_t>(name)];
}

Name Model::name_of(const Process& process) {
  switch (process.at) {
    case At::next_first:
    case At::next_second: return Name::NextGeneration;
    case At::source_base:
    case At::late_base:
    case At::first_base:
    case At::drop_base:
    case At::read_base:
    case At::read_again: return Name::ReadBase;
    case At::source_value:
    case At::late_value:
    case At::read_source: return Name::ReadSource;
    case At::first_value:
    case At::read_counter: return Name::ReadCounter;
    case At::source_fold:
    case At::late_fold:
    case At::first_fold: return Name::Fold;
    case At::drop_source: return Name::DropSource;
    case At::drop_first: return Name::DropCounter;
    case At::add: return process.known == 0 ? Name::AddToSource : Name::AddToCounter;
    default: return Name::Generation;  // generation, learn, ask, read_last
  }
}

bool Model::is_read(At at) {
  switch (at) {
    case At::next_first:
    case At::next_second:
    case At::source_fold:
    case At::late_fold:
    case At::first_fold:
    case At::drop_source:
    case At::drop_first:
    case At::add: return false;
    default: return true;
  }
}

std::vector<State> Model::initial_states() const {
  State start, late;
  late.source = 0;
  late.counter[0] = kBefore;
  late.generation = 2;
  return {start, late};
}

Request Model::request_of(const Process& process) {
  switch (process.at) {
    case At::next_first: return {process.at, 0};
    case At::next_second: return {process.at, 1};
    case At::source_fold:
    case At::late_fold: return {process.at, 0, {1, process.value}};
    case At::first_fold: return {process.at, 1, {2, process.value}};
    case At::add: return {process.at, process.known};
    default: return {process.at};
  }
}

void Model::take_effect(State& state, const Request& request) const {
  switch (request.at) {
    case At::next_first:
    case At::next_second:
      if (state.generation == request.generation) ++state.generation;
      return;
    case At::source_fold:
    case At::late_fold:
    case At::first_fold:
      if (flaw_ == Flaw::folds_blindly || state.base.generation == request.generation) {
        state.base = request.base;
        if (flaw_ == Flaw::folds_twice) state.base.generation = 1;
      }
      return;
    case At::add:
      ++(request.generation == 0 ? state.source : state.counter[request.generation - 1u]);
      return;
    case At::drop_source: state.source = 0; return;
    case At::drop_first: state.counter[0] = 0; return;
    default: return;  // reads
  }
}

/// A reader that knows the last generation: before that the source may have what no base has.
Process Model::has_last(Process process, Byte generation) {
  process.last = generation;
  if (process.base.generation != 0 || generation == kGenerations) return reads_counters(process);
  process.at = At::read_source;
  return process;
}

/// The next one of the target's counters, or whether it was folded meanwhile.
Process Model::reads_counters(Process process) {
  process.at = process.generation <= process.last ? At::read_counter : At::read_again;
  return process;
}

Process Model::after(const Process& process, State& now) const {
  Process next = process;
  const auto at = [&](At step) {
    next.at = step;
    return next;
  };
  const auto waits = [&] { return Process{At::wait, process.program, next.known}; };
  // What it has read is of no use after that.
  const auto goes_on_at = [&](At step) { return Process{step, process.program, process.known}; };
  const auto after_source = [&] {
    next = goes_on_at(process.known == 1 ? At::next_second : At::late_base);
    if (next.at == At::late_base) next.known = 0;
    return next;
  };
  switch (process.at) {
    // The operator: writers go to the target,
    case At::generation:
    case At::next_first:
      if (flaw_ == Flaw::folds_late && process.at == At::next_first) return at(At::next_second);
      next.known = now.generation;
      return at(next.known == 0 ? At::next_first : At::source_base);
    // the source becomes the base,
    case At::source_base:
      if (now.base.generation != 0) return after_source();
      return at(At::source_value);
    case At::source_value: next.value = now.source; return at(At::source_fold);
    case At::source_fold: return after_source();
    // writers go to the next generation,
    case At::next_second:
      next.known = 0;
      return at(flaw_ == Flaw::folds_late ? At::generation : At::late_base);
    case At::late_base: return at(now.base.generation != 0 ? At::first_base : At::late_value);
    case At::late_value: next.value = now.source; return at(At::late_fold);
    case At::late_fold: return goes_on_at(At::first_base);
    // and the first one is folded;
    case At::first_base:
      if (now.base.generation != 1) return at(At::drop_base);
      next.base = now.base;
      return at(At::first_value);
    case At::first_value:
      next.value = static_cast<Byte>(process.base.value + now.counter[0]);
      next.base = {};
      return at(At::first_fold);
    case At::first_fold: return goes_on_at(At::drop_base);
    // what was folded is dropped.
    case At::drop_base: return now.base.generation < 2 ? Process{} : at(At::drop_source);
    case At::drop_source: return at(At::drop_first);
    case At::drop_first: return {};
    // An application: it adds,
    case At::learn: next.known = now.generation; return waits();
    case At::add:
      if (flaw_ != Flaw::counts_blindly) return at(At::ask);
      ++now.counts;
      return waits();
    case At::ask:
      if (process.known == now.generation) ++now.counts;
      next.known = now.generation;
      return waits();
    // and reads.
    case At::read_base:
      next.base.generation = now.base.generation;
      next.value = now.base.value;
      next.generation = std::max<Byte>(now.base.generation, 1);
      return flaw_ == Flaw::reads_too_few ? has_last(next, process.known) : at(At::read_last);
    case At::read_last: return has_last(next, now.generation);
    case At::read_source:
      next.value = static_cast<Byte>(process.value + now.source);
      return reads_counters(next);
    case At::read_counter:
      next.value = static_cast<Byte>(process.value + now.counter[process.generation - 1u]);
      ++next.generation;
      return reads_counters(next);
    case At::read_again: {
      if (now.base.generation != process.base.generation) {
        next = goes_on_at(At::read_base);
        next.asked = process.asked;
        return next;
      }
      const int counted = process.value - kBefore;
      if (counted < process.asked || counted > now.sent) now.wrong_read = 1;
      return waits();
    }
    case At::nowhere:
    case At::wait: break;
  }
  return process;
}

checker::Property Model::judge(const State& state) const {
  int value = state.base.generation == 0 ? state.source : state.base.value;
  for (Byte generation = 1; generation <= kGenerations; ++generation) {
    if (generation >= state.base.generation) value += state.counter[generation - 1u];
  }
  if (value < kBefore + state.counts || value > kBefore + state.sent) return CounterExact;
  if (state.wrong_read != 0) return ReadsExact;
  return checker::kHolds;
}

State Model::widest() const {
  State state;
  const auto puts = static_cast<Byte>(bounds_.puts);
  // Each operator folds once; a mutant each time what was folded before, too.
  const auto most = static_cast<Byte>((kBefore + puts) * (bounds_.starts + 1));
  state.source = static_cast<Byte>(kBefore + puts);
  state.generation = kGenerations;
  state.base = {2, most};
  state.counter.fill(static_cast<Byte>(kBefore + puts));
  state.sent = state.counts = puts;
  state.reads = static_cast<Byte>(bounds_.reads);
  state.wrong_read = 1;
  state.process.fill({At::read_again, 2, kGenerations, state.base, static_cast<Byte>(2 * most),
                      kGenerations + 1, kGenerations, puts});
  state.in_flight.fill({At::add, kGenerations, {2, most}});
  state.used = most_used(bounds_);
  return state;
}

// Bits of witnesses.
namespace {
constexpr std::uint64_t kIsMoved = 1;
constexpr std::uint64_t kAdditionCounts = 2;
constexpr std::uint64_t kFoldIsTooLate = 4;
constexpr std::uint64_t kReadBeginsAgain = 8;
}  // namespace

std::vector<Model::Witness> Model::witnesses() const {
  const bool starts = bounds_.starts > 0, two = bounds_.starts > 1 && bounds_.processes > 1;
  return {{"all is at the target", starts},
          {"an addition counts", starts && bounds_.puts > 0},
          {"a fold comes too late", two},
          {"a read begins again", two && bounds_.reads > 0}};
}
std::uint64_t Model::seen_in(const State& state) const {
  return (state.base.generation == 2 ? kIsMoved : 0) | (state.counts > 0 ? kAdditionCounts : 0);
}
std::uint64_t Model::seen_in(const State& before, const Action& action, const State& after) const {
  if (action.name == Name::Fold) return before.base == after.base ? kFoldIsTooLate : 0;
  if (action.name != Name::ReadBase) return 0;
  const bool was_again = before.process[action.who].at == At::read_again;
  return was_again && after.process[action.who].at == At::read_base ? kReadBeginsAgain : 0;
}

}  // namespace cutover::model::online::counters
