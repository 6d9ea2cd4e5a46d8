#include "cli/catalog/bench_migrate.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ostream>
#include <vector>

#include "cli/errors.h"
#include "cli/output.h"
#include "impl/catalog/contents.h"
#include "impl/store/complete.h"
#include "impl/store/sqlite.h"
#include "impl/store/sqlite_store.h"
#include "system/child_process.h"
#include "system/temporary_folder.h"
#include "system/text.h"

namespace cutover::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::uint64_t, 3> kSizes = {10'000, 100'000, 1'000'000};
constexpr unsigned kPairs = 5;
constexpr std::size_t kValueBytes = 100;

/// Entries made as they are read.
class MadeCursor final : public EntryCursor {
 public:
  explicit MadeCursor(std::uint64_t count) : count_(count) {}
  bool next(EntryView& entry) override {
    if (made_ == count_) return false;
    key_ = fmt::format("key-{:012}", made_);
    value_ = fmt::format("{:x<{}}", made_++, kValueBytes);
    value_ = catalog::encode_value(catalog::kCurrentFormat, key_, value_);
    entry = {key_, value_};
    return true;
  }

 private:
  std::uint64_t count_, made_ = 0;
  std::string key_, value_;
};

class MadeEntries final : public EntrySource {
 public:
  explicit MadeEntries(std::uint64_t count) : count_(count) {}
  std::uint32_t format() const override { return catalog::kCurrentFormat; }
  std::uint64_t size() const override { return count_; }
  std::unique_ptr<EntryCursor> read() const override {
    return std::make_unique<MadeCursor>(count_);
  }

 private:
  std::uint64_t count_;
};

awaitable<bool> fill(Store& store, std::uint64_t entries) {
  Session session = co_await open(store);
  Snapshot made(std::make_shared<MadeEntries>(entries));
  co_await session.replace_contents(std::move(made));
  co_return true;
}

void remove_database(const fs::path& file) {
  for (const char* companion : {"", "-wal", "-shm"}) fs::remove(file.string() + companion);
}

/// So that what is measured next need not wait for it to be written.
void sync_file(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Runs the command to its end; the most memory that it had, in bytes.
std::uint64_t run_command(const fs::path& command, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), command.string());
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const pid_t child = system::start_child(
      {arguments,
       {},
       {{nothing, STDIN_FILENO}, {nothing, STDOUT_FILENO}, {STDERR_FILENO, STDERR_FILENO}}});
  ::close(nothing);
  rusage used{};
  if (system::reap_child(child, true, &used) != kAsExpected) {
    throw std::runtime_error(fmt::format("{} failed", fmt::join(arguments, " ")));
  }
  return static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
}

/// From an empty file to a closed one, as a migration does it.
double floor_seconds(const fs::path& source, const fs::path& file) {
  remove_database(file);
  const auto start = std::chrono::steady_clock::now();
  {
    const sqlite::Connection db(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, file,
                                {});
    db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    db.execute(
        "CREATE TABLE entries(key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID");
    sqlite::Statement attach(db, "ATTACH ? AS source");
    attach.run(std::string_view(source.string()));
    db.execute("BEGIN IMMEDIATE; INSERT INTO entries SELECT * FROM source.entries; COMMIT");
  }
  return seconds_since(start);
}

double median(std::vector<double> of) {
  std::ranges::sort(of);
  return of[of.size() / 2];
}

}  // namespace

MigrationFigures measure_migration(const fs::path& command, const fs::path& folder,
                                   std::uint64_t entries, unsigned pairs) {
  const fs::path original = folder / "original.db", stash = folder / "stash.db",
                 persist = folder / "persist.db", floor = folder / "floor.db";
  remove_database(original);
  {
    SqliteStore store("original", original, SqliteStore::Mode::create_if_missing);
    complete(fill(store, entries));
  }
  MigrationFigures figures;
  figures.entries = entries;
  std::vector<double> migrations, floors;
  for (unsigned i = 0; i < pairs; ++i) {
    remove_database(stash);
    remove_database(persist);
    fs::copy_file(original, stash);
    sync_file(stash);
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t peak =
        run_command(command, {"migrate", "--stash", "sqlite:" + stash.string(), "--persist",
                              "sqlite:" + persist.string(), "--to", "persist"});
    migrations.push_back(seconds_since(start));
    figures.peak_bytes = std::max(figures.peak_bytes, peak);
    floors.push_back(floor_seconds(original, floor));
  }
  figures.migration = median(migrations);
  figures.floor = median(floors);
  return figures;
}

int run_migrate_bench(std::ostream& out) {
  const EndsWithReader ends_with_reader;
  const system::TemporaryFolder scratch("cutover-bench");
  out << fmt::format(
             "Entries of 16 and {} bytes. Floor: one INSERT ... SELECT with a write-ahead log and "
             "synchronous=FULL.\nMedians of {} pairs, a migration and then the floor, each from no "
             "file to a closed one.\n\n",
             kValueBytes, kPairs)
      << std::flush;
  stop_if_lost(out);
  std::vector<std::vector<std::string>> rows = {
      {"entries", "migration", "floor", "ratio", "peak memory"}};
  for (const std::uint64_t size : kSizes) {
    const auto figures = measure_migration("/proc/self/exe", scratch.path(), size, kPairs);
    rows.push_back({with_commas(figures.entries), fmt::format("{:.3f} s", figures.migration),
                    fmt::format("{:.3f} s", figures.floor),
                    fmt::format("{:.2f}", figures.migration / figures.floor),
                    fmt::format("{:.1f} MB", static_cast<double>(figures.peak_bytes) / 1e6)});
  }
  out << table(rows, {0, 1, 2, 3, 4}) << std::flush;
  return kAsExpected;
}

}  // namespace cutover::cli
