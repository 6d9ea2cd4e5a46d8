#include "impl/state_version/sqlite_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "impl/store/sqlite.h"
#include "system/task.h"
#include "system/usage_error.h"

namespace cutover::state_version {
namespace {

std::string quoted(const std::string& name) {
  const std::unique_ptr<char, decltype(&sqlite3_free)> text(sqlite3_mprintf("\"%w\"", name.c_str()),
                                                            sqlite3_free);
  return text.get();
}

/// A prepared statement with any number of parameters.
class Query {
 public:
  Query(const sqlite::Connection& db, const std::string& sql) : db_(db.get()) {
    check(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement_, nullptr));
  }
  ~Query() { sqlite3_finalize(statement_); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(const json& value) {
    const int at = ++bound_;
    if (value.is_null()) {
      check(sqlite3_bind_null(statement_, at));
    } else if (value.is_number_integer()) {
      check(sqlite3_bind_int64(statement_, at, value.get<std::int64_t>()));
    } else if (value.is_number()) {
      check(sqlite3_bind_double(statement_, at, value.get<double>()));
    } else {
      const std::string bytes = value.is_string() ? value.get<std::string>() : value.dump();
      check(sqlite3_bind_text(statement_, at, bytes.data(), static_cast<int>(bytes.size()),
                              SQLITE_TRANSIENT));
    }
    return *this;
  }
  bool next() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) check(code);
    return code == SQLITE_ROW;
  }
  int columns() const { return sqlite3_column_count(statement_); }
  std::string name(int column) const { return sqlite3_column_name(statement_, column); }
  json value(int column) const {
    switch (sqlite3_column_type(statement_, column)) {
      case SQLITE_NULL: return nullptr;
      case SQLITE_INTEGER: return sqlite3_column_int64(statement_, column);
      case SQLITE_FLOAT: return sqlite3_column_double(statement_, column);
      case SQLITE_BLOB:
        throw StoreFailed(
            fmt::format("the column {} holds a blob, which no state has", name(column)));
      default: return parsed(text(column));
    }
  }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  static json parsed(const std::string& text) {
    if (!text.starts_with('{') && !text.starts_with('[') && text != "true" && text != "false") {
      return text;
    }
    const json value = json::parse(text, nullptr, false);
    return value.is_discarded() ? json(text) : value;
  }
  void check(int code) const {
    if (code != SQLITE_OK) throw sqlite::Error(db_, code);
  }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

constexpr const char* kNamespace = "namespace";

/// SQL's is_before(version, other): a row without a version is of the oldest one.
void is_before(sqlite3_context* context, int, sqlite3_value** given) {
  try {
    const auto version = [&](int i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(given[i]));
      return text == nullptr ? unversioned() : Version(text);
    };
    sqlite3_result_int(context, version(0) < version(1) ? 1 : 0);
  } catch (const std::exception& error) {
    sqlite3_result_error(context, error.what(), -1);
  }
}

}  // namespace

class SqliteTable::Database {
 public:
  Database(const std::filesystem::path& file, const LockWait& wait, bool read_only)
      : file_(file),
        db_(file.string(), read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, file, wait) {
    db_.execute("PRAGMA synchronous = FULL");
    sqlite3_create_function(db_.get(), "is_before", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                            is_before, nullptr, nullptr);
  }

  /// A call of SQLite that fails is a StoreFailed that names the file.
  template <class Call>
  auto attempt(const std::string& step, const Call& call) const {
    try {
      return call();
    } catch (const sqlite::Error& error) {
      throw StoreFailed(fmt::format("{}: {}: {}", file_.string(), step, error.what()));
    }
  }
  template <class Call>
  auto in_transaction(const std::string& step, const Call& call) const {
    return attempt(step, [&] {
      try {
        db_.execute("BEGIN IMMEDIATE");
        const auto result = call();
        db_.execute("COMMIT");
        return result;
      } catch (...) {
        if (db_.in_transaction()) {
          sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
        }
        throw;
      }
    });
  }

  std::vector<std::string> columns() const {
    std::vector<std::string> names;
    Query query(db_, "SELECT name FROM pragma_table_info('states')");
    while (query.next()) names.push_back(query.text(0));
    return names;
  }
  bool has(const std::string& column) const { return std::ranges::count(columns(), column) > 0; }
  bool has_versions() const {
    return Query(db_, "SELECT 1 FROM pragma_table_info('state_version')").next();
  }
  void execute(const std::string& sql) const { db_.execute(sql); }
  const sqlite::Connection& connection() const { return db_; }
  const std::filesystem::path& file() const { return file_; }

  Found first_version() const {
    if (!has_versions()) return {};
    Query query(db_, "SELECT version, written FROM state_version");
    if (!query.next()) return {};
    return {query.value(0), query.value(1).get<int>()};
  }
  json state_of(const std::string& key) const {
    Query query(db_, "SELECT * FROM states WHERE namespace = ?");
    return query.bind(key).next() ? state_in(query) : json();
  }
  static json state_in(const Query& query) {
    json state = json::object();
    for (int i = 0; i < query.columns(); ++i) {
      if (query.name(i) == kNamespace) continue;
      json value = query.value(i);
      if (!value.is_null()) state[query.name(i)] = std::move(value);
    }
    return state;
  }
  void update(const std::string& key, const json& state) const {
    std::vector<std::string> set;
    std::vector<json> values;
    for (const std::string& column : columns()) {
      if (column == kNamespace) continue;
      set.push_back(quoted(column) + " = ?");
      values.push_back(state.value(column, json()));
    }
    Query query(db_, fmt::format("UPDATE states SET {} WHERE namespace = ?", fmt::join(set, ", ")));
    for (const json& value : values) query.bind(value);
    query.bind(key).next();
  }

  std::string last_;  ///< the key that row_before() or row_after() gave last
  Row next_row(const std::string& where, const std::string& version) {
    for (const std::string& after :
         last_.empty() ? std::vector<std::string>{""} : std::vector<std::string>{last_, ""}) {
      const std::string all = after.empty() ? "" : "namespace > ? AND ";
      Query query(db_, "SELECT * FROM states WHERE " + all + where + " ORDER BY namespace LIMIT 1");
      if (!after.empty()) query.bind(after);
      if (!query.bind(version).next()) continue;
      for (int i = 0; i < query.columns(); ++i) {
        if (query.name(i) == kNamespace) last_ = query.text(i);
      }
      return {last_, state_in(query)};
    }
    return {};
  }

 private:
  std::filesystem::path file_;
  sqlite::Connection db_;
};

SqliteTable::SqliteTable(const std::filesystem::path& file, LockWait wait, Watch watch,
                         bool read_only)
    : watch_(std::move(watch)) {
  if (!std::filesystem::exists(file)) {
    throw UsageError(file.string() + ": there is no such file");
  }
  try {
    database_ = std::make_unique<Database>(file, wait, read_only);
    if (!database_->has(kNamespace)) {
      throw UsageError(file.string() +
                       ": it has no table 'states' with a column 'namespace'; make one, with a "
                       "column for each member of a state");
    }
  } catch (const sqlite::Error& error) {
    throw UsageError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

SqliteTable::~SqliteTable() = default;

bool SqliteTable::has_column(const std::string& name) const {
  return database_->attempt("read the columns", [&] { return database_->has(name); });
}

void SqliteTable::prepare() const {
  for (const char* column : {"version", "applied"}) complete(add_column_if_missing(column));
}

Task<Found> SqliteTable::version() const {
  watch_.before("read version");
  Found found = database_->attempt("read version", [&] { return database_->first_version(); });
  watch_.after("read version");
  co_return found;
}

Task<bool> SqliteTable::set_version_if(const std::string& to, int written) const {
  watch_.before("set version");
  const bool is_set = database_->in_transaction("set version", [&] {
    database_->execute("CREATE TABLE IF NOT EXISTS state_version (version TEXT, written INTEGER)");
    if (database_->first_version().written != written) return false;
    database_->execute("DELETE FROM state_version");
    Query insert(database_->connection(), "INSERT INTO state_version VALUES (?, ?)");
    insert.bind(to).bind(written + 1).next();
    return true;
  });
  watch_.after("set version");
  co_return is_set;
}

Task<void> SqliteTable::add_column_if_missing(const std::string& name) const {
  const std::string step = "add column " + name;
  watch_.before(step);
  database_->in_transaction(step, [&] {
    if (database_->has(name)) return false;
    database_->execute("ALTER TABLE states ADD COLUMN " + quoted(name));
    return true;
  });
  watch_.after(step);
  co_return;
}

Task<Row> SqliteTable::row_before(const std::string& version) const {
  watch_.before("find row");
  const bool has_version =
      database_->attempt("find row", [&] { return database_->has("version"); });
  const char* const where = has_version ? "is_before(version, ?)" : "is_before(NULL, ?)";
  Row row = database_->attempt("find row", [&] { return database_->next_row(where, version); });
  watch_.after("find row");
  co_return row;
}

Task<Row> SqliteTable::row_after(const std::string& version) const {
  watch_.before("find row");
  const char* const where = "is_before(?, version)";
  Row row = database_->attempt("find row", [&] { return database_->next_row(where, version); });
  watch_.after("find row");
  co_return row;
}

Task<json> SqliteTable::get(const std::string& key) const {
  watch_.before("get " + key);
  const json state = database_->attempt("get " + key, [&] { return database_->state_of(key); });
  watch_.after("get " + key);
  co_return state;
}

Task<bool> SqliteTable::put_if(const std::string& key, const json& state, const json& was) const {
  const std::string step = "put " + key;
  for (const auto& [member, value] : state.items()) {
    if (has_column(member)) continue;
    throw StoreFailed(fmt::format("{}: there is no column '{}' for the row of '{}'",
                                  database_->file().string(), member, key));
  }
  watch_.before(step);
  const bool is_put = database_->in_transaction(step, [&] {
    if (database_->state_of(key) != was) return false;
    database_->update(key, state);
    return true;
  });
  watch_.after(step);
  co_return is_put;
}

std::vector<std::string> SqliteTable::keys() const {
  return database_->attempt("read the keys", [&] {
    std::vector<std::string> found;
    Query query(database_->connection(), "SELECT namespace FROM states ORDER BY namespace");
    while (query.next()) found.push_back(query.text(0));
    return found;
  });
}

}  // namespace cutover::state_version
