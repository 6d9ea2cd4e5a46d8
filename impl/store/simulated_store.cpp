#include "impl/store/simulated_store.h"

#include <fmt/format.h>

namespace cutover {
namespace {

Answer commit(StoreState& state, const Transaction& transaction) {
  // First, as only this can fail.
  if (transaction.raise_epoch) state.epoch = raised(state.epoch, *transaction.raise_epoch);
  if (transaction.replace) state.contents = transaction.replace->contents();
  for (const auto& [key, value] : transaction.entries) {
    if (value) {
      state.contents.entries[key] = *value;
    } else {
      state.contents.entries.erase(key);
    }
  }
  for (const auto& [name, number] : transaction.config) state.config[name] = number;
  Answer answer;
  answer.epoch = state.epoch;
  return answer;
}

}  // namespace

bool is_fenced(const StoreState& state, const Request& request) {
  if (request.kind == Request::Kind::open) return false;
  if (request.kind == Request::Kind::read_config && !request.session) return false;
  return request.session != state.epoch;
}

Answer apply(StoreState& state, const Request& request) {
  if (!is_fenced(state, request)) return apply_unfenced(state, request);
  Answer answer;
  answer.status = Status::fenced;
  return answer;
}

Answer apply_unfenced(StoreState& state, const Request& request) {
  Answer answer;
  switch (request.kind) {
    case Request::Kind::open:
      state.epoch = raised(state.epoch, request.at_least);
      answer.epoch = state.epoch;
      return answer;
    case Request::Kind::read_config:
      if (const auto at = state.config.find(request.key); at != state.config.end()) {
        answer.number = at->second;
      }
      return answer;
    case Request::Kind::snapshot: answer.contents = state.contents; return answer;
    case Request::Kind::get:
      if (const auto at = state.contents.entries.find(request.key);
          at != state.contents.entries.end()) {
        answer.value = at->second;
      }
      return answer;
    case Request::Kind::commit: return commit(state, request.transaction);
  }
  return answer;
}

awaitable<Answer> SimulatedStore::perform(Request request) {
  try {
    co_return apply(state_, request);
  } catch (const NoEpochLeft& error) {
    throw StoreError(fmt::format("{}: {}", name(), error.what()));
  }
}

}  // namespace cutover
