// The in-memory store: durable state as a plain value, and a step as a function of it.
//
// This is the reference of what a store must do; the contract suite holds every other store to it.
#pragma once

#include "impl/store/store.h"

namespace cutover {

/// One step: checks the fence and takes effect, atomically. Deterministic. Throws
/// NoEpochLeft, with nothing done.
Answer apply(StoreState& state, const Request& request);

/// The parts of apply(), for stores that differ from it in one place.
bool is_fenced(const StoreState& state, const Request& request);
Answer apply_unfenced(StoreState& state, const Request& request);

class SimulatedStore final : public Store {
 public:
  explicit SimulatedStore(std::string name, StoreState state = {})
      : Store(std::move(name)), state_(std::move(state)) {}
  awaitable<Answer> perform(Request request) override;
  const StoreState& state() const { return state_; }

 private:
  StoreState state_;
};

}  // namespace cutover
