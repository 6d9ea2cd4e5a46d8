// Packs a plain struct of bytes into few words and back, losing nothing.
//
// A model's state is a struct of small numbers, a byte each, written to be read. How few bits each
// needs follows from the bounds: the model gives the widest state there can be, and each byte keeps
// as many bits as its value there takes. On machines that have them, the instructions PEXT and PDEP
// gather and scatter eight bytes at a time.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "model/checker/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cutover::checker {

template <std::size_t N>
using Packed = std::array<std::uint64_t, N>;

template <class S>
class Packing {
  static_assert(std::is_trivially_copyable_v<S> && alignof(S) == 1 && sizeof(S) % 8 == 0);

 public:
  /// `widest` holds in each byte the largest value that it ever takes.
  explicit Packing(const S& widest) {
    std::array<unsigned char, sizeof(S)> bytes;
    std::memcpy(bytes.data(), &widest, sizeof(S));
    for (std::size_t i = 0; i < kWords; ++i) {
      Word word;
      word.from = i;
      word.offset = bits_;
      for (std::size_t j = 0; j < 8; ++j) {
        const auto width = static_cast<unsigned>(std::bit_width(bytes[i * 8 + j]));
        word.mask |= ((std::uint64_t{1} << width) - 1) << (8 * j);
        bits_ += width;
      }
      unused_[i] = ~word.mask;
      if (word.mask != 0) words_[used_++] = word;
    }
  }

  /// How many bits a state takes.
  std::size_t bits() const { return bits_; }

  /// N * 64 must be at least bits(). A state that is wider than the widest is a bug of its model.
  template <std::size_t N>
  Packed<N> pack(const S& state) const {
#if defined(__x86_64__)
    if (fast_) return pack_fast<N>(state);
#endif
    return pack_plainly<N>(state);
  }

  template <std::size_t N>
  S unpack(const Packed<N>& packed) const {
#if defined(__x86_64__)
    if (fast_) return unpack_fast<N>(packed);
#endif
    return unpack_plainly<N>(packed);
  }

 private:
  static constexpr std::size_t kWords = sizeof(S) / 8;
  using Wide = std::array<std::uint64_t, kWords>;

  /// Eight bytes of the struct, and where their bits lie in the packed words.
  struct Word {
    std::uint64_t mask = 0;
    std::size_t from = 0, offset = 0;
  };

  static Wide wide(const S& state) {
    Wide words;
    std::memcpy(words.data(), &state, sizeof(S));
    return words;
  }

  void check_width(const Wide& words) const {
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < kWords; ++i) lost |= words[i] & unused_[i];
    CUTOVER_CHECK(lost == 0);
  }

  template <std::size_t N>
  static void put(Packed<N>& packed, std::size_t offset, std::uint64_t bits) {
    const std::size_t at = offset / 64, shift = offset % 64;
    packed[at] |= bits << shift;
    if (shift != 0 && at + 1 < N) packed[at + 1] |= bits >> (64 - shift);
  }

  template <std::size_t N>
  static std::uint64_t take(const Packed<N>& packed, std::size_t offset) {
    const std::size_t at = offset / 64, shift = offset % 64;
    std::uint64_t bits = packed[at] >> shift;
    if (shift != 0 && at + 1 < N) bits |= packed[at + 1] << (64 - shift);
    return bits;
  }

#if defined(__x86_64__)
  template <std::size_t N>
  __attribute__((target("bmi2"))) Packed<N> pack_fast(const S& state) const {
    const Wide words = wide(state);
    check_width(words);
    Packed<N> packed{};
    for (std::size_t i = 0; i < used_; ++i) {
      put<N>(packed, words_[i].offset, _pext_u64(words[words_[i].from], words_[i].mask));
    }
    return packed;
  }

  template <std::size_t N>
  __attribute__((target("bmi2"))) S unpack_fast(const Packed<N>& packed) const {
    Wide words{};
    for (std::size_t i = 0; i < used_; ++i) {
      words[words_[i].from] = _pdep_u64(take<N>(packed, words_[i].offset), words_[i].mask);
    }
    S state;
    std::memcpy(&state, words.data(), sizeof(S));
    return state;
  }
#endif

  static std::uint64_t gather(std::uint64_t from, std::uint64_t mask) {
    std::uint64_t bits = 0;
    for (unsigned at = 0; mask != 0; mask &= mask - 1, ++at) {
      bits |= (from >> std::countr_zero(mask) & 1) << at;
    }
    return bits;
  }

  static std::uint64_t scatter(std::uint64_t bits, std::uint64_t mask) {
    std::uint64_t to = 0;
    for (; mask != 0; mask &= mask - 1, bits >>= 1) to |= (bits & 1) << std::countr_zero(mask);
    return to;
  }

  template <std::size_t N>
  Packed<N> pack_plainly(const S& state) const {
    const Wide words = wide(state);
    check_width(words);
    Packed<N> packed{};
    for (std::size_t i = 0; i < used_; ++i) {
      put<N>(packed, words_[i].offset, gather(words[words_[i].from], words_[i].mask));
    }
    return packed;
  }

  template <std::size_t N>
  S unpack_plainly(const Packed<N>& packed) const {
    Wide words{};
    for (std::size_t i = 0; i < used_; ++i) {
      words[words_[i].from] = scatter(take<N>(packed, words_[i].offset), words_[i].mask);
    }
    S state;
    std::memcpy(&state, words.data(), sizeof(S));
    return state;
  }

  std::array<Word, kWords> words_{};
  std::array<std::uint64_t, kWords> unused_{};
  std::size_t used_ = 0, bits_ = 0;
#if defined(__x86_64__)
  bool fast_ = __builtin_cpu_supports("bmi2") != 0;
#endif
};

}  // namespace cutover::checker
