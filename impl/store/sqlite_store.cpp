#include "impl/store/sqlite_store.h"

#include <fmt/format.h>

#include "impl/store/read_ahead.h"
#include "impl/store/sqlite.h"
#include "impl/store/sqlite_feed.h"
#include "impl/store/sqlite_file.h"
#include "impl/store/sqlite_snapshot.h"

namespace cutover {
namespace {

using sqlite::only_number;
using sqlite::Row;
using sqlite::Statement;

/// As the store's feed has them.
class EntryLines final : public sqlite::FeedLines {
 public:
  explicit EntryLines(EntryCursor& cursor) : cursor_(cursor) {}

  bool next() override { return cursor_.next(entry_); }
  Value value(int column) const override { return column == 0 ? entry_.key : entry_.value; }

 private:
  EntryCursor& cursor_;
  EntryView entry_;
};

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
      if (request.kind == Request::Kind::snapshot && !in_memory()) return snapshot(request);
      const Undo undo(*this);
      (request.read_only() ? begin_read_ : begin_write_).run();
      Answer answer = execute(request);
      if (!request.read_only()) commit();
      return answer;
    } catch (const UnknownCommit&) {
      return answer_of(Status::lost_answer);
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

  StoreLook look() {
    return naming_file([this]() -> StoreLook {
      if (in_memory()) {
        StoreLook look{epoch(), {}, contents()};
        all_config_.for_each_row(
            [&](Row row) { look.config[std::string(row.bytes(0))] = row.number(1); });
        return look;
      }
      const auto source = new_snapshot();
      return {source->epoch(), source->config(), Snapshot(source)};
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

  /// SQLite's result, if it is an expected one.
  int fold_log(int mode) {
    const int code = sqlite3_wal_checkpoint_v2(db_.get(), "main", mode, nullptr, nullptr);
    if (code != SQLITE_OK && !sqlite::is_outage(code & 0xff)) {
      const sqlite::Error error(db_.get(), code);
      throw StoreError(fmt::format("{}: {}", file_.string(), explain(error)));
    }
    return code & 0xff;
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

  bool in_memory() const { return file_ == ":memory:"; }

  std::shared_ptr<const sqlite::SnapshotSource> new_snapshot() {
    int moved = 0;
    sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (moved != 0) {
      throw StoreError(
          fmt::format("{}: was moved or replaced while it was open; put it back, and run again",
                      file_.string()));
    }
    return std::make_shared<sqlite::SnapshotSource>(db_.again(), file_.string());
  }

  /// A step like the others, whose transaction outlives it. The fence is read in that transaction.
  Answer snapshot(const Request& request) {
    const auto source = new_snapshot();
    if (request.session != source->epoch()) return answer_of(Status::fenced);
    Answer answer;
    answer.contents = Snapshot(source);
    return answer;
  }

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

  Contents contents() {
    Contents contents;
    contents.format = sqlite::read_format(read_format_);
    all_entries_.for_each_row([&](Row row) {
      contents.entries.emplace_hint(contents.entries.end(), row.bytes(0), row.bytes(1));
    });
    return contents;
  }

  void replace(const Snapshot& contents) {
    write_format_.run(std::uint64_t{contents.format()});
    clear_entries_.run();
    const auto cursor = contents.read();
    ReadAhead ahead(*cursor);
    EntryLines entries(ahead);
    feed_.run(put_all_, entries);
  }

  std::filesystem::path file_;
  sqlite::Connection db_;
  sqlite::Feed feed_{db_, "key BLOB, value BLOB"};
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
  Statement put_all_{db_, "INSERT INTO entries SELECT key, value FROM cutover_feed"};
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

StoreLook SqliteStore::look() { return database_->look(); }

StoreState SqliteStore::inspect() {
  const StoreLook look = this->look();
  return {look.epoch, look.config, look.contents.contents()};
}

bool SqliteStore::fold_log() {
  return database_->fold_log(SQLITE_CHECKPOINT_TRUNCATE) == SQLITE_OK;
}

bool SqliteStore::fold_log_without_waiting() {
  const int code = database_->fold_log(SQLITE_CHECKPOINT_PASSIVE);
  return code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

void SqliteStore::restore(const StoreState& state) { database_->restore(state); }

}  // namespace cutover
