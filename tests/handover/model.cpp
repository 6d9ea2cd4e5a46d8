#include "tests/handover/model.h"

#include "tests/handover/protocol.h"

namespace cutover::handover {

const char* to_string(Name name) {
  constexpr std::array<const char*, 13> kNames = {
      "Start",     "Open",         "Put",        "Leave",         "Stop",
      "Fenced",    "CrashBefore",  "CrashAfter", "CrashInFlight", "LoseBefore",
      "LoseAfter", "LoseInFlight", "Land"};
  return kNames[static_cast<std::size_t>(name)];
}

std::vector<State> Model::initial_states() const {
  State state;
  state.store[0].value = kValue;
  return {state};
}

State Model::widest() const {
  State state;
  const auto starts = static_cast<Byte>(bounds_.starts);
  for (ModelShelf& shelf : state.store) shelf = {starts, kValue, 1};
  for (unsigned i = 0; i < state.process.size(); ++i) state.process[i] = {3, starts, kValue};
  for (Request& request : state.in_flight) request = {Do::leave, starts, kValue};
  state.used = {starts, static_cast<Byte>(bounds_.crashes), static_cast<Byte>(bounds_.in_flight),
                static_cast<Byte>(bounds_.lost)};
  return state;
}

}  // namespace cutover::handover
