// Random numbers from a seed, the same on every machine and with every library.
//
// The generator is SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace cutover::crashsim {

/// The bits of a number, thoroughly mixed.
constexpr std::uint64_t mixed(std::uint64_t bits) {
  bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
  return bits ^ bits >> 31;
}

/// A seed of its own for each use of a seed: derived(seed, kKeys, 3) has nothing to do with
/// derived(seed, kKeys, 4). What is drawn from one can be left out without changing the others.
constexpr std::uint64_t derived(std::uint64_t seed, std::initializer_list<std::uint64_t> use) {
  for (const std::uint64_t part : use) seed = mixed(seed + 0x9e3779b97f4a7c15 * (part + 1));
  return seed;
}

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15); }
  /// From 0 up to and without `end`, which must not be 0.
  constexpr std::uint64_t below(std::uint64_t end) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * end) >> 64);
  }
  /// From `low` up to and with `high`.
  constexpr unsigned between(unsigned low, unsigned high) {
    return low + static_cast<unsigned>(below(std::uint64_t{high} - low + 1));
  }
  /// True once in so many times.
  constexpr bool one_in(unsigned times) { return below(times) == 0; }
  template <class T>
  constexpr T one_of(std::initializer_list<T> values) {
    return values.begin()[below(values.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace cutover::crashsim
