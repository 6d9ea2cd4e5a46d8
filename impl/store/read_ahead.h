// Reads a cursor on a second thread, some chunks ahead of whoever uses the entries: so that reading
// and checking cost no time beside writing. What fits into one chunk is read without a thread, and
// where no thread can be had, so is everything.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "impl/store/snapshot.h"

namespace cutover {

class ReadAhead final : public EntryCursor {
 public:
  /// Until it is gone, nobody else uses the cursor, nor what the cursor reads from.
  explicit ReadAhead(EntryCursor& from) : from_(from) { fill(current_); }
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// What the cursor throws comes in its place, after the entries before it.
  bool next(EntryView& entry) override;

 private:
  struct Chunk {
    std::string bytes;  // keys and values, one after the other
    std::vector<std::pair<std::size_t, std::size_t>> sizes;
    bool is_last = false;
    std::exception_ptr thrown;  // then it is the last
  };

  void fill(Chunk& chunk);
  void start();
  void run();
  Chunk take();

  EntryCursor& from_;
  Chunk current_;
  std::size_t entry_ = 0, byte_ = 0;  // the next in it

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> ahead_;  // guarded, like `stop_`
  bool stop_ = false;
  bool has_started_ = false;
  std::thread thread_;
};

}  // namespace cutover
