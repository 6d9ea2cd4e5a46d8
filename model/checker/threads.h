// Work that is done on several threads at once, and on fewer where the system gives no more.
#pragma once

#include <cstddef>
#include <latch>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace cutover::checker {

/// Calls work(i) for every i below a count at the same time: work(0) on this thread, each other on
/// a thread of its own. The count is `wanted`, or 1 more than the threads that could be had (limits
/// of processes, of memory). `prepare(count)` is called first, on this thread, for what must know
/// how many there are, as a barrier must; if it throws, nothing is done. `work` must not throw.
template <class Prepare, class Work>
void on_threads(std::size_t wanted, Prepare&& prepare, Work&& work) {
  std::latch ready(1);
  bool is_prepared = false;
  std::vector<std::jthread> threads;
  threads.reserve(wanted);
  try {
    for (std::size_t i = 1; i < wanted; ++i) {
      threads.emplace_back([&ready, &is_prepared, &work, i] {
        ready.wait();
        if (is_prepared) work(i);
      });
    }
  } catch (const std::system_error&) {
    // There are no more to be had.
  } catch (const std::bad_alloc&) {
    // Nor is there memory for more.
  }
  try {
    prepare(threads.size() + 1);
    is_prepared = true;
  } catch (...) {
    ready.count_down();
    throw;
  }
  ready.count_down();
  work(std::size_t{0});
}

template <class Work>
void on_threads(std::size_t wanted, Work&& work) {
  on_threads(wanted, [](std::size_t) {}, work);
}

}  // namespace cutover::checker
