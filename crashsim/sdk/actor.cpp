#include "crashsim/sdk/actor.h"

#include <fmt/format.h>

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

crashsim::Operation operation(const Definition& definition, std::size_t store,
                              std::string_view label, Value call, bool read_only, bool may_wait) {
  crashsim::Operation made;
  made.store = store;
  made.label = fmt::format("{}: {}", definition.stores[store].name, label);
  made.read_only = read_only;
  made.may_wait = may_wait;
  made.run = [call, label = made.label](crashsim::StoreMachine& machine) -> crashsim::Effect {
    try {
      return {make_call(call, static_cast<Machine&>(machine).state), nullptr};
    } catch (const NotEnabled&) {
      return {.answer = nullptr, .event = nullptr, .enabled = false};
    } catch (const Rejected&) {
      return {kRejected, nullptr};
    } catch (const std::exception& error) {
      return {kRejected, exception_value("step", label, error.what())};
    }
  };
  made.arguments = std::move(call);
  return made;
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

awaitable<unsigned> Actor::choose(unsigned options) {
  const crashsim::Value number = co_await process_.choose(options);
  co_return number.get<unsigned>();
}

awaitable<std::optional<ClientInput>> Actor::next_input() {
  const crashsim::Value input = co_await process_.next_input();
  if (input.is_null()) co_return std::nullopt;
  co_return ClientInput(input[0].get<std::string>(), input[1]);
}

}  // namespace cutover
