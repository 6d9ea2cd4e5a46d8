#include "impl/store/sqlite.h"

#include <algorithm>
#include <array>
#include <optional>
#include <thread>

namespace cutover::sqlite {

bool is_outage(int code) {
  constexpr std::array kOutages = {SQLITE_BUSY, SQLITE_LOCKED,   SQLITE_IOERR,
                                   SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_NOMEM,
                                   SQLITE_PERM, SQLITE_READONLY, SQLITE_PROTOCOL};
  return std::ranges::find(kOutages, code) != kOutages.end();
}

bool is_damage(int code) { return code == SQLITE_CORRUPT || code == SQLITE_NOTADB; }

Connection::Connection(const std::string& name, int flags, const std::filesystem::path& file,
                       LockWait wait)
    : name_(name), flags_(flags), waiter_(std::make_unique<Waiter>(file, std::move(wait))) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(opened);
  if (code != SQLITE_OK) throw Error(opened, code);
  const auto busy = [](void* waiter, int attempt) {
    return static_cast<Waiter*>(waiter)->again(attempt) ? 1 : 0;
  };
  sqlite3_busy_handler(opened, busy, waiter_.get());
}

Connection Connection::again() const {
  return Connection(name_, flags_ & ~SQLITE_OPEN_CREATE, waiter_->file(), waiter_->limits());
}

void Connection::execute(const std::string& sql) const {
  const int code = sqlite3_exec(get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw Error(get(), code);
}

bool Connection::Waiter::again(int attempt) {
  constexpr int kLongestSleep = 20;
  const auto now = std::chrono::steady_clock::now();
  if (attempt == 0) {
    begun_ = now;
    told_ = false;
  }
  const auto waited = now - begun_;
  if (waited >= wait_.at_most) return false;
  if (!told_ && waited >= LockWait::kUntold) {
    told_ = true;
    if (wait_.told) wait_.told(file_);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(std::min(attempt + 1, kLongestSleep)));
  return true;
}

Statement::Statement(const Connection& db, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) throw Error(db.get(), code);
  statement_.reset(statement);
}

std::uint64_t only_number(Statement& query) {
  std::optional<std::uint64_t> number;
  query.for_each_row([&](Row row) { number = row.number(0); });
  if (!number) throw Error(nullptr, SQLITE_CORRUPT);
  return *number;
}

std::string quoted(const std::string& name) {
  const std::unique_ptr<char, decltype(&sqlite3_free)> text(sqlite3_mprintf("\"%w\"", name.c_str()),
                                                            sqlite3_free);
  return text.get();
}

}  // namespace cutover::sqlite
