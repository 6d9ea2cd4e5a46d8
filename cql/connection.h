// One connection to a Cassandra node, over plain TCP: many requests under way at once, each
// answered by its stream's number, in any order. CQL BINARY PROTOCOL v4, sections 2.3 and 4.1.1.
//
// All of it runs on its executor's only thread; it is not thread-safe. It retries nothing.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cql/error.h"
#include "cql/frame.h"
#include "cql/host.h"

namespace cutover::cql {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Executor = boost::asio::any_io_executor;
  using Milliseconds = std::chrono::milliseconds;

  /// Resolves, connects, and introduces itself, within `timeout`; but a name server that does not
  /// answer takes its own time. Throws NoHost that names the host and what failed, and
  /// AuthenticationFailed. `most_in_flight`: requests sent and not answered,
  /// at most 32,768; further ones wait here for their turn.
  static boost::asio::awaitable<std::shared_ptr<Connection>> open(Executor executor, Host host,
                                                                  Credentials credentials,
                                                                  Milliseconds timeout,
                                                                  std::size_t most_in_flight);
  ~Connection();

  /// The answer to it. Throws TimedOut and ConnectionLost; what they say of its effect goes by
  /// `effect` and by whether any of it was sent. One that timed out before its turn is never sent.
  boost::asio::awaitable<Frame> request(Opcode opcode, std::string body, Milliseconds timeout,
                                        Effect effect);

  /// All that waits throws ConnectionLost with this reason.
  void close(const std::string& reason);
  /// Closes once nobody waits for an answer. New requests are to go elsewhere.
  void retire();

  bool is_open() const { return socket_.is_open() && closed_because_.empty(); }
  std::string where() const { return host_.text(); }

 private:
  struct Pending;
  using Shared = std::shared_ptr<Connection>;

  Connection(Executor executor, Host host, std::size_t most_in_flight);
  boost::asio::awaitable<void> connect();
  boost::asio::awaitable<void> introduce(Credentials credentials, Milliseconds timeout);
  static boost::asio::awaitable<void> read(Shared self);
  void take(Frame frame);
  void send();
  void close_if_idle();
  std::string lost() const;
  std::int16_t free_stream();
  void advance_stream();

  const Host host_;
  const std::size_t most_in_flight_;
  boost::asio::ip::tcp::socket socket_;
  FrameReader reader_{Direction::response};
  std::deque<std::shared_ptr<Pending>> waiting_;                ///< not sent yet
  std::map<std::int16_t, std::shared_ptr<Pending>> in_flight_;  ///< by stream
  std::int16_t next_stream_ = 0;
  std::string sending_;
  bool is_sending_ = false;
  bool is_retired_ = false;
  std::string closed_because_;
};

}  // namespace cutover::cql
