// One live execution of a stage of a program, driven from outside.
//
// The coroutine runs until it waits for a step of a store, for a client, for a number of the
// engine's choice, or has finished; it goes on when resume() hands it the answer. Further requests
// may be under way beside that, which it sent before; they are answered at any time. Destroying the
// execution destroys the coroutine's frames: that is what a crash is. Not thread-safe. Waiting for
// anything else (a timer, a socket) is an error: the engine could not repeat it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <exception>
#include <map>

#include "crashsim/world/awaitable.h"

namespace cutover::crashsim {

class Execution final : private Process {
 public:
  enum class Waits : std::uint8_t { store, input, choice, finished };

  /// Starts the stage and runs it up to its first wait. Throws what the program throws.
  Execution(const Program& program, const Value& stage);
  ~Execution() override;

  Waits waits() const { return waits_; }
  /// How many requests are under way beside what it waits for, also once it has finished.
  std::size_t others() const;
  /// A request that is under way: 0 is the step it waits for, only while waits() is store; from 1
  /// on the others, in the order in which they were sent.
  const Operation& operation(std::size_t request = 0) const {
    return sent_[place_of(request)].operation;
  }
  /// How many numbers it may be told. Only while waits() is choice.
  unsigned options() const { return options_; }
  /// The stage that follows, null at the end of the program. Only when waits() is finished.
  const Value& next_stage() const { return next_stage_; }
  /// What it emitted since the last call; an array.
  Value take_events() { return std::exchange(events_, Value::array()); }
  /// What it last declared; null if nothing.
  const Value& status() const { return status_; }
  /// Goes on with the answer to what it waits for, up to the next wait; the answer to another
  /// request is kept until the program asks for it. Throws what the program throws.
  void resume(Value answer, std::size_t request = 0);

 private:
  struct Resumer {
    virtual ~Resumer() = default;
    virtual void call(Value answer) = 0;
  };

  struct Sent {
    std::size_t number;
    Operation operation;
  };

  awaitable<Value> perform(Operation operation) override;
  std::size_t send(Operation operation) override;
  awaitable<Value> receive(std::size_t sent) override;
  awaitable<Value> next_input() override;
  awaitable<Value> choose(unsigned options) override;
  void emit(Value event) override { events_.push_back(std::move(event)); }
  void declare(Value status) override { status_ = std::move(status); }
  awaitable<Value> wait();
  void settle();
  std::size_t place_of(std::size_t request) const;

  std::string name_;
  Waits waits_ = Waits::finished;
  std::vector<Sent> sent_;                ///< what is not answered
  std::map<std::size_t, Value> answers_;  ///< that were not asked for yet, by number
  std::size_t last_sent_ = 0;
  std::size_t awaited_ = 0;  ///< by number, while it waits for a step
  unsigned options_ = 0;
  Value events_ = Value::array();
  Value status_, next_stage_;
  bool done_ = false;
  std::exception_ptr thrown_;
  boost::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  std::unique_ptr<Resumer> resumer_;  // after io_: the frames it holds go first
};

/// It has no step to take: it has ended, or waits for a client, and nothing is under way.
constexpr bool is_at_rest(Execution::Waits waits, std::size_t others) {
  return others == 0 && (waits == Execution::Waits::input || waits == Execution::Waits::finished);
}
/// Its first request that is under way, see Execution::operation.
constexpr std::size_t first_request(Execution::Waits waits) {
  return waits == Execution::Waits::store ? 0 : 1;
}

}  // namespace cutover::crashsim
