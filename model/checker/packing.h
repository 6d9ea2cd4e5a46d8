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
#include <stdexcept>
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
  /// `widest` holds in each byte the largest value that it ever takes. By those instructions where
  /// there are any, unless a test wants it otherwise: the result is the same.
  explicit Packing(const S& widest, bool fast = true) : fast_(fast && has_instructions()) {
    std::array<unsigned char, sizeof(S)> bytes;
    std::memcpy(bytes.data(), &widest, sizeof(S));
    for (std::size_t i = 0; i < kWords; ++i) {
      std::uint64_t mask = 0;
      for (std::size_t j = 0; j < 8; ++j) {
        const auto width = static_cast<unsigned>(std::bit_width(bytes[i * 8 + j]));
        mask |= ((std::uint64_t{1} << width) - 1) << (8 * j);
      }
      unused_[i] = ~mask;
      place(i, mask);
    }
  }

  /// How many bits a state takes.
  std::size_t bits() const { return bits_; }

  /// N * 64 must be at least bits(). A state that is wider than the widest is a bug of its model.
  template <std::size_t N>
  Packed<N> pack(const S& state) const {
    static_assert(N <= kMostPacked);
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
  static constexpr std::size_t kMostPacked = 8;  ///< N at most

  /// Bits of a word of the struct, all in one packed word, from `shift` on.
  struct Piece {
    std::uint64_t mask = 0;
    std::uint32_t word = 0;
    std::uint16_t shift = 0;
    bool continues = false;  ///< the word of the piece before it
  };

  void place(std::size_t word, std::uint64_t mask) {
    for (bool first = true; mask != 0; first = false) {
      const std::size_t room = 64 - bits_ % 64;
      if (bits_ / 64 == kMostPacked) throw std::runtime_error("a state takes over 512 bits");
      std::uint64_t piece = mask;
      while (static_cast<std::size_t>(std::popcount(piece)) > room) {
        piece &= ~(std::uint64_t{1} << (63 - std::countl_zero(piece)));
      }
      pieces_[used_] = {piece, static_cast<std::uint32_t>(word),
                        static_cast<std::uint16_t>(bits_ % 64), !first};
      end_of_[bits_ / 64] = ++used_;
      bits_ += static_cast<std::size_t>(std::popcount(piece));
      mask &= ~piece;
    }
  }

  static bool has_instructions() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("bmi2") != 0;
#else
    return false;
#endif
  }

  static std::uint64_t word_of(const S& state, std::size_t i) {
    std::uint64_t word;
    std::memcpy(&word, reinterpret_cast<const char*>(&state) + 8 * i, 8);
    return word;
  }

  static void set_word(S& state, std::size_t i, std::uint64_t word) {
    std::memcpy(reinterpret_cast<char*>(&state) + 8 * i, &word, 8);
  }

  void check_width(const S& state) const {
    std::uint64_t lost = 0;
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kWords; ++i) lost |= word_of(state, i) & unused_[i];
    CUTOVER_CHECK(lost == 0);
  }

#if defined(__x86_64__)
  template <std::size_t N>
  __attribute__((target("bmi2"))) Packed<N> pack_fast(const S& state) const {
    check_width(state);
    Packed<N> packed;
    std::size_t at = 0;
    for (std::size_t i = 0; i < N; ++i) {
      std::uint64_t bits = 0;
      for (; at < end_of_[i]; ++at) {
        const Piece& piece = pieces_[at];
        bits |= _pext_u64(word_of(state, piece.word), piece.mask) << piece.shift;
      }
      packed[i] = bits;
    }
    return packed;
  }

  template <std::size_t N>
  __attribute__((target("bmi2"))) S unpack_fast(const Packed<N>& packed) const {
    S state;
    std::memset(static_cast<void*>(&state), 0, sizeof state);
    std::uint64_t word = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < N; ++i) {
      for (; at < end_of_[i]; ++at) {
        const Piece& piece = pieces_[at];
        const std::uint64_t bits = _pdep_u64(packed[i] >> piece.shift, piece.mask);
        word = piece.continues ? word | bits : bits;
        set_word(state, piece.word, word);
      }
    }
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
    check_width(state);
    Packed<N> packed{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < N; ++i) {
      for (; at < end_of_[i]; ++at) {
        const Piece& piece = pieces_[at];
        packed[i] |= gather(word_of(state, piece.word), piece.mask) << piece.shift;
      }
    }
    return packed;
  }
  template <std::size_t N>
  S unpack_plainly(const Packed<N>& packed) const {
    S state;
    std::memset(static_cast<void*>(&state), 0, sizeof state);
    std::size_t at = 0;
    for (std::size_t i = 0; i < N; ++i) {
      for (; at < end_of_[i]; ++at) {
        const Piece& piece = pieces_[at];
        const std::uint64_t bits = scatter(packed[i] >> piece.shift, piece.mask);
        set_word(state, piece.word, word_of(state, piece.word) | bits);
      }
    }
    return state;
  }

  std::array<Piece, 2 * kWords> pieces_{};         ///< in the order of the packed words
  std::array<std::size_t, kMostPacked> end_of_{};  ///< for each packed word, past its last piece
  std::array<std::uint64_t, kWords> unused_{};
  std::size_t used_ = 0, bits_ = 0;
  [[maybe_unused]] const bool fast_;
};

}  // namespace cutover::checker
