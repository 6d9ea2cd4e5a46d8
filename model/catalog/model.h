// The catalog's model: a pure state machine whose actions are those of tla/catalog/Catalog.tla, by
// the same names. What may happen to a process at each step is what crashsim does to the
// implementation's.
#pragma once

#include <array>
#include <bit>
#include <span>
#include <string>

#include "model/catalog/protocol.h"
#include "model/checker/search.h"

namespace cutover::model::catalog {

/// How much may happen. Requests in flight come out of crashes and lost answers: each also counts
/// as one of those.
struct Bounds {
  unsigned processes = 2, starts = 2, crashes = 1, in_flight = 1, lost = 1, puts = 1, deletes = 0;
  bool operator==(const Bounds&) const = default;
};

/// What makes these bounds impossible for this protocol, or empty.
std::string impossible(const Protocol& protocol, const Bounds& bounds);

enum class Name : Byte {
  Start,
  OpenStore,
  RaiseStashEpoch,
  ReadTheTombstone,
  ReadTheSnapshot,
  MergeTheSnapshot,
  ReplaceContents,
  SetTheTombstone,
  ReadTheMark,
  SetTheMark,
  ReadContents,
  UpgradeContents,
  Put,
  Delete,
  Write,
  Stop,
  Fenced,
  CrashBefore,
  CrashAfter,
  CrashInFlight,
  LoseBefore,
  LoseAfter,
  LoseInFlight,
  Land,
};
inline constexpr std::size_t kNames = 24;
const char* to_string(Name name);

/// An action with who takes it: the place of a process, or of a request in flight, from 0.
struct Action {
  Name name = Name::Start;
  Byte who = 0;
  At target = At::persist;  ///< of Start
  bool operator==(const Action&) const = default;
};

/// The properties, numbered from 1 as they are reported; the names are those of the invariants.
enum class Property : checker::Property {
  holds = checker::kHolds,
  one_source_of_truth,
  no_lost_write,
  no_resurrection,
  serve_only_truth,
  fenced_never_succeeds,
  epoch_monotone,
  moves_stay_possible,
};
const char* to_string(Property property);

class Model {
 public:
  using State = catalog::State;
  using Action = catalog::Action;
  using Name = catalog::Name;

  /// With `interchangeable`, processes are: only states whose processes are sorted are visited. The
  /// protocol must outlive the model. impossible() must be empty.
  Model(const Protocol& protocol, const Bounds& bounds, bool interchangeable = false);

  const Protocol& protocol() const { return protocol_; }
  const Bounds& bounds() const { return bounds_; }

  std::vector<State> initial_states() const;
  static State fresh();
  static State leftovers();

  /// Calls f(action, next) for each transition.
  template <class F>
  void successors(const State& state, F&& f) const;

  checker::Property judge(const State& state) const;
  State widest() const;

  /// What must be seen for a verdict not to be vacuous: bit i of what states and transitions show
  /// is the i-th of these.
  struct Witness {
    const char* name;
    bool possible;  ///< within the bounds
  };
  std::vector<Witness> witnesses() const;
  std::uint64_t expected() const;
  std::uint64_t seen_in(const State& state) const;
  std::uint64_t seen_in(const State& state, const Action& action, const State& next) const {
    if (action.name == Name::Land) {
      return is_fenced(state, state.in_flight[action.who]) ? kLandedFenced : kLanded;
    }
    const bool moved =
        action.name == Name::Write && state.client.on != 0 && state.client.on != next.client.on;
    return (kSeenAction << static_cast<unsigned>(action.name)) | (moved ? kAnsweredOnBoth : 0);
  }

  /// MovesStayPossible, which a graph decides (AG EF) in place of CanFinish: from every state in
  /// which a process may still be started, it stays possible that one serves persist, and that one
  /// serves the stash, as the source of truth. Bit 0: persist; bit 1: the stash.
  static constexpr std::uint8_t kGoals = 0b11;
  std::uint8_t goals_reached(const State& state) const;
  bool goals_due(const State& state) const { return state.used.starts < bounds_.starts; }
  static constexpr checker::Property kGoalsStayPossible =
      static_cast<checker::Property>(Property::moves_stay_possible);

  /// The source of truth as the tombstones name it.
  std::optional<At> truth(const State& state) const { return truths_[index_of_tombstones(state)]; }
  const Step& step_of(const Process& process) const {
    return programs_[index(process.target)][process.pc - 1u];
  }
  const std::vector<Operation>& operations() const { return operations_; }
  const Operation& operation(const Request& request) const {
    return operations_[request.operation];
  }
  bool is_serving(const Process& process) const {
    return process.pc != 0 && process.pc >= serve_[index(process.target)];
  }
  /// The value that a write leaves under `a`.
  Byte value_of(Byte write) const {
    return write <= bounds_.puts ? static_cast<Byte>(kValue0 + write) : kNoValue;
  }
  /// Sorts the places of processes, and those of requests in flight.
  static void sort_places(State& state);

 private:
  static unsigned index_of_tombstones(const State& state) {
    return 3 * static_cast<unsigned>(state.store[0].tombstone) +
           static_cast<unsigned>(state.store[1].tombstone);
  }
  std::span<const Process> processes(const State& state) const {
    return {state.process.data(), bounds_.processes};
  }
  static constexpr unsigned index(At at) { return static_cast<unsigned>(at); }
  static constexpr std::uint64_t kSeenAction = 1ull << 32;
  static constexpr std::uint64_t kLanded = 1ull << 30, kLandedFenced = 1ull << 31,
                                 kAnsweredOnBoth = 1ull << 29;
  static Byte session(const Process& process, At at) {
    return at == At::stash ? process.stash : process.persist;
  }

  static Request request(const Process& process, const Step& step) {
    Request request;
    request.operation = step.operation;
    request.session = step.opens ? Byte{0} : session(process, step.at);
    const Byte below = step.above == Above::stash ? process.stash : process.persist;
    if (step.above != Above::nothing) request.at_least = static_cast<Byte>(below + 1);
    if (step.sends) request.contents = process.copy;
    if (step.upgrades) request.contents.format = kCurrentFormat;
    request.write = process.write;
    return request;
  }
  bool is_fenced(const State& state, const Request& request) const {
    const Operation& operation = operations_[request.operation];
    return fences_[index(operation.at)] && request.session != 0 &&
           request.session != state.store[index(operation.at)].epoch;
  }
  Store effect(Store store, const Request& request) const;
  void take_effect(State& state, const Request& request) const {
    Store& store = state.store[index(operations_[request.operation].at)];
    if (request.session != 0 && request.session < store.epoch && state.broke == Broke::none) {
      state.broke = Broke::fenced_never_succeeds;
    }
    store = effect(store, request);
  }
  /// What a put or a delete leaves in contents of this format.
  Byte written(Byte write, Byte format) const {
    const Byte value = value_of(write);
    return format == kOldFormat && value != kNoValue ? kOldValue : value;
  }
  /// So many steps on. What comes after the move's last one knows only the session that it serves.
  Process ahead(Process process, unsigned steps) const {
    const Byte last = last_[index(process.target)];
    const unsigned pc = process.pc + steps;
    if (process.pc <= last && pc > last) return arrived(process);
    process.pc = static_cast<Byte>(pc);
    return process;
  }
  Process onward(const Process& process) const { return ahead(process, 1); }
  Process arrived(const Process& process) const;
  Process after(const Process& process, const Step& step, const State& before,
                const State& taken) const;
  void answer(State& state, const Request& request) const;

  template <class F>
  void start(const State& state, Byte place, F&& f) const;
  template <class F>
  void serve(const State& state, Byte place, F&& f) const;
  template <class F>
  void step(const State& state, Byte place, const Step& step, F&& f) const;
  template <class F>
  void faults(const State& state, Byte place, const Step& step, const Request& request,
              const State& taken, F&& f) const;
  template <class F>
  void emit(Name name, Byte who, const State& next, F&& f) const {
    if (!interchangeable_) return f(Action{name, who, At::persist}, next);
    State sorted = next;
    sort_places(sorted);
    f(Action{name, who, At::persist}, sorted);
  }

  const Protocol& protocol_;
  Bounds bounds_;
  bool interchangeable_;
  std::array<Steps, 2> programs_;  ///< by the target
  std::array<Byte, 2> last_{}, serve_{};
  std::array<bool, 2> fences_{};
  std::vector<Operation> operations_;
  std::array<std::optional<At>, 9> truths_;  ///< by the tombstones
};

/// What the action's name is for a step that is answered.
Name name_of(Do what);

template <class F>
void Model::successors(const State& state, F&& f) const {
  for (Byte place = 0; place < bounds_.processes; ++place) {
    const Process& process = state.process[place];
    if (interchangeable_ && place > 0 && process == state.process[place - 1u]) continue;
    if (process.pc == 0) {
      if (state.used.starts < bounds_.starts) start(state, place, f);
      continue;
    }
    const Step& step = step_of(process);
    if (step.what == Do::serve) {
      serve(state, place, f);
    } else {
      this->step(state, place, step, f);
    }
  }
  for (Byte place = 0; place < bounds_.in_flight; ++place) {
    const Request& request = state.in_flight[place];
    if (request.operation == 0) continue;
    if (interchangeable_ && place > 0 && request == state.in_flight[place - 1u]) continue;
    State next = state;
    if (!is_fenced(state, request)) take_effect(next, request);
    next.in_flight[place] = Request{};
    emit(Name::Land, place, next, f);
  }
}

template <class F>
void Model::start(const State& state, Byte place, F&& f) const {
  for (const At target : {At::persist, At::stash}) {
    State next = state;
    next.process[place].pc = 1;
    next.process[place].target = target;
    ++next.used.starts;
    if (interchangeable_) sort_places(next);
    f(Action{Name::Start, place, target}, next);
  }
}

template <class F>
void Model::serve(const State& state, Byte place, F&& f) const {
  const auto ask = [&](Name name, unsigned write, Byte Used::* count) {
    State next = state;
    Process& process = next.process[place];
    ++process.pc;
    process.write = static_cast<Byte>(write);
    ++(next.used.*count);
    next.client.maybe = static_cast<Byte>(next.client.maybe | 1u << (write - 1));
    if (protocol_.acknowledges_on_arrival) {
      const Byte epoch = session(process, process.target);
      next.client = {value_of(process.write), 0, epoch,
                     static_cast<Byte>(index(process.target) + 1)};
    }
    emit(name, place, next, f);
  };
  if (state.used.puts < bounds_.puts) ask(Name::Put, state.used.puts + 1u, &Used::puts);
  if (state.used.deletes < bounds_.deletes) {
    ask(Name::Delete, bounds_.puts + state.used.deletes + 1u, &Used::deletes);
  }
  State next = state;
  next.process[place] = Process{};
  emit(Name::Stop, place, next, f);
}

template <class F>
void Model::step(const State& state, Byte place, const Step& step, F&& f) const {
  const Process& process = state.process[place];
  const Request request = this->request(process, step);
  const bool fenced = is_fenced(state, request);
  const bool may_fault = state.used.crashes < bounds_.crashes || state.used.lost < bounds_.lost;
  State next = state;
  if (!fenced) take_effect(next, request);
  std::optional<State> taken;
  if (may_fault) taken = next;
  if (fenced) {
    next.process[place] = Process{};
    if (process.write != 0) {
      next.client.maybe = static_cast<Byte>(next.client.maybe & ~(1u << (process.write - 1)));
    }
    emit(Name::Fenced, place, next, f);
  } else {
    next.process[place] = after(process, step, state, next);
    if (step.what == Do::write) answer(next, request);
    emit(static_cast<Name>(step.name), place, next, f);
  }
  if (may_fault) faults(state, place, step, request, *taken, f);
}

template <class F>
void Model::faults(const State& state, Byte place, const Step& step, const Request& request,
                   const State& taken, F&& f) const {
  const bool changes = !step.reads;
  const bool may_stay = changes && state.used.in_flight < bounds_.in_flight;
  const auto end = [&](const State& from, Byte Used::* count, Name name, bool in_flight) {
    State next = from;
    next.process[place] = Process{};
    ++(next.used.*count);
    if (in_flight) next.in_flight[next.used.in_flight++] = request;
    emit(name, place, next, f);
  };
  if (state.used.crashes < bounds_.crashes) {
    end(state, &Used::crashes, Name::CrashBefore, false);
    if (changes) end(taken, &Used::crashes, Name::CrashAfter, false);
    if (may_stay) end(state, &Used::crashes, Name::CrashInFlight, true);
  }
  if (state.used.lost < bounds_.lost) {
    end(state, &Used::lost, Name::LoseBefore, false);
    if (changes) end(taken, &Used::lost, Name::LoseAfter, false);
    if (may_stay) end(state, &Used::lost, Name::LoseInFlight, true);
  }
}

}  // namespace cutover::model::catalog
