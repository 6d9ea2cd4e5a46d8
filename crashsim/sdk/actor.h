// What a program of a user's own migration may do: steps of stores, client inputs, notes.
//
// Each step is one atomic action of one store, and the engine decides how it ends: it takes effect,
// its process dies before or after, its answer is lost, it lands long after its process died.
//
//   Task<void> migrate(Actor& actor) {
//     auto from = actor.store<Queue>("old"), to = actor.store<Queue>("new");
//     co_await from.step("seal", [](Queue& q) { q.sealed = true; });
//     auto jobs = co_await from.read("jobs", [](const Queue& q) { return q.jobs; });
//     co_await to.step("fill", [](Queue& q, std::vector<int> jobs) { q.jobs = jobs; }, jobs);
//   }
//
// A program must be a deterministic function of the answers that it gets: no clock, no randomness,
// no variables shared between processes. It awaits one thing at a time, and only what an Actor
// offers; coroutines of its own that do the same are fine. A process remembers all its answers, so
// a loop that asks a store again and again would never end the search, and is refused: let the step
// wait for what it looks for (when). Nothing here is thread-safe or needs to be.
#pragma once

#include <optional>

#include "crashsim/sdk/call.h"
#include "crashsim/sdk/definition.h"
#include "crashsim/world/world.h"
#include "system/task.h"

namespace cutover {

/// Thrown at a co_await whose answer was lost: the step may have taken effect, may do so later, or
/// never. A program that does not catch it ends there, as a process that gives up would.
class LostAnswer : public std::runtime_error {
 public:
  LostAnswer() : std::runtime_error("the answer was lost") {}
};

/// Thrown by a step's function to refuse, as a store does that fences out an old owner: the store
/// stays as it was, and the exception arrives at the co_await. A program that does not catch it
/// ends there.
class Rejected : public std::runtime_error {
 public:
  Rejected() : std::runtime_error("the store rejected the step") {}
};

/// For a step's function: rejects the step unless it is allowed.
inline void require(bool allowed) {
  if (!allowed) throw Rejected();
}

namespace sdk {

/// The operation that makes the call on the store.
/// In a session, unless it is 0: rejected once that has ended.
crashsim::Operation operation(const Definition& definition, std::size_t store, int session,
                              std::string_view label, Value call, bool read_only, bool may_wait);
/// The operations that make durable what was written, and that open a session. Throw
/// std::invalid_argument where the store has no such thing.
crashsim::Operation sync_operation(const Definition& definition, std::size_t store);
crashsim::Operation session_operation(const Definition& definition, std::size_t store);
/// What a process declares for a session that it has.
Value session_value(const StoreKind& store, int session);
/// What a note tells the properties.
Value note_value(std::string_view label, Value call);
void check_answer(const Value& answer);

/// The answer as the program has it. Throws LostAnswer and Rejected, if that is what it says.
template <class R>
R answer_as(const Value& answer) {
  check_answer(answer);
  if constexpr (!std::is_void_v<R>) return answer[0].template get<R>();
}

/// What a process waits for, and where its program then goes on. One for each process.
struct Waiting {
  enum class For { step, sent, input, choice };
  For what = For::step;
  crashsim::Operation step = {};
  std::size_t sent = 0;  ///< as Process::send numbered it
  unsigned options = 0;  ///< to choose among
  crashsim::Value answer = {};
  std::coroutine_handle<> program = {};
};

/// The type of a lambda's first parameter.
template <class C, class R, class State, class... A>
std::remove_cvref_t<State> first_parameter(R (C::*)(State, A...) const);

}  // namespace sdk

/// A step of a store, which is made by `co_await`: then its answer is an R. Or it is sent
/// (Actor::send). Throws LostAnswer and Rejected at the co_await.
template <class R>
class [[nodiscard]] Step {
 public:
  Step(sdk::Waiting& waiting, crashsim::Operation operation)
      : waiting_(&waiting), operation_(std::move(operation)) {}

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> program) {
    waiting_->what = sdk::Waiting::For::step;
    waiting_->step = operation_;
    waiting_->program = program;
  }
  R await_resume() const { return sdk::answer_as<R>(waiting_->answer); }

 private:
  friend class Actor;
  sdk::Waiting* waiting_;
  crashsim::Operation operation_;
};

/// A step that was sent: `co_await` waits for its answer, an R, once. Throws LostAnswer and
/// Rejected there.
template <class R>
class Sent {
 public:
  Sent(sdk::Waiting& waiting, std::size_t sent) : waiting_(&waiting), sent_(sent) {}

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> program) const {
    waiting_->what = sdk::Waiting::For::sent;
    waiting_->sent = sent_;
    waiting_->program = program;
  }
  R await_resume() const { return sdk::answer_as<R>(waiting_->answer); }

 private:
  sdk::Waiting* waiting_;
  std::size_t sent_;
};

/// A program's way to a store whose durable state is a T. A small value; copy it freely.
template <class T>
class StoreHandle {
 public:
  StoreHandle(const sdk::Definition& definition, sdk::Waiting& waiting, std::size_t store,
              int session = 0)
      : definition_(&definition), waiting_(&waiting), store_(store), session_(session) {}

  /// In which it makes its steps, counted from 1; 0: in none.
  int session() const { return session_; }

  /// Of a volatile_store: makes durable all that was written so far. One step, "STORE: sync".
  Step<void> sync() const { return {*waiting_, sdk::sync_operation(*definition_, store_)}; }

  /// One atomic step: `change(T&, arguments...)`, a lambda without captures. Its result, if any, is
  /// the answer. Everything in and out is stored as JSON. Traces call it "STORE: LABEL". Throws
  /// LostAnswer and Rejected at the co_await.
  template <class F, class... A>
  auto step(std::string_view label, F, A&&... arguments) const {
    if constexpr (sdk::is_good_call<T, F, A...>()) {
      using Result = std::decay_t<std::invoke_result_t<F, T&, sdk::Stored<A>...>>;
      if constexpr (sdk::is_good_answer<Result>()) {
        auto call = sdk::call_of<T, F>(std::forward<A>(arguments)...);
        return made<Result>(label, std::move(call), false, false);
      }
    }
  }

  /// As step, for `look(const T&, arguments...)`, which cannot change the store. There is less to
  /// explore after a read: it cannot land late.
  template <class F, class... A>
  auto read(std::string_view label, F, A&&... arguments) const {
    if constexpr (sdk::is_good_call<const T, F, A...>()) {
      using Result = std::decay_t<std::invoke_result_t<F, const T&, sdk::Stored<A>...>>;
      static_assert(!std::is_void_v<Result>, "a read returns what it read");
      if constexpr (sdk::is_good_answer<Result>()) {
        auto call = sdk::call_of<const T, F>(std::forward<A>(arguments)...);
        return made<Result>(label, std::move(call), true, false);
      }
    }
  }

  /// Waits until it can be done: `change(T&, arguments...)`, or `look(const T&, arguments...)`,
  /// returns false where it has to wait, which leaves the store as it was; or nothing, if it
  /// returns a std::optional, whose value is then the answer. Locks, queues, waits for a position:
  ///
  ///   co_await lock.when("take", [](Lock& lock, int me) {
  ///     if (lock.holder != 0) return false;
  ///     lock.holder = me;
  ///     return true;
  ///   }, me);
  ///
  /// Meanwhile its process may die, or lose the answer; a request that is in flight waits too.
  template <class F, class... A>
  auto when(std::string_view label, F, A&&... arguments) const {
    constexpr bool reads = std::is_invocable_v<F, const T&, sdk::Stored<A>...>;
    using State = std::conditional_t<reads, const T, T>;
    if constexpr (sdk::is_good_call<State, F, A...>()) {
      using Found = sdk::Awaited<std::decay_t<std::invoke_result_t<F, State&, sdk::Stored<A>...>>>;
      static_assert(Found::kFits, "what is given to when returns bool or a std::optional");
      if constexpr (Found::kFits && sdk::is_good_answer<typename Found::Type>()) {
        auto call = sdk::waiting_call_of<State, F>(std::forward<A>(arguments)...);
        return made<typename Found::Type>(label, std::move(call), reads, true);
      }
    }
  }

 private:
  template <class Result>
  Step<Result> made(std::string_view label, crashsim::Value call, bool read_only,
                    bool may_wait) const {
    return {*waiting_, sdk::operation(*definition_, store_, session_, label, std::move(call),
                                      read_only, may_wait)};
  }

  const sdk::Definition* definition_;
  sdk::Waiting* waiting_;
  std::size_t store_;
  int session_;
};

/// A client's request that reached a process.
class ClientInput {
 public:
  ClientInput(std::string label, crashsim::Value argument)
      : label_(std::move(label)), argument_(std::move(argument)) {}

  const std::string& label() const { return label_; }  ///< as given to Migration::input
  template <class T>
  T as() const {
    return argument_.get<T>();
  }

 private:
  std::string label_;
  crashsim::Value argument_;
};

/// A running process, as its program sees it.
class Actor {
 public:
  Actor(const sdk::Definition& definition, crashsim::Process& process, sdk::Waiting& waiting)
      : definition_(definition), process_(process), waiting_(waiting) {}

  /// Throws std::invalid_argument for a store that is not defined, or was with another type.
  template <class T>
  StoreHandle<T> store(std::string_view name) const {
    return StoreHandle<T>(definition_, waiting_, definition_.store(name, typeid(T)));
  }

  /// Sends a step, and goes on at once. Several may be under way:
  ///
  ///   auto left = actor.send(one.step("put", put, value));
  ///   auto right = actor.send(other.step("put", put, value));
  ///   co_await left;
  ///   co_await right;
  ///
  /// Each takes effect at any time from now on, in any order, also after the program has ended. Its
  /// answer may be lost, awaited or not. Where the process dies at one of them, the others stay in
  /// flight as far as the bounds have room, and otherwise never take effect.
  template <class R>
  Sent<R> send(Step<R> step) {
    return {waiting_, process_.send(std::move(step.operation_))};
  }

  /// Opens a session of a session_store; one step, "STORE: open session". Steps of the handle that
  /// it returns are rejected once the session has ended: some time after this process has, or, as a
  /// fault, too early, and then this process does not know.
  template <class T>
  Task<StoreHandle<T>> open_session(std::string_view name) {
    const std::size_t store = definition_.store(name, typeid(T));
    const int session = co_await open_session_of(store);
    co_return StoreHandle<T>(definition_, waiting_, store, session);
  }

  /// Waits for a client. Nothing if the process is asked to stop instead.
  Task<std::optional<ClientInput>> next_input();

  /// A number below `options`, 255 at most: whatever the environment decides. All are explored.
  Task<unsigned> choose(unsigned options);

  /// Tells the properties something at once, with the answer that was just taken:
  /// `change(Memory&, arguments...)`, a lambda without captures. Traces show it as the label and
  /// the arguments, "acknowledged 1". Throws std::invalid_argument if the memory was not defined
  /// with this type.
  template <class F, class... A>
  void note(std::string_view label, F, A&&... arguments) {
    static_assert(std::is_empty_v<F>,
                  "give a lambda without captures, and what it needs as arguments after it");
    if constexpr (std::is_empty_v<F>) {
      using Memory = decltype(sdk::first_parameter(&F::operator()));
      if constexpr (sdk::is_good_call<Memory, F, A...>()) {
        definition_.check_memory(typeid(Memory));
        auto call = sdk::call_of<Memory, F>(std::forward<A>(arguments)...);
        process_.emit(sdk::note_value(label, std::move(call)));
      }
    }
  }

 private:
  Task<int> open_session_of(std::size_t store);

  const sdk::Definition& definition_;
  crashsim::Process& process_;
  sdk::Waiting& waiting_;
  crashsim::Value sessions_ = crashsim::Value::array();  ///< as they are declared
};

}  // namespace cutover
