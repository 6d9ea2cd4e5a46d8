// A store as the protocols see it, and the session that an open returns.
//
// Source of the fencing discipline: the epoch of a store is compared with the session's at the
// store, atomically with every operation (DESIGN, vocabulary; Gray and Cheriton's leases and
// ZooKeeper's zxid epochs use the same idea). Not thread-safe: one store object serves one thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>
#include <source_location>
#include <stdexcept>

#include "impl/store/types.h"

namespace cutover {

template <class T>
using awaitable = boost::asio::awaitable<T>;

/// Ends an attempt of a protocol early: a step's outcome was not ok. Thrown by Session only, and
/// turned back into a value by whoever runs the attempt, so that a protocol reads as its steps.
class StepFailed : public std::runtime_error {
 public:
  explicit StepFailed(Status status) : std::runtime_error(to_string(status)), status_(status) {}
  Status status() const { return status_; }

 private:
  Status status_;
};

/// A store that can't go on, which is no expected outcome of a step: it is damaged, or its epochs
/// are used up. One line that names the store, what is wrong, and the remedy.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void throw_exception_from_error(Status status, const boost::source_location&) {
  throw StepFailed(status);
}

template <class T>
using Result = boost::system::result<T, Status>;

/// A durable backend. Every perform() is one step: atomic, fenced by the request's session, and
/// durable once the answer has status ok. Throws StoreError.
class Store {
 public:
  explicit Store(std::string name) : name_(std::move(name)) {}
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// "stash" or "persist".
  const std::string& name() const { return name_; }
  virtual awaitable<Answer> perform(Request request) = 0;

 private:
  std::string name_;
};

/// What open returns: the store together with the epoch that this opener holds. Each member is one
/// step of the store and throws StepFailed unless its outcome is ok; try_commit and try_get return
/// the outcome instead. A Session must not outlive its Store.
class Session {
 public:
  Session(Store& store, Epoch epoch) : store_(&store), epoch_(epoch) {}

  Store& store() const { return *store_; }
  Epoch epoch() const { return epoch_; }

  awaitable<std::optional<std::uint64_t>> config(std::string name);
  awaitable<void> set_config(std::string name, std::uint64_t number);
  awaitable<Snapshot> snapshot();
  awaitable<void> replace_contents(Snapshot contents);
  /// Makes the store's epoch and this session's at least `at_least`, and greater than it was. A
  /// fenced operation: it fails if another has opened the store since.
  awaitable<void> raise_epoch(Epoch at_least);
  awaitable<void> commit(Transaction transaction);

  awaitable<Result<void>> try_commit(Transaction transaction);
  awaitable<Result<std::optional<std::string>>> try_get(std::string key);

 private:
  awaitable<Answer> perform(Request request);

  Store* store_;
  Epoch epoch_;
};

/// Opens the store: its epoch becomes max(its epoch + 1, at_least), durably, and every older
/// session is fenced from then on. Throws StepFailed.
awaitable<Session> open(Store& store, Epoch at_least = Epoch{});

/// Reads a config entry without opening the store, hence unfenced. Throws StepFailed.
awaitable<std::optional<std::uint64_t>> peek_config(Store& store, std::string name);

}  // namespace cutover
