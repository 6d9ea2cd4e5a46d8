// Rows of a wide-column table, and how what is written to them merges.
//
// Every cell has a write time that its writer chose; of two the later one wins, whatever the order
// in which they arrive, so that a write may be repeated, and may be late. Deletion is a marker with
// a write time of its own, of one cell, of a column's elements or of the whole row: whatever is
// older, or of the same time, is gone. (Apache Cassandra's data model, "Lightweight Transactions
// and Timestamps"; Helland, "Building on Quicksand", CIDR 2009, on merging.)
//
// Maps, sets and types of several fields are columns of several elements. Counters have no write
// times, and are not of this kind.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace cutover::online {

/// Microseconds since 1970, as the writer's clock has them. 0: never.
using WriteTime = std::int64_t;
/// What this process's clock shows.
WriteTime present();

struct Cell {
  nlohmann::json value = nullptr;  ///< null: a marker
  WriteTime written = 0;
  std::int64_t expires = 0;  ///< seconds since 1970; 0: never

  bool is_marker() const { return value.is_null(); }
  bool has_expired(std::int64_t seconds) const { return expires != 0 && expires <= seconds; }
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Cell, value, written, expires)

/// A column that has one value has it as the element "".
struct Column {
  WriteTime deleted = 0;  ///< with all elements
  std::map<std::string, Cell> elements = {};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Column, deleted, elements)

struct Row {
  WriteTime deleted = 0;
  std::map<std::string, Column> columns = {};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Row, deleted, columns)

using Rows = std::map<std::string, Row>;  ///< by key

struct Page {
  Rows rows = {};
  std::string next = {};  ///< the key that the next one begins with; empty: this is the last one
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Page, rows, next)

/// Leaves in both pages, which begin with the same key, only what both of them reach. Returns where
/// the next two begin; empty: these are the last ones.
std::string cut_to_the_shorter(Page& one, Page& other);

/// Its cell of that column and element, a marker too; null: it has none there.
const Cell* cell_of(const Row& row, const std::string& column, const std::string& element);

/// The later one; of one write time a marker, then the greater value, then what expires later.
/// Of two it chooses the same in either order.
const Cell& winner(const Cell& one, const Cell& other);

/// What a store has that both were written to. Commutative, associative, idempotent.
Row merged(const Row& one, const Row& other);

/// True if writing it to the row would change nothing, or make cells expire a second later and
/// nothing else: where a store shows how many seconds are left, more is not known.
bool contains(const Row& row, const Row& written);

/// A row with that value alone, and one that says it is deleted.
Row row_of(const std::string& column, const nlohmann::json& value, WriteTime written);
Row deleted_at(WriteTime written);

/// True if it has a value in some cell.
bool is_live(const Row& row);

/// All that is live of it, as if it had been written then.
Row written_at(const Row& row, WriteTime written);

/// Markers of just those cells that are live in it and not in the other, each of the write time
/// that its cell has: a marker wins there, and hits nothing newer.
Row markers_of(const Row& row, const Row& other);

}  // namespace cutover::online
