// The visited set of a search: exact, shared by all threads, append-only.
//
// States lie in chunks, in the order in which each thread found them, so that a level of a
// breadth-first search is a few ranges of indices. An open-addressing table of 64-bit entries
// (32 bits of hash, 32 bits of index + 1) finds them again; an entry whose hash agrees is compared
// with the whole state, so nothing is ever omitted by chance. Inserting is lock-free: a thread
// writes the state into the next free place of its own chunk, then publishes the place by a
// compare-and-swap.
//
// An entry's slot follows from its 32 bits of hash alone, so that growing needs no look at the
// states. (Of the bits that tell entries apart those are lost that give the slot; nine are left in
// a table of eight million.)
//
// Assumes: State is trivially copyable without padding. Growing is not concurrent with inserting:
// the search calls grow() between its rounds.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/checker/check.h"

namespace cutover::checker {

/// Zeroed memory straight from the system, in huge pages where it has them. Throws std::bad_alloc.
class Pages {
 public:
  Pages() = default;
  explicit Pages(std::size_t bytes) : bytes_(bytes) {
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    memory_ = memory;
    if (bytes >= (std::size_t{4} << 20)) ::madvise(memory_, bytes_, MADV_HUGEPAGE);
  }
  Pages(Pages&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Pages() {
    if (memory_ != nullptr) ::munmap(memory_, bytes_);
  }
  void* data() const { return memory_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

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

  StateSet() : table_(table_bytes(kMinSlots)), slots_(kMinSlots) {}

  /// Fetches the place of `hash` into the cache, for an insert soon after.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&entries()[slot_of(hash)], 1); }

  /// Fetches the state that an insert of `hash` will most likely be compared with.
  void prefetch_candidate(std::uint64_t hash) const {
    for (std::size_t slot = slot_of(hash);; slot = (slot + 1) & (slots_ - 1)) {
      const std::uint64_t entry = entries()[slot].load(std::memory_order_acquire);
      if (entry == 0) return;
      if ((entry >> 32) != (hash >> 32)) continue;
      __builtin_prefetch(&(*this)[index_of(entry)]);
      return;
    }
  }

  /// True if `state` was not there yet; then it is, at `at`. Lock-free.
  bool insert(const State& state, std::uint64_t hash, Writer& writer, Index& at) {
    bool written = false;
    std::size_t probes = 0;
    for (std::size_t slot = slot_of(hash);; slot = (slot + 1) & (slots_ - 1)) {
      CUTOVER_CHECK(probes++ < slots_);  // the search grows the table long before
      std::atomic<std::uint64_t>& entry = entries()[slot];
      std::uint64_t seen = entry.load(std::memory_order_acquire);
      if (seen == 0) {
        if (!written) {
          place(state, writer);
          written = true;
        }
        const std::uint64_t mine = (hash & kTag) | (std::uint64_t{writer.next} + 1);
        if (entry.compare_exchange_strong(seen, mine, std::memory_order_acq_rel)) {
          at = writer.next++;
          return true;
        }
      }
      if ((seen >> 32) == (hash >> 32) && same((*this)[index_of(seen)], state)) return false;
    }
  }

  bool contains(const State& state) const { return find(state, hash_of(state)).has_value(); }

  /// Where the state is, if it is there.
  std::optional<Index> find(const State& state, std::uint64_t hash) const {
    for (std::size_t slot = slot_of(hash);; slot = (slot + 1) & (slots_ - 1)) {
      const std::uint64_t entry = entries()[slot].load(std::memory_order_acquire);
      if (entry == 0) return std::nullopt;
      if ((entry >> 32) == (hash >> 32) && same((*this)[index_of(entry)], state))
        return index_of(entry);
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
  std::size_t bytes_after_grow() const { return bytes() + table_bytes(slots_ * 2); }
  std::size_t bytes() const { return table_.bytes() + chunks_used_.load() * kChunkBytes; }

  /// Doubles the table, in three steps: begin_grow(), then each of `parts` parts by any thread,
  /// then end_grow(). Not concurrent with inserts.
  void begin_grow() {
    old_ = Pages(table_bytes(slots_ * 2));
    std::swap(old_, table_);
    slots_ *= 2;
  }
  void grow_part(std::size_t part, std::size_t parts) {
    const auto* const old = static_cast<const std::atomic<std::uint64_t>*>(old_.data());
    const std::size_t count = slots_ / 2;
    for (std::size_t i = count * part / parts; i < count * (part + 1) / parts; ++i) {
      const std::uint64_t entry = old[i].load(std::memory_order_relaxed);
      if (entry == 0) continue;
      std::size_t slot = (entry >> 32) & (slots_ - 1);
      for (std::uint64_t free = 0;
           !entries()[slot].compare_exchange_strong(free, entry, std::memory_order_relaxed);
           free = 0) {
        slot = (slot + 1) & (slots_ - 1);
      }
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

  static std::size_t table_bytes(std::size_t slots) { return slots * 8; }
  static bool same(const State& a, const State& b) { return std::memcmp(&a, &b, sizeof a) == 0; }
  static Index index_of(std::uint64_t entry) { return static_cast<Index>(entry) - 1; }
  std::size_t slot_of(std::uint64_t hash) const { return (hash >> 32) & (slots_ - 1); }
  std::atomic<std::uint64_t>* entries() const {
    return static_cast<std::atomic<std::uint64_t>*>(table_.data());
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
