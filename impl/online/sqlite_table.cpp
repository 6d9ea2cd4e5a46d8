#include "impl/online/sqlite_table.h"

namespace cutover::online {
namespace {

using nlohmann::json;
using sqlite::Text;

enum Scope : std::int64_t { kOfRow, kOfColumn, kOfCell };

// A marker wins a tie, then the greater value, then what expires later: as winner() in row.h.
constexpr const char* kMerge =
    "INSERT INTO {0} (written, key, scope, col, element, value, expires) {1} ON CONFLICT DO "
    "UPDATE SET value = "
    "excluded.value, written = excluded.written, expires = excluded.expires WHERE "
    "(excluded.written, excluded.value IS NULL, ifnull(excluded.value, ''), excluded.expires) > "
    "({0}.written, {0}.value IS NULL, ifnull({0}.value, ''), {0}.expires)";
constexpr const char* kSelect =
    "SELECT key, scope, col, element, value, written, expires FROM {} WHERE {} ORDER BY key, "
    "scope, "
    "col, element";

constexpr const char* kOne = "VALUES (?, ?, ?, ?, ?, ?, ?)";
/// Of one write time. (`WHERE true` keeps ON CONFLICT from being taken for a join's.)
constexpr const char* kCopied =
    "SELECT ?1, key, 2, col, element, value, expires FROM cutover_feed WHERE true";

/// Puts a line of the table into the row that it is of.
void put(const sqlite::Row& line, Row& row) {
  const std::int64_t written = line.integer(5);
  if (line.integer(1) == kOfRow) {
    row.deleted = written;
    return;
  }
  Column& column = row.columns[std::string(line.bytes(2))];
  if (line.integer(1) == kOfColumn) {
    column.deleted = written;
    return;
  }
  const json value = line.is_null(4) ? json() : json::parse(line.bytes(4));
  column.elements[std::string(line.bytes(3))] = {value, written, line.integer(6)};
}

struct ScannedCell {
  std::string_view key, column, element, value;
  std::int64_t expires = 0;
};

/// As the cluster's feed has them.
class CellLines final : public sqlite::FeedLines {
 public:
  explicit CellLines(const std::vector<ScannedCell>& cells)
      : next_(cells.data()), left_(cells.size()) {}

  bool next() override {
    if (left_ == 0) return false;
    at_ = next_++;
    --left_;
    return true;
  }
  Value value(int column) const override {
    switch (column) {
      case 0: return Text{at_->key};
      case 1: return Text{at_->column};
      case 2: return Text{at_->element};
      case 3: return Text{at_->value};
      default: return at_->expires;
    }
  }

 private:
  const ScannedCell *at_ = nullptr, *next_;
  std::size_t left_;
};

/// Packed.
struct ScannedCells : Scanned::Contents {
  std::vector<ScannedCell> cells;                   ///< in the order of their keys
  std::vector<std::unique_ptr<std::string>> bytes;  ///< which the cells point to
};

}  // namespace

class SqliteTable::Statements {
 public:
  Statements(const SqliteCluster& cluster, const std::string& name, std::size_t rows_of_page)
      : cluster(cluster),
        name(name),
        rows_of_page(rows_of_page),
        merge(cluster.connection(), fmt::format(kMerge, sqlite::quoted(name), kOne)),
        merge_cells(cluster.connection(), fmt::format(kMerge, sqlite::quoted(name), kCopied)),
        of_key(cluster.connection(), fmt::format(kSelect, sqlite::quoted(name), "key = ?")),
        from(cluster.connection(), fmt::format(kSelect, sqlite::quoted(name), "key >= ?1")),
        between(cluster.connection(),
                fmt::format(kSelect, sqlite::quoted(name), "key >= ?1 AND key < ?2")) {}

  void copy(const std::vector<ScannedCell>& cells, WriteTime written) {
    CellLines lines(cells);
    cluster.cells().run(merge_cells, lines, written);
  }

  void write(std::string_view key, const Row& row) {
    if (row.deleted != 0) write_line(key, kOfRow, "", "", nullptr, row.deleted, 0);
    for (const auto& [of, column] : row.columns) {
      if (column.deleted != 0) write_line(key, kOfColumn, of, "", nullptr, column.deleted, 0);
      for (const auto& [element, cell] : column.elements) {
        if (cell.is_marker()) {
          write_line(key, kOfCell, of, element, nullptr, cell.written, cell.expires);
        } else {
          const std::string value = cell.value.dump();
          write_line(key, kOfCell, of, element, Text{value}, cell.written, cell.expires);
        }
      }
    }
  }
  template <class Value>
  void write_line(std::string_view key, Scope scope, std::string_view column,
                  std::string_view element, const Value& value, WriteTime written,
                  std::int64_t expires) {
    merge.run(written, Text{key}, std::int64_t{scope}, Text{column}, Text{element}, value, expires);
  }

  /// Calls `on_line` with each line of a page, and whether a row begins with it. Returns the key
  /// that the next page begins with.
  template <class OnLine>
  std::string page(const std::string& first, const std::string& end, const OnLine& on_line) {
    sqlite::Statement& select = end.empty() ? from : between;
    sqlite3_stmt* const lines = select.get();
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> reset(lines, sqlite3_reset);
    sqlite3_bind_text64(lines, 1, first.data(), first.size(), SQLITE_STATIC, SQLITE_UTF8);
    if (!end.empty()) {
      sqlite3_bind_text64(lines, 2, end.data(), end.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    std::string key;
    std::size_t rows = 0;
    while (select.next()) {
      const sqlite::Row line = select.row();
      const bool begins = rows == 0 || line.bytes(0) != key;
      if (begins && rows == rows_of_page) return std::string(line.bytes(0));
      if (begins) {
        key = line.bytes(0);
        ++rows;
      }
      on_line(line, begins);
    }
    return "";
  }

  const SqliteCluster& cluster;
  std::string name;
  std::size_t rows_of_page;
  sqlite::Statement merge, merge_cells, of_key, from, between;
};

SqliteTable::SqliteTable(const SqliteCluster& cluster, const std::string& name,
                         std::size_t rows_of_page)
    : statements_(cluster.read("open " + name, [&] {
        return std::make_unique<Statements>(cluster, name, rows_of_page);
      })) {}
SqliteTable::~SqliteTable() = default;

Task<Row> SqliteTable::read(const std::string& key) const {
  Row row;
  statements_->cluster.read("read", [&] {
    const auto take = [&](const sqlite::Row& line) { put(line, row); };
    statements_->of_key.for_each_row(take, Text{key});
  });
  row = merged(row, {});
  for (auto& [name, column] : row.columns) {
    std::erase_if(column.elements, [now = present() / 1'000'000](const auto& each) {
      return each.second.has_expired(now);
    });
  }
  co_return row;
}

Task<Page> SqliteTable::page(const std::string& first, const std::string& end) const {
  Page page;
  statements_->cluster.read("read page", [&] {
    Row* row = nullptr;
    page.next = statements_->page(first, end, [&](const sqlite::Row& line, bool begins) {
      if (begins) row = &page.rows[std::string(line.bytes(0))];
      put(line, *row);
    });
  });
  for (auto& [key, row] : page.rows) row = merged(row, {});
  co_return page;
}

Task<void> SqliteTable::write(const std::string& key, const Row& row) const {
  write_all({{key, row}});
  co_return;
}

void SqliteTable::write_all(const Rows& rows) const {
  statements_->cluster.write("write", [&] {
    for (const auto& [key, row] : rows) statements_->write(key, row);
    return true;
  });
}

Task<Scanned> SqliteTable::scan(const std::string& first, const std::string& end) const {
  Scanned scanned;
  auto contents = std::make_unique<ScannedCells>();
  auto& cells = contents->cells;
  auto& blocks = contents->bytes;
  constexpr std::size_t kBlock = 1 << 16;
  const auto kept = [&](std::string_view bytes) {
    const bool fits =
        !blocks.empty() && blocks.back()->capacity() - blocks.back()->size() >= bytes.size();
    if (!fits) {
      blocks.push_back(std::make_unique<std::string>());
      blocks.back()->reserve(std::max(kBlock, bytes.size()));
    }
    std::string& block = *blocks.back();
    block += bytes;
    return std::string_view(block).substr(block.size() - bytes.size());
  };
  statements_->cluster.read("scan", [&] {
    // The markers of a row come before its cells.
    WriteTime row_deleted = 0;
    std::map<std::string, WriteTime, std::less<>> deleted;
    std::string_view key, column;
    bool is_counted = false;
    const auto take = [&](const sqlite::Row& line, bool begins) {
      if (begins) {
        key = kept(line.bytes(0));
        column = {};
        row_deleted = 0;
        deleted.clear();
        is_counted = false;
      }
      const std::int64_t scope = line.integer(1);
      const WriteTime written = line.integer(5);
      if (scope == kOfRow) row_deleted = written;
      if (scope == kOfColumn) deleted.emplace(line.bytes(2), written);
      if (scope != kOfCell || line.is_null(4) || written <= row_deleted) return;
      if (!deleted.empty()) {
        const auto at = deleted.find(line.bytes(2));
        if (at != deleted.end() && written <= at->second) return;
      }
      if (!is_counted) ++scanned.rows;
      is_counted = true;
      if (column != line.bytes(2) || column.data() == nullptr) column = kept(line.bytes(2));
      cells.push_back({key, column, kept(line.bytes(3)), kept(line.bytes(4)), line.integer(6)});
      scanned.bytes += cells.back().value.size();
    };
    scanned.next = statements_->page(first, end, take);
  });
  scanned.contents = std::move(contents);
  co_return scanned;
}

Task<void> SqliteTable::copy(const Scanned& scanned, WriteTime written) const {
  const auto& cells = dynamic_cast<const ScannedCells&>(*scanned.contents).cells;
  if (cells.empty()) co_return;
  statements_->cluster.write("copy", [&] {
    statements_->copy(cells, written);
    return true;
  });
}

std::uint64_t SqliteTable::rows() const {
  return statements_->cluster.read("count rows", [&] {
    const std::string sql = "SELECT count(DISTINCT key) FROM " + sqlite::quoted(statements_->name);
    sqlite::Statement query(statements_->cluster.connection(), sql);
    return sqlite::only_number(query);
  });
}

std::vector<Range> SqliteTable::plan(std::size_t ranges) const {
  const sqlite::Connection& db = statements_->cluster.connection();
  const std::string table = sqlite::quoted(statements_->name);
  return statements_->cluster.read("plan", [&] {
    sqlite::Statement count(db, "SELECT count(*) FROM " + table);
    const std::int64_t lines = static_cast<std::int64_t>(sqlite::only_number(count));
    const std::int64_t each = std::max<std::int64_t>(1, lines / static_cast<std::int64_t>(ranges));
    sqlite::Statement border(
        db, fmt::format("SELECT key FROM {} WHERE key > ?1 ORDER BY key LIMIT 1 OFFSET ?2", table));
    std::vector<Range> plan = {{"", ""}};
    while (plan.size() < ranges) {
      std::string next;
      border.for_each_row([&](const sqlite::Row& row) { next = row.bytes(0); },
                          Text{plan.back().first}, plan.size() == 1 ? each : each - 1);
      if (next.empty()) break;
      plan.back().end = next;
      plan.push_back({next, ""});
    }
    return plan;
  });
}

}  // namespace cutover::online
