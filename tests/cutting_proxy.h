// A server's port on loopback, through which a connection can be cut at a certain request: before
// it arrives, or after it was carried out and before its answer.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cutover {

/// Its client sends one request at a time.
class CuttingProxy {
 public:
  explicit CuttingProxy(unsigned short server)
      : server_(server), acceptor_(context_, {Address::loopback(), 0}) {
    threads_.emplace_back([this] { accept(); });
  }
  ~CuttingProxy() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
      for (const auto& pair : pairs_) pair->close();
    }
    // Wakes it.
    Socket last(context_);
    boost::system::error_code error;
    last.connect({Address::loopback(), port()}, error);
    threads_.front().join();
    for (std::size_t i = 1; i < threads_.size(); ++i) threads_[i].join();
  }
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  unsigned short port() const { return acceptor_.local_endpoint().port(); }

  enum class Where { before_request, before_answer };
  /// Of the requests from now on that many go well, and the connection of the next one is cut, once
  /// `then` has returned.
  void cut_after(int requests, Where where, std::function<void()> then = {}) {
    const std::lock_guard lock(mutex_);
    left_ = requests;
    where_ = where;
    then_ = std::move(then);
    is_armed_ = true;
  }
  bool is_armed() const {
    const std::lock_guard lock(mutex_);
    return is_armed_;
  }

 private:
  using Socket = boost::asio::ip::tcp::socket;
  using Address = boost::asio::ip::address_v4;

  struct Pair {
    explicit Pair(boost::asio::io_context& context) : client(context), server(context) {}
    void close() {
      boost::system::error_code error;
      client.shutdown(Socket::shutdown_both, error);
      server.shutdown(Socket::shutdown_both, error);
    }
    Socket client, server;
    bool is_cut = false;  ///< at the next answer
  };

  void accept() {
    while (true) {
      const auto pair = std::make_shared<Pair>(context_);
      boost::system::error_code error;
      acceptor_.accept(pair->client, error);
      const std::lock_guard lock(mutex_);
      if (is_over_) return;
      if (error) continue;
      pair->server.connect({Address::loopback(), server_}, error);
      if (error) continue;
      pairs_.push_back(pair);
      threads_.emplace_back([this, pair] { pump(*pair, pair->client, pair->server); });
      threads_.emplace_back([this, pair] { pump(*pair, pair->server, pair->client); });
    }
  }

  void pump(Pair& pair, Socket& from, Socket& to) {
    std::array<char, 1 << 16> bytes;
    boost::system::error_code error;
    while (true) {
      const std::size_t count = from.read_some(boost::asio::buffer(bytes), error);
      if (error || is_cut(pair, &from == &pair.client)) break;
      boost::asio::write(to, boost::asio::buffer(bytes.data(), count), error);
      if (error) break;
    }
    pair.close();
  }

  /// What has arrived goes no further.
  bool is_cut(Pair& pair, bool is_request) {
    std::function<void()> then;
    {
      const std::lock_guard lock(mutex_);
      if (is_request) {
        if (!is_armed_ || left_-- > 0) return false;
        is_armed_ = false;
        pair.is_cut = where_ == Where::before_answer;
        if (pair.is_cut) return false;
      } else if (!pair.is_cut) {
        return false;
      }
      then = std::move(then_);
    }
    if (then) then();
    return true;
  }

  const unsigned short server_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<std::thread> threads_;
  mutable std::mutex mutex_;  // of what follows
  bool is_over_ = false, is_armed_ = false;
  int left_ = 0;
  Where where_ = Where::before_request;
  std::function<void()> then_;
  std::vector<std::shared_ptr<Pair>> pairs_;
};

}  // namespace cutover
