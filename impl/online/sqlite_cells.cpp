#include "impl/online/sqlite_cells.h"

#include <new>

namespace cutover::online {
namespace {

constexpr const char* kPointer = "cutover_cells";
constexpr const char* kColumns =
    "CREATE TABLE cells (key TEXT, col TEXT, element TEXT, value TEXT, expires INTEGER, cells "
    "HIDDEN)";
enum Column { kKey, kColumn, kElement, kValue, kExpires, kCells };

struct Cursor : sqlite3_vtab_cursor {
  const std::vector<ScannedCell>* cells = nullptr;
  std::size_t at = 0;
};
Cursor& cursor_of(sqlite3_vtab_cursor* cursor) { return *static_cast<Cursor*>(cursor); }

int connect(sqlite3* db, void*, int, const char* const*, sqlite3_vtab** table, char**) {
  if (const int code = sqlite3_declare_vtab(db, kColumns); code != SQLITE_OK) return code;
  *table = new (std::nothrow) sqlite3_vtab{};
  return *table == nullptr ? SQLITE_NOMEM : SQLITE_OK;
}
int disconnect(sqlite3_vtab* table) {
  delete table;
  return SQLITE_OK;
}

/// Only with cells to read.
int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    const bool is_given = constraint.iColumn == kCells && constraint.usable != 0 &&
                          constraint.op == SQLITE_INDEX_CONSTRAINT_EQ;
    if (!is_given) continue;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    return SQLITE_OK;
  }
  return SQLITE_CONSTRAINT;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  *cursor = new (std::nothrow) Cursor{};
  return *cursor == nullptr ? SQLITE_NOMEM : SQLITE_OK;
}
int close(sqlite3_vtab_cursor* cursor) {
  delete &cursor_of(cursor);
  return SQLITE_OK;
}
int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value** given) {
  cursor_of(cursor).cells =
      static_cast<const std::vector<ScannedCell>*>(sqlite3_value_pointer(given[0], kPointer));
  cursor_of(cursor).at = 0;
  return cursor_of(cursor).cells == nullptr ? SQLITE_MISUSE : SQLITE_OK;
}
int next(sqlite3_vtab_cursor* cursor) {
  ++cursor_of(cursor).at;
  return SQLITE_OK;
}
int is_at_end(sqlite3_vtab_cursor* cursor) {
  const Cursor& of = cursor_of(cursor);
  return of.at >= of.cells->size() ? 1 : 0;
}
int row_number(sqlite3_vtab_cursor* cursor, sqlite3_int64* number) {
  *number = static_cast<sqlite3_int64>(cursor_of(cursor).at);
  return SQLITE_OK;
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* result, int column) {
  const ScannedCell& cell = (*cursor_of(cursor).cells)[cursor_of(cursor).at];
  const auto text = [&](std::string_view of) {
    // A text without an address would be NULL.
    const char* const data = of.data() == nullptr ? "" : of.data();
    sqlite3_result_text64(result, data, of.size(), SQLITE_STATIC, SQLITE_UTF8);
  };
  switch (column) {
    case kKey: text(cell.key); break;
    case kColumn: text(cell.column); break;
    case kElement: text(cell.element); break;
    case kValue: text(cell.value); break;
    case kExpires: sqlite3_result_int64(result, cell.expires); break;
    default: break;  // NULL
  }
  return SQLITE_OK;
}

sqlite3_module made_module() {
  sqlite3_module made{};
  made.xConnect = connect;  // no xCreate: it is there without CREATE
  made.xBestIndex = best_index;
  made.xDisconnect = disconnect;
  made.xOpen = open;
  made.xClose = close;
  made.xFilter = filter;
  made.xNext = next;
  made.xEof = is_at_end;
  made.xColumn = column;
  made.xRowid = row_number;
  return made;
}

}  // namespace

void add_cells_table(const sqlite::Connection& db) {
  static const sqlite3_module module = made_module();
  const int code = sqlite3_create_module_v2(db.get(), "cutover_cells", &module, nullptr, nullptr);
  if (code != SQLITE_OK) throw sqlite::Error(db.get(), code);
}

void bind_cells(sqlite::Statement& statement, int parameter,
                const std::vector<ScannedCell>& cells) {
  auto* const pointer = const_cast<std::vector<ScannedCell>*>(&cells);  // which is only read
  const int code = sqlite3_bind_pointer(statement.get(), parameter, pointer, kPointer, nullptr);
  if (code != SQLITE_OK) throw sqlite::Error(sqlite3_db_handle(statement.get()), code);
}

}  // namespace cutover::online
