// A thin layer over SQLite's C interface: connections and statements that clean up after
// themselves, and failures as exceptions.
//
// It knows nothing of stores. Not thread-safe: a connection serves one thread.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "impl/store/lock_wait.h"

namespace cutover::sqlite {

/// A call of SQLite that failed.
class Error : public std::runtime_error {
 public:
  Error(sqlite3* db, int code)
      : runtime_error(db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code)),
        code_(code & 0xff) {}
  /// The primary result code.
  int code() const { return code_; }

 private:
  int code_;
};

/// True if the database could not be reached or written, as against being damaged or misused.
bool is_outage(int code);
/// True if SQLite found that the file is not what it wrote.
bool is_damage(int code);

class Connection {
 public:
  /// Waits for locks as `wait` says, and names the file to whom that tells. `name` is what SQLite
  /// is given: a path, or a URI if the flags say so. Throws Error.
  Connection(const std::string& name, int flags, const std::filesystem::path& file, LockWait wait);

  /// Another connection to the same database, which must be a file.
  Connection again() const;

  sqlite3* get() const { return db_.get(); }
  void execute(const std::string& sql) const;
  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

  /// Called again and again while a lock is held; `attempt` counts from 0 in each wait. Sleeps and
  /// returns true, or false when the time is over.
  bool wait(int attempt) const { return waiter_->again(attempt); }

 private:
  class Waiter {
   public:
    Waiter(std::filesystem::path file, LockWait wait)
        : file_(std::move(file)), wait_(std::move(wait)) {}
    bool again(int attempt);
    const std::filesystem::path& file() const { return file_; }
    const LockWait& limits() const { return wait_; }

   private:
    std::filesystem::path file_;
    LockWait wait_;
    std::chrono::steady_clock::time_point begun_;
    bool told_ = false;
  };
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
  };

  std::string name_;
  int flags_;
  std::unique_ptr<Waiter> waiter_;  // at a place that SQLite may remember
  std::unique_ptr<sqlite3, Close> db_;
};

/// Makes the call in a transaction that may write. Without it if the call throws.
template <class Call>
auto in_transaction(const Connection& db, const Call& call) {
  try {
    db.execute("BEGIN IMMEDIATE");
    const auto result = call();
    db.execute("COMMIT");
    return result;
  } catch (...) {
    if (db.in_transaction()) sqlite3_exec(db.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

/// A parameter that is a text, where bytes are a blob.
struct Text {
  std::string_view text;
};

/// The current row of a Statement.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::uint64_t number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
  }
  /// Valid until the statement goes on.
  std::string_view bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    if (data == nullptr) return {};  // how SQLite gives a blob of length zero
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

/// A prepared statement. It is reset after each run, since an unfinished one would keep its lock.
class Statement {
 public:
  Statement(const Connection& db, std::string_view sql);

  template <class... Parameters>
  void run(const Parameters&... parameters) {
    for_each_row([](Row) {}, parameters...);
  }

  /// For destructors.
  void run_ignoring_errors() noexcept {
    step();
    sqlite3_reset(statement_.get());
  }

  /// Goes to the first row of a run without parameters, then to the next; false at the end.
  bool next() {
    const int code = step();
    if (code == SQLITE_ROW) return true;
    sqlite3_reset(statement_.get());
    if (code != SQLITE_DONE) check(code);
    return false;
  }
  Row row() const { return Row(statement_.get()); }
  /// For what run() can't do: any number of parameters, values of any type.
  sqlite3_stmt* get() const { return statement_.get(); }

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
    if (code != SQLITE_OK) throw Error(sqlite3_db_handle(statement_.get()), code);
  }
  int bind(int index, std::uint64_t number) {
    return sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(number));
  }
  int bind(int index, std::int64_t number) {
    return sqlite3_bind_int64(statement_.get(), index, number);
  }
  int bind(int index, std::nullptr_t) { return sqlite3_bind_null(statement_.get(), index); }
  int bind(int index, Text given) {
    const char* data = given.text.data() == nullptr ? "" : given.text.data();
    return sqlite3_bind_text64(statement_.get(), index, data, given.text.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  // The parameters outlive the run, so SQLite need not copy them. Bytes without an address would
  // be NULL.
  int bind(int index, std::string_view bytes) {
    const char* data = bytes.data() == nullptr ? "" : bytes.data();
    return sqlite3_bind_blob64(statement_.get(), index, data, bytes.size(), SQLITE_STATIC);
  }

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A name as SQL has it, whatever its letters: in double quotes.
std::string quoted(const std::string& name);

/// The number that a query of one row answers; SQLITE_CORRUPT if there is none.
std::uint64_t only_number(Statement& query);

}  // namespace cutover::sqlite
