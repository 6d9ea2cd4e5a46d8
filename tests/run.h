// What tests of stores need besides GoogleTest: run() completes an awaitable, and TemporaryFolder
// is a folder for the files of one test.
#pragma once

#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "impl/store/store.h"

namespace cutover {

/// Runs the coroutine on an event loop of its own; returns its result or throws its exception.
/// Throws std::logic_error if it waits for something that cannot happen.
template <class T>
T run(awaitable<T> task) {
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
  std::optional<Value> result;
  // No captures: the lambda would have to outlive its coroutine.
  const auto collect = [](awaitable<T> awaited, std::optional<Value>& into) -> awaitable<void> {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(awaited);
      into.emplace();
    } else {
      T value = co_await std::move(awaited);
      into.emplace(std::move(value));
    }
  };
  std::exception_ptr failure;
  boost::asio::io_context context;
  boost::asio::co_spawn(context, collect(std::move(task), result),
                        [&failure](std::exception_ptr thrown) { failure = thrown; });
  context.run();
  if (failure) std::rethrow_exception(failure);
  if (!result) throw std::logic_error("the coroutine still waits, and nothing can wake it");
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// A new folder, removed with all in it at the end of its scope.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "cutover-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create " + name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace cutover
