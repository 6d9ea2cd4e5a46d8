// A function without captures, called with stored arguments: how a step or a note of a user's own
// migration is kept as a value.
//
// The engine must know two steps that do the same by equal values, and repeat each at will. So a
// step is a lambda without captures, and everything that it depends on is an argument. That rules
// out, at compile time, a lambda whose captures the engine cannot compare; and it keeps clear of
// g++ 12, which destroys some temporaries of a co_await expression twice: lambdas with captures and
// aggregates that own memory.
//
// Not covered: a function that reads a global variable which changes. The engine finds some of
// those as hidden nondeterminism.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "crashsim/world/value.h"

namespace cutover::sdk {

using crashsim::Value;

/// Calls a function on `state`, which it may change. Returns what it returned as an array of one,
/// or an empty one for void. If it throws, the state stays as it was.
using Apply = Value (*)(Value& state, const Value& arguments);

/// The function and its arguments as one value, [function, argument, ...]; equal exactly if both
/// are. It is good in this run of this program only.
Value call_value(Apply function, Value arguments);

/// Makes the call. Throws what the function throws.
Value make_call(const Value& call, Value& state);

/// An argument's type as it is stored: a string literal is stored as a string.
template <class A>
using Stored = std::conditional_t<std::is_convertible_v<std::decay_t<A>, const char*>, std::string,
                                  std::remove_cvref_t<A>>;

/// False for what g++ 12 may destroy twice.
template <class A>
inline constexpr bool kSafeArgument =
    std::is_lvalue_reference_v<A> || !std::is_aggregate_v<std::remove_cvref_t<A>> ||
    std::is_trivially_destructible_v<std::remove_cvref_t<A>>;

/// Thrown by a call that has to wait in this state.
struct NotEnabled {};

/// An F with the stored arguments.
template <class F, class... A, class State>
decltype(auto) with_stored(State& seen, const Value& arguments) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
    return F{}(seen, arguments[I].template get<A>()...);
  }(std::index_sequence_for<A...>{});
}

template <class State, class F, class... A>
Value apply(Value& state, const Value& arguments) {
  auto typed = state.get<std::remove_const_t<State>>();
  State& seen = typed;
  Value answer = Value::array();
  if constexpr (std::is_void_v<std::invoke_result_t<F, State&, A...>>) {
    with_stored<F, A...>(seen, arguments);
  } else {
    answer.push_back(Value(with_stored<F, A...>(seen, arguments)));
  }
  if constexpr (!std::is_const_v<State>) state = Value(typed);
  return answer;
}

/// As apply, of a function that returns true or a value where it is enabled.
template <class State, class F, class... A>
Value apply_when(Value& state, const Value& arguments) {
  auto typed = state.get<std::remove_const_t<State>>();
  State& seen = typed;
  const auto result = with_stored<F, A...>(seen, arguments);
  if (!result) throw NotEnabled();
  Value answer = Value::array();
  if constexpr (!std::is_same_v<decltype(result), const bool>) answer.push_back(Value(*result));
  if constexpr (!std::is_const_v<State>) state = Value(typed);
  return answer;
}

/// What a co_await of such a function returns: nothing for bool, a T for std::optional<T>.
template <class R>
struct Awaited {
  static constexpr bool kFits = false;
  using Type = void;
};
template <>
struct Awaited<bool> {
  static constexpr bool kFits = true;
  using Type = void;
};
template <class T>
struct Awaited<std::optional<T>> {
  static constexpr bool kFits = true;
  using Type = T;
};

template <class T>
inline constexpr bool kHasJson = std::is_constructible_v<Value, const T&> &&
                                 requires(const Value& value) { value.template get<T>(); };

/// Nothing, or a type with JSON.
template <class R>
inline constexpr bool kIsAnswer = kHasJson<R>;
template <>
inline constexpr bool kIsAnswer<void> = true;

/// True, or else the first error of the compiler says what to do. To be asked where a function is
/// instantiated at once, as those are whose return type is deduced.
template <class State, class F, class... A>
constexpr bool is_good_call() {
  constexpr bool is_lambda = std::is_empty_v<F> && std::is_default_constructible_v<F>;
  static_assert(is_lambda,
                "give a lambda without captures, and what it needs as arguments after it");
  if constexpr (is_lambda) {
    constexpr bool are_safe = (kSafeArgument<A> && ...);
    static_assert(are_safe,
                  "give this argument a name first, and pass the variable: g++ 12 destroys such a "
                  "temporary twice in a co_await");
    constexpr bool have_json = (kHasJson<Stored<A>> && ...);
    static_assert(have_json,
                  "an argument's type has no JSON; below it, add "
                  "NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Type, member, ...)");
    constexpr bool fits = std::is_invocable_v<F, State&, Stored<A>...>;
    static_assert(fits,
                  "the lambda takes the state (by reference; const in a read) and then the "
                  "arguments that follow it");
    return are_safe && have_json && fits;
  }
  return false;
}

template <class R>
constexpr bool is_good_answer() {
  static_assert(kIsAnswer<R>,
                "the answer's type has no JSON; below it, add "
                "NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Type, member, ...)");
  return kIsAnswer<R>;
}

/// The call of a function, `apply` or `apply_when` of one, with these arguments.
template <class... A>
Value any_call_of(Apply by, A&&... arguments) {
  Value values = Value::array();
  (values.push_back(Value(Stored<A>(arguments))), ...);
  return call_value(by, std::move(values));
}

template <class State, class F, class... A>
Value call_of(A&&... arguments) {
  return any_call_of(&apply<State, F, Stored<A>...>, std::forward<A>(arguments)...);
}
template <class State, class F, class... A>
Value waiting_call_of(A&&... arguments) {
  return any_call_of(&apply_when<State, F, Stored<A>...>, std::forward<A>(arguments)...);
}

}  // namespace cutover::sdk
