// The coroutines of a user's programs.
//
// Not Boost.Asio's: its header brings the system's sockets along, and a user's function `send` or
// `select` at namespace scope would not compile. All that these coroutines do is to wait for what
// an Actor offers, one thing at a time. Not thread-safe.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace cutover {

template <class T>
class Task;

namespace sdk {

/// At its end a coroutine goes on with whoever awaits it, if anybody does.
struct Promise {
  struct Last {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> ended) const noexcept {
      return ended.promise().awaited_by;
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  Last final_suspend() const noexcept { return {}; }
  void unhandled_exception() { thrown = std::current_exception(); }

  std::coroutine_handle<> awaited_by = std::noop_coroutine();
  std::exception_ptr thrown;
};

template <class T>
struct PromiseOf : Promise {
  Task<T> get_return_object();
  template <class From>
  void return_value(From&& from) {
    value.emplace(std::forward<From>(from));
  }
  T take() { return std::move(*value); }
  std::optional<T> value;
};
template <>
struct PromiseOf<void> : Promise {
  Task<void> get_return_object();
  void return_void() const {}
  void take() const {}
};

}  // namespace sdk

/// What a program, and a coroutine that it awaits, returns. It runs when it is awaited, once.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = sdk::PromiseOf<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle coroutine) : coroutine_(coroutine) {}
  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Task() {
    if (coroutine_) coroutine_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> by) const noexcept {
    coroutine_.promise().awaited_by = by;
    return coroutine_;
  }
  T await_resume() const {
    if (coroutine_.promise().thrown) std::rethrow_exception(coroutine_.promise().thrown);
    return coroutine_.promise().take();
  }

  // For whoever runs the outermost one.
  std::coroutine_handle<> coroutine() const { return coroutine_; }
  bool done() const { return coroutine_.done(); }

 private:
  Handle coroutine_;
};

template <class T>
Task<T> sdk::PromiseOf<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<PromiseOf>::from_promise(*this));
}
inline Task<void> sdk::PromiseOf<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<PromiseOf>::from_promise(*this));
}

/// Runs a coroutine that has to wait for nothing: a program's own code over real stores, whose
/// steps block. Throws what it throws, and std::logic_error if it does wait.
template <class T>
T complete(const Task<T>& runs) {
  runs.coroutine().resume();
  if (!runs.done()) throw std::logic_error("a coroutine waits, and nobody answers it");
  return runs.await_resume();
}

}  // namespace cutover
