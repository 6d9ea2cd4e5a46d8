// What SQLite writes and syncs, as a test wants to see it, or to fail.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <map>
#include <string>

namespace cutover {

/// While it lives, SQLite asks `hook` before it syncs a file, and `on_write` before it writes to
/// one; an answer but SQLITE_OK fails the call.
class SyncHook {
 public:
  using Hook = std::function<int(const std::string& file)>;
  explicit SyncHook(Hook hook, Hook on_write = [](const std::string&) { return SQLITE_OK; }) {
    hook_ = std::move(hook);
    on_write_ = std::move(on_write);
    base_ = sqlite3_vfs_find(nullptr);
    vfs_ = *base_;
    vfs_.zName = "cutover-sync-hook";
    vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~SyncHook() { sqlite3_vfs_unregister(&vfs_); }
  SyncHook(const SyncHook&) = delete;
  SyncHook& operator=(const SyncHook&) = delete;

 private:
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    const int code = base_->xOpen(base_, name, file, flags, out_flags);
    if (code != SQLITE_OK) return code;
    sqlite3_io_methods& hooked = methods_[file->pMethods];
    hooked = *file->pMethods;
    base_sync_ = hooked.xSync;
    hooked.xSync = sync;
    base_write_ = file->pMethods->xWrite;
    hooked.xWrite = write;
    file->pMethods = &hooked;
    names_[file] = name == nullptr ? "" : name;
    return SQLITE_OK;
  }
  static int sync(sqlite3_file* file, int flags) {
    const int code = hook_(names_[file]);
    return code == SQLITE_OK ? base_sync_(file, flags) : code;
  }

  static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
    const int code = on_write_(names_[file]);
    return code == SQLITE_OK ? base_write_(file, bytes, count, at) : code;
  }

  // Static, since SQLite's interface of plain functions has no room for a `this`.
  static inline Hook hook_, on_write_;
  static inline sqlite3_vfs* base_;
  static inline sqlite3_vfs vfs_;
  static inline int (*base_sync_)(sqlite3_file*, int);
  static inline int (*base_write_)(sqlite3_file*, const void*, int, sqlite3_int64);
  static inline std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods_;
  static inline std::map<sqlite3_file*, std::string> names_;
};

}  // namespace cutover
