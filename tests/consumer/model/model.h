// The job queue as a model: the same steps on bytes and bits, with all that may befall them. Its
// variables and actions are those of tla/JobQueue.tla.
#pragma once

#include <cutover/model/checker/plain.h>

#include <algorithm>
#include <array>
#include <compare>
#include <functional>

namespace model {

using Byte = std::uint8_t;
using cutover::checker::Property;

enum class Do : Byte { nothing, take_old, take_new, look, fill, mark, push_old, push_new };

/// The program and where it is in it: about to make a step, or waiting for a client.
enum class At : Byte {
  nowhere,
  serve_take,
  serve_wait,
  serve_push,
  move_take_old,
  move_take_new,
  move_look,
  move_fill,
  move_mark,
  move_wait,
  move_push
};
constexpr Do step_at(At at) {
  constexpr Do kSteps[] = {Do::nothing,  Do::take_old, Do::nothing, Do::push_old,
                           Do::take_old, Do::take_new, Do::look,    Do::fill,
                           Do::mark,     Do::nothing,  Do::push_new};
  return kSteps[static_cast<std::size_t>(at)];
}
constexpr bool waits(At at) { return at == At::serve_wait || at == At::move_wait; }

enum class Name : Byte {
  Start,
  Client,
  Stop,
  Take,
  TakeNew,
  Look,
  Fill,
  Mark,
  Push,
  Rejected,
  CrashBefore,
  CrashAfter,
  CrashInFlight,
  LoseBefore,
  LoseAfter,
  LoseInFlight,
  Land
};
inline const char* to_string(Name name) {
  constexpr const char* kNames[] = {
      "Start",         "Client",     "Stop",      "Take",         "TakeNew",     "Look",
      "Fill",          "Mark",       "Push",      "Rejected",     "CrashBefore", "CrashAfter",
      "CrashInFlight", "LoseBefore", "LoseAfter", "LoseInFlight", "Land"};
  return kNames[static_cast<std::size_t>(name)];
}
/// The action in which a step is answered.
constexpr Name name_of(Do what) {
  constexpr Name kNames[] = {Name::Start, Name::Take, Name::TakeNew, Name::Look,
                             Name::Fill,  Name::Mark, Name::Push,    Name::Push};
  return kNames[static_cast<std::size_t>(what)];
}

struct Action {
  Name name = Name::Start;
  Byte who = 0;       ///< the process's place, or that of what lands
  bool move = false;  ///< of Start: which program
  bool operator==(const Action&) const = default;
};

// Empty places are zeros. Jobs are bits: bit k for job k.

struct Queue {
  Byte owner = 0, jobs = 0, moved = 0, unused = 0;
  auto operator<=>(const Queue&) const = default;
};
struct Process {
  At at = At::nowhere;
  Byte owns_old = 0, owns_new = 0;
  Byte jobs = 0;   ///< that it saw, or that it pushes
  Byte moved = 0;  ///< that it saw
  Byte unused[3] = {};
  auto operator<=>(const Process&) const = default;
};
struct Request {
  Do what = Do::nothing;
  Byte owner = 0, jobs = 0, unused = 0;
  auto operator<=>(const Request&) const = default;
};
struct Used {
  Byte starts = 0, crashes = 0, in_flight = 0, lost = 0;
  auto operator<=>(const Used&) const = default;
};
struct State {
  Queue old_queue, new_queue;
  std::array<Process, 3> process;
  std::array<Request, 2> in_flight;
  Used used;
  Byte brought = 0;   ///< how many jobs clients brought
  Byte accepted = 0;  ///< jobs
  Byte unused[2] = {};
  auto operator<=>(const State&) const = default;
};

class JobQueue {
 public:
  using State = model::State;
  using Action = model::Action;
  using Name = model::Name;
  struct Bounds {
    unsigned processes, starts, crashes, in_flight, lost, writes;
  };
  struct Witness {
    const char* name;
    bool possible;
  };

  JobQueue(const Bounds& bounds, bool looks_again, bool interchangeable)
      : bounds_(bounds), looks_again_(looks_again), interchangeable_(interchangeable) {}

  const Bounds& bounds() const { return bounds_; }

  std::vector<State> initial_states() const {
    State state;
    state.old_queue.jobs = state.accepted = 1 << 7;  // job 7
    return {state};
  }
  Property judge(const State& state) const {
    const Queue& counts = state.old_queue.moved ? state.new_queue : state.old_queue;
    return (state.accepted & ~counts.jobs) != 0 ? 1 : cutover::checker::kHolds;
  }
  /// In each byte the largest value that it takes.
  State widest() const {
    State state;
    const auto starts = static_cast<Byte>(bounds_.starts);
    state.old_queue = state.new_queue = {starts, 0xff, 1};
    state.process.fill({At::move_push, starts, starts, 0xff, 1});
    state.in_flight.fill({Do::push_new, starts, 0xff});
    state.used = {starts, static_cast<Byte>(bounds_.crashes), static_cast<Byte>(bounds_.in_flight),
                  static_cast<Byte>(bounds_.lost)};
    state.brought = static_cast<Byte>(bounds_.writes);
    state.accepted = 0xff;
    return state;
  }

  std::vector<Witness> witnesses() const {
    return {{"jobs were pushed before and after the move", expected() != 0}};
  }
  std::uint64_t expected() const { return bounds_.starts > 1 && bounds_.writes > 1 ? 1 : 0; }
  std::uint64_t seen_in(const State& state) const {
    const int before = std::popcount(state.old_queue.jobs);
    return before > 1 && std::popcount(state.new_queue.jobs) > before ? 1 : 0;
  }
  std::uint64_t seen_in(const State&, const Action&, const State&) const { return 0; }

  static constexpr std::uint8_t kGoals = 0;
  static constexpr Property kGoalsStayPossible = 2;
  bool goals_due(const State&) const { return false; }
  std::uint8_t goals_reached(const State&) const { return 0; }

  static void sort_places(State& state) {
    std::ranges::sort(state.process, std::ranges::greater());
    std::ranges::sort(state.in_flight, std::ranges::greater());
  }

  /// Calls f(action, next) for each transition.
  template <class F>
  void successors(const State& state, F&& f) const {
    const auto emit = [&](const Action& action, State next) {
      if (interchangeable_) sort_places(next);
      f(action, next);
    };
    for (Byte place = 0; place < bounds_.processes; ++place) {
      const Process& process = state.process[place];
      if (interchangeable_ && place > 0 && process == state.process[place - 1u]) continue;
      if (process.at == At::nowhere) {
        start(state, place, emit);
      } else if (waits(process.at)) {
        hear(state, place, emit);
      } else {
        step(state, place, emit);
      }
    }
    for (Byte place = 0; place < bounds_.in_flight; ++place) {
      const Request& request = state.in_flight[place];
      if (request.what == Do::nothing) continue;
      if (interchangeable_ && place > 0 && request == state.in_flight[place - 1u]) continue;
      State next = state;
      take_effect(next, request);
      next.in_flight[place] = {};
      emit({Name::Land, place}, next);
    }
  }

  /// What the process asks of a store.
  static Request request_of(const Process& process) {
    switch (const Do what = step_at(process.at)) {
      case Do::fill: return {what, process.owns_new, process.jobs};
      case Do::push_old: return {what, process.owns_old, process.jobs};
      case Do::push_new: return {what, process.owns_new, process.jobs};
      case Do::mark: return {what, process.owns_old};
      default: return {what};
    }
  }

 private:
  template <class Emit>
  void start(const State& state, Byte place, Emit&& emit) const {
    if (state.used.starts == bounds_.starts) return;
    for (const bool move : {false, true}) {
      State next = state;
      ++next.used.starts;
      next.process[place].at = move ? At::move_take_old : At::serve_take;
      emit(Action{Name::Start, place, move}, next);
    }
  }

  template <class Emit>
  void hear(const State& state, Byte place, Emit&& emit) const {
    State stopped = state;
    stopped.process[place] = {};
    emit(Action{Name::Stop, place}, stopped);
    if (state.brought == bounds_.writes) return;
    State asked = state;
    Process& process = asked.process[place];
    process.jobs = static_cast<Byte>(1 << ++asked.brought);
    process.at = process.at == At::serve_wait ? At::serve_push : At::move_push;
    emit(Action{Name::Client, place}, asked);
  }

  template <class Emit>
  void step(const State& state, Byte place, Emit&& emit) const {
    const Process& process = state.process[place];
    const Request request = request_of(process);
    State gone = state;  // without the process
    gone.process[place] = {};
    State taken = gone;  // with the effect of its request, too
    if (!take_effect(taken, request)) {
      emit(Action{Name::Rejected, place}, gone);
    } else {
      State on = taken;
      on.process[place] = after(process, taken);
      const bool pushed = request.what == Do::push_old || request.what == Do::push_new;
      if (pushed) on.accepted |= request.jobs;
      emit(Action{name_of(request.what), place}, on);
    }
    const bool reads = request.what == Do::look;
    const auto end = [&](State ended, Byte Used::* count, unsigned most, Name name, bool stays) {
      if (state.used.*count == most || (stays && state.used.in_flight == bounds_.in_flight)) return;
      ++(ended.used.*count);
      if (stays) ended.in_flight[ended.used.in_flight++] = request;
      emit(Action{name, place}, ended);
    };
    end(gone, &Used::crashes, bounds_.crashes, Name::CrashBefore, false);
    end(gone, &Used::lost, bounds_.lost, Name::LoseBefore, false);
    if (reads) return;
    end(taken, &Used::crashes, bounds_.crashes, Name::CrashAfter, false);
    end(gone, &Used::crashes, bounds_.crashes, Name::CrashInFlight, true);
    end(taken, &Used::lost, bounds_.lost, Name::LoseAfter, false);
    end(gone, &Used::lost, bounds_.lost, Name::LoseInFlight, true);
  }

  /// False if the store rejects it.
  static bool take_effect(State& state, const Request& request) {
    const bool is_of_new =
        request.what == Do::take_new || request.what == Do::fill || request.what == Do::push_new;
    Queue& queue = is_of_new ? state.new_queue : state.old_queue;
    switch (request.what) {
      case Do::take_old:
      case Do::take_new: ++queue.owner; return true;
      case Do::look:
      case Do::nothing: return true;
      default: break;
    }
    if (queue.owner != request.owner) return false;
    if (request.what == Do::fill) queue.jobs = request.jobs;
    if (request.what == Do::mark) queue.moved = 1;
    if (request.what == Do::push_old || request.what == Do::push_new) queue.jobs |= request.jobs;
    return true;
  }

  /// The process once it was answered; `now`: with the effect of its step.
  Process after(const Process& process, const State& now) const {
    const Queue& old_queue = now.old_queue;
    const Process serves_new{At::move_wait, 0, process.owns_new};
    Process next = process;
    switch (process.at) {
      case At::serve_take:
        if (old_queue.moved) return {};
        return {At::serve_wait, old_queue.owner};
      case At::serve_push: return {At::serve_wait, process.owns_old};
      case At::move_take_old:
        next = {At::move_take_new, old_queue.owner};
        if (!looks_again_) next.jobs = old_queue.jobs, next.moved = old_queue.moved;
        return next;
      case At::move_take_new:
        next.owns_new = now.new_queue.owner;
        next.at = looks_again_ ? At::move_look : At::move_fill;
        return !looks_again_ && next.moved ? Process{At::move_wait, 0, next.owns_new} : next;
      case At::move_look:
        next.at = At::move_fill;
        next.jobs = old_queue.jobs;
        return old_queue.moved ? serves_new : next;
      case At::move_fill:
        next.at = At::move_mark;
        next.jobs = 0;
        return next;
      default: return serves_new;  // after mark, and after a push
    }
  }

  Bounds bounds_;
  bool looks_again_, interchangeable_;
};

}  // namespace model
