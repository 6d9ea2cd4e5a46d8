#include "impl/online/sqlite_cluster.h"

#include <nlohmann/json.hpp>

#include "impl/online/file_workers.h"
#include "impl/online/sqlite_counters.h"
#include "impl/online/sqlite_record.h"
#include "impl/online/sqlite_table.h"
#include "system/usage_error.h"

namespace cutover::online {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using sqlite::Text;

constexpr const char* kTables =
    "CREATE TABLE cutover_tables (name TEXT PRIMARY KEY, kind TEXT NOT NULL, columns TEXT NOT NULL)"
    " WITHOUT ROWID";
constexpr const char* kMigrations =
    "CREATE TABLE cutover_migrations (name TEXT PRIMARY KEY, source TEXT NOT NULL, before_time "
    "INTEGER NOT NULL, generation INTEGER NOT NULL, record TEXT NOT NULL) WITHOUT ROWID";
constexpr const char* kRows =
    "CREATE TABLE {} (key TEXT, scope INTEGER, col TEXT, element TEXT, value TEXT, written INTEGER "
    "NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (key, scope, col, element)) WITHOUT ROWID";
constexpr const char* kCounters =
    "CREATE TABLE {} (key TEXT, col TEXT, generation INTEGER, value INTEGER NOT NULL, PRIMARY KEY "
    "(key, col, generation)) WITHOUT ROWID";
constexpr const char* kBases =
    "CREATE TABLE {} (key TEXT, col TEXT, generation INTEGER NOT NULL, value INTEGER NOT NULL, "
    "PRIMARY KEY (key, col)) WITHOUT ROWID";

/// The file, if it can be one; with what is wrong with it otherwise.
const fs::path& checked(const fs::path& file, bool may_create) {
  std::error_code error;
  if (fs::is_directory(file, error)) throw UsageError(file.string() + ": is a folder, not a file");
  if (fs::exists(file, error)) return file;
  if (!may_create) throw UsageError(file.string() + ": there is no such file");
  const fs::path folder = file.parent_path();
  if (!folder.empty() && !fs::is_directory(folder, error)) {
    throw UsageError(
        fmt::format("{}: there is no folder {}; make it", file.string(), folder.string()));
  }
  return file;
}

bool has_rows(const sqlite::Connection& db, const char* query) {
  sqlite::Statement statement(db, query);
  return sqlite::only_number(statement) != 0;
}

sqlite::Connection connect(const fs::path& file, const LockWait& wait, bool may_create) {
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (may_create ? SQLITE_OPEN_CREATE : 0);
  try {
    sqlite::Connection db(checked(file, may_create).string(), flags, file, wait);
    const auto is_ours = [&] {
      return has_rows(db, "SELECT count(*) FROM sqlite_master WHERE name = 'cutover_tables'");
    };
    if (!is_ours()) {
      if (!may_create || has_rows(db, "SELECT count(*) FROM sqlite_master")) {
        throw UsageError(file.string() +
                         ": it holds no tables of rows or counters; make one with `cutover rows "
                         "create`, in a file of its own");
      }
      sqlite::in_transaction(db, [&] {
        if (is_ours()) return false;
        db.execute(kTables);
        db.execute(kMigrations);
        return true;
      });
    }
    db.execute("PRAGMA journal_mode = WAL");
    db.execute("PRAGMA synchronous = FULL");
    return db;
  } catch (const sqlite::Error& error) {
    throw UsageError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

}  // namespace

SqliteCluster::SqliteCluster(const fs::path& file, const LockWait& wait, bool may_create)
    : file_(file), wait_(wait), db_(connect(file, wait, may_create)) {}

std::string SqliteCluster::identity(const std::string&) const {
  return "sqlite:" + fs::weakly_canonical(fs::absolute(file_)).string();
}

bool SqliteCluster::is_empty(const std::string& table) const {
  const auto there = schema(table);
  if (!there) return true;
  return there->has_counters ? counters(table).empty() : SqliteTable(*this, table).rows() == 0;
}

void SqliteCluster::prepare(const std::string& table, const Schema& schema) const {
  if (!this->schema(table)) create(table, schema);
}

/// Commits of its connection are not synced at once. A crash of the machine may undo the latest
/// ones, but none without all that followed it.
std::unique_ptr<Cluster> SqliteCluster::for_worker() const {
  auto another = std::make_unique<SqliteCluster>(file_, wait_);
  another->db_.execute("PRAGMA synchronous = NORMAL");
  another->db_.execute("PRAGMA wal_autocheckpoint = 8000");  // pages
  return another;
}

std::unique_ptr<Table> SqliteCluster::table(const std::string& name, const Use& use) const {
  return std::make_unique<SqliteTable>(*this, name, use.rows_of_page);
}

std::unique_ptr<Counter> SqliteCluster::counter(const std::string& table, const std::string& key,
                                                const std::string& column) const {
  return std::make_unique<SqliteCounter>(*this, table, key, column);
}

std::unique_ptr<MigrationRecord> SqliteCluster::record(const std::string& table) const {
  return std::make_unique<SqliteRecord>(*this, table);
}

std::unique_ptr<Workers> SqliteCluster::workers(const std::string& table,
                                                const LockWait& wait) const {
  return std::make_unique<FileWorkers>(file_, table, wait);
}

std::vector<std::string> SqliteCluster::tables() const {
  return read("read the tables", [&] {
    std::vector<std::string> names;
    sqlite::Statement query(db_, "SELECT name FROM cutover_tables ORDER BY name");
    query.for_each_row([&](const sqlite::Row& row) { names.emplace_back(row.bytes(0)); });
    return names;
  });
}

std::optional<Schema> SqliteCluster::schema(const std::string& table) const {
  return read("read the columns of " + table, [&] {
    std::optional<Schema> found;
    sqlite::Statement query(db_, "SELECT kind, columns FROM cutover_tables WHERE name = ?");
    const auto take = [&](const sqlite::Row& row) {
      found = Schema{row.bytes(0) == "counters", json::parse(row.bytes(1))};
    };
    query.for_each_row(take, Text{table});
    return found;
  });
}

std::set<std::pair<std::string, std::string>> SqliteCluster::counters(
    const std::string& table) const {
  return read("find the counters", [&] {
    std::set<std::pair<std::string, std::string>> found;
    sqlite::Statement query(db_,
                            fmt::format("SELECT key, col FROM {} UNION SELECT key, col FROM {}",
                                        sqlite::quoted(table), sqlite::quoted(table + " base")));
    query.for_each_row([&](const sqlite::Row& row) { found.emplace(row.bytes(0), row.bytes(1)); });
    return found;
  });
}

void SqliteCluster::create(const std::string& table, const Schema& schema) const {
  if (table.starts_with("cutover_")) {
    throw UsageError(
        fmt::format("{}: '{}': names that begin with cutover_ are taken; name "
                    "it otherwise",
                    file_.string(), table));
  }
  const bool is_new = write("create " + table, [&] {
    if (this->schema(table)) return false;
    if (schema.has_counters) {
      db_.execute(fmt::format(kCounters, sqlite::quoted(table)));
      db_.execute(fmt::format(kBases, sqlite::quoted(table + " base")));
    } else {
      db_.execute(fmt::format(kRows, sqlite::quoted(table)));
    }
    const std::string columns = json(schema.columns).dump();
    sqlite::Statement insert(db_, "INSERT INTO cutover_tables VALUES (?, ?, ?)");
    insert.run(Text{table}, Text{schema.has_counters ? "counters" : "rows"}, Text{columns});
    return true;
  });
  if (!is_new) throw UsageError(fmt::format("{}: has a table '{}'", file_.string(), table));
}

}  // namespace cutover::online
