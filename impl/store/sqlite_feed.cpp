#include "impl/store/sqlite_feed.h"

#include <exception>

namespace cutover::sqlite {

struct Feed::State {
  std::string declaration;
  FeedLines* lines = nullptr;
  bool at_end = false;
  std::exception_ptr thrown;  // must not pass through SQLite, which is C
};

namespace {

// The first member is SQLite's own part, as its interface wants it.
struct Table {
  sqlite3_vtab base;
  Feed::State* state;
};
struct Scan {
  sqlite3_vtab_cursor base;
  Feed::State* state;
};

Feed::State& state_of(sqlite3_vtab_cursor* scan) { return *reinterpret_cast<Scan*>(scan)->state; }

int connect(sqlite3* db, void* given, int, const char* const*, sqlite3_vtab** table, char**) {
  auto* const state = static_cast<Feed::State*>(given);
  const int code = sqlite3_declare_vtab(db, state->declaration.c_str());
  if (code == SQLITE_OK) *table = &(new Table{{}, state})->base;
  return code;
}

int disconnect(sqlite3_vtab* table) {
  delete reinterpret_cast<Table*>(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  info->estimatedCost = 1;
  return SQLITE_OK;
}

int open(sqlite3_vtab* table, sqlite3_vtab_cursor** scan) {
  *scan = &(new Scan{{}, reinterpret_cast<Table*>(table)->state})->base;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* scan) {
  delete reinterpret_cast<Scan*>(scan);
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* scan) {
  Feed::State& state = state_of(scan);
  try {
    state.at_end = !state.lines->next();
    return SQLITE_OK;
  } catch (...) {
    state.thrown = std::current_exception();
    return SQLITE_ABORT;
  }
}

int filter(sqlite3_vtab_cursor* scan, int, const char*, int, sqlite3_value**) { return next(scan); }

int is_at_end(sqlite3_vtab_cursor* scan) { return state_of(scan).at_end ? 1 : 0; }

/// What is given is copied into the row before the lines go on. Without an address it would be
/// NULL.
struct Give {
  sqlite3_context* result;

  static const char* address(std::string_view of) { return of.data() == nullptr ? "" : of.data(); }
  void operator()(std::string_view bytes) const {
    sqlite3_result_blob64(result, address(bytes), bytes.size(), SQLITE_STATIC);
  }
  void operator()(const Text& of) const {
    sqlite3_result_text64(result, address(of.text), of.text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  void operator()(std::int64_t number) const { sqlite3_result_int64(result, number); }
};

int column(sqlite3_vtab_cursor* scan, sqlite3_context* result, int index) {
  std::visit(Give{result}, state_of(scan).lines->value(index));
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor*, sqlite3_int64* id) {
  *id = 0;
  return SQLITE_OK;
}

const sqlite3_module kModule = [] {
  sqlite3_module module{};
  module.xConnect = connect;
  module.xDisconnect = disconnect;
  module.xBestIndex = best_index;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = is_at_end;
  module.xColumn = column;
  module.xRowid = row_id;
  return module;
}();

}  // namespace

Feed::Feed(const Connection& db, const std::string& columns) : state_(std::make_unique<State>()) {
  state_->declaration = "CREATE TABLE cutover_feed(" + columns + ")";
  const int code = sqlite3_create_module(db.get(), "cutover_feed", &kModule, state_.get());
  if (code != SQLITE_OK) throw Error(db.get(), code);
}

Feed::~Feed() = default;

void Feed::begin(FeedLines& lines) {
  state_->lines = &lines;
  state_->at_end = false;
  state_->thrown = nullptr;
}

void Feed::rethrow_of_lines() const {
  if (state_->thrown) std::rethrow_exception(state_->thrown);
}

}  // namespace cutover::sqlite
