// A state in a real JSON file, with the calls that reference_file.h asks for: durable, with a lock
// beside the file (PATH.lock, flock(2)) that vanishes with its process.
//
// Each call takes effect before it returns; the coroutines only never wait. Not thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "impl/store/lock_wait.h"
#include "impl/store/store_failed.h"
#include "system/task.h"

namespace cutover::state_version {

using json = nlohmann::json;

/// Called before and after each call of a store, with its label: "rename state.new".
struct Watch {
  std::function<void(const std::string& step)> before = [](const std::string&) {};
  std::function<void(const std::string& step)> after = [](const std::string&) {};

  /// Makes the call between both. If it throws, `after` is not called.
  template <class Call>
  auto around(const std::string& step, const Call& call) const {
    before(step);
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
      after(step);
    } else {
      auto result = call();
      after(step);
      return result;
    }
  }
};

class StateFile {
 public:
  /// `file` is where the state is; what is new is written beside it. A link is followed.
  StateFile(const std::filesystem::path& file, Watch watch);
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  // The calls, of the file itself (kStateFile) or of the one beside it (kNewStateFile). They throw
  // StoreFailed.

  /// Null: there is no file. A text: what is wrong with it as JSON.
  Task<json> read(const std::string& name) const;
  Task<void> truncate(const std::string& name) const;  ///< makes it, with the mode of the file
  Task<void> write(const std::string& name, const json& state) const;
  Task<void> sync(const std::string& name) const;
  Task<void> rename(const std::string& from, const std::string& to) const;
  Task<void> sync_folder() const;

 private:
  std::filesystem::path path_of(const std::string& name) const;

  std::filesystem::path file_;
  Watch watch_;
  mutable int descriptor_ = -1;  ///< of what is being written
};

class FileLock {
 public:
  /// Of a state's file, whose name is told if it has to wait.
  FileLock(const std::filesystem::path& file, LockWait wait, Watch watch);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Throws StoreFailed when the time is over.
  Task<void> take() const;

 private:
  void wait_for_it() const;

  std::filesystem::path state_, file_;
  LockWait wait_;
  Watch watch_;
  mutable int descriptor_ = -1;
};

}  // namespace cutover::state_version
