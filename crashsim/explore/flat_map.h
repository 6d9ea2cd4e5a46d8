// A hash map from 64-bit keys to small values, for memo tables on the hot path: open addressing,
// one thread, no removal. Each thread has its own, so a hit takes no lock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace cutover::crashsim {

template <class V>
class FlatMap {
 public:
  FlatMap() : slots_(64) {}

  /// The value of `key`; where it is missing, what `make()` returns is kept first.
  template <class Make>
  const V& find_or(std::uint64_t key, Make&& make) {
    std::size_t slot = place(key);
    if (slots_[slot].key == key + 1) return slots_[slot].value;
    V value = make();
    if (++used_ * 2 > slots_.size()) grow();
    slot = place(key);
    slots_[slot] = {key + 1, std::move(value)};
    return slots_[slot].value;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;  // key + 1; 0 is free
    V value{};
  };

  std::size_t place(std::uint64_t key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = (key * 0x9e3779b97f4a7c15ull >> 32) & mask;
    while (slots_[slot].key != 0 && slots_[slot].key != key + 1) slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.key != 0) slots_[place(slot.key - 1)] = std::move(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace cutover::crashsim
