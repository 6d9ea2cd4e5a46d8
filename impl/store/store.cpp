#include "impl/store/store.h"

namespace cutover {
namespace {

/// Performs the request and throws StepFailed unless it went through.
awaitable<Answer> insist(Store& store, Request request) {
  Answer answer = co_await store.perform(std::move(request));
  if (answer.status != Status::ok) throw StepFailed(answer.status);
  co_return answer;
}

}  // namespace

awaitable<Session> open(Store& store, Epoch at_least) {
  Request request;
  request.kind = Request::Kind::open;
  request.at_least = at_least;
  const Answer answer = co_await insist(store, std::move(request));
  co_return Session(store, answer.epoch);
}

awaitable<std::optional<std::uint64_t>> peek_config(Store& store, std::string name) {
  Request request;
  request.kind = Request::Kind::read_config;
  request.key = std::move(name);
  const Answer answer = co_await insist(store, std::move(request));
  co_return answer.number;
}

awaitable<Answer> Session::perform(Request request) {
  request.session = epoch_;
  co_return co_await store_->perform(std::move(request));
}

awaitable<std::optional<std::uint64_t>> Session::config(std::string name) {
  Request request;
  request.kind = Request::Kind::read_config;
  request.session = epoch_;
  request.key = std::move(name);
  const Answer answer = co_await insist(*store_, std::move(request));
  co_return answer.number;
}

awaitable<void> Session::set_config(std::string name, std::uint64_t number) {
  Transaction transaction;
  transaction.config.emplace(std::move(name), number);
  co_await commit(std::move(transaction));
}

awaitable<Snapshot> Session::snapshot() {
  Request request;
  request.kind = Request::Kind::snapshot;
  request.session = epoch_;
  Answer answer = co_await insist(*store_, std::move(request));
  co_return std::move(answer.contents);
}

awaitable<void> Session::replace_contents(Snapshot contents) {
  Transaction transaction;
  transaction.replace = std::move(contents);
  co_await commit(std::move(transaction));
}

awaitable<void> Session::raise_epoch(Epoch at_least) {
  Transaction transaction;
  transaction.raise_epoch = at_least;
  co_await commit(std::move(transaction));
}

awaitable<void> Session::commit(Transaction transaction) {
  const Result<void> result = co_await try_commit(std::move(transaction));
  result.value();
}

awaitable<Result<void>> Session::try_commit(Transaction transaction) {
  Request request;
  request.kind = Request::Kind::commit;
  request.transaction = std::move(transaction);
  const Answer answer = co_await perform(std::move(request));
  if (answer.status != Status::ok) co_return answer.status;
  epoch_ = answer.epoch;
  co_return Result<void>();
}

awaitable<Result<std::optional<std::string>>> Session::try_get(std::string key) {
  Request request;
  request.kind = Request::Kind::get;
  request.key = std::move(key);
  const Answer answer = co_await perform(std::move(request));
  if (answer.status != Status::ok) co_return answer.status;
  co_return answer.value;
}

}  // namespace cutover
