// One live execution of a stage of a program, driven from outside.
//
// The coroutine runs until it waits for a step of a store, for a client, for a number of the
// engine's choice, or has finished; it goes on when resume() hands it the answer. Destroying the
// execution destroys the coroutine's frames: that is what a crash is. Not thread-safe. Waiting for
// anything else (a timer, a socket) is an error: the engine could not repeat it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <exception>

#include "crashsim/world/world.h"

namespace cutover::crashsim {

class Execution final : private Process {
 public:
  enum class Waits : std::uint8_t { store, input, choice, finished };

  /// Starts the stage and runs it up to its first wait. Throws what the program throws.
  Execution(const Program& program, const Value& stage);
  ~Execution() override;

  Waits waits() const { return waits_; }
  /// The step it waits for. Only while waits() is store.
  const Operation& operation() const { return operation_; }
  /// How many numbers it may be told. Only while waits() is choice.
  unsigned options() const { return options_; }
  /// The stage that follows, null at the end of the program. Only when waits() is finished.
  const Value& next_stage() const { return next_stage_; }
  /// What it emitted since the last call; an array.
  Value take_events() { return std::exchange(events_, Value::array()); }
  /// What it last declared; null if nothing.
  const Value& status() const { return status_; }
  /// Goes on with the answer up to the next wait. Throws what the program throws.
  void resume(Value answer);

 private:
  struct Resumer {
    virtual ~Resumer() = default;
    virtual void call(Value answer) = 0;
  };

  awaitable<Value> perform(Operation operation) override;
  awaitable<Value> next_input() override;
  awaitable<Value> choose(unsigned options) override;
  void emit(Value event) override { events_.push_back(std::move(event)); }
  void declare(Value status) override { status_ = std::move(status); }
  awaitable<Value> wait();
  void settle();

  std::string name_;
  Waits waits_ = Waits::finished;
  Operation operation_;
  unsigned options_ = 0;
  Value events_ = Value::array();
  Value status_, next_stage_;
  bool done_ = false;
  std::exception_ptr thrown_;
  boost::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  std::unique_ptr<Resumer> resumer_;  // after io_: the frames it holds go first
};

/// It has no step to take: it has ended, or waits for a client.
constexpr bool is_at_rest(Execution::Waits waits) {
  return waits == Execution::Waits::input || waits == Execution::Waits::finished;
}

}  // namespace cutover::crashsim
