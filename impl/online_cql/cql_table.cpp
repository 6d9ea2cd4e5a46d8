#include "impl/online_cql/cql_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <thread>
#include <utility>

#include "cql/token.h"
#include "system/usage_error.h"

namespace cutover::online {

using nlohmann::json;

namespace {

constexpr int kTries = 3;
/// More than there will ever be leases: microseconds from `before` to the latest copy.
constexpr WriteTime kLeases = 100'000;

std::int64_t seconds() { return present() / 1'000'000; }

/// Of what a client writes; a table's own default time to live is overruled.
cql::Value ttl_until(std::int64_t expires, std::int64_t now) {
  return cql::encode_int(static_cast<std::int32_t>(expires == 0 ? 0 : expires - now));
}

/// The elements of a list<bigint> or list<int>, nulls as 0.
std::vector<std::int64_t> numbers_of(const cql::Cell& list, cql::Kind kind, std::size_t count) {
  std::vector<std::int64_t> numbers;
  if (list) {
    for (const Element& each : elements_of(*list, false)) {
      numbers.push_back(each.name.empty() ? 0 : cql::decode_integer(kind, each.name));
    }
  }
  if (numbers.size() == count) return numbers;
  throw StoreFailed(
      fmt::format("a collection of {} elements has {} write times", count, numbers.size()));
}

/// When the last of its cells expires; 0: never, or it has none.
std::int64_t longest(const Row& row) {
  std::int64_t expires = 0;
  for (const auto& [name, column] : row.columns) {
    if (name.empty()) continue;
    for (const auto& [element, cell] : column.elements) {
      if (cell.is_marker()) continue;
      if (cell.expires == 0) return 0;
      expires = std::max(expires, cell.expires);
    }
  }
  return expires;
}

std::int64_t number_of(const cql::Cell& cell, cql::Kind kind) {
  return cell ? cql::decode_integer(kind, *cell) : 0;
}

}  // namespace

/// Rows as they were read, of whole partitions.
struct CqlTable::Part : Scanned::Contents {
  std::vector<std::vector<cql::Cell>> rows;
  std::vector<std::int64_t> read_at;  ///< of each row, when its answer came: seconds since 1970
  std::string next;
};

CqlTable::CqlTable(const CqlCluster& cluster, const std::string& name, const Use& use)
    : cluster_(cluster), shape_(cluster.shape(name)), use_(use) {
  std::string columns = shape_.key_names(), times = columns;
  std::string inserted = columns, marks = "?", updated;
  for (std::size_t i = 1; i < shape_.key.size(); ++i) marks += ", ?";
  for (const CqlColumn& column : shape_.columns) {
    const std::string quoted = cql::quoted(column.name);
    columns += fmt::format(", {0}, TTL({0})", quoted);
    times += fmt::format(", {0}, TTL({0}), WRITETIME({0})", quoted);
    const bool is_value = column.holds == Holds::value;
    if (is_value) inserted += ", " + quoted;
    if (is_value) marks += ", ?";
    updated += fmt::format("{}{} = {}?", updated.empty() ? "" : ", ", quoted,
                           is_value ? "" : quoted + " + ");
  }
  const std::string of_tokens = fmt::format("{0} >= ? AND {0} <= ?", shape_.token());
  read_ = fmt::format("SELECT {} FROM {} WHERE {}", times, shape_.table, shape_.where_key());
  page_ = fmt::format("SELECT {} FROM {} WHERE {}", times, shape_.table, of_tokens);
  scan_ = fmt::format("SELECT {} FROM {} WHERE {}", columns, shape_.table, of_tokens);
  insert_ = fmt::format("INSERT INTO {} ({}) VALUES ({}) USING TIMESTAMP ? AND TTL ?", shape_.table,
                        inserted, marks);
  update_ = fmt::format("UPDATE {} USING TIMESTAMP ? AND TTL ? SET {} WHERE {}", shape_.table,
                        updated, shape_.where_key());
  cluster_.call("open " + name, [&](cql::Session&) {
    const auto& read = cluster_.prepared(read_).prepared->columns;
    for (std::size_t i = 0; i < shape_.key.size(); ++i) key_types_.push_back(read[i].type);
    for (std::size_t i = shape_.key.size(); i < read.size(); i += 3) types_.push_back(read[i].type);
  });
}

std::int64_t CqlTable::token(const std::vector<cql::Cell>& read) const {
  std::vector<std::string> partition;
  for (std::size_t i = 0; i < shape_.partition; ++i) partition.push_back(read[i].value_or(""));
  return cql::murmur3_token(cql::partition_key(partition));
}

/// A row of read_ or page_, as it was then.
Row CqlTable::row_of(const std::vector<cql::Cell>& read, std::int64_t read_at) const {
  Row row;
  row.columns[""].elements[""] = {true, use_.before + kLeases};
  const cql::Cell* at = read.data() + shape_.key.size();
  for (const CqlColumn& column : shape_.columns) {
    const cql::Cell &value = at[0], &ttl = at[1], &written = at[2];
    at += 3;
    if (!value) continue;
    auto& elements = row.columns[column.name].elements;
    const auto expires = [=](std::int64_t left) { return left == 0 ? 0 : read_at + left; };
    if (column.holds == Holds::value) {
      elements[""] = {digits_of(*value), number_of(written, cql::Kind::bigint),
                      expires(number_of(ttl, cql::Kind::int_))};
      continue;
    }
    const auto all = elements_of(*value, column.holds == Holds::map);
    const auto times = numbers_of(written, cql::Kind::bigint, all.size());
    const auto left = numbers_of(ttl, cql::Kind::int_, all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      elements[digits_of(all[i].name)] = {digits_of(all[i].value), times[i], expires(left[i])};
    }
  }
  return row;
}

Task<Row> CqlTable::read(const std::string& key) const {
  co_return cluster_.call("read", [&](cql::Session& session) {
    const auto values = values_of(key_types_, values_in(key));
    const auto rows = session.run(cluster_.prepared(read_), values, of_data()).rows;
    return rows.rows.empty() ? Row{} : row_of(rows.rows[0], seconds());
  });
}

/// A page of the server, up to the last border between two tokens; more of them if one token's
/// rows are more than that.
CqlTable::Part CqlTable::read_part(const std::string& select, const std::string& first,
                                   const std::string& end) const {
  return cluster_.call("read a page", [&](cql::Session& session) {
    Part part;
    const TokenSpan span = span_of(first, end);
    if (span.last < span.first) return part;
    cql::Options options = of_data();
    options.page_size = static_cast<std::int32_t>(use_.rows_of_page);
    while (true) {
      auto rows = session
                      .run(cluster_.prepared(select),
                           {cql::encode_bigint(span.first), cql::encode_bigint(span.last)}, options)
                      .rows;
      std::ranges::move(rows.rows, std::back_inserter(part.rows));
      part.read_at.resize(part.rows.size(), seconds());
      options.paging_state = rows.paging_state;
      if (!options.paging_state) return part;
      if (part.rows.empty()) continue;
      const std::int64_t last = token(part.rows.back());
      auto border = part.rows.end();
      while (border != part.rows.begin() && token(*std::prev(border)) == last) --border;
      if (border == part.rows.begin()) continue;
      part.rows.erase(border, part.rows.end());
      part.read_at.resize(part.rows.size());
      part.next = border_of(last);
      return part;
    }
  });
}

Task<Page> CqlTable::page(const std::string& first, const std::string& end) const {
  const Part part = read_part(page_, first, end);
  Page page;
  page.next = part.next;
  for (std::size_t i = 0; i < part.rows.size(); ++i) {
    const auto& row = part.rows[i];
    page.rows[key_of(shape_, key_types_, row)] = row_of(row, part.read_at[i]);
  }
  co_return page;
}

std::vector<cql::Bound> CqlTable::statements(const std::string& key, const Row& row) const {
  const auto values = values_of(key_types_, values_in(key));
  const std::int64_t now = seconds();
  std::vector<cql::Bound> all;
  // 1. Markers of the row, and of columns.
  if (row.deleted != 0) all.push_back(delete_row(values, row.deleted));
  for (const auto& [name, column] : row.columns) {
    if (name.empty()) continue;
    const CqlColumn& of = shape_.columns[shape_.index(name)];
    if (column.deleted != 0) all.push_back(delete_cell(values, of, "", column.deleted));
    // 2. Cells. What has expired is a marker by now.
    for (const auto& [element, cell] : column.elements) {
      const bool is_gone = cell.is_marker() || cell.has_expired(now);
      all.push_back(is_gone ? delete_cell(values, of, element, cell.written)
                            : put(values, of, element, cell, now));
    }
  }
  // 3. That it is there by its key, for as long as its longest cell; or is not.
  const auto by_key = row.columns.find("");
  if (by_key == row.columns.end()) return all;
  const Cell& there = by_key->second.elements.at("");
  if (there.is_marker()) {
    all.push_back(delete_row(values, there.written));
    return all;
  }
  const std::int64_t expires = longest(row);
  if (expires != 0 && expires <= now) return all;
  std::string marks = "?";
  for (std::size_t i = 1; i < values.size(); ++i) marks += ", ?";
  cql::Bound insert{
      cluster_.prepared(fmt::format("INSERT INTO {} ({}) VALUES ({}) USING TIMESTAMP ? AND TTL ?",
                                    shape_.table, shape_.key_names(), marks)),
      values};
  insert.values.emplace_back(cql::encode_bigint(there.written));
  insert.values.push_back(ttl_until(expires, now));
  all.push_back(std::move(insert));
  return all;
}

cql::Bound CqlTable::delete_row(const std::vector<cql::Value>& key, WriteTime written) const {
  cql::Bound bound{cluster_.prepared(fmt::format("DELETE FROM {} USING TIMESTAMP ? WHERE {}",
                                                 shape_.table, shape_.where_key())),
                   {cql::encode_bigint(written)}};
  std::ranges::copy(key, std::back_inserter(bound.values));
  return bound;
}

/// An element; or the whole column, if that is empty.
cql::Bound CqlTable::delete_cell(const std::vector<cql::Value>& key, const CqlColumn& column,
                                 const std::string& element, WriteTime written) const {
  cql::Bound bound{cluster_.prepared(fmt::format(
                       "DELETE {}{} FROM {} USING TIMESTAMP ? WHERE {}", cql::quoted(column.name),
                       element.empty() ? "" : "[?]", shape_.table, shape_.where_key())),
                   {}};
  if (!element.empty()) bound.values.emplace_back(bytes_of(element));
  bound.values.emplace_back(cql::encode_bigint(written));
  std::ranges::copy(key, std::back_inserter(bound.values));
  return bound;
}

cql::Bound CqlTable::put(const std::vector<cql::Value>& key, const CqlColumn& column,
                         const std::string& element, const Cell& cell, std::int64_t now) const {
  const std::string name = cql::quoted(column.name);
  const char* const set = column.holds == Holds::value ? "{0} = ?"
                          : column.holds == Holds::map ? "{0}[?] = ?"
                                                       : "{0} = {0} + ?";
  cql::Bound bound{cluster_.prepared(fmt::format(
                       "UPDATE {} USING TIMESTAMP ? AND TTL ? SET {} WHERE {}", shape_.table,
                       fmt::format(fmt::runtime(set), name), shape_.where_key())),
                   {cql::encode_bigint(cell.written), ttl_until(cell.expires, now)}};
  const std::string value = bytes_of(cell.value.get<std::string>());
  if (column.holds == Holds::set) {
    bound.values.emplace_back(collection_of({{bytes_of(element)}}, false));
  } else {
    if (column.holds == Holds::map) bound.values.emplace_back(bytes_of(element));
    bound.values.emplace_back(value);
  }
  std::ranges::copy(key, std::back_inserter(bound.values));
  return bound;
}

Task<void> CqlTable::write(const std::string& key, const Row& row) const {
  cluster_.call("write", [&](cql::Session& session) {
    const std::vector<cql::Bound> all = statements(key, row);
    if (all.size() == 1) {
      session.run(all[0].statement, all[0].values, of_data());
    } else if (!all.empty()) {
      // Of one partition: all of it at once.
      session.run_batch(cql::BatchType::unlogged, all, of_data());
    }
  });
  if (row.columns.contains("")) check_whether_it_is_there(key, row);
  co_return;
}

/// The cell "" may lose to what CQL does not show, and then nothing would ever say so.
void CqlTable::check_whether_it_is_there(const std::string& key, const Row& written) const {
  const bool is_deleted = written.columns.at("").elements.at("").is_marker();
  if (!is_deleted && written.columns.size() > 1) return;  // its other cells show
  const Row row = complete(read(key));
  const bool is_by_key = row.columns.size() == 1;
  if (is_deleted ? !is_by_key : !row.columns.empty()) return;
  throw StoreFailed(fmt::format(
      "{}: the row {} of {} is {}; {} it there by hand", cluster_.name(), values_in(key).dump(),
      shape_.table,
      is_deleted ? "there by its key alone, later than was copied, and in the source it is not"
                 : "hidden by a later deletion, and in the source it is there by its key alone",
      is_deleted ? "delete" : "insert"));
}

Task<Scanned> CqlTable::scan(const std::string& first, const std::string& end) const {
  auto part = std::make_unique<Part>(read_part(scan_, first, end));
  Scanned scanned;
  scanned.rows = part->rows.size();
  scanned.next = part->next;
  for (const auto& row : part->rows) {
    for (std::size_t i = shape_.key.size(); i < row.size(); i += 2) {
      if (row[i]) scanned.bytes += row[i]->size();
    }
  }
  scanned.contents = std::move(part);
  co_return scanned;
}

/// Sends rows, so many at once, and waits for all answers.
class CqlTable::Copying {
 public:
  Copying(const CqlTable& table, const Part& part, WriteTime written, cql::Session& session)
      : table_(table),
        part_(part),
        written_(cql::encode_bigint(written)),
        session_(session),
        insert_(table.cluster_.prepared(table.insert_)) {
    if (!table.shape_.columns.empty()) update_.emplace(table.cluster_.prepared(table.update_));
    // Given up before a worker that stopped counts as gone, and not repeated without a look at
    // that.
    options_.consistency = cql::Consistency::local_quorum;
    if (table.use_.worker != nullptr) options_.timeout = table.cluster_.worker_time() / 6;
  }

  void run() {
    for (std::size_t row = 0; row < part_.rows.size(); ++row) send(row);
    while (!answers_.empty()) take();
    for (int tries = 1; !failed_.empty(); ++tries) {
      if (tries == kTries) std::rethrow_exception(failure_);
      std::this_thread::sleep_for(std::chrono::milliseconds(50) * tries * tries);
      const auto again = std::exchange(failed_, {});
      for (const std::size_t row : again) send(row);
      while (!answers_.empty()) take();
    }
  }

 private:
  /// What is written of a row with one time to live.
  struct Group {
    explicit Group(std::size_t columns) : values(columns), elements(columns) {}
    std::vector<const std::string*> values;
    std::vector<std::vector<Element>> elements;
    bool has_values = false, has_elements = false;
  };

  /// Its cells by the seconds that they have left; 0: they do not expire.
  std::map<std::int64_t, Group> groups_of(std::size_t number) const {
    const auto& row = part_.rows[number];
    const auto& columns = table_.shape_.columns;
    const std::int64_t passed = seconds() - part_.read_at[number];
    std::map<std::int64_t, Group> groups;
    const auto group = [&](std::int64_t ttl) -> Group* {
      if (ttl != 0 && ttl <= passed) return nullptr;
      return &groups.try_emplace(ttl == 0 ? 0 : ttl - passed, columns.size()).first->second;
    };
    const cql::Cell* at = row.data() + table_.shape_.key.size();
    for (std::size_t i = 0; i < columns.size(); ++i, at += 2) {
      if (!at[0]) continue;
      if (columns[i].holds == Holds::value) {
        Group* const of = group(number_of(at[1], cql::Kind::int_));
        if (of != nullptr) of->values[i] = &*at[0];
        if (of != nullptr) of->has_values = true;
        continue;
      }
      const auto all = elements_of(*at[0], columns[i].holds == Holds::map);
      const auto left = numbers_of(at[1], cql::Kind::int_, all.size());
      for (std::size_t j = 0; j < all.size(); ++j) {
        Group* const of = group(left[j]);
        if (of != nullptr) of->elements[i].push_back(all[j]);
        if (of != nullptr) of->has_elements = true;
      }
    }
    return groups;
  }

  void send(std::size_t number) {
    const auto& row = part_.rows[number];
    const auto groups = groups_of(number);
    const bool had_cells = std::any_of(row.begin() + table_.shape_.key.size(), row.end(),
                                       [](const cql::Cell& cell) { return cell.has_value(); });
    if (groups.empty() && had_cells) return;  // all has expired
    // Its key is there as long as its longest cell.
    const std::int64_t longest = groups.empty() || groups.contains(0) ? 0 : groups.rbegin()->first;
    static const Group kNone(0);
    const auto inserted = groups.find(longest);
    insert(number, inserted == groups.end() ? kNone : inserted->second, longest);
    for (const auto& [ttl, group] : groups) {
      if (group.has_elements || (ttl != longest && group.has_values)) {
        update(number, group, ttl, ttl != longest);
      }
    }
  }

  void insert(std::size_t number, const Group& group, std::int64_t ttl) {
    std::vector<cql::Value> values;
    values.reserve(part_.rows[number].size());
    add_key(number, values);
    for (std::size_t i = 0; i < table_.shape_.columns.size(); ++i) {
      if (table_.shape_.columns[i].holds != Holds::value) continue;
      const bool is_there = group.has_values && group.values[i] != nullptr;
      values.push_back(is_there ? cql::Value(*group.values[i]) : cql::Value::unset());
    }
    values.emplace_back(written_);
    values.emplace_back(cql::encode_int(static_cast<std::int32_t>(ttl)));
    send(number, insert_, std::move(values));
  }

  void update(std::size_t number, const Group& group, std::int64_t ttl, bool with_values) {
    std::vector<cql::Value> values = {written_, cql::encode_int(static_cast<std::int32_t>(ttl))};
    for (std::size_t i = 0; i < table_.shape_.columns.size(); ++i) {
      const Holds holds = table_.shape_.columns[i].holds;
      if (holds != Holds::value && !group.elements[i].empty()) {
        values.emplace_back(collection_of(group.elements[i], holds == Holds::map));
      } else if (with_values && group.values[i] != nullptr) {
        values.emplace_back(*group.values[i]);
      } else {
        values.push_back(cql::Value::unset());
      }
    }
    add_key(number, values);
    send(number, *update_, std::move(values));
  }

  void add_key(std::size_t number, std::vector<cql::Value>& values) const {
    const auto& row = part_.rows[number];
    for (std::size_t i = 0; i < table_.shape_.key.size(); ++i) values.emplace_back(row[i]);
  }

  void send(std::size_t number, const cql::Statement& statement, std::vector<cql::Value> values) {
    if (answers_.size() >= kInFlight) take();
    if (table_.use_.worker != nullptr) table_.use_.worker->check();
    answers_.emplace_back(number, session_.send(statement, std::move(values), options_));
  }

  void take() {
    auto [number, answer] = std::move(answers_.front());
    answers_.pop_front();
    try {
      answer.get();
    } catch (const cql::RequestFailed&) {
      failure_ = std::current_exception();
      failed_.insert(number);
    }
  }

  const CqlTable& table_;
  const Part& part_;
  const std::string written_;
  cql::Session& session_;
  const cql::Statement insert_;
  std::optional<cql::Statement> update_;
  cql::Options options_;
  std::deque<std::pair<std::size_t, cql::Pending>> answers_;  ///< and of which row, in order
  std::set<std::size_t> failed_;
  std::exception_ptr failure_;
};

Task<void> CqlTable::copy(const Scanned& scanned, WriteTime written) const {
  const auto& part = dynamic_cast<const Part&>(*scanned.contents);
  cluster_.call("copy",
                [&](cql::Session& session) { Copying(*this, part, written, session).run(); });
  co_return;
}

std::vector<Range> CqlTable::plan(std::size_t ranges) const {
  constexpr std::size_t kMost = 4096;  // of them there is one record, which each change writes
  if (ranges <= kMost) return plan_of_ring(ranges);
  throw UsageError(fmt::format("--ranges: a migration of Cassandra has at most {}", kMost));
}

std::string CqlTable::key(const std::string& shown) const {
  const json values = values_of_shown(key_types_, shown);
  std::vector<cql::Cell> cells;
  for (std::size_t i = 0; i < key_types_.size(); ++i) {
    cells.push_back(cql::cell_of(key_types_[i], values[i]));
  }
  return key_of(shape_, key_types_, cells);
}

json CqlTable::stored(const std::string& column, const json& shown) const {
  return digits_of(cql::cell_of(types_[shape_.index(column)], shown).value());
}

json CqlTable::shown(const std::string& column, const json& stored) const {
  return cql::json_of(types_[shape_.index(column)], bytes_of(stored.get<std::string>()));
}

}  // namespace cutover::online
