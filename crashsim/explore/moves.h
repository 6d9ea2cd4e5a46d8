// Every move of a world from a state: what the scheduler may choose next.
//
// One Moves object serves one thread; it keeps what it was told by Learned in tables of its own, so
// that on the hot path a move is a few look-ups and takes no lock.
#pragma once

#include "crashsim/explore/flat_map.h"
#include "crashsim/explore/learned.h"
#include "crashsim/explore/tuple.h"

namespace cutover::crashsim {

/// A move, without its effect. `slot` is that of the process or the request in flight, or the index
/// of the store event.
struct Move {
  using Kind = CompanionStep::Kind;
  Kind kind;
  Outcome outcome = Outcome::ok;  ///< of a step
  std::uint8_t slot = 0;
  std::uint8_t request = 0;  ///< of a step: which of those under way, see Execution::operation
  std::uint8_t which = 0;    ///< the input's kind, the program that starts, the event's result, or
                             ///< the number that was chosen
  bool is_due = false;       ///< a session ends whose process is gone: no fault
  Number operation = kNone;  ///< of a step, or of what lands
  Number answer = 0;         ///< of a step that is answered, or of what lands and nobody hears
};

/// Witnesses that the engine itself notes, above those of the world.
inline constexpr unsigned kEngineWitnesses = 48;
inline constexpr std::uint64_t kLanded = 1ull << (kEngineWitnesses + kOutcomes);
inline constexpr std::uint64_t kLandedInVain = kLanded << 1;
constexpr std::uint64_t witness_of_event(std::size_t event) { return kLanded << (2 + event); }
constexpr std::uint64_t witness_of(Outcome outcome) {
  return 1ull << (kEngineWitnesses + static_cast<unsigned>(outcome));
}

template <std::size_t N>
class Moves {
 public:
  using State = Tuple<N>;

  explicit Moves(Learned& learned)
      : learned_(learned), world_(learned.world()), layout_(learned.world()) {
    for (std::size_t program = 0; program < world_.programs.size(); ++program) {
      starts_.push_back(learned.start(program));
    }
    for (const StoreEvent& event : world_.events) {
      EventBudget& budget = events_.emplace_back();
      if (const auto own = event_budget(world_, event)) {
        budget = {world_.inputs.size() + *own, event.budget->of(world_.bounds)};
      }
      budget.is_a_fault = !is_never_a_fault(world_, event);
    }
    budgets_ = event_budgets(world_).size();
  }

  const Layout& layout() const { return layout_; }
  std::uint64_t witnesses() const { return witnesses_; }
  /// The stores at which something in flight landed and took effect: bit i for the i-th.
  std::uint64_t landed_at() const { return landed_at_; }
  /// Moves that would take more crashes and lost answers than this are left out.
  void cap_faults(unsigned cap) { fault_cap_ = cap; }

  /// Calls f(move, next) for each move; `next` keeps the slots as they are, not canonical.
  template <class F>
  void for_each(const State& state, F&& f) {
    for (std::size_t i = 0; i < layout_.processes; ++i) {
      const std::size_t at = layout_.first_process + i;
      if (state[at] == kNone || is_repeated(state, layout_.first_process, at)) continue;
      const Learned::Node node = node_of(state[at]);  // a copy: f may make the table grow
      switch (node.waits) {
        case Execution::Waits::store: step(state, i, state[at], node, f); break;
        case Execution::Waits::input: inputs(state, i, f); break;
        case Execution::Waits::choice: choose(state, i, node.options, f); break;
        case Execution::Waits::finished: break;
      }
      if (node.others != 0) others(state, i, node.others, f);
    }
    for (std::size_t i = 0; i < layout_.in_flight; ++i) {
      const std::size_t at = layout_.first_in_flight + i;
      if (state[at] != kNone && !is_repeated(state, layout_.first_in_flight, at)) land(state, i, f);
    }
    for (std::size_t i = 0; i < events_.size(); ++i) happen(state, i, f);
    start(state, f);
  }

  /// The property that the state violates, counted from 1, or 0.
  std::uint32_t judge(const State& state) {
    if (const std::uint32_t violated = violated_step(state[layout_.inputs])) return violated;
    const Number durable = durable_number(state);
    const auto& judged = judged_.find_or(pair(durable, state[layout_.memory]), [&] {
      return learned_.judge(stores(state), state[layout_.memory]);
    });
    witnesses_ |= judged.witnesses;
    if (judged.violated != 0) return judged.violated;
    for (std::size_t i = 0; i < layout_.processes; ++i) {
      const Number process = state[layout_.first_process + i];
      if (process == kNone) continue;
      const Number status = node_of(process).status;
      if (status == kNone) continue;
      const auto& of_process = judged_processes_.find_or(
          pair(durable, status), [&] { return learned_.judge_process(stores(state), status); });
      witnesses_ |= of_process.witnesses;
      if (of_process.violated != 0) return of_process.violated;
    }
    return 0;
  }

 private:
  /// A process's pending step where it takes effect and is answered: everything about it.
  struct Step {
    Learned::Applied applied;
    Learned::Advance advance;
  };

  static constexpr std::uint64_t pair(Number a, Number b) { return std::uint64_t{a} << 32 | b; }

  /// True if an earlier slot holds the same: its moves lead to the same states.
  bool is_repeated(const State& state, std::size_t first, std::size_t at) const {
    if (world_.companion) return false;  // it might tell them apart
    for (std::size_t i = first; i < at; ++i) {
      if (state[i] == state[at]) return true;
    }
    return false;
  }

  /// How an event's budget is counted: as this kind of input; nothing: as a crash.
  struct EventBudget {
    std::optional<std::size_t> kind;
    unsigned most = 0;
    bool is_a_fault = true;
  };

  unsigned faults_in(const State& state) const {
    unsigned all = faults(state[layout_.budgets]);
    for (std::size_t i = 0; i < budgets_; ++i) {
      all += issued(&state[layout_.inputs], world_.inputs.size() + i);
    }
    return all;
  }
  bool may_fault(const State& state) const { return faults_in(state) < fault_cap_; }
  bool may_crash(const State& state) const {
    return used(state[layout_.budgets], Budget::crashes) < world_.bounds.crashes &&
           may_fault(state);
  }

  /// Of the process in the slot: the request of the node that asks.
  template <class F>
  void step(const State& state, std::size_t slot, Number asks, const Learned::Node& node, F&& f) {
    const std::size_t at = layout_.first_process + slot;
    const Number store_state = state[node.store];
    const Step& step = steps_.find_or(pair(asks, store_state), [&] {
      const auto applied = learned_.apply(store_state, node.operation);
      if (!applied.enabled) return Step{applied, {}};
      return Step{applied, learned_.advance(asks, applied.answer)};
    });
    const bool enabled = step.applied.enabled;
    Move move{.kind = Move::Kind::step,
              .slot = static_cast<std::uint8_t>(slot),
              .request = node.request,
              .operation = node.operation,
              .answer = step.applied.answer};
    State taken = state;  // with the step's effect at the store
    taken[node.store] = step.applied.state;
    observe(taken, step.applied.events);

    if (enabled) {
      State next = taken;
      next[at] = step.advance.node;
      observe(next, step.advance.events);
      f(move, next);
    }

    const bool may_take_effect = enabled && !node.read_only;
    const bool may_stay = node.can_land() && free_place(state) != 0;
    if (may_crash(state)) {
      const Number budgets = spend(state[layout_.budgets], Budget::crashes);
      const auto die = [&](const State& from, Outcome outcome) {
        State dead = from;
        dead[at] = kNone;
        dead[layout_.budgets] = budgets;
        if (stays_in_flight(outcome)) stay_in_flight(dead, node.operation);
        if (node.others != 0) others_stay(dead, state[at], asks, node.others);
        faulty(move, outcome, dead, f);
      };
      die(state, Outcome::crash_before);
      if (may_take_effect) die(taken, Outcome::crash_after);
      if (may_stay) die(state, Outcome::crash_in_flight);
    }
    if (node.is_local) return;
    if (used(state[layout_.budgets], Budget::lost) < world_.bounds.lost && may_fault(state)) {
      const Learned::Advance& without_answer = lost_answers_.find_or(
          asks, [&] { return learned_.advance(asks, learned_.lost_answer()); });
      const Number budgets = spend(state[layout_.budgets], Budget::lost);
      const auto lose = [&](const State& from, Outcome outcome) {
        State lost = from;
        lost[at] = without_answer.node;
        lost[layout_.budgets] = budgets;
        if (stays_in_flight(outcome)) stay_in_flight(lost, node.operation);
        observe(lost, without_answer.events);
        move.answer = learned_.lost_answer();
        faulty(move, outcome, lost, f);
      };
      lose(state, Outcome::lost_before);
      if (may_take_effect) lose(taken, Outcome::lost_after);
      if (may_stay) lose(state, Outcome::lost_in_flight);
    }
  }

  /// The requests that the process in the slot has under way beside what it waits for.
  template <class F>
  void others(const State& state, std::size_t slot, unsigned count, F&& f) {
    const Number process = state[layout_.first_process + slot];
    for (Number asks = process + 1; asks <= process + count; ++asks) {
      const Learned::Node other = node_of(asks);
      step(state, slot, asks, other, f);
    }
  }

  template <class F>
  void faulty(Move move, Outcome outcome, const State& next, F&& f) {
    move.outcome = outcome;
    witnesses_ |= witness_of(outcome);
    f(move, next);
  }

  /// The process in the slot goes on with an answer that no store gave; `next` is the state then,
  /// but for what the process does.
  template <class F>
  void go_on(State next, std::size_t slot, Number answer, Move move, F&& f) {
    Number& process = next[layout_.first_process + slot];
    const Learned::Advance& advance =
        answered_.find_or(pair(process, answer), [&] { return learned_.advance(process, answer); });
    process = advance.node;
    observe(next, advance.events);
    move.slot = static_cast<std::uint8_t>(slot);
    move.answer = answer;
    f(move, next);
  }

  template <class F>
  void choose(const State& state, std::size_t slot, unsigned options, F&& f) {
    for (unsigned number = 0; number < options; ++number) {
      const Number answer =
          choice_answers_.find_or(number, [&] { return learned_.choice_answer(number); });
      go_on(state, slot, answer,
            {.kind = Move::Kind::choose, .which = static_cast<std::uint8_t>(number)}, f);
    }
  }

  template <class F>
  void inputs(const State& state, std::size_t slot, F&& f) {
    for (std::size_t kind = 0; kind < world_.inputs.size(); ++kind) {
      const unsigned turn = issued(&state[layout_.inputs], kind);
      if (turn >= world_.inputs[kind].budget) continue;
      const Number answer = input_answers_.find_or(
          pair(static_cast<Number>(kind), turn), [&] { return learned_.input_answer(kind, turn); });
      State asked = state;
      issue(&asked[layout_.inputs], kind);
      go_on(asked, slot, answer,
            {.kind = Move::Kind::input, .which = static_cast<std::uint8_t>(kind)}, f);
    }
    go_on(state, slot, learned_.stop_answer(), {.kind = Move::Kind::stop}, f);
  }

  template <class F>
  void land(const State& state, std::size_t slot, F&& f) {
    const std::size_t at = layout_.first_in_flight + slot;
    const Number operation = state[at];
    const std::size_t store = operation_store(operation);
    const auto& applied = landed_.find_or(pair(state[store], operation),
                                          [&] { return learned_.apply(state[store], operation); });
    if (!applied.enabled) return;
    const bool has_effect = applied.state != state[store];
    witnesses_ |= has_effect ? kLanded : kLandedInVain;
    landed_at_ |= std::uint64_t{has_effect} << store;
    State next = state;
    next[at] = kNone;
    next[store] = applied.state;
    observe(next, applied.events);
    f(Move{.kind = Move::Kind::land,
           .slot = static_cast<std::uint8_t>(slot),
           .operation = operation,
           .answer = applied.answer},
      next);
  }

  bool is_anyone_alive(const State& state) const {
    for (std::size_t i = layout_.first_process; i < layout_.first_in_flight; ++i) {
      if (state[i] != kNone) return true;
    }
    return false;
  }

  /// By a process that lives.
  bool is_held(const State& state, Number session) {
    for (std::size_t i = layout_.first_process; i < layout_.first_in_flight; ++i) {
      if (state[i] == kNone) continue;
      const Number status = node_of(state[i]).status;
      if (held_.find_or(pair(status, session),
                        [&] { return Number{learned_.has_session(status, session)}; }) != 0) {
        return true;
      }
    }
    return false;
  }

  template <class F>
  void happen(const State& state, std::size_t index, F&& f) {
    const EventBudget& budget = events_[index];
    const StoreEvent& event = world_.events[index];
    const bool may = budget.is_a_fault &&
                     (budget.kind ? issued(&state[layout_.inputs], *budget.kind) < budget.most &&
                                        may_fault(state)
                                  : may_crash(state));
    if (!may && !event.of_sessions) return;
    const Learned::Happened& happened =
        *happened_.find_or(pair(static_cast<Number>(index), state[event.store]),
                           [&] { return &learned_.happen(index, state[event.store]); });
    const bool ends_one = event.ends_processes && is_anyone_alive(state);
    const std::vector<Number>& results = happened.states;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i] == state[event.store] && !ends_one) continue;
      const bool is_due = event.of_sessions && !is_held(state, happened.sessions[i]);
      if (!may && !is_due) continue;
      State next = state;
      next[event.store] = results[i];
      if (!is_due) {
        witnesses_ |= witness_of_event(index);
        if (budget.kind) {
          issue(&next[layout_.inputs], *budget.kind);
        } else {
          next[layout_.budgets] = spend(state[layout_.budgets], Budget::crashes);
        }
      }
      if (event.ends_processes) {
        for (std::size_t at = 0; at < layout_.processes; ++at) {
          next[layout_.first_process + at] = kNone;
        }
      }
      f(Move{.kind = Move::Kind::event,
             .slot = static_cast<std::uint8_t>(index),
             .which = static_cast<std::uint8_t>(i),
             .is_due = is_due},
        next);
    }
  }

  template <class F>
  void start(const State& state, F&& f) {
    if (used(state[layout_.budgets], Budget::starts) >= world_.bounds.starts) return;
    std::size_t slot = 0;
    while (slot < layout_.processes && state[layout_.first_process + slot] != kNone) ++slot;
    if (slot == layout_.processes) return;
    for (std::size_t program = 0; program < starts_.size(); ++program) {
      State next = state;
      next[layout_.first_process + slot] = starts_[program].node;
      next[layout_.budgets] = spend(state[layout_.budgets], Budget::starts);
      observe(next, starts_[program].events);
      f(Move{.kind = Move::Kind::start,
             .slot = static_cast<std::uint8_t>(slot),
             .which = static_cast<std::uint8_t>(program)},
        next);
    }
  }

  /// The tuple index of a free place in flight that the budget allows, or 0.
  std::size_t free_place(const State& state) const {
    if (used(state[layout_.budgets], Budget::in_flight) >= world_.bounds.in_flight) return 0;
    for (std::size_t i = layout_.first_in_flight; i < layout_.memory; ++i) {
      if (state[i] == kNone) return i;
    }
    return 0;
  }

  void stay_in_flight(State& state, Number operation) {
    state[free_place(state)] = operation;
    state[layout_.budgets] = spend(state[layout_.budgets], Budget::in_flight);
  }

  /// What a process that died at one of its requests had under way beside it stays in flight, as
  /// far as the bounds have room.
  void others_stay(State& state, Number process, Number asked, unsigned others) {
    for (Number each = process; each <= process + others; ++each) {
      const Learned::Node node = node_of(each);
      if (each == asked || node.operation == kNone || !node.can_land()) continue;
      if (free_place(state) != 0) stay_in_flight(state, node.operation);
    }
  }

  void observe(State& state, Number events) {
    if (events == kNone || violated_step(state[layout_.inputs]) != 0) return;
    const auto& observed = observed_.find_or(pair(state[layout_.memory], events), [&] {
      return learned_.observe(state[layout_.memory], events);
    });
    witnesses_ |= observed.witnesses;
    state[layout_.memory] = observed.memory;
    state[layout_.inputs] = with_violated_step(state[layout_.inputs], observed.violated);
  }

  std::span<const Number> stores(const State& state) const {
    return std::span<const Number>(state.data(), layout_.stores);
  }

  /// One number for the states of all stores.
  Number durable_number(const State& state) {
    Number number = state[0];
    for (std::size_t i = 1; i < layout_.stores; ++i) {
      auto& folded = durable_[i - 1];
      number = folded.find_or(pair(number, state[i]), [&] { return next_durable_[i - 1]++; });
    }
    return number;
  }

  const Learned::Node& node_of(Number number) {
    while (nodes_.size() <= number)
      nodes_.push_back(learned_.node(static_cast<Number>(nodes_.size())));
    return nodes_[number];
  }

  std::size_t operation_store(Number operation) {
    return operation_stores_.find_or(operation,
                                     [&] { return learned_.operation_store(operation); });
  }

  Learned& learned_;
  const World& world_;
  Layout layout_;
  unsigned fault_cap_ = ~0u;
  std::uint64_t witnesses_ = 0, landed_at_ = 0;
  std::vector<Learned::Advance> starts_;
  std::vector<EventBudget> events_;
  std::size_t budgets_ = 0;  ///< of store events: counted as the kinds after those of inputs
  std::vector<Learned::Node> nodes_;
  FlatMap<Step> steps_;
  FlatMap<Learned::Advance> lost_answers_, answered_;
  FlatMap<Learned::Applied> landed_;
  FlatMap<const Learned::Happened*> happened_;
  FlatMap<Number> held_;
  FlatMap<Number> input_answers_, choice_answers_;
  FlatMap<Learned::Observed> observed_;
  FlatMap<Learned::Judged> judged_, judged_processes_;
  FlatMap<std::size_t> operation_stores_;
  std::vector<FlatMap<Number>> durable_ = std::vector<FlatMap<Number>>(layout_.stores);
  std::vector<Number> next_durable_ = std::vector<Number>(layout_.stores, 0);
};

}  // namespace cutover::crashsim
