#include "cli/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <utility>
#include <vector>

#include "cli/entry_lines.h"
#include "cli/errors.h"
#include "cli/store_argument.h"
#include "impl/catalog/contents.h"
#include "impl/store/complete.h"
#include "impl/store/sqlite_store.h"

namespace cutover::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStandard = "-";

// ---- load

Entries read_entries(const std::string& file) {
  if (file == kStandard) return read_entry_lines(std::cin, "standard input");
  std::error_code error;
  if (fs::is_directory(file, error)) {
    throw UsageError(fmt::format("{}: is a directory; name a file of JSON lines", file));
  }
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw UsageError(fmt::format("{}: cannot be read ({})", file, std::strerror(errno)));
  return read_entry_lines(in, file);
}

Contents in_current_format(const Entries& entries) {
  Contents contents;
  contents.format = catalog::kCurrentFormat;
  for (const auto& [key, value] : entries) {
    contents.entries.emplace(key, catalog::encode_value(contents.format, value));
  }
  return contents;
}

void refuse_to_replace(const std::string& store, std::size_t held) {
  if (held == 0) return;
  throw UsageError(fmt::format("{}: holds {} {} already; use --replace to replace all it holds",
                               store, held, held == 1 ? "entry" : "entries"));
}

struct Loaded {
  Status status = Status::ok;
  std::size_t held = 0;  ///< entries that must not be replaced: then nothing was done
  Epoch epoch{};
};

awaitable<Loaded> replace(Store& store, Contents contents, bool may_replace) {
  Loaded loaded;
  try {
    Session session = co_await open(store);
    if (!may_replace) {
      // Another process may have written since the store was looked at before it was opened.
      const Contents there = co_await session.snapshot();
      loaded.held = there.entries.size();
      if (loaded.held > 0) co_return loaded;
    }
    co_await session.replace_contents(std::move(contents));
    loaded.epoch = session.epoch();
  } catch (const StepFailed& failed) {
    loaded.status = failed.status();
  }
  co_return loaded;
}

const char* remedy(Status status) {
  switch (status) {
    case Status::fenced:
      return "another process has opened the store meanwhile; end it, and load again";
    case Status::ambiguous:
      return "it is not known whether it was loaded; check the disk, and load again";
    default: return "it is locked by another process or cannot be written; load again later";
  }
}

// ---- dump

/// A file that appears under its name when it is complete. Errors are UsageErrors.
class WholeFile {
 public:
  explicit WholeFile(fs::path file)
      : file_(std::move(file)),
        temporary_(fmt::format("{}.{}.tmp", file_.string(), ::getpid())),
        descriptor_(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) fail();
  }
  ~WholeFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
  }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(descriptor_, text.data(), text.size());
      if (count < 0 && errno != EINTR) fail();
      if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void finish() {
    if (::fsync(descriptor_) != 0) fail();
    if (::rename(temporary_.c_str(), file_.c_str()) != 0) fail();
    ::close(std::exchange(descriptor_, -1));
  }

 private:
  [[noreturn]] void fail() const {
    throw UsageError(
        fmt::format("{}: cannot be written ({})", file_.string(), std::strerror(errno)));
  }

  fs::path file_, temporary_;
  int descriptor_;
};

struct Dump {
  std::string lines;
  std::vector<std::string> damaged;  ///< keys, as the lines show them
};

Dump dump_of(const Contents& contents) {
  Dump dump;
  for (const auto& [key, stored] : contents.entries) {
    const auto value = catalog::decode_value(contents.format, stored);
    if (!value) dump.damaged.push_back(text_of_key(key));
    dump.lines += (value ? entry_line(key, *value) : damaged_line(key, stored)) + "\n";
  }
  return dump;
}

}  // namespace

int run_load(const std::string& store, const std::string& file, bool replace_all,
             std::ostream& out) {
  const fs::path path = store_file(store);
  const Entries entries = read_entries(file);
  // What is refused must leave no new store behind, and must not fence whoever serves an old one.
  if (is_there(path) && !replace_all) {
    SqliteStore there("store", path, SqliteStore::Mode::must_exist);
    refuse_to_replace(store, there.inspect().contents.entries.size());
  }
  SqliteStore opened("store", path, SqliteStore::Mode::create_if_missing);
  const Loaded loaded = complete(replace(opened, in_current_format(entries), replace_all));
  refuse_to_replace(store, loaded.held);
  if (loaded.status != Status::ok) {
    out << fmt::format("{}: not loaded: {}\n", store, remedy(loaded.status));
    return kDiffers;
  }
  out << fmt::format("{}: loaded {} {}, format {}, epoch {}\n", store, entries.size(),
                     entries.size() == 1 ? "entry" : "entries", catalog::kCurrentFormat,
                     loaded.epoch.value);
  return kAsExpected;
}

int run_dump(const std::string& store, const std::string& file, std::ostream& out,
             std::ostream& errors) {
  const fs::path path = store_file(store);
  const bool to_file = file != kStandard;
  if (to_file && is_same_file(path, file)) {
    throw UsageError(fmt::format("{}: is the store itself; name another file", file));
  }
  SqliteStore there("store", path, SqliteStore::Mode::must_exist);
  const Contents contents = there.inspect().contents;
  if (contents.format > catalog::kCurrentFormat) {
    throw UsageError(fmt::format(
        "{}: its contents have format {}, and this program knows formats up to {}; use the program "
        "that wrote them",
        store, contents.format, catalog::kCurrentFormat));
  }
  const Dump dump = dump_of(contents);
  if (to_file) {
    WholeFile whole(file);
    whole.write(dump.lines);
    whole.finish();
    out << fmt::format("{}: dumped {} {} to {}\n", store, contents.entries.size(),
                       contents.entries.size() == 1 ? "entry" : "entries", file);
  } else {
    out << dump.lines << std::flush;
  }
  for (const std::string& key : dump.damaged) {
    errors << fmt::format(
        "{}: the value of key {} is damaged (its checksum differs); restore it from a backup\n",
        store, key);
  }
  return dump.damaged.empty() ? kAsExpected : kDiffers;
}

int run_dump(const std::string& store, const std::string& file, std::ostream& out) {
  return run_dump(store, file, out, std::cerr);
}

}  // namespace cutover::cli
