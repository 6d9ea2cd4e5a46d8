// Histories for the catalog's monitor: its events as properties/catalog/adaptor.h lists them,
// stores, and what the monitor says once it was told.
#pragma once

#include <string>
#include <vector>

#include "impl/catalog/contents.h"
#include "properties/catalog/properties.h"

namespace cutover::catalog::history {

using crashsim::Judgement;
using crashsim::Value;
using crashsim::catalog::Which;

inline Value opened(const char* store, unsigned epoch) {
  return Value::array({"opened", store, epoch});
}
/// `after` is the store's epoch afterwards; more than the session's: it was raised.
inline Value used(const char* store, unsigned session, unsigned after) {
  return Value::array({"used", store, session, after});
}
inline Value rejected(const char* store, unsigned session) {
  return Value::array({"rejected", store, session});
}
/// A client's write reaches the process that serves.
inline Value put(const char* key, const char* value, unsigned number) {
  return Value::array({"invoked", "put", key, value, number});
}
inline Value erase(const char* key, unsigned number) {
  return Value::array({"invoked", "delete", key, nullptr, number});
}
/// The answer to a write that was invoked so.
inline Value replied(const Value& write, const char* status, const char* store = "stash",
                     unsigned epoch = 5) {
  return Value::array({"replied", write[1], write[2], write[3], status, store, epoch, write[4]});
}
inline Value answered(const Value& write, const char* store = "stash", unsigned epoch = 5) {
  return replied(write, "ok", store, epoch);
}
inline Value fenced(const Value& write) { return replied(write, "fenced"); }
/// The answer to a read.
inline Value got(const char* key, const Value& value, const char* status = "ok",
                 const char* store = "stash", unsigned epoch = 5) {
  return Value::array({"replied", "get", key, value, status, store, epoch, nullptr});
}

/// A store in the current format.
inline Value store(unsigned epoch, std::optional<bool> tombstone, const Entries& entries) {
  StoreState state;
  state.epoch = Epoch{epoch};
  if (tombstone) state.config[kTombstone] = *tombstone ? 1 : 0;
  state.contents.format = kCurrentFormat;
  for (const auto& [key, value] : entries) {
    state.contents.entries[key] = encode_value(kCurrentFormat, key, value);
  }
  return crashsim::catalog::to_value(state);
}

/// The name of the violated property, or empty.
inline std::string name_of(const Judgement& judgement) {
  return judgement.violated ? property_names()[*judgement.violated] : "";
}

/// A monitor that was told a history.
struct Told {
  std::shared_ptr<const crashsim::Monitor> monitor;
  Value memory;
  std::string violated;         ///< by an event, the first; empty: by none
  std::uint64_t witnesses = 0;  ///< of the events

  Judgement look(const Value& stash, const Value& persist) const {
    const std::array<const Value*, 2> stores = {&stash, &persist};
    return monitor->judge(stores, memory);
  }
  Judgement look_at_process(const Value& stash, const Value& persist, const Value& status) const {
    const std::array<const Value*, 2> stores = {&stash, &persist};
    return monitor->judge_process(stores, status);
  }
  std::string judge(const Value& stash, const Value& persist) const {
    return name_of(look(stash, persist));
  }
  std::string judge_process(const Value& stash, const Value& persist, const Value& status) const {
    return name_of(look_at_process(stash, persist, status));
  }
};

inline Told tell(Truth truth, const Value& beginning, const std::vector<Value>& events) {
  Told told{make_monitor(truth), beginning, ""};
  for (const Value& event : events) {
    const Judgement judgement = told.monitor->observe(told.memory, event);
    told.witnesses |= judgement.witnesses;
    if (told.violated.empty()) told.violated = name_of(judgement);
  }
  return told;
}

}  // namespace cutover::catalog::history
