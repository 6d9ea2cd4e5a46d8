// A memo table on the hot path, from 64-bit keys to small values: each thread has its own, so a hit
// takes no lock.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <utility>

namespace cutover::crashsim {

template <class V>
class FlatMap {
 public:
  /// The value of `key`; where it is missing, what `make()` returns is kept first. Valid until the
  /// next call.
  template <class Make>
  const V& find_or(std::uint64_t key, Make&& make) {
    const auto known = values_.find(key);
    if (known != values_.end()) return known->second;
    V value = make();
    return values_.emplace(key, std::move(value)).first->second;
  }

 private:
  /// The key's low bits get its high ones mixed in; Boost's own mixes twice, a tenth slower.
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t key) const {
      const std::uint64_t product = key * 0x9e3779b97f4a7c15ull;
      return product ^ (product >> 32);
    }
  };
  boost::unordered_flat_map<std::uint64_t, V, Hash> values_;
};

}  // namespace cutover::crashsim
