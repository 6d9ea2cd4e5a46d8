// Entries from anywhere, as a table that SQL can read: so that one statement inserts them all,
// which takes half the time of a statement for each.
#pragma once

#include "impl/store/snapshot.h"
#include "impl/store/sqlite.h"

namespace cutover::sqlite {

class Feed {
 public:
  /// From now on the connection knows the table feed(key, value).
  explicit Feed(const Connection& db);
  ~Feed();

  /// Runs a statement that reads `feed` once, and finds there what the cursor reads. Throws what
  /// the cursor throws.
  void run(Statement& statement, EntryCursor& cursor);

  struct State;

 private:
  std::unique_ptr<State> state_;  // at a place that SQLite may remember
};

}  // namespace cutover::sqlite
