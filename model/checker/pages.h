// Large pieces of memory, straight from the system in huge pages, and kept for the next search.
//
// A search's memory is touched once and at random, so that getting a page from the system costs as
// much as a fifth of the search. A process that searches again gets the same pages back.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <deque>
#include <mutex>
#include <new>
#include <utility>

namespace cutover::checker {

/// What is in them at first is unspecified. Throws std::bad_alloc. Thread-safe as an int is.
class Pages {
 public:
  /// As much as this is kept for later, at most, beside what is in use.
  static constexpr std::size_t kMostKept = std::size_t{512} << 20;

  Pages() = default;
  explicit Pages(std::size_t bytes) : memory_(kept().take(bytes)), bytes_(bytes) {
    if (memory_ == nullptr) memory_ = map(bytes);
    if (memory_ == nullptr) {
      kept().release();
      memory_ = map(bytes);
    }
    if (memory_ == nullptr) throw std::bad_alloc();
  }
  Pages(Pages&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Pages() {
    if (memory_ != nullptr) kept().keep(memory_, bytes_);
  }
  void* data() const { return memory_; }
  std::size_t bytes() const { return bytes_; }

 private:
  /// What was given back last, the oldest first.
  class Kept {
   public:
    ~Kept() { release(); }
    void* take(std::size_t bytes) {
      const std::lock_guard lock(mutex_);
      for (auto piece = pieces_.begin(); piece != pieces_.end(); ++piece) {
        if (piece->second != bytes) continue;
        void* const memory = piece->first;
        bytes_ -= bytes;
        pieces_.erase(piece);
        return memory;
      }
      return nullptr;
    }
    void keep(void* memory, std::size_t bytes) {
      const std::lock_guard lock(mutex_);
      pieces_.emplace_back(memory, bytes);
      bytes_ += bytes;
      while (bytes_ > kMostKept) drop_oldest();
    }
    void release() {
      const std::lock_guard lock(mutex_);
      while (!pieces_.empty()) drop_oldest();
    }

   private:
    void drop_oldest() {
      const auto [memory, bytes] = pieces_.front();
      ::munmap(memory, bytes);
      bytes_ -= bytes;
      pieces_.pop_front();
    }

    std::mutex mutex_;
    std::deque<std::pair<void*, std::size_t>> pieces_;
    std::size_t bytes_ = 0;
  };

  static Kept& kept() {
    static Kept all;
    return all;
  }

  static void* map(std::size_t bytes) {
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    if (bytes >= (std::size_t{4} << 20)) ::madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
  }

  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace cutover::checker
