#include "impl/online/row.h"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace cutover::online {
namespace {

/// Values are compared as they are written, as stores do that know nothing of their types.
std::tuple<std::string, std::int64_t> value_rank(const Cell& cell) {
  return {cell.value.dump(), cell.expires};
}

bool same(const Row& one, const Row& other) { return nlohmann::json(one) == nlohmann::json(other); }

/// Without what a later marker hides.
Column shown(Column column, WriteTime row_deleted) {
  if (column.deleted <= row_deleted) column.deleted = 0;
  const WriteTime hidden = std::max(column.deleted, row_deleted);
  std::erase_if(column.elements, [&](const auto& each) { return each.second.written <= hidden; });
  return column;
}

bool has_live(const Row& row, const std::string& name, const std::string& element) {
  const Cell* const cell = cell_of(row, name, element);
  return cell != nullptr && !cell->is_marker();
}

}  // namespace

WriteTime present() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

const Cell* cell_of(const Row& row, const std::string& name, const std::string& element) {
  const auto column = row.columns.find(name);
  if (column == row.columns.end()) return nullptr;
  const auto cell = column->second.elements.find(element);
  return cell == column->second.elements.end() ? nullptr : &cell->second;
}

const Cell& winner(const Cell& one, const Cell& other) {
  if (one.written != other.written) return one.written < other.written ? other : one;
  if (one.is_marker() != other.is_marker()) return one.is_marker() ? one : other;
  return value_rank(one) < value_rank(other) ? other : one;
}

Row merged(const Row& one, const Row& other) {
  Row all = one;
  all.deleted = std::max(one.deleted, other.deleted);
  for (const auto& [name, theirs] : other.columns) {
    Column& ours = all.columns[name];
    ours.deleted = std::max(ours.deleted, theirs.deleted);
    for (const auto& [element, cell] : theirs.elements) {
      const auto [at, is_new] = ours.elements.try_emplace(element, cell);
      if (!is_new) at->second = winner(at->second, cell);
    }
  }
  for (auto& [name, column] : all.columns) column = shown(std::move(column), all.deleted);
  std::erase_if(all.columns, [](const auto& each) {
    return each.second.deleted == 0 && each.second.elements.empty();
  });
  return all;
}

bool contains(const Row& row, const Row& written) {
  Row both = merged(row, written);
  for (auto& [name, column] : both.columns) {
    for (auto& [element, cell] : column.elements) {
      const Cell* const before = cell_of(row, name, element);
      if (before == nullptr || before->expires == 0) continue;
      if (cell.expires == before->expires + 1) cell.expires = before->expires;
    }
  }
  return same(both, row);
}

std::string cut_to_the_shorter(Page& one, Page& other) {
  std::string next = one.next;
  if (next.empty() || (!other.next.empty() && other.next < next)) next = other.next;
  if (next.empty()) return next;
  for (Page* page : {&one, &other}) {
    page->rows.erase(page->rows.lower_bound(next), page->rows.end());
  }
  return next;
}

Row row_of(const std::string& column, const nlohmann::json& value, WriteTime written) {
  Row row;
  row.columns[column].elements[""] = {value, written};
  return row;
}

Row deleted_at(WriteTime written) { return {written, {}}; }

bool is_live(const Row& row) {
  return std::ranges::any_of(row.columns, [](const auto& column) {
    return std::ranges::any_of(column.second.elements,
                               [](const auto& each) { return !each.second.is_marker(); });
  });
}

Row written_at(const Row& row, WriteTime written) {
  Row live;
  for (const auto& [name, column] : row.columns) {
    for (const auto& [element, cell] : column.elements) {
      if (cell.is_marker()) continue;
      live.columns[name].elements[element] = {cell.value, written, cell.expires};
    }
  }
  return live;
}

Row markers_of(const Row& row, const Row& other) {
  Row markers;
  for (const auto& [name, column] : row.columns) {
    for (const auto& [element, cell] : column.elements) {
      if (!cell.is_marker() && !has_live(other, name, element)) {
        markers.columns[name].elements[element] = {nullptr, cell.written};
      }
    }
  }
  return markers;
}

}  // namespace cutover::online
