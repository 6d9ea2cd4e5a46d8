#include "cql/session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "cql/connection.h"
#include "system/usage_error.h"

namespace cutover::cql {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr int kTries = 3;
constexpr milliseconds kFirstPause{50};  ///< between tries; each further one is four times as long

/// One request, encoded anew for each try, as a statement may have got another id meanwhile.
struct Request {
  struct Entry {
    Statement statement;
    std::string id;  ///< empty: sent as text
    std::vector<Value> values;
  };

  Opcode opcode = Opcode::query;
  BatchType type = BatchType::logged;
  std::vector<Entry> entries;  ///< one, but for a batch
  Options options;
  Effect effect = Effect::single;

  std::string body() const;
};

std::string Request::body() const {
  Parameters parameters;
  parameters.consistency = options.consistency;
  parameters.page_size = options.page_size;
  parameters.paging_state = options.paging_state;
  parameters.serial_consistency = options.serial_consistency;
  parameters.timestamp_us = options.timestamp_us;
  if (opcode == Opcode::batch) {
    std::vector<BatchEntry> batch;
    for (const Entry& entry : entries)
      batch.push_back(
          {!entry.id.empty(), entry.id.empty() ? entry.statement.text : entry.id, entry.values});
    return batch_body(type, batch, parameters);
  }
  const Entry& entry = entries.front();
  if (opcode == Opcode::prepare) return prepare_body(entry.statement.text);
  parameters.values = entry.values;
  return opcode == Opcode::execute ? execute_body(entry.id, parameters)
                                   : query_body(entry.statement.text, parameters);
}

Request::Entry entry_of(const Statement& statement, std::vector<Value> values) {
  return {statement, statement.prepared ? statement.prepared->id : "", std::move(values)};
}

/// Whether the same may go well a little later, or with another host.
bool is_transient(const RequestFailed& failure) {
  const auto* const server = dynamic_cast<const ServerError*>(&failure);
  if (server == nullptr) return dynamic_cast<const AuthenticationFailed*>(&failure) == nullptr;
  switch (server->code) {
    case ErrorCode::server_error:
    case ErrorCode::unavailable:
    case ErrorCode::overloaded:
    case ErrorCode::is_bootstrapping:
    case ErrorCode::write_timeout:
    case ErrorCode::read_timeout: return true;
    default: return false;
  }
}

/// Whether to go on with another connection.
bool is_of_the_host(const RequestFailed& failure) {
  return dynamic_cast<const TimedOut*>(&failure) != nullptr ||
         dynamic_cast<const ConnectionLost*>(&failure) != nullptr ||
         dynamic_cast<const IsBootstrapping*>(&failure) != nullptr;
}

/// What is no answer to it ends the connection, as nothing that follows can be trusted.
Result decoded(Connection& connection, const Frame& answer, Opcode asked, Effect effect) {
  try {
    Result result = decode_result(answer, effect, connection.where());
    if (asked == Opcode::prepare && result.kind != Result::Kind::prepared)
      throw ProtocolError("it answered PREPARE with another result");
    return result;
  } catch (const ProtocolError& wrong) {
    connection.close(wrong.what());
    throw ConnectionLost(connection.where() + ": " + wrong.what(), effect != Effect::none);
  }
}

}  // namespace

struct Pending::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_done = false;
  Result result;
  std::exception_ptr failure;
};

namespace {

/// Whoever holds it answers, at the latest when it is destroyed.
class Promise {
 public:
  Promise(std::shared_ptr<Pending::State> state, bool may_have_effect)
      : state_(std::move(state)), may_have_effect_(may_have_effect) {}
  Promise(Promise&&) = default;
  Promise(const Promise&) = delete;
  ~Promise() {
    if (state_ == nullptr) return;
    const ConnectionLost closed("the session was closed before the answer", may_have_effect_);
    fail(std::make_exception_ptr(closed));
  }

  void set(Result result) {
    const auto state = std::move(state_);
    const std::lock_guard lock(state->mutex);
    state->result = std::move(result);
    state->is_done = true;
    state->changed.notify_all();
  }
  void fail(std::exception_ptr failure) {
    const auto state = std::move(state_);
    const std::lock_guard lock(state->mutex);
    state->failure = std::move(failure);
    state->is_done = true;
    state->changed.notify_all();
  }

 private:
  std::shared_ptr<Pending::State> state_;
  bool may_have_effect_;
};

}  // namespace

bool Pending::is_ready() const {
  const std::lock_guard lock(state_->mutex);
  return state_->is_done;
}

Result Pending::get() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->is_done; });
  if (state_->failure) std::rethrow_exception(std::exchange(state_->failure, nullptr));
  return std::move(state_->result);
}

/// What runs on the session's own thread.
class Session::Client {
 public:
  explicit Client(SessionOptions options)
      : options_(std::move(options)), work_(context_.get_executor()) {
    if (options_.hosts.empty()) throw UsageError("no host of Cassandra is named");
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Client() {
    context_.stop();
    thread_.join();
  }

  Pending start(Request request) {
    const auto state = std::make_shared<Pending::State>();
    Promise promise(state, request.effect != Effect::none);
    asio::co_spawn(context_, serve(std::move(request), std::move(promise)), asio::detached);
    return Pending(state);
  }

 private:
  using Shared = std::shared_ptr<Connection>;

  /// Several requests may wait for one.
  struct Connecting {
    explicit Connecting(asio::io_context& context)
        : done(context, asio::steady_timer::time_point::max()) {}
    asio::steady_timer done;
    std::string failure;
    bool is_refused = false;
  };

  asio::awaitable<void> serve(Request request, Promise promise);
  asio::awaitable<Result> perform(Request& request);
  asio::awaitable<Result> try_once(Shared connection, Request& request);
  asio::awaitable<Prepared> prepare(Shared connection, const Request::Entry& entry,
                                    milliseconds timeout);
  asio::awaitable<Shared> connected();
  asio::awaitable<void> connect(std::shared_ptr<Connecting> connecting);
  void leave(const Shared& connection);

  const SessionOptions options_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  Shared current_;
  std::shared_ptr<Connecting> connecting_;
  std::size_t next_host_ = 0;
  std::thread thread_;
};

asio::awaitable<void> Session::Client::serve(Request request, Promise promise) {
  Result result;
  std::exception_ptr failure;
  try {
    result = co_await perform(request);
  } catch (...) {
    failure = std::current_exception();
  }
  // Outside of the handler: from here the failure is of the waiting thread alone.
  if (failure) {
    promise.fail(std::move(failure));
  } else {
    promise.set(std::move(result));
  }
}

asio::awaitable<Result> Session::Client::perform(Request& request) {
  bool may_have_taken_effect = false;  // in an earlier try
  milliseconds pause = kFirstPause;
  for (int tries = 1;; ++tries) {
    Shared connection;
    try {
      connection = co_await connected();
      co_return co_await try_once(connection, request);
    } catch (RequestFailed& failure) {
      may_have_taken_effect = may_have_taken_effect || failure.may_have_taken_effect;
      failure.may_have_taken_effect = may_have_taken_effect;
      if (connection && is_of_the_host(failure)) leave(connection);
      if (!request.options.idempotent || tries == kTries || !is_transient(failure)) throw;
    }
    asio::steady_timer timer(context_, pause);
    co_await timer.async_wait(kAsTuple);
    pause *= 4;
  }
}

/// Executes, and prepares what the host does not know: each statement once at most.
asio::awaitable<Result> Session::Client::try_once(Shared connection, Request& request) {
  std::set<std::string> prepared;
  for (;;) {
    auto asking = connection->request(request.opcode, request.body(), request.options.timeout,
                                      request.effect);
    const Frame answer = co_await std::move(asking);
    std::string unknown;
    try {
      co_return decoded(*connection, answer, request.opcode, request.effect);
    } catch (const Unprepared& failure) {
      unknown = failure.id;
      const bool is_ours = std::ranges::any_of(
          request.entries, [&](const Request::Entry& entry) { return entry.id == unknown; });
      if (!is_ours || !prepared.insert(unknown).second) throw;
    }
    for (Request::Entry& entry : request.entries) {
      if (entry.id != unknown) continue;
      auto preparing = prepare(connection, entry, request.options.timeout);
      const Prepared again = co_await std::move(preparing);
      for (Request::Entry& other : request.entries) {
        if (other.id == unknown) other.id = again.id;
      }
      prepared.insert(again.id);
      break;
    }
  }
}

asio::awaitable<Prepared> Session::Client::prepare(Shared connection, const Request::Entry& entry,
                                                   milliseconds timeout) {
  auto asking = connection->request(Opcode::prepare, prepare_body(entry.statement.text), timeout,
                                    Effect::none);
  const Frame answer = co_await std::move(asking);
  co_return decoded(*connection, answer, Opcode::prepare, Effect::none).prepared;
}

asio::awaitable<Session::Client::Shared> Session::Client::connected() {
  if (current_ && current_->is_open()) co_return current_;
  auto connecting = connecting_;
  if (connecting) {
    co_await connecting->done.async_wait(kAsTuple);
  } else {
    connecting = connecting_ = std::make_shared<Connecting>(context_);
    co_await connect(connecting);
    connecting_.reset();
    connecting->done.expires_at(asio::steady_timer::time_point::min());
  }
  if (connecting->is_refused) throw AuthenticationFailed(connecting->failure);
  if (!connecting->failure.empty()) throw NoHost(connecting->failure);
  if (!current_) throw ConnectionLost("the connection was lost as soon as it was made", false);
  co_return current_;
}

/// To any host, beginning with the one whose turn it is.
asio::awaitable<void> Session::Client::connect(std::shared_ptr<Connecting> connecting) {
  std::vector<std::string> failures;
  for (std::size_t tries = 0; tries < options_.hosts.size(); ++tries) {
    const Host& host = options_.hosts[next_host_ % options_.hosts.size()];
    try {
      auto opening = Connection::open(context_.get_executor(), host, options_.credentials,
                                      options_.connect_timeout, options_.most_in_flight);
      current_ = co_await std::move(opening);
      co_return;
    } catch (const AuthenticationFailed& failure) {
      connecting->failure = failure.what();
      connecting->is_refused = true;
      co_return;
    } catch (const NoHost& failure) {
      failures.push_back(failure.what());
    }
    ++next_host_;
  }
  connecting->failure = fmt::format("no host of Cassandra answers: {}", fmt::join(failures, "; "));
}

void Session::Client::leave(const Shared& connection) {
  if (current_ == connection) {
    current_.reset();
    ++next_host_;
  }
  connection->retire();
}

Session::Session(SessionOptions options) : client_(std::make_unique<Client>(std::move(options))) {
  try {
    run("SELECT key FROM system.local", {}, {.consistency = Consistency::one});
  } catch (const AuthenticationFailed& failure) {
    throw UsageError(failure.what());
  }
}

Session::~Session() = default;

Statement Session::prepare(const std::string& text) {
  Request request;
  request.opcode = Opcode::prepare;
  request.entries.push_back({text, "", {}});
  request.options.idempotent = true;
  request.effect = Effect::none;
  return {text, client_->start(std::move(request)).get().prepared};
}

Pending Session::send(const Statement& statement, std::vector<Value> values,
                      const Options& options) {
  Request request;
  request.opcode = statement.prepared ? Opcode::execute : Opcode::query;
  request.entries.push_back(entry_of(statement, std::move(values)));
  request.options = options;
  request.effect = effect_of(statement.text);
  return client_->start(std::move(request));
}

Pending Session::send_batch(BatchType type, const std::vector<Bound>& statements,
                            const Options& options) {
  Request request;
  request.opcode = Opcode::batch;
  request.type = type;
  for (const Bound& bound : statements)
    request.entries.push_back(entry_of(bound.statement, bound.values));
  request.options = options;
  request.effect = Effect::several;
  return client_->start(std::move(request));
}

Result Session::run(const Statement& statement, std::vector<Value> values, const Options& options) {
  return send(statement, std::move(values), options).get();
}

Result Session::run_batch(BatchType type, const std::vector<Bound>& statements,
                          const Options& options) {
  return send_batch(type, statements, options).get();
}

void Session::each_page(const Statement& statement, const std::vector<Value>& values,
                        Options options, const std::function<void(const Rows&)>& take) {
  do {
    const Result result = run(statement, values, options);
    take(result.rows);
    options.paging_state = result.rows.paging_state;
  } while (options.paging_state);
}

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

std::string Table::text() const { return quoted(keyspace) + "." + quoted(name); }

}  // namespace cutover::cql
