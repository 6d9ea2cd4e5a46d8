// `cutover dump`: a store as JSON lines.
#include <fmt/format.h>

#include <ostream>
#include <vector>

#include "cli/entry_lines.h"
#include "cli/errors.h"
#include "cli/files.h"
#include "cli/output.h"
#include "cli/store_argument.h"
#include "cli/text.h"
#include "impl/catalog/contents.h"
#include "impl/store/sqlite_store.h"
#include "system/whole_file.h"

namespace cutover::cli {
namespace {

namespace fs = std::filesystem;

using WriteLine = std::function<void(const std::string& line)>;

/// Returns the keys of damaged values, as the lines show them.
std::vector<std::string> write_lines(const Snapshot& contents, const WriteLine& write) {
  std::vector<std::string> damaged;
  const std::uint32_t format = contents.format();
  const auto cursor = contents.read();
  for (EntryView entry; cursor->next(entry);) {
    const std::string key(entry.key), stored(entry.value);
    const auto value = catalog::decode_value(format, key, stored);
    if (!value) damaged.push_back(text_of_key(key));
    write((value ? entry_line(key, *value) : damaged_line(key, stored)) + "\n");
  }
  return damaged;
}

int dump(const DumpOptions& options, std::ostream& out, std::ostream& errors) {
  const fs::path path = store_file(options.store);
  const bool to_file = options.file != kStandard;
  if (to_file) {
    refuse_companion(options.file, options.file);
    if (is_same_file(path, options.file)) {
      throw UsageError(fmt::format("{}: is the store itself; name another file", options.file));
    }
  }
  SqliteStore there("store", path, SqliteStore::Mode::read_only, lock_wait(options.wait));
  const Snapshot contents = there.look().contents;
  if (contents.format() > catalog::kCurrentFormat) {
    throw UsageError(fmt::format(
        "{}: its contents have format {}, and this program knows formats up to {}; use the program "
        "that wrote them",
        options.store, contents.format(), catalog::kCurrentFormat));
  }
  std::vector<std::string> damaged;
  if (to_file) {
    system::WholeFile file(options.file);
    damaged = write_lines(contents, [&](const std::string& line) { file.write(line); });
    file.sync();
    file.finish();
    out << fmt::format("{}: dumped {} to {}\n", options.store, entries_text(contents.size()),
                       options.file);
  } else {
    damaged = write_lines(contents, [&](const std::string& line) {
      out << line;
      stop_if_lost(out);
    });
  }
  for (const std::string& key : damaged) {
    errors << fmt::format(
        "{}: the value of key {} is damaged (its checksum differs); its line holds what is stored: "
        "take the value from a backup\n",
        options.store, key);
  }
  return damaged.empty() ? kAsExpected : kDiffers;
}

}  // namespace

int run_dump(const DumpOptions& options, std::ostream& out, std::ostream& errors) {
  try {
    return dump(options, out, errors);
  } catch (const std::bad_alloc&) {
    errors << fmt::format("{}: not dumped: out of memory; dump again, with more memory\n",
                          options.store);
    return kDiffers;
  }
}

}  // namespace cutover::cli
