#include "impl/store/sqlite_store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <thread>

namespace cutover {
namespace {

namespace fs = std::filesystem;

// "CTVR". Tells our files from every other SQLite database before anything is written to them.
constexpr std::uint32_t kApplicationId = 0x43545652;
constexpr std::uint64_t kSchemaVersion = 1;

// Keys and names are blobs since they are arbitrary bytes; numbers are the 64 bits of a u64.
constexpr const char* kSchema = R"(
  CREATE TABLE cutover_meta(name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE config(name BLOB PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE entries(key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
)";

/// A call of SQLite that failed.
class SqliteError : public std::runtime_error {
 public:
  SqliteError(sqlite3* db, int code)
      : runtime_error(db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code)),
        code_(code & 0xff) {}
  int code() const { return code_; }

 private:
  int code_;  // the primary result code
};

/// A COMMIT that failed and may nevertheless be durable.
class UnknownCommit : public SqliteError {
 public:
  explicit UnknownCommit(const SqliteError& error) : SqliteError(error) {}
};

/// True if the store could not be reached or written, as against being damaged or misused.
bool is_outage(int code) {
  constexpr std::array kOutages = {SQLITE_BUSY, SQLITE_LOCKED,   SQLITE_IOERR,
                                   SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_NOMEM,
                                   SQLITE_PERM, SQLITE_READONLY, SQLITE_PROTOCOL};
  return std::ranges::find(kOutages, code) != kOutages.end();
}

Answer answer_of(Status status) {
  Answer answer;
  answer.status = status;
  return answer;
}

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};
using Handle = std::unique_ptr<sqlite3, CloseDatabase>;

/// The current row of a Statement.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  std::uint64_t number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
  }
  std::string bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    if (data == nullptr) return {};  // how SQLite gives a blob of length zero
    return std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  sqlite3_stmt* statement_;
};

/// A prepared statement. It is reset after each run, since an unfinished one would keep its lock.
class Statement {
 public:
  Statement(const Handle& db, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(db.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) throw SqliteError(db.get(), code);
    statement_.reset(statement);
  }

  template <class... Parameters>
  void run(const Parameters&... parameters) {
    for_each_row([](Row) {}, parameters...);
  }

  /// For destructors.
  void run_ignoring_errors() noexcept {
    step();
    sqlite3_reset(statement_.get());
  }

  template <class OnRow, class... Parameters>
  void for_each_row(const OnRow& on_row, const Parameters&... parameters) {
    const std::unique_ptr<sqlite3_stmt, Reset> reset(statement_.get());
    int index = 0;
    (check(bind(++index, parameters)), ...);
    for (int code = step(); code != SQLITE_DONE; code = step()) {
      if (code != SQLITE_ROW) check(code);
      on_row(Row(statement_.get()));
    }
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct Reset {
    void operator()(sqlite3_stmt* statement) const { sqlite3_reset(statement); }
  };

  int step() { return sqlite3_step(statement_.get()); }
  void check(int code) const {
    if (code != SQLITE_OK) throw SqliteError(sqlite3_db_handle(statement_.get()), code);
  }
  int bind(int index, std::uint64_t number) {
    return sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(number));
  }
  // The parameters outlive the run, so SQLite need not copy them.
  int bind(int index, const std::string& bytes) {
    return sqlite3_bind_blob64(statement_.get(), index, bytes.data(), bytes.size(), SQLITE_STATIC);
  }

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// The number that a query of one row answers.
std::uint64_t only_number(Statement& query) {
  std::optional<std::uint64_t> number;
  query.for_each_row([&](Row row) { number = row.number(0); });
  if (!number) throw SqliteError(nullptr, SQLITE_CORRUPT);
  return *number;
}

void execute(const Handle& db, const std::string& sql) {
  const int code = sqlite3_exec(db.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw SqliteError(db.get(), code);
}

/// What can be told of the path without touching the file.
void check_path(const fs::path& file, SqliteStore::Mode mode) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::status_known(status)) throw StoreOpenError(error.message());
  if (fs::is_directory(status)) throw StoreOpenError("is a directory; name a file inside it");
  if (fs::exists(status)) {
    if (!fs::is_regular_file(status)) throw StoreOpenError("is not a regular file; name another");
    return;
  }
  const fs::path folder = file.parent_path();
  if (!fs::is_directory(folder, error)) {
    throw StoreOpenError(fmt::format("its folder {} does not exist; create it", folder.string()));
  }
  if (mode == SqliteStore::Mode::must_exist) {
    throw StoreOpenError("does not exist; create the store first, or correct the path");
  }
}

/// Refuses a file that is neither empty nor ours. Reads its header without a transaction, because
/// one would give a database in WAL mode its companion files; and through SQLite's own file,
/// because closing another descriptor of it would drop all locks that this process holds on it.
void check_header(const Handle& db) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  constexpr std::size_t kApplicationIdOffset = 68;
  std::array<unsigned char, 100> header{};
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  const int code = file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0);
  const bool is_short = code == SQLITE_IOERR_SHORT_READ;
  if (code != SQLITE_OK && !is_short) throw SqliteError(nullptr, code);

  // Zeros are a file of size zero, or a creation that a power loss cut short. SQLite undoes the
  // latter from its journal; it refuses other zeros itself, as not a database.
  if (std::ranges::all_of(header, [](unsigned char byte) { return byte == 0; })) return;
  if (is_short || std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0) {
    throw StoreOpenError("is not a SQLite database; name another file");
  }
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) id = id << 8 | header[kApplicationIdOffset + i];
  if (id != kApplicationId) {
    throw StoreOpenError("is another application's SQLite database; name another file");
  }
}

bool has_no_tables(const Handle& db) {
  Statement count(db, "SELECT count(*) FROM sqlite_master");
  return only_number(count) == 0;
}

/// Creates the tables if there are none, and checks that their version is ours.
void prepare_schema(const Handle& db, SqliteStore::Mode mode) {
  if (has_no_tables(db)) {
    if (mode == SqliteStore::Mode::must_exist) {
      throw StoreOpenError("is empty; create the store first, or correct the path");
    }
    // In a rollback journal, not yet in WAL mode: so the application id is in the file itself by
    // the time the transaction is durable, and check_header sees it after any crash.
    execute(db, "BEGIN IMMEDIATE");
    if (has_no_tables(db)) {
      execute(db, kSchema);
      execute(db, fmt::format("PRAGMA application_id = {}", kApplicationId));
      execute(db, fmt::format("INSERT INTO cutover_meta VALUES ('epoch', 0), ('format', 0), "
                              "('schema_version', {})",
                              kSchemaVersion));
    }
    execute(db, "COMMIT");
  }
  Statement read_version(db, "SELECT number FROM cutover_meta WHERE name = 'schema_version'");
  const std::uint64_t version = only_number(read_version);
  if (version != kSchemaVersion) {
    throw StoreOpenError(fmt::format(
        "has schema version {}, and this program knows {}; use the program that wrote it", version,
        kSchemaVersion));
  }
}

/// Returns the kind of journal that the database has then. When several connections switch at once,
/// SQLite tells some that it is BUSY without waiting, lest they wait for one another.
std::string switch_to_wal(const Handle& db, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Statement wal(db, "PRAGMA journal_mode = WAL");
  for (std::string journal;; std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
    try {
      wal.for_each_row([&](Row row) { journal = row.bytes(0); });
      return journal;
    } catch (const SqliteError& error) {
      const bool expired = std::chrono::steady_clock::now() >= deadline;
      if (error.code() != SQLITE_BUSY || expired) throw;
    }
  }
}

/// Opens the file as a store. What it throws does not yet name the file.
Handle connect(const fs::path& file, SqliteStore::Mode mode, std::chrono::milliseconds timeout) {
  const bool in_memory = file == ":memory:";
  // An absolute path has no special meaning to SQLite, whatever characters are in it.
  const std::string path = in_memory ? file.string() : (fs::current_path() / file).string();
  if (in_memory) mode = SqliteStore::Mode::create_if_missing;
  if (!in_memory) check_path(path, mode);

  const bool may_create = mode == SqliteStore::Mode::create_if_missing;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (may_create ? SQLITE_OPEN_CREATE : 0);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  Handle db(opened);
  if (code != SQLITE_OK) throw SqliteError(db.get(), code);
  sqlite3_busy_timeout(db.get(), static_cast<int>(timeout.count()));
  if (!in_memory) check_header(db);
  if (sqlite3_db_readonly(db.get(), "main") != 0) {
    throw StoreOpenError("may not be written; change its permissions");
  }
  execute(db, "PRAGMA synchronous = FULL");
  prepare_schema(db, mode);
  const std::string journal = switch_to_wal(db, timeout);
  if (!in_memory && journal != "wal") {
    throw StoreOpenError("cannot have a write-ahead log; move it to a local file system");
  }
  return db;
}

/// What a failure of SQLite to open the file means to its user.
std::string explain(const SqliteError& error) {
  switch (error.code()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "is locked by another process; end it, or try again later";
    case SQLITE_NOTADB: return "is not a SQLite database; name another file";
    case SQLITE_CANTOPEN: return "cannot be opened; check the permissions";
    default: break;
  }
  return fmt::format("cannot be read ({}); restore it from a backup", error.what());
}

}  // namespace

class SqliteStore::Database {
 public:
  explicit Database(Handle handle) : db_(std::move(handle)) {}

  /// Makes of every failure one line that names the file.
  static std::unique_ptr<Database> open(const fs::path& file, Mode mode,
                                        std::chrono::milliseconds busy_timeout) {
    try {
      return std::make_unique<Database>(connect(file, mode, busy_timeout));
    } catch (const StoreOpenError& error) {
      throw StoreOpenError(fmt::format("{}: {}", file.string(), error.what()));
    } catch (const SqliteError& error) {
      throw StoreOpenError(fmt::format("{}: {}", file.string(), explain(error)));
    }
  }

  Answer perform(const Request& request) {
    try {
      const Undo undo(*this);
      (request.read_only() ? begin_read_ : begin_write_).run();
      Answer answer = execute(request);
      if (!request.read_only()) commit();
      return answer;
    } catch (const UnknownCommit&) {
      return answer_of(Status::ambiguous);
    } catch (const SqliteError& error) {
      if (is_outage(error.code())) return answer_of(Status::unavailable);
      const char* file = sqlite3_db_filename(db_.get(), "main");
      throw std::runtime_error(fmt::format("{}: {}", file, error.what()));
    }
  }

  StoreState inspect() {
    const Undo undo(*this);
    begin_read_.run();
    StoreState state{.epoch = epoch(), .config = {}, .contents = contents()};
    all_config_.for_each_row([&](Row row) { state.config[row.bytes(0)] = row.number(1); });
    return state;
  }

  void restore(const StoreState& state) {
    const Undo undo(*this);
    begin_write_.run();
    write_epoch_.run(state.epoch.value);
    clear_config_.run();
    for (const auto& [name, number] : state.config) put_config_.run(name, number);
    replace(state.contents);
    commit();
  }

 private:
  /// Undoes the transaction, if one is open, at the end of its scope.
  class Undo {
   public:
    explicit Undo(Database& database) : database_(database) {}
    ~Undo() {
      const bool open = sqlite3_get_autocommit(database_.db_.get()) == 0;
      if (open) database_.roll_back_.run_ignoring_errors();
    }
    Undo(const Undo&) = delete;
    Undo& operator=(const Undo&) = delete;

   private:
    Database& database_;
  };

  /// A COMMIT that is BUSY has left its transaction open, to be undone like any other. After
  /// another failure SQLite itself undoes it, but cannot take back what it may have written to the
  /// log: the next recovery may find it there, whole.
  void commit() {
    try {
      commit_.run();
    } catch (const SqliteError& error) {
      if (error.code() == SQLITE_BUSY) throw;
      throw UnknownCommit(error);
    }
  }

  /// The request, inside a transaction. The fence comes first, for every kind that has one.
  Answer execute(const Request& request) {
    const bool unfenced = request.kind == Request::Kind::open ||
                          (request.kind == Request::Kind::read_config && !request.session);
    if (!unfenced && request.session != epoch()) return answer_of(Status::fenced);

    Answer answer;
    switch (request.kind) {
      case Request::Kind::open: answer.epoch = raise_epoch(request.at_least); break;
      case Request::Kind::read_config:
        get_config_.for_each_row([&](Row row) { answer.number = row.number(0); }, request.key);
        break;
      case Request::Kind::snapshot: answer.contents = contents(); break;
      case Request::Kind::get:
        get_entry_.for_each_row([&](Row row) { answer.value = row.bytes(0); }, request.key);
        break;
      case Request::Kind::commit: answer.epoch = apply(request.transaction); break;
    }
    return answer;
  }

  Epoch apply(const Transaction& transaction) {
    if (transaction.replace) replace(*transaction.replace);
    for (const auto& [key, value] : transaction.entries) {
      if (value) {
        put_entry_.run(key, *value);
      } else {
        delete_entry_.run(key);
      }
    }
    for (const auto& [name, number] : transaction.config) put_config_.run(name, number);
    return transaction.raise_epoch ? raise_epoch(*transaction.raise_epoch) : epoch();
  }

  Epoch raise_epoch(Epoch at_least) {
    const Epoch raised = std::max(above(epoch()), at_least);
    write_epoch_.run(raised.value);
    return raised;
  }

  Epoch epoch() { return Epoch{only_number(read_epoch_)}; }

  Contents contents() {
    Contents contents;
    contents.format = static_cast<std::uint32_t>(only_number(read_format_));
    all_entries_.for_each_row([&](Row row) {
      contents.entries.emplace_hint(contents.entries.end(), row.bytes(0), row.bytes(1));
    });
    return contents;
  }

  void replace(const Contents& contents) {
    write_format_.run(std::uint64_t{contents.format});
    clear_entries_.run();
    for (const auto& [key, value] : contents.entries) put_entry_.run(key, value);
  }

  Handle db_;
  Statement begin_read_{db_, "BEGIN"};
  // Takes the write lock at once, so that what the fence was compared with still holds at COMMIT.
  Statement begin_write_{db_, "BEGIN IMMEDIATE"};
  Statement commit_{db_, "COMMIT"};
  Statement roll_back_{db_, "ROLLBACK"};
  Statement read_epoch_{db_, "SELECT number FROM cutover_meta WHERE name = 'epoch'"};
  Statement write_epoch_{db_, "UPDATE cutover_meta SET number = ? WHERE name = 'epoch'"};
  Statement read_format_{db_, "SELECT number FROM cutover_meta WHERE name = 'format'"};
  Statement write_format_{db_, "UPDATE cutover_meta SET number = ? WHERE name = 'format'"};
  Statement get_config_{db_, "SELECT number FROM config WHERE name = ?"};
  Statement all_config_{db_, "SELECT name, number FROM config"};
  Statement put_config_{db_, "REPLACE INTO config VALUES (?, ?)"};
  Statement clear_config_{db_, "DELETE FROM config"};
  Statement get_entry_{db_, "SELECT value FROM entries WHERE key = ?"};
  Statement all_entries_{db_, "SELECT key, value FROM entries ORDER BY key"};
  Statement put_entry_{db_, "REPLACE INTO entries VALUES (?, ?)"};
  Statement delete_entry_{db_, "DELETE FROM entries WHERE key = ?"};
  Statement clear_entries_{db_, "DELETE FROM entries"};
};

SqliteStore::SqliteStore(std::string name, std::filesystem::path file, Mode mode,
                         std::chrono::milliseconds busy_timeout)
    : Store(std::move(name)), database_(Database::open(file, mode, busy_timeout)) {}

SqliteStore::~SqliteStore() = default;

awaitable<Answer> SqliteStore::perform(Request request) { co_return database_->perform(request); }

StoreState SqliteStore::inspect() { return database_->inspect(); }

void SqliteStore::restore(const StoreState& state) { database_->restore(state); }

}  // namespace cutover
