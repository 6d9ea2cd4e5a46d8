#include "impl/store/sqlite_snapshot.h"

#include <fmt/format.h>

#include <limits>
#include <new>

#include "impl/store/sqlite_file.h"

namespace cutover::sqlite {
namespace {

template <class Work>
auto naming(const std::string& file, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.code() == SQLITE_NOMEM) throw std::bad_alloc();
    throw StoreError(fmt::format("{}: {}", file, explain(error)));
  }
}

class Cursor final : public EntryCursor {
 public:
  Cursor(const Connection& db, const std::string& file)
      : file_(file), entries_(db, "SELECT key, value FROM entries ORDER BY key") {}

  bool next(EntryView& entry) override {
    const bool more = naming(file_, [this] { return entries_.next(); });
    if (!more) return false;
    entry = {entries_.row().bytes(0), entries_.row().bytes(1)};
    // SQLite reads on from a page that is not where it was written, and would skip keys.
    if (!is_first_ && entry.key <= last_key_) {
      throw StoreError(
          fmt::format("{}: is damaged (key {} comes after {}); restore it from a backup", file_,
                      printable(entry.key), printable(last_key_)));
    }
    is_first_ = false;
    last_key_ = entry.key;
    return true;
  }

 private:
  const std::string& file_;
  Statement entries_;
  std::string last_key_;
  bool is_first_ = true;
};

}  // namespace

SnapshotSource::SnapshotSource(Connection db, std::string file)
    : db_(std::move(db)), file_(std::move(file)) {
  db_.execute("PRAGMA cell_size_check = ON; BEGIN");
  epoch();  // the transaction begins with its first read
}

Epoch SnapshotSource::epoch() const {
  Statement query(db_, "SELECT number FROM cutover_meta WHERE name = 'epoch'");
  return Epoch{only_number(query)};
}

std::map<std::string, std::uint64_t> SnapshotSource::config() const {
  std::map<std::string, std::uint64_t> config;
  Statement query(db_, "SELECT name, number FROM config");
  query.for_each_row([&](Row row) { config[std::string(row.bytes(0))] = row.number(1); });
  return config;
}

std::uint32_t SnapshotSource::format() const {
  return naming(file_, [this] {
    Statement query(db_, "SELECT number FROM cutover_meta WHERE name = 'format'");
    return read_format(query);
  });
}

std::uint64_t SnapshotSource::size() const {
  return naming(file_, [this] {
    Statement query(db_, "SELECT count(*) FROM entries");
    return only_number(query);
  });
}

std::unique_ptr<EntryCursor> SnapshotSource::read() const {
  return naming(file_, [this] { return std::make_unique<Cursor>(db_, file_); });
}

std::uint32_t read_format(Statement& query) {
  const std::uint64_t number = only_number(query);
  if (number > std::numeric_limits<std::uint32_t>::max()) throw Error(nullptr, SQLITE_CORRUPT);
  return static_cast<std::uint32_t>(number);
}

}  // namespace cutover::sqlite
