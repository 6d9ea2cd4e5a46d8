// A bucket of the visited set: eight entries, a line of the cache, looked at together.
//
// An entry is 32 bits of a state's hash above 32 bits that say where the state is, counted from 1;
// 0 is no entry. Entries are set once, by a compare-and-swap, and fill a bucket from its first
// place on.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace cutover::checker {

using Entry = std::atomic<std::uint64_t>;
inline constexpr std::size_t kBucket = 8;

/// Bit i of `alike` says that entry i has the hash, of `free` that there is none.
struct Seen {
  unsigned alike, free;
  bool operator==(const Seen&) const = default;
};

/// Each entry by an atomic load: on every machine.
inline Seen look_at_each(const Entry* entries, std::uint64_t hash) {
  Seen seen{};
  for (unsigned i = 0; i < kBucket; ++i) {
    const std::uint64_t entry = entries[i].load(std::memory_order_acquire);
    if (static_cast<std::uint32_t>(entry) == 0) {
      seen.free |= 1u << i;
    } else if (entry >> 32 == hash >> 32) {
      seen.alike |= 1u << i;
    }
  }
  return seen;
}

#if defined(__x86_64__)
/// The same, all at once. It is no atomic load, and the thread sanitizer is told not to look; it is
/// right here since x86-64 takes each half of an aligned load whole, an entry changes once, from
/// none, and what is seen is a hint: whoever follows one loads the entry atomically, and a free
/// place is taken by a compare-and-swap. Elsewhere each entry is loaded atomically.
__attribute__((no_sanitize("thread"))) inline Seen look_at(const Entry* entries,
                                                           std::uint64_t hash) {
  const auto* const at = reinterpret_cast<const float*>(entries);
  const __m128 a = _mm_load_ps(at), b = _mm_load_ps(at + 4);
  const __m128 c = _mm_load_ps(at + 8), d = _mm_load_ps(at + 12);
  const auto equal = [](__m128 left, __m128 right, __m128i to) {
    return _mm_packs_epi32(_mm_cmpeq_epi32(_mm_castps_si128(left), to),
                           _mm_cmpeq_epi32(_mm_castps_si128(right), to));
  };
  constexpr int kHigh = _MM_SHUFFLE(3, 1, 3, 1), kLow = _MM_SHUFFLE(2, 0, 2, 0);
  const __m128i alike = equal(_mm_shuffle_ps(a, b, kHigh), _mm_shuffle_ps(c, d, kHigh),
                              _mm_set1_epi32(static_cast<int>(hash >> 32)));
  const __m128i free =
      equal(_mm_shuffle_ps(a, b, kLow), _mm_shuffle_ps(c, d, kLow), _mm_setzero_si128());
  const auto bits = static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(alike, free)));
  std::atomic_signal_fence(std::memory_order_acquire);  // looked at here, not later
  return {bits & 0xff & ~(bits >> 8), bits >> 8};
}
#else
inline Seen look_at(const Entry* entries, std::uint64_t hash) {
  return look_at_each(entries, hash);
}
#endif

}  // namespace cutover::checker
