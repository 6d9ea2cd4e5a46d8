#include "model/catalog/model.h"
#include "model/checker/plain.h"

#include <algorithm>
#include <cstring>

namespace cutover::model::catalog {
namespace {

constexpr std::array<const char*, kNames> kActionNames = {"Start",
                                                          "OpenStore",
                                                          "RaiseStashEpoch",
                                                          "ReadTheTombstone",
                                                          "ReadTheSnapshot",
                                                          "MergeTheSnapshot",
                                                          "ReplaceContents",
                                                          "SetTheTombstone",
                                                          "ReadTheMark",
                                                          "SetTheMark",
                                                          "ReadContents",
                                                          "UpgradeContents",
                                                          "Put",
                                                          "Delete",
                                                          "Write",
                                                          "Stop",
                                                          "Fenced",
                                                          "CrashBefore",
                                                          "CrashAfter",
                                                          "CrashInFlight",
                                                          "LoseBefore",
                                                          "LoseAfter",
                                                          "LoseInFlight",
                                                          "Land"};

constexpr std::array<const char*, 8> kPropertyNames = {
    "none",           "OneSourceOfTruth",    "NoLostWrite",   "NoResurrection",
    "ServeOnlyTruth", "FencedNeverSucceeds", "EpochMonotone", "MovesStayPossible"};

constexpr Byte kLeftoverEpoch = 5;

enum Seen : unsigned {
  kPersistTruth,
  kStashTruthAgain,
  kPutMoved,
  kDeleteMoved,
  kUnansweredHeld,
  kStashServed,
  kPersistServed,
  kFencedBelieves,
};
constexpr std::uint64_t bit(Seen seen) { return 1ull << seen; }

void append_bring_up(Steps& program, At at) {
  program.push_back(make(Do::read_contents, at));
  program.push_back(upgrade_contents(at));
}

/// The steps of a move, those of opening told one by one.
Steps move_of(const Steps& protocol) {
  Steps program;
  for (const Step& step : protocol) {
    program.push_back(step);
    if (step.brings_up) append_bring_up(program, step.at);
  }
  return program;
}

/// What a step is, once, so that taking it needs no decisions.
void work_out(Step& step) {
  if (step.what != Do::serve) step.name = static_cast<Byte>(name_of(step.what));
  step.opens = step.what == Do::open || step.what == Do::open_unbounded;
  step.reads = read_only(step.what);
  step.upgrades = step.what == Do::upgrade_contents;
  step.sends = step.upgrades || step.what == Do::replace_contents ||
               step.what == Do::replace_and_set || step.what == Do::replace_and_mark;
  if (step.what == Do::open && step.at == At::persist) step.above = Above::stash;
  if (step.what == Do::raise_epoch) step.above = Above::persist;
}

/// How often a move counts an epoch up, or may lift one above the other.
unsigned raises(const Steps& steps) {
  return static_cast<unsigned>(std::ranges::count_if(steps, [](const Step& step) {
    return step.what == Do::open || step.what == Do::open_unbounded || step.what == Do::raise_epoch;
  }));
}

unsigned largest_epoch(const Protocol& protocol, const Bounds& bounds) {
  return kLeftoverEpoch +
         bounds.starts * std::max(raises(protocol.migrate), raises(protocol.rollback));
}

template <class Place>
std::uint64_t as_number(const Place& place) {
  static_assert(sizeof(Place) == 8);
  std::uint64_t number;
  std::memcpy(&number, &place, sizeof number);
  return number;
}

template <class Places>
void sort_down(Places& places) {
  for (std::size_t i = 1; i < places.size(); ++i) {
    for (std::size_t j = i; j > 0 && as_number(places[j - 1]) < as_number(places[j]); --j) {
      std::swap(places[j - 1], places[j]);
    }
  }
}

}  // namespace

const char* to_string(Name name) { return kActionNames[static_cast<std::size_t>(name)]; }
const char* to_string(Property property) {
  return kPropertyNames[static_cast<std::size_t>(property)];
}

std::string impossible(const Protocol& protocol, const Bounds& bounds) {
  const auto at_most = [](const char* what, unsigned most) {
    return std::string("the model has at most ") + std::to_string(most) + " " + what;
  };
  if (bounds.processes == 0) return "there must be a process";
  if (bounds.processes > kMostProcesses) return at_most("processes", kMostProcesses);
  if (bounds.in_flight > kMostInFlight) return at_most("in_flight", kMostInFlight);
  if (bounds.puts + bounds.deletes > kMostWrites) return at_most("writes", kMostWrites);
  if (bounds.crashes > 254 || bounds.lost > 254) return at_most("faults of a kind", 254);
  if (largest_epoch(protocol, bounds) > 254) return "so many starts take epochs past 254";
  return "";
}

Name name_of(Do what) {
  switch (what) {
    case Do::open:
    case Do::open_unbounded: return Name::OpenStore;
    case Do::raise_epoch: return Name::RaiseStashEpoch;
    case Do::read_tombstone: return Name::ReadTheTombstone;
    case Do::read_snapshot: return Name::ReadTheSnapshot;
    case Do::merge_snapshot: return Name::MergeTheSnapshot;
    case Do::replace_contents:
    case Do::replace_and_set: return Name::ReplaceContents;
    case Do::set_tombstone: return Name::SetTheTombstone;
    case Do::skip_copy_if_marked:
    case Do::end_if_marked: return Name::ReadTheMark;
    case Do::replace_and_mark:
    case Do::set_mark: return Name::SetTheMark;
    case Do::read_contents: return Name::ReadContents;
    case Do::upgrade_contents: return Name::UpgradeContents;
    case Do::write: return Name::Write;
    case Do::nothing:
    case Do::serve: break;
  }
  CUTOVER_CHECK(false);
}

Model::Model(const Protocol& protocol, const Bounds& bounds, bool interchangeable)
    : protocol_(protocol),
      bounds_(bounds),
      interchangeable_(interchangeable),
      programs_{move_of(protocol.rollback), move_of(protocol.migrate)},
      fences_{protocol.stash_fences, protocol.persist_fences},
      operations_(1) {
  CUTOVER_CHECK(impossible(protocol, bounds).empty());
  for (const Tombstone stash : {Tombstone::absent, Tombstone::is_false, Tombstone::is_true}) {
    for (const Tombstone persist : {Tombstone::absent, Tombstone::is_false, Tombstone::is_true}) {
      State state;
      state.store[0].tombstone = stash;
      state.store[1].tombstone = persist;
      truths_[index_of_tombstones(state)] = protocol.truth(stash, persist);
    }
  }
  for (const At at : {At::stash, At::persist}) {
    Steps& program = programs_[index(at)];
    last_[index(at)] = static_cast<Byte>(program.size());
    if (protocol.opens_lazily) append_bring_up(program, at);
    serve_[index(at)] = static_cast<Byte>(program.size() + 1);
    program.push_back(make(Do::serve, at));
    program.push_back(make(Do::write, at));
    for (Step& step : program) {
      const auto known = std::ranges::find(operations_, static_cast<const Operation&>(step));
      step.operation = static_cast<Byte>(known - operations_.begin());
      if (known == operations_.end()) operations_.push_back(step);
      work_out(step);
    }
  }
}

State Model::fresh() { return {}; }

State Model::leftovers() {
  State state;
  state.store[0].epoch = kLeftoverEpoch;
  state.store[0].contents = {kOldFormat, kValue0, 0};
  state.store[1].epoch = 2;
  state.store[1].contents = {kCurrentFormat, kOldValue, 1};
  state.client = {kValue0, 0, kLeftoverEpoch, 0};
  return state;
}

std::vector<State> Model::initial_states() const { return {leftovers(), fresh()}; }

/// The store after the request took effect. By value: a whole word is written at once, and packing
/// need not wait for it.
Store Model::effect(Store store, const Request& request) const {
  const Operation& operation = operations_[request.operation];
  switch (operation.what) {
    case Do::open:
    case Do::open_unbounded:
    case Do::raise_epoch:
      store.epoch = std::max(static_cast<Byte>(store.epoch + 1), request.at_least);
      break;
    case Do::replace_contents:
    case Do::upgrade_contents: store.contents = request.contents; break;
    case Do::set_tombstone: store.tombstone = operation.value; break;
    case Do::replace_and_set:
      store.contents = request.contents;
      store.tombstone = operation.value;
      break;
    case Do::replace_and_mark:
      store.contents = request.contents;
      store.mark = 1;
      break;
    case Do::set_mark: store.mark = operation.value == Tombstone::is_true; break;
    case Do::write: store.contents.a = written(request.write, store.contents.format); break;
    default: break;
  }
  return store;
}

Process Model::arrived(const Process& process) const {
  Process begins;
  begins.pc = static_cast<Byte>(last_[index(process.target)] + 1);
  begins.target = process.target;
  if (process.target == At::stash) begins.stash = process.stash;
  if (process.target == At::persist) begins.persist = process.persist;
  return begins;
}

/// The process's local state once its step took effect and was answered.
Process Model::after(const Process& process, const Step& step, const State& before,
                     const State& taken) const {
  const Store& store = before.store[index(step.at)];
  Process next = process;
  switch (step.what) {
    case Do::open:
    case Do::open_unbounded:
    case Do::raise_epoch:
      (step.at == At::stash ? next.stash : next.persist) = taken.store[index(step.at)].epoch;
      return onward(next);
    case Do::read_tombstone:
      return (step.done >> static_cast<unsigned>(store.tombstone) & 1) != 0 ? arrived(process)
                                                                            : onward(process);
    case Do::read_snapshot: next.copy = store.contents; return onward(next);
    case Do::merge_snapshot:
      next.copy.format = kCurrentFormat;
      if (next.copy.a == kNoValue) next.copy.a = store.contents.a;
      next.copy.g |= store.contents.g;
      return onward(next);
    case Do::replace_contents:
    case Do::replace_and_set:
    case Do::replace_and_mark: next.copy = {}; return onward(next);
    case Do::skip_copy_if_marked: return ahead(process, store.mark == 0 ? 1 : 3);
    case Do::end_if_marked: return store.mark == 0 ? onward(process) : Process{};
    case Do::read_contents:
      if (store.contents.format == kCurrentFormat) return ahead(process, 2);
      if (!is_supported(store.contents)) return Process{};
      next.copy = store.contents;
      return onward(next);
    case Do::upgrade_contents: next.copy = {}; return onward(next);
    case Do::write:
      --next.pc;
      next.write = 0;
      return next;
    default: return onward(process);
  }
}

/// The client is told that its write took effect.
void Model::answer(State& state, const Request& request) const {
  if (state.broke == Broke::none && request.session < state.client.epoch) {
    state.broke = Broke::epoch_monotone;
  }
  const At at = operations_[request.operation].at;
  state.client = {value_of(request.write), 0, request.session, static_cast<Byte>(index(at) + 1)};
}

checker::Property Model::judge(const State& state) const {
  const auto violates = [](Property property) { return static_cast<checker::Property>(property); };
  const auto truth = this->truth(state);
  if (!truth) return violates(Property::one_source_of_truth);
  const Contents& held = state.store[index(*truth)].contents;
  bool known = held.a == state.client.acked;
  for (unsigned maybe = state.client.maybe; !known && maybe != 0; maybe &= maybe - 1) {
    known = held.a == value_of(static_cast<Byte>(std::countr_zero(maybe) + 1));
  }
  if (!known && state.client.acked != kNoValue) return violates(Property::no_lost_write);
  if (!known || held.g != 0) return violates(Property::no_resurrection);
  for (const Process& process : processes(state)) {
    if (is_serving(process) && process.target != *truth &&
        session(process, process.target) == state.store[index(process.target)].epoch) {
      return violates(Property::serve_only_truth);
    }
  }
  if (state.broke == Broke::fenced_never_succeeds) return violates(Property::fenced_never_succeeds);
  if (state.broke == Broke::epoch_monotone) return violates(Property::epoch_monotone);
  return checker::kHolds;
}

std::uint8_t Model::goals_reached(const State& state) const {
  const auto truth = this->truth(state);
  std::uint8_t reached = 0;
  for (const Process& process : processes(state)) {
    if (!is_serving(process) || process.target != truth) continue;
    if (session(process, process.target) != state.store[index(process.target)].epoch) continue;
    reached |= process.target == At::persist ? 0b01 : 0b10;
  }
  return reached;
}

std::vector<Model::Witness> Model::witnesses() const {
  std::vector<Witness> all(64, {nullptr, false});
  const bool two = bounds_.starts > 1;
  const bool faults = bounds_.crashes + bounds_.lost > 0;
  const bool writes = bounds_.puts + bounds_.deletes > 0;
  all[kPersistTruth] = {"persist became the truth", true};
  all[kStashTruthAgain] = {"the stash became the truth again", two && writes};
  all[kPutMoved] = {"a put acknowledged on one store was held by the other",
                    two && bounds_.puts > 0};
  all[kDeleteMoved] = {"a delete acknowledged on one store was respected by the other",
                       two && bounds_.deletes > 0};
  all[kUnansweredHeld] = {"an unacknowledged write was held", faults && writes};
  all[kStashServed] = {"the stash was served", true};
  all[kPersistServed] = {"persist was served", true};
  all[kFencedBelieves] = {"a fenced process believed that it served", two && bounds_.processes > 1};
  const bool flights = faults && bounds_.in_flight > 0;
  all[std::countr_zero(kLanded)] = {"a request in flight landed and took effect", flights};
  all[std::countr_zero(kLandedFenced)] = {"a request in flight landed fenced", flights && two};
  all[std::countr_zero(kAnsweredOnBoth)] = {
      "clients were acknowledged on one store, then on the other",
      two && bounds_.puts + bounds_.deletes > 1};
  const auto action = [&](Name name, bool possible) {
    all[std::countr_zero(kSeenAction << static_cast<unsigned>(name))] = {to_string(name), possible};
  };
  action(Name::Fenced, two && bounds_.processes > 1);
  action(Name::Write, writes);
  action(Name::CrashBefore, bounds_.crashes > 0);
  action(Name::CrashAfter, bounds_.crashes > 0);
  action(Name::CrashInFlight, bounds_.crashes > 0 && bounds_.in_flight > 0);
  action(Name::LoseBefore, bounds_.lost > 0);
  action(Name::LoseAfter, bounds_.lost > 0);
  action(Name::LoseInFlight, bounds_.lost > 0 && bounds_.in_flight > 0);
  return all;
}

std::uint64_t Model::expected() const {
  return checker::possible_bits(witnesses());
}

std::uint64_t Model::seen_in(const State& state) const {
  const auto truth = this->truth(state);
  if (!truth) return 0;
  std::uint64_t seen = *truth == At::persist ? bit(kPersistTruth) : 0;
  const Contents& held = state.store[index(*truth)].contents;
  if (held.a != state.client.acked) {
    seen |= bit(kUnansweredHeld);
  } else if (state.client.on != 0 && state.client.on != index(*truth) + 1) {
    if (*truth == At::stash) seen |= bit(kStashTruthAgain);
    if (state.client.maybe == 0) seen |= bit(held.a == kNoValue ? kDeleteMoved : kPutMoved);
  }
  for (const Process& process : processes(state)) {
    if (!is_serving(process)) continue;
    const bool current =
        session(process, process.target) == state.store[index(process.target)].epoch;
    seen |= bit(!current                        ? kFencedBelieves
                : process.target == At::persist ? kPersistServed
                                                : kStashServed);
  }
  return seen;
}

State Model::widest() const {
  const auto epoch = static_cast<Byte>(largest_epoch(protocol_, bounds_));
  const Contents contents{kCurrentFormat, static_cast<Byte>(kValue0 + bounds_.puts), 1};
  const auto write = static_cast<Byte>(bounds_.puts + bounds_.deletes);
  const bool marks = std::ranges::any_of(operations_, [](const Operation& operation) {
    return operation.what == Do::set_mark || operation.what == Do::replace_and_mark;
  });
  State state;
  for (Store& store : state.store) {
    store.epoch = epoch;
    store.tombstone = Tombstone::is_true;
    store.contents = contents;
    store.mark = marks;
  }
  for (Byte place = 0; place < bounds_.processes; ++place) {
    const auto pc = static_cast<Byte>(std::max(programs_[0].size(), programs_[1].size()));
    state.process[place] = {pc, At::persist, epoch, epoch, contents, write};
  }
  for (Byte place = 0; place < bounds_.in_flight; ++place) {
    const auto operation = static_cast<Byte>(operations_.size() - 1);
    state.in_flight[place] = {operation, epoch, static_cast<Byte>(epoch + 1), contents, write, 0};
  }
  const auto maybe = static_cast<Byte>((1u << write) - 1);
  state.client = {contents.a, maybe, epoch, 2};
  state.used = {static_cast<Byte>(bounds_.starts),    static_cast<Byte>(bounds_.crashes),
                static_cast<Byte>(bounds_.in_flight), static_cast<Byte>(bounds_.lost),
                static_cast<Byte>(bounds_.puts),      static_cast<Byte>(bounds_.deletes)};
  state.broke = Broke::epoch_monotone;
  return state;
}

void Model::sort_places(State& state) {
  sort_down(state.process);
  sort_down(state.in_flight);
}

}  // namespace cutover::model::catalog
