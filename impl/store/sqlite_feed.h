// Lines from anywhere, as a table that SQL can read: so that one statement inserts them all, which
// takes half the time of a statement for each. (SQLite, "The Virtual Table Mechanism Of SQLite",
// 2.1.2, eponymous-only virtual tables.)
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "impl/store/sqlite.h"

namespace cutover::sqlite {

/// What a statement finds in the table, line by line.
class FeedLines {
 public:
  /// Bytes and texts must stay until the next line. Bytes without an address are of length zero.
  using Value = std::variant<std::string_view, Text, std::int64_t>;

  virtual ~FeedLines() = default;
  /// To the first line, then to the next; false at the end. Throws what hinders it from going on.
  virtual bool next() = 0;
  virtual Value value(int column) const = 0;
};

class Feed {
 public:
  /// From now on the connection knows the table cutover_feed(`columns`). One for a connection.
  Feed(const Connection& db, const std::string& columns);
  ~Feed();

  /// Runs a statement that reads `cutover_feed` once, and finds the lines there. Throws what they
  /// throw.
  template <class... Parameters>
  void run(Statement& statement, FeedLines& lines, const Parameters&... parameters) {
    begin(lines);
    try {
      statement.run(parameters...);
    } catch (const Error&) {
      rethrow_of_lines();
      throw;
    }
  }

  struct State;

 private:
  void begin(FeedLines& lines);
  void rethrow_of_lines() const;

  std::unique_ptr<State> state_;  // at a place that SQLite may remember
};

}  // namespace cutover::sqlite
