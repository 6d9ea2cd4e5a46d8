// `cutover dump`: a store as JSON lines.
#include <fmt/format.h>

#include <functional>
#include <ostream>
#include <vector>

#include "cli/catalog/entry_lines.h"
#include "cli/catalog/files.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "cli/progress_line.h"
#include "cli/stores/store_argument.h"
#include "impl/catalog/contents.h"
#include "impl/store/sqlite_store.h"
#include "system/text.h"
#include "system/whole_file.h"

namespace cutover::cli {
namespace {

namespace fs = std::filesystem;

using WriteLine = std::function<void(const std::string& line)>;

struct Dumped {
  std::uint64_t entries = 0;
  std::vector<std::string> damaged;  ///< keys, as the lines show them
};

Dumped write_lines(const Snapshot& contents, const std::string& store, const WriteLine& write) {
  constexpr std::uint64_t kTellEvery = 4096;
  ProgressLine progress;
  const std::uint64_t total = progress.is_shown() ? contents.size() : 0;
  const std::uint32_t format = contents.format();
  Dumped dumped;
  const auto cursor = contents.read();
  for (EntryView entry; cursor->next(entry);) {
    const std::string key(entry.key);
    const auto value = catalog::decode_value(format, key, entry.value);
    if (!value) dumped.damaged.push_back(text_of_key(key));
    write((value ? entry_line(key, *value) : damaged_line(key, std::string(entry.value))) + "\n");
    if (++dumped.entries % kTellEvery == 0) {
      progress.entries("dumping " + store, dumped.entries, total);
    }
  }
  return dumped;
}

int dump(const DumpOptions& options, std::ostream& out, std::ostream& errors) {
  const fs::path path = store_file(options.store);
  const bool to_file = options.file != kStandard;
  if (to_file) {
    refuse_companion(options.file, options.file);
    if (system::is_same_file(path, options.file)) {
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
  Dumped dumped;
  if (to_file) {
    system::WholeFile file(options.file);
    dumped =
        write_lines(contents, options.store, [&](const std::string& line) { file.write(line); });
    file.sync();
    file.finish();
    out << fmt::format("{}: dumped {} to {}\n", options.store, entries_text(dumped.entries),
                       options.file);
  } else {
    dumped = write_lines(contents, options.store, [&](const std::string& line) {
      out << line;
      stop_if_lost(out);
    });
  }
  for (const std::string& key : dumped.damaged) {
    errors << fmt::format(
        "{}: the value of key {} is damaged (its checksum differs); its line holds what is stored: "
        "take the value from a backup\n",
        options.store, key);
  }
  return dumped.damaged.empty() ? kAsExpected : kDiffers;
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
