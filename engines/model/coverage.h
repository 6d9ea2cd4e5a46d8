// Which transitions of a model were exercised: for each state seen, a bit for each of its actions.
// Thread-safe.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <mutex>

#include "model/checker/packing.h"
#include "model/checker/state_set.h"

namespace cutover {

template <std::size_t N>
class Coverage {
 public:
  using State = checker::Packed<N>;

  void add(const State& state, std::uint64_t actions) {
    Shard& shard = shard_of(state);
    const std::lock_guard lock(shard.mutex);
    shard.actions[state] |= actions;
  }

  std::uint64_t actions(const State& state) const {
    const Shard& shard = shard_of(state);
    const std::lock_guard lock(shard.mutex);
    const auto at = shard.actions.find(state);
    return at == shard.actions.end() ? 0 : at->second;
  }

 private:
  struct Hash {
    std::size_t operator()(const State& state) const { return checker::hash_of(state); }
  };
  struct Shard {
    mutable std::mutex mutex;
    boost::unordered_flat_map<State, std::uint64_t, Hash> actions;
  };

  Shard& shard_of(const State& state) { return shards_[checker::hash_of(state) >> 58]; }
  const Shard& shard_of(const State& state) const { return shards_[checker::hash_of(state) >> 58]; }

  std::array<Shard, 64> shards_;
};

}  // namespace cutover
