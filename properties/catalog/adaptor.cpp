#include "properties/catalog/adaptor.h"

namespace cutover::crashsim::catalog {
namespace {

using cutover::catalog::ClientReply;
using cutover::catalog::ClientRequest;
using cutover::catalog::Stage;

template <class T>
Value optional_value(const std::optional<T>& optional) {
  return optional ? Value(*optional) : Value(nullptr);
}

template <class T>
std::optional<T> optional_from(const Value& value) {
  return value.is_null() ? std::nullopt : std::optional<T>(value.get<T>());
}

Value to_value(const Contents& contents) {
  return Value::array({contents.format, contents.entries});
}

Contents contents_from(const Value& value) {
  Contents contents;
  contents.format = value[0];
  contents.entries = value[1].get<Entries>();
  return contents;
}

/// Everything that distinguishes two requests to the same store.
Value to_value(const Request& request) {
  const Transaction& transaction = request.transaction;
  Value entries = Value::object();
  for (const auto& [key, value] : transaction.entries) entries[key] = optional_value(value);
  const Value session = request.session ? Value(request.session->value) : Value(nullptr);
  const Value raise =
      transaction.raise_epoch ? Value(transaction.raise_epoch->value) : Value(nullptr);
  const Value replace =
      transaction.replace ? to_value(transaction.replace->contents()) : Value(nullptr);
  return Value::array({static_cast<int>(request.kind), session, request.at_least.value, request.key,
                       replace, entries, transaction.config, raise});
}

Value to_value(const Answer& answer) {
  return Value::array({static_cast<int>(answer.status), answer.epoch.value,
                       optional_value(answer.number), optional_value(answer.value),
                       to_value(answer.contents.contents())});
}

Answer answer_from(const Value& value) {
  Answer answer;
  answer.status = static_cast<Status>(value[0].get<int>());
  answer.epoch = Epoch{value[1]};
  answer.number = optional_from<std::uint64_t>(value[2]);
  answer.value = optional_from<std::string>(value[3]);
  answer.contents = contents_from(value[4]);
  return answer;
}

Value event_of(const std::string& store, const Request& request, const Answer& answer) {
  const std::uint64_t session = request.session.value_or(Epoch{}).value;
  if (answer.status == Status::fenced) return Value::array({"rejected", store, session});
  if (request.kind == Request::Kind::open)
    return Value::array({"opened", store, answer.epoch.value});
  if (!request.session) return nullptr;
  const std::uint64_t after = request.kind == Request::Kind::commit ? answer.epoch.value : session;
  return Value::array({"used", store, session, after});
}

const char* to_string(ClientRequest::Kind kind) {
  switch (kind) {
    case ClientRequest::Kind::get: return "get";
    case ClientRequest::Kind::put: return "put";
    case ClientRequest::Kind::erase: return "delete";
  }
  return "?";
}

Value written(const ClientRequest& request) {
  return request.kind == ClientRequest::Kind::put ? Value(request.value) : Value(nullptr);
}

}  // namespace

Value to_value(const StoreState& state) {
  return {{"epoch", state.epoch.value},
          {"config", state.config},
          {"contents", to_value(state.contents)}};
}

StoreState state_from(const Value& value) {
  StoreState state;
  state.epoch = Epoch{value["epoch"]};
  state.config = value["config"].get<std::map<std::string, std::uint64_t>>();
  state.contents = contents_from(value["contents"]);
  return state;
}

Value to_value(const ClientRequest& request, unsigned issued) {
  // Equal reads need no telling apart, and more numbers would make more states.
  const Value number = request.kind == ClientRequest::Kind::get ? Value(nullptr) : Value(issued);
  return Value::array({static_cast<int>(request.kind), request.key, request.value, number});
}

Status status_of(const Value& answer) { return answer_from(answer).status; }

Value lost_answer() {
  Answer lost;
  lost.status = Status::lost_answer;
  return to_value(lost);
}

Value SimulatedMachine::save() const { return to_value(state_); }
void SimulatedMachine::load(const Value& state) { state_ = state_from(state); }

awaitable<Answer> ScheduledStore::perform(Request request) {
  Operation operation;
  operation.store = static_cast<std::size_t>(which_);
  operation.label = label(name(), request);
  operation.arguments = to_value(request);
  operation.read_only = request.read_only();
  operation.run = [request = std::move(request), store = name()](StoreMachine& machine) {
    const Answer answer = static_cast<CatalogMachine&>(machine).apply(request);
    return Effect{to_value(answer), event_of(store, request, answer)};
  };
  const Value answer = co_await process_.perform(std::move(operation));
  co_return answer_from(answer);
}

void ScheduledClients::serving(const Session& session) {
  process_.declare({{"serving", session.store().name()}, {"epoch", session.epoch().value}});
}

awaitable<std::optional<ClientRequest>> ScheduledClients::next() {
  const Value value = co_await process_.next_input();
  if (value.is_null()) co_return std::nullopt;
  ClientRequest request;
  request.kind = static_cast<ClientRequest::Kind>(value[0].get<int>());
  request.key = value[1];
  request.value = value[2];
  number_ = value[3];
  if (request.kind != ClientRequest::Kind::get) {
    process_.emit(
        Value::array({"invoked", to_string(request.kind), request.key, written(request), number_}));
  }
  co_return request;
}

void ScheduledClients::reply(const Session& session, const ClientRequest& request,
                             const ClientReply& reply) {
  const Value value =
      request.kind == ClientRequest::Kind::get ? optional_value(reply.value) : written(request);
  const char* const status = reply.damage.empty() ? cutover::to_string(reply.status) : "damaged";
  process_.emit(Value::array({"replied", to_string(request.kind), request.key, value, status,
                              session.store().name(), reply.epoch.value, number_}));
}

Value to_value(const Stage& stage) {
  if (stage.has_ended()) return nullptr;
  if (!stage.session) return Value::array({static_cast<int>(stage.kind)});
  return Value::array(
      {static_cast<int>(stage.kind), stage.session->store().name(), stage.session->epoch().value});
}

Stage stage_from(const Value& value, Store& stash, Store& persist) {
  Stage stage;
  stage.kind = static_cast<Stage::Kind>(value[0].get<int>());
  if (value.size() > 1) {
    Store& store = value[1] == stash.name() ? stash : persist;
    stage.session.emplace(store, Epoch{value[2]});
  }
  return stage;
}

}  // namespace cutover::crashsim::catalog
