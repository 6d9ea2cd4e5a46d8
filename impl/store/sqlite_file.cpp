#include "impl/store/sqlite_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace cutover::sqlite {
namespace {

namespace fs = std::filesystem;
using Mode = SqliteStore::Mode;

// "CTVR". Tells our files from every other SQLite database before anything is written to them.
constexpr std::uint32_t kApplicationId = 0x43545652;
constexpr std::uint64_t kSchemaVersion = 1;

// Keys and names are blobs since they are arbitrary bytes; numbers are the 64 bits of a u64.
constexpr const char* kSchema = R"(
  CREATE TABLE cutover_meta(name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE config(name BLOB PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE entries(key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
)";

/// What can be told of the path without touching the file.
void check_path(const fs::path& file, Mode mode) {
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
  if (mode != Mode::create_if_missing) {
    throw StoreOpenError("does not exist; create the store first, or correct the path");
  }
}

/// Refuses a file that is neither empty nor ours. Reads its header without a transaction, because
/// one would give a database in WAL mode its companion files; and through SQLite's own file,
/// because closing another descriptor of it would drop all locks that this process holds on it.
void check_header(const Connection& db) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  constexpr std::size_t kApplicationIdOffset = 68;
  std::array<unsigned char, 100> header{};
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  const int code = file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0);
  const bool is_short = code == SQLITE_IOERR_SHORT_READ;
  if (code != SQLITE_OK && !is_short) throw Error(nullptr, code);

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

bool has_no_tables(const Connection& db) {
  Statement count(db, "SELECT count(*) FROM sqlite_master");
  return only_number(count) == 0;
}

/// Creates the tables if there are none, and checks that their version is ours.
void prepare_schema(const Connection& db, Mode mode) {
  if (has_no_tables(db)) {
    if (mode != Mode::create_if_missing) {
      throw StoreOpenError("is empty; create the store first, or correct the path");
    }
    // In a rollback journal, not yet in WAL mode: so the application id is in the file itself by
    // the time the transaction is durable, and check_header sees it after any crash.
    db.execute("BEGIN IMMEDIATE");
    if (has_no_tables(db)) {
      db.execute(kSchema);
      db.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
      db.execute(
          fmt::format("INSERT INTO cutover_meta VALUES ('epoch', 0), ('format', 0), "
                      "('schema_version', {})",
                      kSchemaVersion));
    }
    db.execute("COMMIT");
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
std::string switch_to_wal(const Connection& db) {
  Statement wal(db, "PRAGMA journal_mode = WAL");
  std::string journal;
  for (int attempt = 0;; ++attempt) {
    try {
      wal.for_each_row([&](Row row) { journal = row.bytes(0); });
      return journal;
    } catch (const Error& error) {
      if (error.code() != SQLITE_BUSY || !db.wait(attempt)) throw;
    }
  }
}

bool has_content(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return !error && size > 0;
}

/// A path as SQLite's URIs want it.
std::string uri(const std::string& path, const char* query) {
  std::string text = "file://";
  for (const char byte : path) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(byte)) != 0 || std::strchr("/._-", byte) != nullptr;
    text += plain && byte != '\0' ? std::string(1, byte)
                                  : fmt::format("%{:02x}", static_cast<unsigned char>(byte));
  }
  return text + query;
}

/// Without permission to write, SQLite can't make the companions that a reader needs. If there are
/// none, nobody uses the store, and it may be read as a file that does not change; if there is a
/// log, what it holds belongs to the store, and must not be passed over.
Connection connect_unwritable(const std::string& path, const fs::path& file, const LockWait& wait) {
  const bool has_index = fs::exists(path + "-shm");
  const char* left = has_content(path + "-journal")             ? "-journal"
                     : has_content(path + "-wal") && !has_index ? "-wal"
                                                                : nullptr;
  if (left != nullptr) {
    throw StoreOpenError(
        fmt::format("may not be written, and {}{} holds changes that have to be folded into it "
                    "first; make it and its folder writable, or copy all its files elsewhere",
                    file.filename().string(), left));
  }
  if (has_index) return Connection(path, SQLITE_OPEN_READONLY, file, wait);
  return Connection(uri(path, "?immutable=1"), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, file, wait);
}

bool may_write(const fs::path& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

Connection connect(const std::string& path, const fs::path& file, Mode mode, const LockWait& wait) {
  if (mode == Mode::read_only) {
    const fs::path folder = fs::path(path).parent_path();
    if (!may_write(path) || !may_write(folder)) return connect_unwritable(path, file, wait);
  }
  const bool may_create = mode == Mode::create_if_missing;
  return Connection(path, SQLITE_OPEN_READWRITE | (may_create ? SQLITE_OPEN_CREATE : 0), file,
                    wait);
}

/// What it throws does not yet name the file.
Connection open(const fs::path& file, Mode mode, const LockWait& wait) {
  const bool in_memory = file == ":memory:";
  // An absolute path has no special meaning to SQLite, whatever characters are in it.
  const std::string path = in_memory ? file.string() : (fs::current_path() / file).string();
  if (in_memory) mode = Mode::create_if_missing;
  if (!in_memory) check_path(path, mode);

  Connection db = connect(path, file, mode, wait);
  if (!in_memory) check_header(db);
  db.execute("PRAGMA cell_size_check = ON");
  if (mode == Mode::read_only) {
    db.execute("PRAGMA query_only = ON");
    prepare_schema(db, mode);
    return db;
  }
  if (sqlite3_db_readonly(db.get(), "main") != 0) {
    throw StoreOpenError("may not be written; change its permissions");
  }
  db.execute("PRAGMA synchronous = FULL");
  // KiB. A tree that grows in key order changes a page of its inner levels again when its neighbour
  // is split, up to a thousand pages later. If it is in the log by then, SQLite writes it there
  // again, and reads and rewrites all of the log after it, for the checksums, at COMMIT.
  db.execute("PRAGMA cache_size = -16384");
  prepare_schema(db, mode);
  const std::string journal = switch_to_wal(db);
  if (!in_memory && journal != "wal") {
    throw StoreOpenError("cannot have a write-ahead log; move it to a local file system");
  }
  return db;
}

}  // namespace

std::string explain(const Error& error) {
  switch (error.code()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return "is locked by another process; end it, or try again later";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return fmt::format("is damaged ({}); restore it from a backup", error.what());
    case SQLITE_PERM:
    case SQLITE_READONLY: return "may not be written; change its permissions, or its folder's";
    case SQLITE_CANTOPEN: return "cannot be opened; check its permissions, and its folder's";
    case SQLITE_FULL: return "cannot be written, as its disk is full; make room";
    case SQLITE_IOERR:
      return fmt::format("cannot be read or written ({}); check its disk", error.what());
    case SQLITE_NOMEM: return "cannot be read, as memory ran out; try again with more";
    default: break;
  }
  return fmt::format("is not as this program makes stores ({}); restore it from a backup",
                     error.what());
}

Connection open_store(const fs::path& file, SqliteStore::Mode mode, const LockWait& wait) {
  try {
    return open(file, mode, wait);
  } catch (const StoreOpenError& error) {
    throw StoreOpenError(fmt::format("{}: {}", file.string(), error.what()));
  } catch (const Error& error) {
    const bool is_none = error.code() == SQLITE_NOTADB;
    throw StoreOpenError(
        fmt::format("{}: {}", file.string(),
                    is_none ? "is not a SQLite database; name another file" : explain(error)));
  }
}

}  // namespace cutover::sqlite
