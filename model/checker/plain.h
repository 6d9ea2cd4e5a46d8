// Checks a plain model: states are structs to be read, actions have names. Packs the states,
// searches, and tells the shortest counterexample as the actions taken.
//
// A plain model M has the types State (bytes only) and Action, and the const members
//   initial_states()                  std::vector<State>
//   successors(state, f)              f(action, next) for each transition
//   judge(state)                      the property that is violated, or kHolds
//   widest()                          in each byte the largest value it takes (packing.h)
//   seen_in(state), seen_in(state, action, next)   bits of the `sometimes` witnesses seen there
//   expected()                        those that there are; once all were seen, no more is asked
//   kGoals, goals_due(state), goals_reached(state), kGoalsStayPossible
//                                     goals that must stay reachable (Search::cannot_reach), and
//                                     the property that says so; kGoals may be 0
#pragma once

#include <functional>
#include <stdexcept>

#include "model/checker/packing.h"
#include "model/checker/search.h"

namespace cutover::checker {

/// The bits of those witnesses, in their order, that are `possible`.
template <class Witnesses>
std::uint64_t possible_bits(const Witnesses& witnesses) {
  std::uint64_t bits = 0, bit = 1;
  for (const auto& each : witnesses) {
    if (each.possible) bits |= bit;
    bit <<= 1;
  }
  return bits;
}

/// A step of a counterexample: what was done, and the state then.
template <class M>
struct Taken {
  typename M::Action action;
  typename M::State state;
};

template <class M>
struct Checked {
  Result result;
  std::uint64_t seen = 0;  ///< bits of the witnesses
  std::size_t state_bits = 0;
  // After a violation:
  typename M::State begins{};
  std::vector<Taken<M>> path;  ///< shortest
};

template <class M, std::size_t N>
class PackedModel {
 public:
  using State = Packed<N>;

  class Worker {
   public:
    explicit Worker(const PackedModel& model) : model_(model) {}
    template <class Emit>
    void successors(const State& packed, Emit&& emit) {
      const auto& state = unpacked(packed);
      std::uint64_t seen = 0;
      const bool looks = misses();
      model_.plain().successors(
          state, [&](const typename M::Action& action, const typename M::State& next) {
            if (looks) seen |= model_.plain().seen_in(state, action, next);
            emit(model_.pack(next));
          });
      seen_ |= seen;
    }
    Property judge(const State& packed) {
      const auto& state = unpacked(packed);
      if (misses()) seen_ |= model_.plain().seen_in(state);
      return model_.plain().judge(state);
    }
    std::uint64_t seen() const { return seen_ & expected_; }

   private:
    /// Kept for the next call: a state is mostly judged, then expanded.
    const typename M::State& unpacked(const State& packed) {
      if (packed != packed_) {
        packed_ = packed;
        state_ = model_.unpack(packed);
      }
      return state_;
    }
    bool misses() const { return (expected_ & ~seen_) != 0; }

    const PackedModel& model_;
    const std::uint64_t expected_ = model_.plain().expected();
    std::uint64_t seen_ = 0;
    State packed_{};
    typename M::State state_ = model_.unpack(packed_);
  };

  PackedModel(const M& model, const Packing<typename M::State>& packing)
      : model_(model), packing_(packing) {}

  const M& plain() const { return model_; }
  State pack(const typename M::State& state) const { return packing_.template pack<N>(state); }
  typename M::State unpack(const State& state) const { return packing_.template unpack<N>(state); }
  std::vector<State> initial_states() const {
    std::vector<State> states;
    for (const auto& state : model_.initial_states()) states.push_back(pack(state));
    return states;
  }
  std::unique_ptr<Worker> worker() const { return std::make_unique<Worker>(*this); }

 private:
  const M& model_;
  const Packing<typename M::State>& packing_;
};

/// Follows one of the shortest paths forwards: at each step the first action the model names that
/// stays on one.
template <class M, std::size_t N, class Paths>
void tell(const PackedModel<M, N>& model, const Paths& paths, Checked<M>& checked) {
  for (const auto& state : model.plain().initial_states()) {
    if (!paths.contains(0, model.pack(state))) continue;
    checked.begins = state;
    break;
  }
  auto at = checked.begins;
  for (std::uint32_t step = 1; step <= paths.steps(); ++step) {
    std::optional<Taken<M>> taken;
    model.plain().successors(at,
                             [&](const typename M::Action& action, const typename M::State& next) {
                               if (!taken && paths.contains(step, model.pack(next)))
                                 taken = {action, next};
                             });
    CUTOVER_CHECK(taken.has_value());
    at = taken->state;
    checked.path.push_back(*taken);
  }
}

/// Calls for every visited state, once the search is complete.
template <class M>
using Visit = std::function<void(const typename M::State&)>;

template <std::size_t N, class M>
Checked<M> check_packed(const M& model, const Packing<typename M::State>& packing,
                        const Limits& limits, const Visit<M>& visit) {
  using Packed = PackedModel<M, N>;
  Packed packed(model, packing);
  Search<Packed> search(packed, limits);
  Checked<M> checked;
  checked.state_bits = packing.bits();
  checked.result = search.run();
  search.for_each_worker([&](auto& worker) { checked.seen |= worker.seen(); });
  if (visit && checked.result.ended == Ended::complete) {
    search.for_each_state([&](const auto& state) { visit(packed.unpack(state)); });
  }
  if (checked.result.ended == Ended::violation) {
    tell(packed, search.shortest_paths(), checked);
  } else if (checked.result.ended == Ended::complete && M::kGoals != 0) {
    const auto unreachable = search.cannot_reach(
        M::kGoals, [&](auto&, const auto& state) { return model.goals_due(packed.unpack(state)); },
        [&](auto&, const auto& state) { return model.goals_reached(packed.unpack(state)); });
    if (unreachable) {
      checked.result.ended = Ended::violation;
      checked.result.violated = M::kGoalsStayPossible;
      tell(packed, *unreachable, checked);
    }
  }
  return checked;
}

/// Explores the model within its bounds. Throws std::runtime_error if a state is too wide to pack.
template <class M>
Checked<M> check(const M& model, const Limits& limits, const Visit<M>& visit = nullptr) {
  const Packing<typename M::State> packing(model.widest());
  if (packing.bits() <= 128) return check_packed<2>(model, packing, limits, visit);
  if (packing.bits() <= 192) return check_packed<3>(model, packing, limits, visit);
  if (packing.bits() <= 256) return check_packed<4>(model, packing, limits, visit);
  if (packing.bits() <= 384) return check_packed<6>(model, packing, limits, visit);
  throw std::runtime_error("a state takes " + std::to_string(packing.bits()) +
                           " bits, and 384 is the most: lower processes, or what may be in flight");
}

}  // namespace cutover::checker
