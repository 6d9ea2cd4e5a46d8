#include "crashsim/live/execution.h"

#include <fmt/format.h>

#include <algorithm>
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

std::size_t Execution::others() const { return sent_.size() - (waits_ == Waits::store ? 1 : 0); }

/// Of a request, in sent_.
std::size_t Execution::place_of(std::size_t request) const {
  CUTOVER_CHECK(request >= first_request(waits_) && request <= others());
  const auto is_awaited = [&](const Sent& sent) {
    return waits_ == Waits::store && sent.number == awaited_;
  };
  for (std::size_t place = 0, nth = 0; place < sent_.size(); ++place) {
    if ((is_awaited(sent_[place]) ? 0 : ++nth) == request) return place;
  }
  CUTOVER_CHECK(false);
}

void Execution::resume(Value answer, std::size_t request) {
  if (request >= first_request(waits_)) {
    const auto at = sent_.begin() + static_cast<std::ptrdiff_t>(place_of(request));
    if (request > 0) answers_.emplace(at->number, std::move(answer));
    sent_.erase(at);
  }
  if (request > 0) return;
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
    if (!next_stage_.is_null() && !sent_.empty()) {
      throw std::runtime_error(fmt::format(
          "program '{}' goes on to another stage while '{}' is under way; receive its answer first",
          name_, sent_[0].operation.label));
    }
  } else if (resumer_ == nullptr) {
    throw std::runtime_error("program '" + name_ +
                             "' waits for something that is neither a step of a store nor a client "
                             "request; await only what crashsim::Process offers");
  }
}

awaitable<Value> Execution::perform(Operation operation) {
  awaited_ = send(std::move(operation));
  waits_ = Waits::store;
  co_return co_await wait();
}

std::size_t Execution::send(Operation operation) {
  if (sent_.size() == kMostUnderWay) {
    throw std::runtime_error(
        fmt::format("program '{}' has {} requests under way, and that is the "
                    "most; wait for an answer before the next",
                    name_, kMostUnderWay));
  }
  sent_.push_back({++last_sent_, std::move(operation)});
  return last_sent_;
}

awaitable<Value> Execution::receive(std::size_t sent) {
  if (const auto at = answers_.find(sent); at != answers_.end()) {
    Value answer = std::move(at->second);
    answers_.erase(at);
    co_return answer;
  }
  if (std::ranges::find(sent_, sent, &Sent::number) == sent_.end()) {
    throw std::runtime_error(fmt::format("program '{}' waits for the same answer twice", name_));
  }
  waits_ = Waits::store;
  awaited_ = sent;
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
