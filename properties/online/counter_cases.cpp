#include "properties/online/counter_cases.h"

#include <optional>

#include "crashsim/sdk.h"
#include "engines/model/model_of_case.h"
#include "impl/online/counters.h"
#include "properties/online/bounds.h"
#include "properties/online/counter_mapping.h"

namespace cutover::online {
namespace {

/// The target's tables.
struct Counted {
  Base base = {};
  std::map<int, std::int64_t> counters = {};  ///< by generation
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Counted, base, counters)

/// What a mutant does otherwise; counter_cases() says it in words.
enum class Flaw {
  none,
  folds_blindly,
  counts_blindly,
  snapshot_first,
  folds_twice,
  adds_again,
  drops_first,
  reads_too_few,
  reads_once,
  leaves_source_early,
  folds_late,
};

constexpr std::int64_t kBefore = 5;  ///< what the source has counted at the beginning

class Source {
 public:
  explicit Source(StoreHandle<std::int64_t> counter) : counter_(counter) {}
  auto add(int amount) const {
    return counter_.step("add", [](std::int64_t& counter, int by) { counter += by; }, amount);
  }
  auto value() const {
    return counter_.read("read", [](const std::int64_t& counter) { return counter; });
  }
  auto drop() const {
    return counter_.step("drop", [](std::int64_t& counter) { counter = 0; });
  }

 private:
  StoreHandle<std::int64_t> counter_;
};

class Target {
 public:
  explicit Target(StoreHandle<Counted> counted, Flaw flaw = Flaw::none)
      : counted_(counted), flaw_(flaw) {}

  auto add(int generation, int amount) const {
    const auto add = [](Counted& counted, int generation, int by) {
      counted.counters[generation] += by;
    };
    return counted_.step("add", add, generation, amount);
  }
  auto value(int generation) const {
    const auto value = [](const Counted& counted, int generation) {
      const auto found = counted.counters.find(generation);
      return found == counted.counters.end() ? std::int64_t{0} : found->second;
    };
    return counted_.read("read counter", value, generation);
  }
  auto drop(int generation) const {
    const auto drop = [](Counted& counted, int generation) { counted.counters.erase(generation); };
    return counted_.step("drop counter", drop, generation);
  }
  auto base() const {
    return counted_.read("read base", [](const Counted& counted) { return counted.base; });
  }
  auto fold(int generation, std::int64_t value, int into) const {
    const auto fold = [](Counted& counted, int generation, std::int64_t value, int into) {
      if (counted.base.generation == generation) counted.base = {into, value};
    };
    const auto blindly = [](Counted& counted, int, std::int64_t value, int into) {
      counted.base = {into, value};
    };
    if (flaw_ == Flaw::folds_twice) into = 1;
    return flaw_ == Flaw::folds_blindly ? counted_.step("fold", blindly, generation, value, into)
                                        : counted_.step("fold", fold, generation, value, into);
  }

 private:
  StoreHandle<Counted> counted_;
  Flaw flaw_;
};

class Record {
 public:
  explicit Record(StoreHandle<int> record) : record_(record) {}
  auto generation() const {
    return record_.read("get", [](const int& generation) { return generation; });
  }
  auto next(int generation) const {
    const auto next = [](int& now, int generation) {
      if (now == generation) ++now;
      return now;
    };
    return record_.step("next generation", next, generation);
  }

 private:
  StoreHandle<int> record_;
};

/// Does not ask.
struct Blind {
  const int& known;
  Task<int> generation() const { co_return known; }
};
/// Does not ask a source that nobody adds to any more.
struct Leaves {
  Source source;
  const Record& record;
  Task<std::int64_t> value() const {
    const int now = co_await record.generation();
    if (now > 0) co_return 0;
    const std::int64_t value = co_await source.value();
    co_return value;
  }
};
/// Reads the base once.
struct ReadOnce {
  Target target;
  mutable std::optional<Base> first = {};
  Task<Base> base() const {
    if (!first) first = co_await target.base();
    co_return *first;
  }
  Task<std::int64_t> value(int generation) const {
    const std::int64_t value = co_await target.value(generation);
    co_return value;
  }
};

struct Known {
  int sent = 0, counts = 0;       ///< additions of 1
  std::map<int, int> asked = {};  ///< by read: what counted when it began
  bool wrong_read = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Known, sent, counts, asked, wrong_read)

constexpr auto sent_one = [](Known& known) { ++known.sent; };
constexpr auto counts_one = [](Known& known) { ++known.counts; };

Task<void> count(Actor& actor, Flaw flaw) {
  const Source source(actor.store<std::int64_t>("source"));
  const Target target(actor.store<Counted>("target"));
  const Record record(actor.store<int>("record"));
  int known = co_await record.generation();
  const Blind blind{known};
  while (const auto input = co_await actor.next_input()) {
    if (input->label() == "read") {
      const auto ask = [](Known& known, int read) { known.asked[read] = known.counts; };
      actor.note("asks", ask, input->as<int>());
      std::int64_t value = 0;
      if (flaw == Flaw::reads_too_few) {
        value = co_await online::read(source, target, blind);
      } else if (flaw == Flaw::reads_once) {
        const ReadOnce once{target};
        value = co_await online::read(source, once, record);
      } else if (flaw == Flaw::leaves_source_early) {
        const Leaves leaves{source, record};
        value = co_await online::read(leaves, target, record);
      } else {
        value = co_await online::read(source, target, record);
      }
      const auto judge = [](Known& known, int read, std::int64_t value) {
        const std::int64_t counted = value - kBefore;
        if (counted < known.asked[read] || counted > known.sent) known.wrong_read = true;
        known.asked.erase(read);
      };
      actor.note("reads", judge, input->as<int>(), value);
      continue;
    }
    actor.note("adds", sent_one);
    bool counts = false;
    try {
      if (flaw == Flaw::counts_blindly) {
        counts = co_await online::add(source, target, blind, known, 1);
      } else {
        counts = co_await online::add(source, target, record, known, 1);
      }
    } catch (const LostAnswer&) {
      if (flaw != Flaw::adds_again) throw;
    }
    if (!counts && flaw == Flaw::adds_again) {
      counts = co_await online::add(source, target, record, known, 1);
    }
    if (counts) actor.note("counted", counts_one);
  }
}

Task<void> move(Actor& actor, Flaw flaw) {
  const Source source(actor.store<std::int64_t>("source"));
  const Target target(actor.store<Counted>("target"), flaw);
  const Record record(actor.store<int>("record"));
  if (flaw == Flaw::snapshot_first) {
    const std::int64_t counted = co_await source.value();
    co_await target.fold(0, counted, 1);
  }
  if (flaw == Flaw::drops_first || flaw == Flaw::folds_late) {
    co_await record.next(0);
    co_await record.next(1);
    if (flaw == Flaw::drops_first) co_await source.drop();
  }
  const auto counters = [=] { return std::vector{std::pair(source, target)}; };
  co_await move_counters(counters, record);
  co_await drop_folded(source, target);
}

/// As practitioners tell it: a moment without writers, a snapshot, and a table for what is added
/// while the snapshot is restored. The record says where writers write to; the target has the delta
/// as its counter of generation 1, and the final one as that of generation 2.
Task<void> move_as_told(Actor& actor) {
  const Source source(actor.store<std::int64_t>("source"));
  const Target target(actor.store<Counted>("target"));
  const Record record(actor.store<int>("record"));
  // 1. The writers write to the delta table; 2. the snapshot,
  co_await record.next(0);
  const std::int64_t snapshot = co_await source.value();
  // 3. which is restored into the final table.
  co_await target.add(2, static_cast<int>(snapshot));
  // 4. The writers write to the final table, 5. and the delta is fed into it.
  co_await record.next(1);
  const std::int64_t delta = co_await target.value(1);
  co_await target.add(2, static_cast<int>(delta));
  co_await record.next(2);
}

std::int64_t sum(const Counted& counted, int from) {
  std::int64_t sum = 0;
  for (const auto& [generation, value] : counted.counters) {
    if (generation >= from) sum += value;
  }
  return sum;
}

cutover::Migration counters(const std::function<Task<void>(Actor&)>& moves, Flaw flaw,
                            bool as_told) {
  cutover::Migration made;
  made.store("source", kBefore).store("target", Counted{}).store("record", 0).memory(Known{});
  if (!as_told) {
    // A counter that came when the others were almost moved.
    const Counted late{.counters = {{1, kBefore}}};
    made.beginning("late", {{"source", 0}, {"target", late}, {"record", 2}});
  }
  made.unfenced("source").unfenced("target").unfenced("record");
  made.input("add", kPuts).input("read", crashsim::kReads);
  made.program("move", moves);
  made.program("application", [=](Actor& actor) { return count(actor, flaw); });
  made.property("CounterExact", [=](const View& now) {
    const auto counted = now.store<Counted>("target");
    const auto known = now.memory<Known>();
    std::int64_t value = 0;
    if (as_told) {
      if (now.store<int>("record") < 3) return true;
      value = sum(counted, 2);
    } else if (counted.base.generation == 0) {
      value = now.store<std::int64_t>("source") + sum(counted, 1);
    } else {
      value = counted.base.value + sum(counted, counted.base.generation);
    }
    return value >= kBefore + known.counts && value <= kBefore + known.sent;
  });
  made.property("ReadsExact", [](const View& now) { return !now.memory<Known>().wrong_read; });
  const auto is_over = [=](const Stores& now) {
    return as_told ? now.store<int>("record") == 3
                   : now.store<Counted>("target").base.generation == 2;
  };
  made.can_finish("move", is_over);
  made.sometimes("all is at the target", [=](const View& now) { return is_over(now); });
  const auto has_writes = [](const crashsim::Bounds& bounds) { return kPuts.of(bounds) > 0; };
  made.sometimes(
      "an addition counts", [](const View& now) { return now.memory<Known>().counts > 0; },
      has_writes);
  return made;
}

}  // namespace

std::vector<Case> counter_cases() {
  std::vector<Case> cases;
  using OfModel = CounterMapping::Flaw;
  const auto add = [&](const std::string& name, const std::string& about,
                       const std::string& violates, Flaw flaw,
                       std::optional<OfModel> of_model = {}) {
    const auto moves = [=](Actor& actor) { return move(actor, flaw); };
    Case made{"online/counters" + name, about, violates, counters(moves, flaw, false)};
    made.own_bounds = "starts=3,puts=2,reads=1";
    cases.push_back(of_model ? with_model(made, CounterMapping{*of_model}) : made);
  };
  add("", "a base with a generation, and a counter for each generation", "", Flaw::none,
      OfModel::none);
  add("+folds-blindly", "a fold does not ask whether it was made before", "CounterExact",
      Flaw::folds_blindly, OfModel::folds_blindly);
  add("+counts-blindly", "nobody asks whether the generation is still the same", "CounterExact",
      Flaw::counts_blindly, OfModel::counts_blindly);
  add("+snapshot-first", "the source's value is taken before its writers are gone", "CounterExact",
      Flaw::snapshot_first);
  add("+folds-twice", "what is folded remains a part of the sum", "CounterExact", Flaw::folds_twice,
      OfModel::folds_twice);
  add("+counter-retry", "an addition whose answer was lost is made again", "CounterExact",
      Flaw::adds_again);
  cases.back().record = "counter-retry (scylla-migrator 17, 339)";
  add("+drops-first", "the source is dropped when nobody writes to it any more", "CounterExact",
      Flaw::drops_first);
  add("+reads-once", "a reader does not notice that what it read was folded and dropped",
      "ReadsExact", Flaw::reads_once);
  add("+reads-too-few", "a reader adds up the generations that it knew of", "ReadsExact",
      Flaw::reads_too_few, OfModel::reads_too_few);
  add("+leaves-source-early", "a reader leaves the source when nobody adds to it any more",
      "ReadsExact", Flaw::leaves_source_early);
  add("+folds-late", "the sources are folded when the second generation has begun", "ReadsExact",
      Flaw::folds_late, OfModel::folds_late);
  cases.push_back({"online/counters-as-told",
                   "a moment without writers, a snapshot, a delta that is fed in afterwards",
                   "CounterExact", counters(move_as_told, Flaw::none, true)});
  cases.back().own_bounds = "starts=3,puts=2";
  return cases;
}

}  // namespace cutover::online
