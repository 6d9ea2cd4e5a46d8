// Files that are written whole or not at all.
//
// A regular file is written beside its place and then takes the place of what was there, with the
// mode and owner of that; a link is followed. What is no regular file (a device, a FIFO) is written
// to as it is. Errors are std::runtime_error: "FILE: cannot be written (No space left on device)".
//
// Not covered: a power loss, unless the file is synced.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "system/temporary_files.h"

namespace cutover::system {

/// Written piece by piece; not there, or as it was, unless it is finished.
class WholeFile {
 public:
  explicit WholeFile(const std::filesystem::path& file);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  void write(std::string_view bytes);
  /// On the disk, too, before it takes its place; finish() syncs the place then.
  void sync();
  void finish();

 private:
  void flush();

  const std::filesystem::path named_;
  std::filesystem::path file_;
  std::filesystem::path temporary_;  ///< empty: it is written in its place
  std::optional<TemporaryFiles> removed_;
  int descriptor_ = -1;
  std::string buffer_;  ///< not yet written
  bool is_synced_ = false;
};

/// A name in it that is new, or leads elsewhere, is on the disk then.
void sync_folder_of(const std::filesystem::path& file);

/// Makes the folders that are missing, too.
void write_file(const std::filesystem::path& file, std::string_view bytes);

/// Throws what write_file() would, as far as that is known without writing: for a command that
/// works for minutes before it has something to write. Leaves nothing behind.
void try_to_write(const std::filesystem::path& file);

/// True if both paths lead to one file, or would if there were one.
bool is_same_file(const std::filesystem::path& one, const std::filesystem::path& other);

}  // namespace cutover::system
