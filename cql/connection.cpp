#include "cql/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>
#include <utility>

#include "cql/message.h"
#include "system/text.h"

namespace cutover::cql {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kStreams = 1u << 15;
/// Requests that wait go out together, up to this much.
constexpr std::size_t kSentAtOnce = 64 * 1024;

std::string late(std::chrono::milliseconds timeout) {
  return fmt::format(
      "no answer within {} ms",
      with_commas(static_cast<std::uint64_t>(std::max<std::int64_t>(timeout.count(), 0))));
}

}  // namespace

/// A request. Its timer ends the wait for its answer: when the time is over, or once it is there.
struct Connection::Pending {
  explicit Pending(const Executor& executor) : timer(executor) {}

  void wake() { timer.expires_at(Clock::time_point::min()); }

  asio::steady_timer timer;
  Frame frame;
  bool was_sent = false;     ///< at least in part
  bool is_given_up = false;  ///< nobody waits for it; its stream is taken until it is answered
  bool is_lost = false;
  std::optional<Frame> answer;
};

Connection::Connection(Executor executor, Host host, std::size_t most_in_flight)
    : host_(std::move(host)),
      most_in_flight_(std::clamp<std::size_t>(most_in_flight, 1, kStreams)),
      socket_(executor) {}

Connection::~Connection() = default;

asio::awaitable<Connection::Shared> Connection::open(Executor executor, Host host,
                                                     Credentials credentials, Milliseconds timeout,
                                                     std::size_t most_in_flight) {
  const Shared self(new Connection(executor, std::move(host), most_in_flight));
  asio::steady_timer timer(executor, timeout);
  timer.async_wait([self, timeout](error_code error) {
    if (!error) self->close(late(timeout));
  });
  std::string failure;
  try {
    co_await self->connect();
    asio::co_spawn(executor, read(self), asio::detached);
    auto introduced = self->introduce(std::move(credentials), timeout);
    co_await std::move(introduced);
  } catch (const AuthenticationFailed& error) {
    self->close(error.what());
    throw;
  } catch (const std::exception& error) {
    failure = error.what();
  }
  timer.cancel();
  if (failure.empty() && !self->is_open()) failure = self->lost();
  if (failure.empty()) co_return self;
  self->close(failure);
  throw NoHost(failure);
}

asio::awaitable<void> Connection::connect() {
  const auto fail_on = [this](error_code error) {
    if (!closed_because_.empty()) throw NoHost(lost());
    if (error) throw NoHost(fmt::format("{}: {}", where(), error.message()));
  };
  tcp::resolver resolver(socket_.get_executor());
  auto resolving = resolver.async_resolve(host_.name, std::to_string(host_.port), kAsTuple);
  const auto [unresolved, endpoints] = co_await std::move(resolving);
  fail_on(unresolved);
  auto connecting = asio::async_connect(socket_, endpoints, kAsTuple);
  const auto [unconnected, endpoint] = co_await std::move(connecting);
  fail_on(unconnected);
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
}

/// Section 4.1.1, and 4.2.3 for a host that asks who it is.
asio::awaitable<void> Connection::introduce(Credentials credentials, Milliseconds timeout) {
  auto starting = request(Opcode::startup, startup_body(), timeout, Effect::none);
  const Frame first = co_await std::move(starting);
  if (first.opcode == Opcode::error) throw_error(first, Effect::none, where());
  if (first.opcode == Opcode::ready) co_return;
  if (first.opcode != Opcode::authenticate)
    throw ProtocolError(fmt::format("{}: it answered STARTUP with opcode {:#04x}", where(),
                                    static_cast<int>(first.opcode)));
  if (credentials.user.empty())
    throw AuthenticationFailed(where() + ": it asks for a user and a password; none were given");
  auto answering =
      request(Opcode::auth_response, auth_response_body(credentials.user, credentials.password),
              timeout, Effect::none);
  const Frame second = co_await std::move(answering);
  if (second.opcode == Opcode::error) throw_error(second, Effect::none, where());
  if (second.opcode != Opcode::auth_success)
    throw AuthenticationFailed(where() +
                               ": it asks for more than a user and a password (SASL PLAIN)");
}

asio::awaitable<Frame> Connection::request(Opcode opcode, std::string body, Milliseconds timeout,
                                           Effect effect) {
  const Shared self = shared_from_this();
  if (body.size() > kLongestBody)
    throw std::length_error(fmt::format("a request of {} bytes is more than the {} that CQL takes",
                                        with_commas(body.size()), with_commas(kLongestBody)));
  if (!is_open()) throw ConnectionLost(lost(), false);
  const auto pending = std::make_shared<Pending>(socket_.get_executor());
  pending->frame.opcode = opcode;
  pending->frame.body = std::move(body);
  pending->timer.expires_after(timeout);
  waiting_.push_back(pending);
  send();
  co_await pending->timer.async_wait(kAsTuple);
  if (pending->answer) co_return std::move(*pending->answer);
  const bool is_in_doubt = pending->was_sent && effect != Effect::none;
  if (pending->is_lost) throw ConnectionLost(lost(), is_in_doubt);
  pending->is_given_up = true;
  std::erase(waiting_, pending);
  close_if_idle();
  throw TimedOut(where() + ": " + late(timeout), is_in_doubt);
}

void Connection::close(const std::string& reason) {
  if (!closed_because_.empty()) return;
  closed_because_ = reason;
  error_code ignored;
  socket_.close(ignored);
  const auto lose = [](const std::shared_ptr<Pending>& pending) {
    pending->is_lost = true;
    pending->wake();
  };
  for (const auto& pending : waiting_) lose(pending);
  for (const auto& [stream, pending] : in_flight_) lose(pending);
  waiting_.clear();
  in_flight_.clear();
}

void Connection::retire() {
  is_retired_ = true;
  close_if_idle();
}

void Connection::close_if_idle() {
  const auto is_given_up = [](const auto& entry) { return entry.second->is_given_up; };
  if (is_retired_ && waiting_.empty() && std::ranges::all_of(in_flight_, is_given_up))
    close("it is not used any more");
}

std::string Connection::lost() const { return where() + ": " + closed_because_; }

asio::awaitable<void> Connection::read(Shared self) {
  std::string buffer(64 * 1024, '\0');
  while (self->is_open()) {
    auto reading = self->socket_.async_read_some(asio::buffer(buffer), kAsTuple);
    const auto [error, count] = co_await std::move(reading);
    if (error) {
      self->close(error == asio::error::eof ? "it closed the connection" : error.message());
      co_return;
    }
    try {
      self->reader_.add(std::string_view(buffer).substr(0, count));
      for (auto frame = self->reader_.next(); frame && self->is_open();
           frame = self->reader_.next())
        self->take(std::move(*frame));
    } catch (const ProtocolError& wrong) {
      self->close(wrong.what());
    }
  }
}

void Connection::take(Frame frame) {
  if (frame.stream < 0) return;  // an event, though none is asked for
  const auto found = in_flight_.find(frame.stream);
  if (found == in_flight_.end())
    throw ProtocolError(
        fmt::format("an answer on stream {}, where nothing was asked", frame.stream));
  const auto pending = found->second;
  in_flight_.erase(found);
  pending->answer = std::move(frame);  // for nobody, if it was given up
  pending->wake();
  send();
  close_if_idle();
}

void Connection::send() {
  if (is_sending_ || !is_open()) return;
  sending_.clear();
  while (!waiting_.empty() && in_flight_.size() < most_in_flight_ &&
         sending_.size() < kSentAtOnce) {
    const auto pending = waiting_.front();
    waiting_.pop_front();
    pending->frame.stream = free_stream();
    sending_ += encode(pending->frame, Direction::request);
    pending->frame.body.clear();
    pending->was_sent = true;
    in_flight_.emplace(pending->frame.stream, pending);
  }
  if (sending_.empty()) return;
  is_sending_ = true;
  asio::async_write(socket_, asio::buffer(sending_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->is_sending_ = false;
                      if (error) self->close(error.message());
                      self->send();
                    });
}

/// There is one, as fewer than kStreams are in flight.
std::int16_t Connection::free_stream() {
  while (in_flight_.contains(next_stream_)) advance_stream();
  const std::int16_t free = next_stream_;
  advance_stream();
  return free;
}

void Connection::advance_stream() {
  next_stream_ = static_cast<std::int16_t>((next_stream_ + 1) % kStreams);
}

}  // namespace cutover::cql
