#include "impl/store/sqlite_store.h"

#include <fmt/format.h>

#include <limits>

#include "impl/store/sqlite.h"
#include "impl/store/sqlite_file.h"

namespace cutover {
namespace {

using sqlite::only_number;
using sqlite::Row;
using sqlite::Statement;

/// A COMMIT that failed and may nevertheless be durable.
class UnknownCommit : public sqlite::Error {
 public:
  explicit UnknownCommit(const sqlite::Error& error) : Error(error) {}
};

Answer answer_of(Status status) {
  Answer answer;
  answer.status = status;
  return answer;
}

}  // namespace

class SqliteStore::Database {
 public:
  Database(std::filesystem::path file, Mode mode, const LockWait& wait)
      : file_(std::move(file)), db_(sqlite::open_store(file_, mode, wait)) {}

  Answer perform(const std::string& store, const Request& request) {
    try {
      const Undo undo(*this);
      (request.read_only() ? begin_read_ : begin_write_).run();
      Answer answer = execute(request);
      if (!request.read_only()) commit();
      return answer;
    } catch (const UnknownCommit&) {
      return answer_of(Status::ambiguous);
    } catch (const sqlite::Error& error) {
      if (sqlite::is_outage(error.code())) return answer_of(Status::unavailable);
      throw StoreError(
          fmt::format("{}: at '{}': {}", file_.string(), label(store, request), explain(error)));
    } catch (const NoEpochLeft& error) {
      throw StoreError(fmt::format("{}: {}", file_.string(), error.what()));
    }
  }

  /// For what is no step: whatever fails is an error.
  template <class Work>
  auto naming_file(const Work& work) {
    try {
      return work();
    } catch (const sqlite::Error& error) {
      throw StoreError(fmt::format("{}: {}", file_.string(), explain(error)));
    }
  }

  StoreState inspect() {
    return naming_file([this] {
      const Undo undo(*this);
      begin_read_.run();
      StoreState state{.epoch = epoch(), .config = {}, .contents = contents()};
      all_config_.for_each_row(
          [&](Row row) { state.config[std::string(row.bytes(0))] = row.number(1); });
      return state;
    });
  }

  void restore(const StoreState& state) {
    naming_file([&] {
      const Undo undo(*this);
      begin_write_.run();
      write_epoch_.run(state.epoch.value);
      clear_config_.run();
      for (const auto& [name, number] : state.config) put_config_.run(name, number);
      replace(state.contents);
      commit();
    });
  }

  bool fold_log() {
    const int code =
        sqlite3_wal_checkpoint_v2(db_.get(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code != SQLITE_OK && !sqlite::is_outage(code & 0xff)) {
      const sqlite::Error error(db_.get(), code);
      throw StoreError(fmt::format("{}: {}", file_.string(), explain(error)));
    }
    return code == SQLITE_OK;
  }

 private:
  /// Undoes the transaction, if one is open, at the end of its scope.
  class Undo {
   public:
    explicit Undo(Database& database) : database_(database) {}
    ~Undo() {
      if (database_.db_.in_transaction()) database_.roll_back_.run_ignoring_errors();
    }
    Undo(const Undo&) = delete;
    Undo& operator=(const Undo&) = delete;

   private:
    Database& database_;
  };

  /// A COMMIT that is BUSY has left its transaction open, to be undone like any other. After
  /// another outage SQLite itself undoes it, but cannot take back what it may have written to the
  /// log: the next recovery may find it there, whole.
  void commit() {
    try {
      commit_.run();
    } catch (const sqlite::Error& error) {
      if (error.code() == SQLITE_BUSY || !sqlite::is_outage(error.code())) throw;
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
    const Epoch raised = cutover::raised(epoch(), at_least);
    write_epoch_.run(raised.value);
    return raised;
  }

  Epoch epoch() { return Epoch{only_number(read_epoch_)}; }

  std::uint32_t format() {
    const std::uint64_t number = only_number(read_format_);
    if (number > std::numeric_limits<std::uint32_t>::max()) {
      throw sqlite::Error(nullptr, SQLITE_CORRUPT);
    }
    return static_cast<std::uint32_t>(number);
  }

  Contents contents() {
    Contents contents;
    contents.format = format();
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

  std::filesystem::path file_;
  sqlite::Connection db_;
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
                         const LockWait& wait)
    : Store(std::move(name)), database_(std::make_unique<Database>(std::move(file), mode, wait)) {}

SqliteStore::~SqliteStore() = default;

awaitable<Answer> SqliteStore::perform(Request request) {
  co_return database_->perform(name(), request);
}

StoreState SqliteStore::inspect() { return database_->inspect(); }

bool SqliteStore::fold_log() { return database_->fold_log(); }

void SqliteStore::restore(const StoreState& state) { database_->restore(state); }

}  // namespace cutover
