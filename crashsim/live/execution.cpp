#include "crashsim/live/execution.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "model/checker/check.h"

namespace cutover::crashsim {

Execution::Execution(const Program& program, const Value& stage) : name_(program.name) {
  const auto finished = [this](std::exception_ptr thrown, Value next) {
    done_ = true;
    thrown_ = thrown;
    next_stage_ = std::move(next);
  };
  boost::asio::co_spawn(io_, program.body(*this, stage), finished);
  settle();
}

Execution::~Execution() = default;

void Execution::resume(Value answer) {
  CUTOVER_CHECK(resumer_ != nullptr);
  const auto resumer = std::move(resumer_);
  resumer->call(std::move(answer));
  settle();
}

void Execution::settle() {
  if (resumer_ == nullptr) {
    io_.restart();
    io_.poll();
  }
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  if (done_) {
    waits_ = Waits::finished;
    status_ = nullptr;
  } else if (resumer_ == nullptr) {
    throw std::runtime_error("program '" + name_ +
                             "' waits for something that is neither a step of a store nor a client "
                             "request; await only what crashsim::Process offers");
  }
}

awaitable<Value> Execution::perform(Operation operation) {
  waits_ = Waits::store;
  operation_ = std::move(operation);
  co_return co_await wait();
}

awaitable<Value> Execution::next_input() {
  waits_ = Waits::input;
  co_return co_await wait();
}

awaitable<Value> Execution::choose(unsigned options) {
  if (options == 0 || options > kMostOptions) {
    throw std::runtime_error(fmt::format("program '{}' lets choose among {}; 1 to {} will do",
                                         name_, options, kMostOptions));
  }
  waits_ = Waits::choice;
  options_ = options;
  co_return co_await wait();
}

awaitable<Value> Execution::wait() {
  // The handler is kept in a holder of our own: it is resumed directly, not through the io_context.
  const auto keep = [this](auto&& handler) {
    using Handler = std::decay_t<decltype(handler)>;
    struct Holder final : Resumer {
      explicit Holder(Handler&& kept) : handler(std::move(kept)) {}
      void call(Value answer) override { handler(std::move(answer)); }
      Handler handler;
    };
    resumer_ = std::make_unique<Holder>(std::move(handler));
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Value)>(
      keep, boost::asio::use_awaitable);
}

}  // namespace cutover::crashsim
