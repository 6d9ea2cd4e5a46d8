#include "impl/store/read_ahead.h"

#include <system_error>

namespace cutover {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kMostAhead = 8;  // chunks

}  // namespace

ReadAhead::~ReadAhead() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool ReadAhead::next(EntryView& entry) {
  while (entry_ == current_.sizes.size()) {
    if (current_.thrown) std::rethrow_exception(current_.thrown);
    if (current_.is_last) return false;
    current_ = take();
    entry_ = byte_ = 0;
  }
  const auto [key, value] = current_.sizes[entry_++];
  const std::string_view bytes(current_.bytes);
  entry = {bytes.substr(byte_, key), bytes.substr(byte_ + key, value)};
  byte_ += key + value;
  return true;
}

void ReadAhead::fill(Chunk& chunk) {
  try {
    while (chunk.bytes.size() < kChunkBytes) {
      EntryView entry;
      if (!from_.next(entry)) {
        chunk.is_last = true;
        return;
      }
      chunk.bytes.append(entry.key).append(entry.value);
      chunk.sizes.emplace_back(entry.key.size(), entry.value.size());
    }
  } catch (...) {
    chunk.is_last = true;
    chunk.thrown = std::current_exception();
  }
}

void ReadAhead::start() {
  has_started_ = true;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    // There is no thread to be had: take() reads.
  }
}

void ReadAhead::run() {
  for (bool is_last = false; !is_last;) {
    Chunk chunk;
    fill(chunk);
    is_last = chunk.is_last;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_ || ahead_.size() < kMostAhead; });
    if (stop_) return;
    ahead_.push_back(std::move(chunk));
    changed_.notify_all();
  }
}

ReadAhead::Chunk ReadAhead::take() {
  if (!has_started_) start();
  Chunk chunk;
  if (!thread_.joinable()) {
    fill(chunk);
    return chunk;
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !ahead_.empty(); });
  chunk = std::move(ahead_.front());
  ahead_.pop_front();
  changed_.notify_all();
  return chunk;
}

}  // namespace cutover
