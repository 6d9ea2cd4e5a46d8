// Entries in any order, and as many as there is room for on the disk, brought into key order: in a
// temporary database, which goes with the process. Refuses a key that occurs twice.
#pragma once

#include "cli/catalog/entry_lines.h"
#include "cli/progress_line.h"
#include "impl/store/snapshot.h"
#include "impl/store/sqlite.h"

namespace cutover::cli {

/// Their values are plain, so their format is the old one.
class SortedEntries final : public EntrySource {
 public:
  /// Reads all lines. Throws UsageError that begins with NAME:LINE at the first line that is not an
  /// entry, or whose key an earlier line has; and one that names the folder for temporary files if
  /// there is no room in it.
  SortedEntries(Lines& lines, ProgressLine& progress);

  std::uint32_t format() const override;
  std::uint64_t size() const override { return size_; }
  std::unique_ptr<EntryCursor> read() const override;

 private:
  void read_lines(Lines& lines, ProgressLine& progress);
  void refuse_twice(const std::string& key, const Lines& lines) const;

  sqlite::Connection db_;
  std::uint64_t size_ = 0;
};

}  // namespace cutover::cli
