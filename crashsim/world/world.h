// What is explored: stores, programs, clients, properties and bounds. A family of migrations gives
// a World; the engine knows nothing of what is in it.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "crashsim/world/bounds.h"
#include "crashsim/world/explanations.h"
#include "crashsim/world/value.h"

namespace boost::asio {
class any_io_executor;
template <class T, class Executor>
class awaitable;
}  // namespace boost::asio

namespace cutover::crashsim {

/// Complete in crashsim/world/awaitable.h.
template <class T>
using awaitable = boost::asio::awaitable<T, boost::asio::any_io_executor>;

class Companion;
struct World;

/// One live store: a deterministic state machine whose whole durable state can be saved and loaded.
class StoreMachine {
 public:
  virtual ~StoreMachine() = default;
  virtual Value save() const = 0;
  virtual void load(const Value& state) = 0;
};

/// What a step did: what its caller is answered, and what the properties are told of it at the
/// moment when it takes effect (null: nothing worth remembering).
struct Effect {
  Value answer;
  Value event;
  bool enabled = true;  ///< false: the step has to wait in this state; nothing happened
};

/// A step of a store that a process asks for. (store, label, arguments) identify it: two operations
/// that agree in them must do the same to the same state.
struct Operation {
  std::size_t store = 0;  ///< index into World::stores
  std::string label;      ///< the step's name in traces, "open stash"
  Value arguments;
  bool read_only = false;  ///< changes no store state; the engine checks it
  bool may_wait = false;   ///< there are states in which it is not enabled
  std::function<Effect(StoreMachine&)> run;
};

inline constexpr unsigned kMostOptions = 255;     ///< to choose among
inline constexpr std::size_t kMostUnderWay = 16;  ///< of the requests of one process

/// What a program may do. Everything it observes comes through here, so that its next request is a
/// function of the answers it got.
class Process {
 public:
  virtual ~Process() = default;
  /// One step of a store. The answer is World::lost_answer where the engine loses it.
  virtual awaitable<Value> perform(Operation operation) = 0;
  /// Sends a step, and goes on. It takes effect at any time from now on, also after the program has
  /// ended; the process is gone once all that it sent is answered. Returns what it is received by.
  virtual std::size_t send(Operation operation) = 0;
  /// The answer to what was sent, as of perform. Once for each.
  virtual awaitable<Value> receive(std::size_t sent) = 0;
  /// The next client request, or null when the process is asked to stop.
  virtual awaitable<Value> next_input() = 0;
  /// A number below `options`, which the engine chooses: every one of them is explored. It is a
  /// step of this process alone, and no specification in lock step sees it.
  virtual awaitable<Value> choose(unsigned options) = 0;
  /// Tells the properties something at once: part of the step whose answer was just taken.
  virtual void emit(Value event) = 0;
  /// States what this process now does ("serving persist under epoch 4"), until it states otherwise
  /// or its stage ends.
  virtual void declare(Value status) = 0;
};

/// A program is a chain of stages, one coroutine each. A stage returns the next one, or null at the
/// end; the stage is all the local state that goes on. One stage is enough for a program; more make
/// the search smaller, as histories that lead to the same stage become one.
struct Program {
  std::string name;  ///< actors are called after it: "migrate-1"
  std::function<awaitable<Value>(Process&, Value stage)> body;
  Value first_stage = "start";
};

/// A client request that may reach a serving process while the budget lasts.
struct Input {
  std::string label;  ///< "put a"
  unsigned budget = 0;
  std::function<Value(unsigned issued)> request;  ///< the issued-th of its kind, counted from 0
};

struct StoreSpec {
  std::string name;
  std::function<std::unique_ptr<StoreMachine>()> make;
  bool is_fenced = true;  ///< a request that lands late may be refused, and must be seen to be
  /// Its steps are calls, and no requests: none loses its answer, or lands later.
  bool is_local = false;
};

/// What may happen to a store of its own accord: it restarts without what it had only in memory, a
/// write that was not synced is lost, a replica falls behind.
struct StoreEvent {
  /// One way in which it may end. Traces tell it by `outcome`, which is "ok" for a restart, and for
  /// nothing else: so that a schedule shows what in it is a fault.
  struct Result {
    std::string outcome;
    Value state;
    /// The session that ends, as its process declared it, if the event is of sessions.
    Value session = {};
  };

  std::size_t store = 0;  ///< index into World::stores
  std::string label;      ///< its step in traces
  /// Of a store in this state; a result that leaves it as it is can't happen. A pure function.
  std::function<std::vector<Result>(const Value& state)> results;
  /// How often: within this bound, which others may share. Nothing: each is one of the crashes.
  std::optional<BoundSpec> budget = {};
  bool ends_processes = false;  ///< all that are alive then, as when the machine goes down
  /// Sessions of processes end, each result one of them: a process has the sessions in the array
  /// that it declared. While it lives that is a fault, "too early", which can't happen at a local
  /// store; afterwards it is none, "ok", and may happen at any time.
  bool of_sessions = false;
};
inline constexpr std::size_t kMostStoreEvents = 7;
inline constexpr const char* kTooEarly = "too early";
/// The event's step in traces: its label, and the session.
std::string step_of(const StoreEvent& event, const StoreEvent::Result& result);
/// What traces call it: "ok" where a session ends that is due.
std::string outcome_of(const StoreEvent& event, const StoreEvent::Result& result, bool is_due);
/// A session of a local store ends with its process: when it is due, and never as a fault.
bool is_never_a_fault(const World& world, const StoreEvent& event);
/// A process that declared this has the session.
bool has_session(const Value& status, const Value& session);

/// What properties say of a state or an event. `violated` indexes World::properties.
struct Judgement {
  std::optional<std::size_t> violated;
  std::uint64_t witnesses = 0;  ///< bit i: World::witnesses[i] was seen
};

/// The properties: a deterministic automaton over events, and judgements of states. All members are
/// const, pure, and called from several threads.
class Monitor {
 public:
  virtual ~Monitor() = default;
  /// Takes note of an event: updates what is remembered.
  virtual Judgement observe(Value& memory, const Value& event) const = 0;
  /// Judges the durable states of all stores together with what is remembered.
  virtual Judgement judge(std::span<const Value* const> stores, const Value& memory) const = 0;
  /// Judges a live process by what it declared, against the durable states.
  virtual Judgement judge_process(std::span<const Value* const> stores,
                                  const Value& status) const = 0;
  /// True if a process of this program that declared `status` has reached what was asked of it.
  /// Asked of a process that runs alone wherever it waits, and once more, with null, at its end. It
  /// is `at_rest` where it has no step to take: it has ended, or waits for a client.
  virtual bool reached(std::size_t program, std::span<const Value* const> stores,
                       const Value& status, bool at_rest) const = 0;
};

/// Where a world may begin.
struct Beginning {
  std::string name;
  std::vector<Value> stores;
  Value memory;
};

/// A property that must hold and the witness without which "holds" would be vacuous.
struct Witness {
  std::string name;
  std::function<bool(const Bounds&)> possible;  ///< can it be seen within these bounds at all?
};

struct World {
  std::vector<StoreSpec> stores;
  std::vector<Program> programs;
  std::vector<Input> inputs;
  std::vector<StoreEvent> events = {};  ///< kMostStoreEvents at most
  std::vector<Beginning> beginnings;
  std::vector<std::string> properties;  ///< in the order in which they are reported
  std::vector<Witness> witnesses;       ///< 48 at most
  std::shared_ptr<const Monitor> monitor;
  Value lost_answer;
  /// Index of the property that every program can finish from every reachable durable state, alone
  /// and without faults; empty: not checked.
  std::optional<std::size_t> can_finish;
  Bounds bounds;
  /// A specification that is moved in lock step, and the index of the property that it can be. May
  /// be left out.
  std::shared_ptr<const Companion> companion;
  std::size_t refines = 0;
  /// How a trace shows the durable states: one (column, text) for each column, always the same
  /// ones.
  std::function<std::vector<std::pair<std::string, std::string>>(std::span<const Value* const>)>
      describe;
  /// Further columns, which may also look at what the properties remember. May be empty.
  std::function<std::vector<std::pair<std::string, std::string>>(std::span<const Value* const>,
                                                                 const Value& memory)>
      describe_more;
  Explanations explanations;
  /// The same world, in which this property alone is judged. May be empty.
  std::function<World(const std::string& property)> judged_by;
};

/// The world in which this property alone is judged: another one may fall on the way to it. The
/// same world where it has no such property, or can't tell.
World judged_alone(const World& world, const std::string& property);
/// Where nobody lives but a process that declared `status`: the sessions of all others end, in the
/// states of the stores. False if there were none.
bool end_other_sessions(const World& world, const Value& status, std::vector<Value>& states);

/// The bounds of a world's store events besides the crashes, each once.
BoundSpecs event_budgets(const World& world);
/// Which of event_budgets() it is; nothing for the crashes.
std::optional<std::size_t> event_budget(const World& world, const StoreEvent& event);
/// The event that happens to a store by that name. Nothing if there is none.
std::optional<std::size_t> event_named(const World& world, const std::string& store,
                                       const std::string& label);
/// What may become of the store that is in this state. An event whose results do
/// not keep to what StoreEvent says, or that ends alike in two ways, is a std::runtime_error.
std::vector<StoreEvent::Result> results_of(const StoreEvent& event, const Value& state);
/// Crashes, lost answers and store events: how many of them there may be.
unsigned most_faults(const World& world);

/// How a pending step ends. The order is that in which counterexamples prefer them.
enum class Outcome : std::uint8_t {
  ok,               ///< takes effect, the answer arrives
  crash_before,     ///< the process dies, no effect
  crash_after,      ///< takes effect, the process dies before the answer arrives
  crash_in_flight,  ///< the process dies, the request is still in flight
  lost_before,      ///< no effect, the answer is lost, the process lives
  lost_after,       ///< takes effect, the answer is lost, the process lives
  lost_in_flight,   ///< the answer is lost, the process lives, the request is still in flight
};
inline constexpr std::size_t kOutcomes = 7;

const char* to_string(Outcome outcome);
std::optional<Outcome> outcome_from(std::string_view text);

constexpr bool is_crash(Outcome outcome) {
  return outcome == Outcome::crash_before || outcome == Outcome::crash_after ||
         outcome == Outcome::crash_in_flight;
}
constexpr bool loses_answer(Outcome outcome) { return outcome >= Outcome::lost_before; }
constexpr bool takes_effect(Outcome outcome) {
  return outcome == Outcome::ok || outcome == Outcome::crash_after ||
         outcome == Outcome::lost_after;
}
constexpr bool stays_in_flight(Outcome outcome) {
  return outcome == Outcome::crash_in_flight || outcome == Outcome::lost_in_flight;
}
/// Only a request can end so, and no call of a local store.
constexpr bool is_of_requests(Outcome outcome) {
  return loses_answer(outcome) || stays_in_flight(outcome);
}

}  // namespace cutover::crashsim
