#include "cli/catalog/sorted_entries.h"

#include <fmt/format.h>

#include "cli/errors.h"
#include "impl/catalog/contents.h"

namespace cutover::cli {
namespace {

constexpr std::uint64_t kTellEvery = 4096;  // lines

// Nobody needs it after a crash. What does not fit into the cache is on the disk.
constexpr const char* kPrepare = R"(
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -16384;
  CREATE TABLE entries(key BLOB PRIMARY KEY, value BLOB NOT NULL, line INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
  BEGIN;
)";

/// The empty name is a database on the disk that has no name there.
sqlite::Connection temporary_database() {
  return {"", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, "", {}};
}

[[noreturn]] void fail(const sqlite::Error& error) {
  if (error.code() == SQLITE_NOMEM) throw std::bad_alloc();
  throw UsageError(
      fmt::format("the entries cannot be sorted in the folder for temporary files ({}); make room "
                  "there, or let SQLITE_TMPDIR name another",
                  error.what()));
}

class Cursor final : public EntryCursor {
 public:
  explicit Cursor(const sqlite::Connection& db)
      : rows_(db, "SELECT key, value FROM entries ORDER BY key") {}
  bool next(EntryView& entry) override {
    try {
      if (!rows_.next()) return false;
    } catch (const sqlite::Error& error) {
      fail(error);
    }
    entry = {rows_.row().bytes(0), rows_.row().bytes(1)};
    return true;
  }

 private:
  sqlite::Statement rows_;
};

}  // namespace

SortedEntries::SortedEntries(Lines& lines, ProgressLine& progress) : db_(temporary_database()) {
  try {
    db_.execute(kPrepare);
    read_lines(lines, progress);
  } catch (const sqlite::Error& error) {
    fail(error);
  }
}

void SortedEntries::read_lines(Lines& lines, ProgressLine& progress) {
  sqlite::Statement insert(db_, "INSERT INTO entries VALUES (?, ?, ?)");
  while (const auto line = lines.next()) {
    const Entry entry = entry_of(*line, lines);
    try {
      insert.run(entry.key, entry.value, lines.number());
    } catch (const sqlite::Error& error) {
      if (error.code() == SQLITE_CONSTRAINT) refuse_twice(entry.key, lines);
      throw;
    }
    ++size_;
    if (const auto share = lines.share(); share && size_ % kTellEvery == 0) {
      progress.share("reading " + lines.name(), *share);
    }
  }
}

void SortedEntries::refuse_twice(const std::string& key, const Lines& lines) const {
  sqlite::Statement earlier(db_, "SELECT line FROM entries WHERE key = ?");
  std::uint64_t number = 0;
  earlier.for_each_row([&](sqlite::Row row) { number = row.number(0); }, key);
  throw UsageError(fmt::format("{}:{}: the key {} is on line {} already; keep one of them",
                               lines.name(), lines.number(), text_of_key(key), number));
}

std::uint32_t SortedEntries::format() const { return catalog::kOldFormat; }

std::unique_ptr<EntryCursor> SortedEntries::read() const { return std::make_unique<Cursor>(db_); }

}  // namespace cutover::cli
