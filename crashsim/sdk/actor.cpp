#include "crashsim/sdk/actor.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "crashsim/sdk/machine.h"

namespace cutover {
namespace sdk {

Value call_value(Apply function, Value arguments) {
  Value call = Value::array({reinterpret_cast<std::uintptr_t>(function)});
  for (Value& argument : arguments) call.push_back(std::move(argument));
  return call;
}

Value make_call(const Value& call, Value& state) {
  const auto function = reinterpret_cast<Apply>(call[0].get<std::uintptr_t>());
  return function(state, Value(call.begin() + 1, call.end()));
}

namespace {

bool is_open(const Value& state, int session) {
  const Value& open = state.at("open");
  return std::ranges::find(open, Value(session)) != open.end();
}

/// Without what it does.
crashsim::Operation operation_of(const StoreKind& kind, std::size_t store, std::string_view label,
                                 Value arguments) {
  crashsim::Operation made;
  made.store = store;
  made.label = fmt::format("{}: {}", kind.name, label);
  made.arguments = std::move(arguments);
  return made;
}

/// A step that is refused, has to wait or throws says so in its effect.
crashsim::Effect try_to(const std::string& label, const std::function<Value()>& step) {
  try {
    return {step(), nullptr};
  } catch (const NotEnabled&) {
    return {.answer = nullptr, .event = nullptr, .enabled = false};
  } catch (const Rejected&) {
    return {kRejected, nullptr};
  } catch (const std::exception& error) {
    return {kRejected, exception_value("step", label, error.what())};
  }
}

}  // namespace

crashsim::Operation operation(const Definition& definition, std::size_t store, int session,
                              std::string_view label, Value call, bool read_only, bool may_wait) {
  const StoreKind& kind = definition.stores[store];
  crashsim::Operation made = operation_of(kind, store, label, call);
  if (session != 0) made.arguments.push_back(fmt::format("session-{}", session));
  made.read_only = read_only;
  made.may_wait = may_wait;
  made.run = [call = std::move(call), session, label = made.label,
              &kind](crashsim::StoreMachine& machine) {
    Value& state = static_cast<Machine&>(machine).state;
    return try_to(label, [&] {
      if (kind.kept == Kept::all) return make_call(call, state);
      if (session != 0) require(is_open(state, session));
      Value value = kind.value_in(state);
      Value answer = make_call(call, value);
      kind.put(state, std::move(value));
      return answer;
    });
  };
  return made;
}

crashsim::Operation sync_operation(const Definition& definition, std::size_t store) {
  const StoreKind& kind = definition.stores[store];
  if (kind.kept != Kept::what_is_synced) {
    throw std::invalid_argument(fmt::format(
        "store '{}' loses nothing that would have to be synced; define it as a volatile_store",
        kind.name));
  }
  crashsim::Operation made = operation_of(kind, store, "sync", Value::array({"sync"}));
  made.run = [](crashsim::StoreMachine& machine) -> crashsim::Effect {
    Value& state = static_cast<Machine&>(machine).state;
    state = Value::array({state.back()});
    return {Value::array(), nullptr};
  };
  return made;
}

crashsim::Operation session_operation(const Definition& definition, std::size_t store) {
  const StoreKind& kind = definition.stores[store];
  if (kind.kept != Kept::sessions) {
    throw std::invalid_argument(
        fmt::format("store '{}' has no sessions; define it as a session_store", kind.name));
  }
  crashsim::Operation made =
      operation_of(kind, store, "open session", Value::array({"open session"}));
  made.run = [](crashsim::StoreMachine& machine) -> crashsim::Effect {
    Value& state = static_cast<Machine&>(machine).state;
    const int session = state["opened"].get<int>() + 1;
    state["opened"] = session;
    state["open"].push_back(session);
    return {Value::array({session}), nullptr};
  };
  return made;
}

Value session_value(const StoreKind& store, int session) {
  return fmt::format("{} of {}", session, store.name);
}

Value note_value(std::string_view label, Value call) {
  return Value::array({label, std::move(call)});
}

Value exception_value(const char* kind, const std::string& name, const std::string& what) {
  return fmt::format("{} '{}': {}", kind, name, what);
}

void check_answer(const Value& answer) {
  if (answer == kLost) throw LostAnswer();
  if (answer == kRejected) throw Rejected();
}

}  // namespace sdk

namespace {

/// Waits for what is asked of the engine and not of a store.
struct Asked {
  sdk::Waiting& waiting;
  sdk::Waiting::For what;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> program) const {
    waiting.what = what;
    waiting.program = program;
  }
  crashsim::Value await_resume() const { return std::move(waiting.answer); }
};

}  // namespace

Task<int> Actor::open_session_of(std::size_t store) {
  Step<int> open(waiting_, sdk::session_operation(definition_, store));
  const int session = co_await open;
  sessions_.push_back(sdk::session_value(definition_.stores[store], session));
  process_.declare(sessions_);
  co_return session;
}

Task<unsigned> Actor::choose(unsigned options) {
  waiting_.options = options;
  const Asked choice{waiting_, sdk::Waiting::For::choice};
  const crashsim::Value number = co_await choice;
  co_return number.get<unsigned>();
}

Task<std::optional<ClientInput>> Actor::next_input() {
  const Asked client{waiting_, sdk::Waiting::For::input};
  const crashsim::Value input = co_await client;
  if (input.is_null()) co_return std::nullopt;
  co_return ClientInput(input[0].get<std::string>(), input[1]);
}

}  // namespace cutover
