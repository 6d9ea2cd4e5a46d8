#include "impl/state_version/sqlite_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "impl/store/sqlite.h"
#include "system/task.h"
#include "system/usage_error.h"

namespace cutover::state_version {
namespace {

/// A statement with any number of parameters, whose values are those of states.
class Query {
 public:
  Query(const sqlite::Connection& db, const std::string& sql) : statement_(db, sql) {}

  Query& bind(const json& value) {
    const int code = bind_to(++bound_, value);
    if (code != SQLITE_OK) throw sqlite::Error(sqlite3_db_handle(get()), code);
    return *this;
  }
  bool next() { return statement_.next(); }
  int columns() const { return sqlite3_column_count(get()); }
  std::string name(int column) const { return sqlite3_column_name(get(), column); }
  json value(int column) const {
    switch (sqlite3_column_type(get(), column)) {
      case SQLITE_NULL: return nullptr;
      case SQLITE_INTEGER: return sqlite3_column_int64(get(), column);
      case SQLITE_FLOAT: return sqlite3_column_double(get(), column);
      case SQLITE_BLOB:
        throw StoreFailed(
            fmt::format("the column {} holds a blob, which no state has", name(column)));
      default: return parsed(text(column));
    }
  }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(get(), column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(get(), column))};
  }

 private:
  sqlite3_stmt* get() const { return statement_.get(); }
  int bind_to(int at, const json& value) const {
    if (value.is_null()) return sqlite3_bind_null(get(), at);
    if (value.is_number_integer()) {
      const auto number = value.get<std::int64_t>();
      if (value.is_number_unsigned() && number < 0) {
        throw StoreFailed(fmt::format("the number {} is too large for a column", value.dump()));
      }
      return sqlite3_bind_int64(get(), at, number);
    }
    if (value.is_number()) return sqlite3_bind_double(get(), at, value.get<double>());
    const std::string bytes = value.is_string() ? value.get<std::string>() : value.dump();
    const auto size = static_cast<int>(bytes.size());
    return sqlite3_bind_text(get(), at, bytes.data(), size, SQLITE_TRANSIENT);
  }
  static json parsed(const std::string& text) {
    if (!text.starts_with('{') && !text.starts_with('[') && text != "true" && text != "false") {
      return text;
    }
    const json value = json::parse(text, nullptr, false);
    return value.is_discarded() ? json(text) : value;
  }

  sqlite::Statement statement_;
  int bound_ = 0;
};

constexpr const char* kNamespace = "namespace";
constexpr const char* kCreateVersions =
    "CREATE TABLE IF NOT EXISTS state_version (version TEXT, written INTEGER)";

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
  Database(const std::filesystem::path& file, const LockWait& wait, Watch watch, bool read_only)
      : file_(file),
        watch_(std::move(watch)),
        db_(file.string(), SQLITE_OPEN_READWRITE, file, wait) {
    db_.execute("PRAGMA synchronous = FULL");
    // Opened to write, too: what somebody who was killed has left is rolled back by whoever reads.
    if (read_only) db_.execute("PRAGMA query_only = ON");
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
  // Steps, which are watched.
  template <class Call>
  auto read(const std::string& step, const Call& call) const {
    return watch_.around(step, [&] { return attempt(step, call); });
  }
  template <class Call>
  auto write(const std::string& step, const Call& call) const {
    return read(step, [&] { return sqlite::in_transaction(db_, call); });
  }

  std::set<std::string> columns() const {
    std::set<std::string> names;
    Query query(db_, "SELECT name FROM pragma_table_info('states')");
    while (query.next()) names.insert(query.text(0));
    return names;
  }
  bool has(const std::string& column) const { return columns().contains(column); }
  bool has_versions() const {
    return Query(db_, "SELECT 1 FROM pragma_table_info('state_version')").next();
  }
  void execute(const std::string& sql) const { db_.execute(sql); }
  const sqlite::Connection& connection() const { return db_; }

  Found first_version() const {
    if (!has_versions()) return {};
    Query query(db_, "SELECT version, written FROM state_version");
    if (!query.next()) return {};
    return {query.value(0), query.value(1).get<int>()};
  }
  void insert_version(const std::string& version, int written) const {
    Query insert(db_, "INSERT INTO state_version VALUES (?, ?)");
    insert.bind(version).bind(written).next();
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
    std::set<std::string> columns = this->columns();
    for (const auto& [member, value] : state.items()) {
      if (columns.contains(member)) continue;
      throw StoreFailed(fmt::format("{}: there is no column '{}' for the row of '{}'",
                                    file_.string(), member, key));
    }
    columns.erase(kNamespace);
    std::vector<std::string> set;
    for (const std::string& column : columns) set.push_back(sqlite::quoted(column) + " = ?");
    Query query(db_, fmt::format("UPDATE states SET {} WHERE namespace = ?", fmt::join(set, ", ")));
    for (const std::string& column : columns) query.bind(state.value(column, json()));
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
  Watch watch_;
  sqlite::Connection db_;
};

SqliteTable::SqliteTable(const std::filesystem::path& file, LockWait wait, Watch watch,
                         bool read_only) {
  if (!std::filesystem::exists(file)) {
    throw UsageError(file.string() + ": there is no such file");
  }
  try {
    database_ = std::make_unique<Database>(file, wait, std::move(watch), read_only);
    if (!database_->has(kNamespace)) {
      throw UsageError(file.string() +
                       ": it has no table 'states' with a column 'namespace'; make one, with a "
                       "column for each member of a state");
    }
  } catch (const sqlite::Error& error) {
    const std::string what = fmt::format("{}: {}", file.string(), error.what());
    if (error.code() == SQLITE_BUSY) throw StoreFailed(what);
    throw UsageError(what);
  }
}

SqliteTable::~SqliteTable() = default;

std::set<std::string> SqliteTable::columns() const {
  return database_->attempt("read the columns", [&] { return database_->columns(); });
}

void SqliteTable::prepare() const {
  for (const char* column : {"version", "applied"}) complete(add_column_if_missing(column));
}

Task<Found> SqliteTable::version() const {
  co_return database_->read("read version", [&] { return database_->first_version(); });
}

Task<bool> SqliteTable::set_version_if(const std::string& to, int written) const {
  co_return database_->write("set version", [&] {
    database_->execute(kCreateVersions);
    if (database_->first_version().written != written) return false;
    database_->execute("DELETE FROM state_version");
    database_->insert_version(to, written + 1);
    return true;
  });
}

Task<void> SqliteTable::add_column_if_missing(const std::string& name) const {
  database_->write("add column " + name, [&] {
    if (database_->has(name)) return false;
    database_->execute("ALTER TABLE states ADD COLUMN " + sqlite::quoted(name));
    return true;
  });
  co_return;
}

Task<Row> SqliteTable::row_before(const std::string& version) const {
  co_return database_->read("find row", [&] {
    const bool has_version = database_->has("version");
    return database_->next_row(has_version ? "is_before(version, ?)" : "is_before(NULL, ?)",
                               version);
  });
}

Task<Row> SqliteTable::row_after(const std::string& version) const {
  co_return database_->read("find row",
                            [&] { return database_->next_row("is_before(?, version)", version); });
}

Task<json> SqliteTable::get(const std::string& key) const {
  co_return database_->read("get " + key, [&] { return database_->state_of(key); });
}

Task<bool> SqliteTable::put_if(const std::string& key, const json& state, const json& was) const {
  co_return database_->write("put " + key, [&] {
    if (database_->state_of(key) != was) return false;
    database_->update(key, state);
    return true;
  });
}

Task<std::vector<std::string>> SqliteTable::keys() const {
  co_return database_->read("find keys", [&] {
    std::vector<std::string> found;
    Query query(database_->connection(), "SELECT namespace FROM states ORDER BY namespace");
    while (query.next()) found.push_back(query.text(0));
    return found;
  });
}

Task<bool> SqliteTable::has_versions() const {
  co_return database_->read("find versions", [&] { return database_->has_versions(); });
}

Task<void> SqliteTable::create_versions() const {
  database_->write("create versions", [&] {
    database_->execute(kCreateVersions);
    return true;
  });
  co_return;
}

Task<void> SqliteTable::insert_version(const std::string& version) const {
  database_->write("insert version", [&] {
    database_->insert_version(version, 0);
    return true;
  });
  co_return;
}

Task<json> SqliteTable::first_version() const {
  co_return database_->read("read version", [&] { return database_->first_version().state; });
}

Task<void> SqliteTable::truncate_versions() const {
  database_->write("truncate versions", [&] {
    database_->execute("DELETE FROM state_version");
    return true;
  });
  co_return;
}

Task<void> SqliteTable::add_column(const std::string& name) const {
  database_->write("add column " + name, [&] {
    database_->execute("ALTER TABLE states ADD COLUMN " + sqlite::quoted(name));
    return true;
  });
  co_return;
}

Task<void> SqliteTable::put(const std::string& key, const json& state) const {
  database_->write("put " + key, [&] {
    Query insert(database_->connection(), "INSERT OR IGNORE INTO states (namespace) VALUES (?)");
    insert.bind(key).next();
    database_->update(key, state);
    return true;
  });
  co_return;
}

}  // namespace cutover::state_version
