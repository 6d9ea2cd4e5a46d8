// The visited set of a search: exact, shared by all threads, append-only.
//
// States lie in chunks, in the order in which each thread found them, so that a level of a
// breadth-first search is a few ranges of indices. A hash table of 64-bit entries (32 bits of hash,
// 32 bits of index + 1) finds them again; an entry whose hash agrees is compared with the whole
// state, so nothing is ever omitted by chance.
//
// Eight entries, a line of the cache, are a bucket; they fill from the first on and are looked at
// together, and what does not fit goes on to the next bucket. Inserting is lock-free: a thread
// writes the state into the next free place of its own chunk, then publishes the place by a
// compare-and-swap.
//
// An entry's bucket follows from its 32 bits of hash alone, so that growing needs no look at the
// states. (Of the bits that tell entries apart those are lost that give the bucket; twelve are left
// in a table of eight million.)
//
// Assumes: State is trivially copyable without padding. Growing is not concurrent with inserting:
// the search calls grow() between its rounds.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/checker/bucket.h"
#include "model/checker/check.h"
#include "model/checker/pages.h"

namespace cutover::checker {

/// Mixes the words of a state into 64 well-spread bits (multiply and fold, as in wyhash).
template <class State>
std::uint64_t hash_of(const State& state) {
  static_assert(sizeof(State) % 8 == 0);
  const auto fold = [](std::uint64_t a, std::uint64_t b) {
    const auto wide = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
  };
  std::uint64_t words[sizeof(State) / 8];
  std::memcpy(words, &state, sizeof(State));
  std::uint64_t hash = 0x9e3779b97f4a7c15ull;
  for (const std::uint64_t word : words) hash = fold(hash ^ word, 0xa0761d6478bd642full);
  return fold(hash, 0xe7037ed1a0b428dbull);
}

template <class State>
class StateSet {
  static_assert(std::is_trivially_copyable_v<State> && sizeof(State) % 8 == 0);

 public:
  using Index = std::uint32_t;
  /// Indices [begin, end) of one chunk.
  struct Range {
    Index begin, end;
  };
  static constexpr Index kChunk = 1u << 15;
  static constexpr Index kMaxStates = 0xfffe0000u;

  /// Where one thread appends. One for each thread; not shared.
  struct Writer {
    Index next = 0, end = 0;
    Index level_begin = 0;
    std::vector<Range> level;  ///< what this thread appended since the last take_level()
  };

  /// No state.
  static constexpr Index kNone = ~Index{0};

  StateSet() : table_(kMinSlots * sizeof(Entry)), slots_(kMinSlots) {
    std::memset(table_.data(), 0, table_.bytes());
  }

  /// Fetches the bucket of `hash` into the cache, for candidate() or insert() soon after.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(bucket(bucket_of(hash)), 1); }

  /// The state that one with this hash most likely equals, or kNone; fetches it into the cache.
  Index candidate(std::uint64_t hash) const {
    const Entry* const entries = bucket(bucket_of(hash));
    const Seen seen = look_at(entries, hash);
    if (seen.alike == 0) return kNone;
    const Index index = index_of(entries[std::countr_zero(seen.alike)].load());
    __builtin_prefetch(&(*this)[index]);
    return index;
  }

  /// True if `state` was not there yet; then it is, at `at`. `candidate` is what candidate() gave.
  /// Lock-free.
  bool insert(const State& state, std::uint64_t hash, Index candidate, Writer& writer, Index& at) {
    if (candidate != kNone && same((*this)[candidate], state)) return false;
    bool written = false;
    std::size_t full = 0;
    for (std::size_t number = bucket_of(hash);;) {
      Entry* const entries = bucket(number);
      const Seen seen = look_at(entries, hash);
      if (among(entries, seen.alike, state) != kNone) return false;
      if (seen.free == 0) {
        CUTOVER_CHECK(++full < buckets());  // the search grows the table long before
        number = after(number);
        continue;
      }
      if (!written) {
        place(state, writer);
        written = true;
      }
      const std::uint64_t mine = (hash & kTag) | (std::uint64_t{writer.next} + 1);
      std::uint64_t free = 0;
      if (entries[std::countr_zero(seen.free)].compare_exchange_strong(free, mine)) {
        at = writer.next++;
        return true;
      }
    }
  }

  bool contains(const State& state) const { return find(state, hash_of(state)).has_value(); }

  /// Where the state is, if it is there.
  std::optional<Index> find(const State& state, std::uint64_t hash) const {
    for (std::size_t number = bucket_of(hash);; number = after(number)) {
      const Seen seen = look_at(bucket(number), hash);
      const Index index = among(bucket(number), seen.alike, state);
      if (index != kNone) return index;
      if (seen.free != 0) return std::nullopt;
    }
  }

  /// Above every index that was given out.
  std::size_t index_end() const { return chunks_used_.load() * kChunk; }

  const State& operator[](Index index) const { return chunk(index / kChunk)[index % kChunk]; }

  /// Ends the writer's level and returns its ranges.
  std::vector<Range> take_level(Writer& writer) const {
    if (writer.next != writer.level_begin)
      writer.level.push_back({writer.level_begin, writer.next});
    writer.level_begin = writer.next;
    return std::exchange(writer.level, {});
  }

  /// How many states fit before the table must grow.
  std::size_t comfortable() const { return slots_ / 10 * 7; }
  /// What growing needs at its peak, when the old and the new table both exist.
  std::size_t bytes_after_grow() const { return bytes() + slots_ * 2 * sizeof(Entry); }
  std::size_t bytes() const { return table_.bytes() + chunks_used_.load() * kChunkBytes; }

  /// Doubles the table: begin_grow(); then every part of split_part(), by any thread; then every
  /// part of move_part(); then end_grow(). Not concurrent with inserts.
  void begin_grow() {
    old_ = Pages(slots_ * 2 * sizeof(Entry));
    std::swap(old_, table_);
    slots_ *= 2;
  }

  /// Writes two buckets for each old one, of the entries that belonged there.
  void split_part(std::size_t part, std::size_t parts) {
    const std::size_t before = buckets() / 2;
    for (std::size_t number = before * part / parts; number < before * (part + 1) / parts;
         ++number) {
      std::array<std::uint64_t, kBucket + 1> here{}, there{};
      std::size_t stay = 0, go = 0;
      for_each_old(number, [&](std::uint64_t entry) {
        if (old_bucket_of(entry) != number) return;
        const bool goes = (entry >> 32 & before) != 0;
        here[stay] = there[go] = entry;
        stay += goes ? 0 : 1;
        go += goes ? 1 : 0;
      });
      here[stay] = there[go] = 0;
      write(number, here);
      write(before + number, there);
    }
  }

  /// Inserts the entries of old buckets that had not found room where they belonged.
  void move_part(std::size_t part, std::size_t parts) {
    const std::size_t before = buckets() / 2;
    for (std::size_t old = before * part / parts; old < before * (part + 1) / parts; ++old) {
      for_each_old(old, [&](std::uint64_t entry) {
        if (old_bucket_of(entry) == old) return;
        for (std::size_t number = bucket_of(entry);;) {
          const Seen seen = look_at(bucket(number), entry);
          std::uint64_t free = 0;
          if (seen.free == 0) {
            number = after(number);
          } else if (bucket(number)[std::countr_zero(seen.free)].compare_exchange_strong(free,
                                                                                         entry)) {
            return;
          }
        }
      });
    }
  }

  void end_grow() {
    // States go on where the old table was: its pages need not be cleared again.
    if (room_.size() < old_.bytes()) room_ = {static_cast<char*>(old_.data()), old_.bytes()};
    memory_.push_back(std::exchange(old_, Pages()));
  }

 private:
  static constexpr std::size_t kMinSlots = 1u << 18;
  static constexpr std::size_t kAhead = 64;
  static constexpr std::size_t kChunkBytes = std::size_t{kChunk} * sizeof(State);
  /// Memory is reserved for many chunks at once, and used as they are: whole huge pages.
  static constexpr std::size_t kRegionBytes = 64 * kChunkBytes;
  static constexpr std::uint64_t kTag = 0xffffffff00000000ull;

  static bool same(const State& a, const State& b) { return std::memcmp(&a, &b, sizeof a) == 0; }
  static Index index_of(std::uint64_t entry) { return static_cast<Index>(entry) - 1; }
  std::size_t buckets() const { return slots_ / kBucket; }
  std::size_t bucket_of(std::uint64_t hash) const { return (hash >> 32) & (buckets() - 1); }
  std::size_t old_bucket_of(std::uint64_t hash) const {
    return bucket_of(hash) & (buckets() / 2 - 1);
  }
  std::size_t after(std::size_t number) const { return (number + 1) & (buckets() - 1); }
  Entry* bucket(std::size_t number) const {
    return static_cast<Entry*>(table_.data()) + number * kBucket;
  }

  /// Which of the entries `alike` is of the state, or kNone.
  Index among(const Entry* entries, unsigned alike, const State& state) const {
    for (; alike != 0; alike &= alike - 1) {
      const Index index = index_of(entries[std::countr_zero(alike)].load());
      if (same((*this)[index], state)) return index;
    }
    return kNone;
  }

  template <class F>
  void for_each_old(std::size_t number, F&& f) const {
    const Entry* const entries = static_cast<const Entry*>(old_.data()) + number * kBucket;
    for (std::size_t i = 0; i < kBucket; ++i) {
      const std::uint64_t entry = entries[i].load(std::memory_order_relaxed);
      if (entry == 0) return;
      f(entry);
    }
  }

  void write(std::size_t number, const std::array<std::uint64_t, kBucket + 1>& entries) {
    std::memcpy(static_cast<void*>(bucket(number)), entries.data(), kBucket * sizeof(Entry));
  }

  State* chunk(Index number) const {
    return static_cast<State*>(chunks_[number].load(std::memory_order_acquire));
  }

  void place(const State& state, Writer& writer) {
    if (writer.next == writer.end) next_chunk(writer);
    State* const at = chunk(writer.next / kChunk) + writer.next % kChunk;
    __builtin_prefetch(at + kAhead, 1);  // or publishing would wait for this line
    *at = state;
  }

  void next_chunk(Writer& writer) {
    if (writer.next != writer.level_begin)
      writer.level.push_back({writer.level_begin, writer.next});
    const std::lock_guard lock(chunk_mutex_);
    const Index number = static_cast<Index>(chunks_used_.load());
    CUTOVER_CHECK(number < kMaxStates / kChunk);
    if (room_.size() < kChunkBytes) {
      memory_.emplace_back(kRegionBytes);
      room_ = {static_cast<char*>(memory_.back().data()), kRegionBytes};
    }
    chunks_[number].store(room_.data(), std::memory_order_release);
    room_ = room_.subspan(kChunkBytes);
    chunks_used_.store(number + 1);
    writer.next = writer.level_begin = number * kChunk;
    writer.end = writer.next + kChunk;
  }

  Pages table_, old_;
  std::size_t slots_;
  std::mutex chunk_mutex_;
  std::vector<Pages> memory_;
  std::span<char> room_;  ///< what is left of one of them
  std::atomic<std::size_t> chunks_used_ = 0;
  std::vector<std::atomic<void*>> chunks_{kMaxStates / kChunk + 1};
};

}  // namespace cutover::checker
