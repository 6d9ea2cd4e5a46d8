// Runs a coroutine to its end on this thread. For commands and checks that do one thing at a time.
// A server spawns its coroutines on a loop of its own.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "impl/store/store.h"

namespace cutover {

/// Returns the coroutine's result or throws its exception. T has a default constructor. Never
/// returns if the coroutine waits for something that no one else on its loop can bring about.
template <class T>
T complete(awaitable<T> task) {
  boost::asio::io_context loop;
  auto result = boost::asio::co_spawn(loop, std::move(task), boost::asio::use_future);
  loop.run();
  return result.get();
}

}  // namespace cutover
