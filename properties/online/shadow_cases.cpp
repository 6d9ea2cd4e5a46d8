#include "properties/online/shadow_cases.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>

#include "crashsim/sdk.h"
#include "engines/model/model_of_case.h"
#include "impl/online/shadow.h"
#include "properties/online/bounds.h"
#include "properties/online/clocks.h"
#include "properties/online/random_table.h"
#include "properties/online/shadow_mapping.h"

namespace cutover::online {
namespace {

/// A cluster. Of the target it is also known which processes write to it as workers.
struct Cluster {
  Rows rows = {};
  std::set<int> workers = {};  ///< sessions
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Cluster, rows, workers)

/// What a mutant does otherwise; shadow_cases() says it in words.
enum class Flaw {
  none,
  skips_strict,
  skips_both,
  advances_blindly,
  acknowledges_blindly,
  reads_blindly,
  deletes_at_source_only,
  forgets_the_source,
  backfills_at_present,
  grace_below_skew,
  leases_of_one_time,
  records_first,
  failed_counts_as_done,
  stops_at_a_page,
  plans_in_parts,
  inherits_ttl,
  does_not_drain,
  compares_in_backfill,
  compares_source_first,
  compares_values,
  repairs_at_present,
  keeps_what_the_source_lacks,
  deletes_in_any_phase,
  loses_markers,
  repeats_a_write_time,
  rewrites_collections,
  copies_values_alone,
  misses_a_column,
};

// What a case is made of when it is made, which may be before this file's objects are: constants.
constexpr const char *kColumn = "v", *kExpiring = "w", *kTags = "tags", *kOldTag = "old";
constexpr std::int64_t kExpiry = 500;
std::vector<Range> ranges() { return {{"", "c"}, {"c", ""}}; }

class Table {
 public:
  explicit Table(StoreHandle<Cluster> cluster, unsigned rows_of_page = 1)
      : cluster_(cluster), rows_of_page_(rows_of_page) {}

  auto read(const std::string& key) const {
    const auto read = [](const Cluster& cluster, std::string key) {
      const auto row = cluster.rows.find(key);
      return row != cluster.rows.end() ? row->second : Row{};
    };
    return cluster_.read("read", read, key);
  }
  auto page(const std::string& first, const std::string& end) const {
    const auto of_one_row = [](const Cluster& cluster, std::string first, std::string end) {
      return page_of(cluster, first, end, 1);
    };
    const auto of_rows = [](const Cluster& cluster, std::string first, std::string end,
                            unsigned rows) { return page_of(cluster, first, end, rows); };
    return rows_of_page_ == 1 ? cluster_.read("read page", of_one_row, first, end)
                              : cluster_.read("read page", of_rows, first, end, rows_of_page_);
  }
  auto scan(const std::string& first, const std::string& end) const { return page(first, end); }
  auto write(const std::string& key, const Row& row) const {
    const auto write = [](Cluster& cluster, std::string key, Row row) {
      cluster.rows[key] = merged(cluster.rows[key], row);
    };
    return cluster_.step("write", write, key, row);
  }
  auto write_page(const Rows& rows) const {
    const auto write = [](Cluster& cluster, Rows rows) {
      for (const auto& [key, row] : rows) cluster.rows[key] = merged(cluster.rows[key], row);
    };
    return cluster_.step("write page", write, rows);
  }
  Task<void> copy(Page scanned, WriteTime written) const {
    Rows rows;
    for (const auto& [key, row] : scanned.rows) {
      if (is_live(row)) rows[key] = written_at(row, written);
    }
    if (rows_of_page_ > 1) {
      co_await write_page(rows);
      co_return;
    }
    for (const auto& [key, row] : rows) co_await write(key, row);
  }

 private:
  static Page page_of(const Cluster& cluster, const std::string& first, const std::string& end,
                      unsigned rows) {
    const auto is_in = [&](const auto& at) {
      return at != cluster.rows.end() && (end.empty() || at->first < end);
    };
    Page page;
    auto at = cluster.rows.lower_bound(first);
    for (; is_in(at) && page.rows.size() < rows; ++at) page.rows.insert(*at);
    if (is_in(at)) page.next = at->first;
    return page;
  }
  StoreHandle<Cluster> cluster_;
  unsigned rows_of_page_;
};

class Workers {
 public:
  Workers(StoreHandle<Cluster> target, bool wait = true) : target_(target), wait_(wait) {}

  auto join() const {
    const auto join = [](Cluster& target, int me) { target.workers.insert(me); };
    return target_.step("join", join, target_.session());
  }
  auto leave() const {
    const auto leave = [](Cluster& target, int me) { target.workers.erase(me); };
    return target_.step("leave", leave, target_.session());
  }
  auto drained() const {
    const auto none = [](const Cluster& target) { return target.workers.empty(); };
    const auto whatever = [](const Cluster&) { return true; };
    return wait_ ? target_.when("drain", none) : target_.when("drain", whatever);
  }

 private:
  StoreHandle<Cluster> target_;
  bool wait_;
};

class RecordStore {
 public:
  explicit RecordStore(StoreHandle<Record> record, Flaw flaw = Flaw::none)
      : record_(record), flaw_(static_cast<int>(flaw)) {}

  auto get() const {
    return record_.read("get", [](const Record& record) { return record; });
  }
  auto add_to_plan(const Range& range) const {
    const auto add = [](Record& record, Range range) { record.plan.push_back(range); };
    return record_.step("add to plan", add, range);
  }
  auto advance(int turn) const {
    const auto advance = [](Record& record, int turn, int flaw) {
      const auto has = [&](Flaw of) { return flaw == static_cast<int>(of); };
      if (has(Flaw::advances_blindly)) turn = record.turn;
      const bool in_strict = record.phase == Phase::strict;
      const bool unasked = has(Flaw::advances_blindly) || has(Flaw::compares_in_backfill);
      if (in_strict && unasked) record.compared = turn;
      const bool is_new = online::advance(record, turn);
      const bool skips = (has(Flaw::skips_strict) && record.phase == Phase::strict) ||
                         (has(Flaw::skips_both) && record.phase == Phase::both);
      if (is_new && skips) record.phase = static_cast<Phase>(static_cast<int>(record.phase) + 1);
      return record;
    };
    return record_.step("advance", advance, turn, flaw_);
  }
  auto go_back(int turn) const {
    const auto go_back = [](Record& record, int turn) {
      online::go_back(record, turn);
      return record;
    };
    return record_.step("go back", go_back, turn);
  }
  auto lease() const {
    return record_.step("lease", [](Record& record) { return online::lease(record); });
  }
  auto finish(const Lease& lease) const {
    const auto finish = [](Record& record, Lease lease) { return online::finish(record, lease); };
    return record_.step("finish", finish, lease);
  }
  auto finish_comparison(int turn) const {
    const auto finish = [](Record& record, int turn) {
      return online::finish_comparison(record, turn);
    };
    return record_.step("finish comparison", finish, turn);
  }

 private:
  StoreHandle<Record> record_;
  int flaw_;
};

/// A client's write that may have reached a store.
struct Attempt {
  std::string key;
  int value = 0;   ///< 0: a deletion
  int number = 0;  ///< among the requests of its kind
  bool acknowledged = false, in_target = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Attempt, key, value, number, acknowledged, in_target)

/// What the properties remember.
struct Known {
  std::map<WriteTime, Attempt> attempts = {};
  Rows copied = {};                     ///< what ranges were recorded with
  std::map<int, WriteTime> asked = {};  ///< by read: what was acknowledged when it began
  bool stale_read = false;              ///< one that did not know of it
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Known, attempts, copied, asked, stale_read)

WriteTime time_in(const Row& row) {
  WriteTime latest = row.deleted;
  for (const auto& [name, column] : row.columns) {
    for (const auto& [element, cell] : column.elements) latest = std::max(latest, cell.written);
  }
  return latest;
}
nlohmann::json value_in(const Row& row) {
  const auto column = row.columns.find(kColumn);
  return column == row.columns.end() ? nlohmann::json() : column->second.elements.at("").value;
}
Row row_in(const Cluster& cluster, const std::string& key) {
  const auto row = cluster.rows.find(key);
  return row == cluster.rows.end() ? Row{} : row->second;
}

/// The latest write of the key that was acknowledged; 0: none was.
WriteTime latest_acknowledged(const Known& known, const std::string& key) {
  WriteTime latest = 0;
  for (const auto& [written, attempt] : known.attempts) {
    if (attempt.key == key && attempt.acknowledged) latest = written;
  }
  return latest;
}

/// True if a deletion of the key, later than that, may have reached a store.
bool may_be_deleted(const Known& known, const std::string& key, WriteTime since) {
  return std::ranges::any_of(known.attempts, [&](const auto& each) {
    return each.first > since && each.second.key == key && each.second.value == 0;
  });
}

/// The write that the row comes from; null if it comes from none of a client's.
const Attempt* attempt_of(const Known& known, const std::string& key, const Row& row) {
  const auto found = known.attempts.find(time_in(row));
  if (found == known.attempts.end() || found->second.key != key) return nullptr;
  const nlohmann::json value = value_in(row);
  const int number = found->second.value;
  const bool is_its = number == 0 ? value.is_null() : value == value_of_request(number);
  return is_its ? &found->second : nullptr;
}

/// What is there when a case begins, and which keys its clients ask for.
struct Setting {
  Record record = {};
  Cluster source = {}, target = {};
  unsigned rows_of_page = 1;
  std::string new_keys = "c";  ///< how those begin that are inserted
  /// Of the nth request of a kind, from 1.
  std::function<std::string(const std::string& kind, int number)> key_of =
      [](const std::string& kind, int) { return kind == "insert" ? "c" : "a"; };
};

/// True of each of its cells that is live.
bool is_each(const Row& row, const auto& is_true) {
  return std::ranges::all_of(row.columns, [&](const auto& column) {
    return std::ranges::all_of(column.second.elements, [&](const auto& element) {
      return element.second.is_marker() || is_true(column.first, element.first, element.second);
    });
  });
}
/// Null if there is none, or it is a marker.
const Cell* live_cell(const Row& row, const std::string& column, const std::string& element) {
  const Cell* const cell = cell_of(row, column, element);
  return cell == nullptr || cell->is_marker() ? nullptr : cell;
}
/// Whether each live cell of what was copied is in the row as it was copied, or its marker, or
/// something later.
bool is_there(const Row& row, const Row& copied) {
  return is_each(copied, [&](const auto& column, const auto& element, const Cell& cell) {
    const Cell* const found = cell_of(row, column, element);
    if (found == nullptr) {
      const auto at = row.columns.find(column);
      const WriteTime deleted = at == row.columns.end() ? 0 : at->second.deleted;
      return std::max(deleted, row.deleted) >= cell.written;
    }
    const bool is_as_copied = found->is_marker() || found->value == cell.value;
    return found->written > cell.written || (found->written == cell.written && is_as_copied);
  });
}
/// Whether it has all that is live of another one, but for the clients' own column.
bool has_others_of(const Row& row, const Row& other) {
  return is_each(other, [&](const auto& column, const auto& element, const Cell& cell) {
    const Cell* const found = live_cell(row, column, element);
    return column == kColumn || (found != nullptr && found->value == cell.value);
  });
}
bool is_done(const Record& record, const std::string& key) {
  return std::ranges::any_of(record.plan, [&](const Range& range) {
    return range.done && key >= range.first && (range.end.empty() || key < range.end);
  });
}
std::set<std::string> keys_of(const Setting& setting, const Known& known) {
  std::set<std::string> keys;
  for (const auto& [key, row] : setting.source.rows) keys.insert(key);
  for (const auto& [written, attempt] : known.attempts) keys.insert(attempt.key);
  return keys;
}

/// What a put adds to the collection of its row, where rows have one.
std::string tag_of(int value) { return "of " + std::to_string(value); }
bool has_tag(const Row& row, const std::string& tag) {
  return live_cell(row, kTags, tag) != nullptr;
}

/// A client's request, as a process carries it out.
class Request {
 public:
  Request(Actor& actor, const Attempt& wanted, Flaw flaw, bool has_tags, const Setting& setting)
      : actor_(actor), wanted_(wanted), flaw_(flaw), has_tags_(has_tags) {
    if (wanted_.key.starts_with(setting.new_keys)) later_ = kInsert;
    if (wanted_.value == 0) later_ = kDeletion;
  }

  Row attempt() {
    const bool is_first = written_ == 0;
    if (is_first) {
      written_ = time_of_request(wanted_.number, later_);
    } else if (flaw_ != Flaw::repeats_a_write_time) {
      ++written_;
    }
    const auto write = [](Known& known, WriteTime written, Attempt attempt) {
      known.attempts.try_emplace(written, attempt);
    };
    actor_.note("writes", write, written_, wanted_);
    if (wanted_.value == 0) return deleted_at(written_);
    Row row = row_of(kColumn, value_of_request(wanted_.value), written_);
    if (has_tags_) row.columns[kTags].elements[tag_of(wanted_.value)] = {true, written_};
    return row;
  }
  void in_target() {
    const auto in_target = [](Known& known, WriteTime written) {
      known.attempts[written].in_target = true;
    };
    actor_.note("the target has it", in_target, written_);
  }
  void acknowledge() {
    const auto acknowledge = [](Known& known, WriteTime written) {
      known.attempts[written].acknowledged = true;
    };
    actor_.note("acknowledged", acknowledge, written_);
  }

 private:
  Actor& actor_;
  Attempt wanted_;
  Flaw flaw_;
  bool has_tags_;
  WriteTime later_ = 0, written_ = 0;
};

/// Does not ask, and goes on with what it knows.
struct Blind {
  const Record& known;
  Task<Record> get() const { co_return known; }
};

/// Without what a client's mutant leaves out.
struct ForClients {
  Table table;
  const Record& known;
  Flaw flaw;
  bool is_source;

  auto read(const std::string& key) const { return table.read(key); }
  Task<void> write(std::string key, Row row) const {
    if (!is_source && flaw == Flaw::deletes_at_source_only && row.deleted != 0) co_return;
    if (is_source && flaw == Flaw::forgets_the_source && known.target_is_truth()) co_return;
    co_await table.write(key, row);
  }
};

Task<void> serve(Actor& actor, Flaw flaw, bool has_tags, std::shared_ptr<const Setting> setting) {
  const RecordStore record(actor.store<Record>("record"));
  Record known = co_await record.get();
  const Blind blind{known};
  const ForClients source{Table(actor.store<Cluster>("source")), known, flaw, true};
  const ForClients target{Table(actor.store<Cluster>("target")), known, flaw, false};
  while (const auto input = co_await actor.next_input()) {
    if (input->label() == "read") {
      const std::string key = setting->key_of("read", input->as<int>());
      const auto ask = [](Known& known, int read, std::string key) {
        known.asked[read] = latest_acknowledged(known, key);
      };
      actor.note("asks", ask, input->as<int>(), key);
      Row found;
      if (flaw == Flaw::reads_blindly) {
        found = co_await online::read(source, target, blind, known, key);
      } else {
        found = co_await online::read(source, target, record, known, key);
      }
      const auto judge = [](Known& known, int read, Row found) {
        if (time_in(found) < known.asked[read]) known.stale_read = true;
        known.asked.erase(read);
      };
      actor.note("reads", judge, input->as<int>(), found);
      continue;
    }
    const auto wanted = input->as<Attempt>();
    Request request(actor, wanted, flaw, has_tags, *setting);
    if (flaw == Flaw::acknowledges_blindly) {
      co_await online::write(source, target, blind, known, wanted.key, request);
    } else {
      co_await online::write(source, target, record, known, wanted.key, request);
    }
    request.acknowledge();
  }
}

/// What is recorded of a worker's ranges.
struct Watch {
  Actor& actor;
  bool of_one_time = false;  ///< a mutant's
  Rows copying = {};

  void copied(const Page& page, WriteTime written) {
    if (of_one_time) written = kBackfill;
    for (const auto& [key, row] : page.rows) {
      if (is_live(row)) copying[key] = written_at(row, written);
    }
  }
  void done(const Lease&) {
    const auto done = [](Known& known, Rows rows) {
      for (const auto& [key, row] : rows) known.copied[key] = row;
    };
    actor.note("done", done, copying);
    copying.clear();
  }
  void repaired(const std::string&, const Row&) {}
  void compared(const Page&, const Page&) {}
};

/// As if there were no other columns.
void leave_clients_column(Rows& rows) {
  for (auto& [key, row] : rows) {
    std::erase_if(row.columns, [](const auto& column) { return column.first != kColumn; });
  }
}

/// Without what a worker's mutant leaves out.
struct ScanOf {
  Table table;
  Flaw flaw;
  Task<Page> scan(std::string first, std::string end) const {
    Page page = co_await table.scan(first, end);
    if (flaw == Flaw::stops_at_a_page) page.next.clear();
    if (flaw == Flaw::misses_a_column) leave_clients_column(page.rows);
    co_return page;
  }
};
/// All cells with the largest expiry of one.
void expire_as_one(Row& row) {
  std::int64_t largest = 0;
  for (const bool is_set : {false, true}) {
    for (auto& [name, column] : row.columns) {
      for (auto& [element, cell] : column.elements) {
        largest = std::max(largest, cell.expires);
        if (is_set) cell.expires = largest;
      }
    }
  }
}
struct CopyOf {
  Table table;
  Flaw flaw;
  WriteTime before;
  Task<void> copy(Page scanned, WriteTime written) const {
    if (flaw == Flaw::leases_of_one_time) written = before;
    if (flaw == Flaw::inherits_ttl) {
      for (auto& [key, row] : scanned.rows) expire_as_one(row);
    }
    if (flaw == Flaw::copies_values_alone) leave_clients_column(scanned.rows);
    if (flaw == Flaw::rewrites_collections) co_await rewrite_collections(scanned);
    if (flaw != Flaw::failed_counts_as_done) {
      co_await table.copy(scanned, written);
      co_return;
    }
    try {
      co_await table.copy(scanned, written);
    } catch (const LostAnswer&) {
    }
  }
  /// As `SET tags = ?` does it: what was there is deleted, just before.
  Task<void> rewrite_collections(Page scanned) const {
    for (const auto& [key, row] : scanned.rows) {
      const auto tags = row.columns.find(kTags);
      if (tags == row.columns.end()) continue;
      Row whole = written_at({0, {{kTags, tags->second}}}, kPresent);
      whole.columns[kTags].deleted = kPresent - 1;
      co_await table.write(key, whole);
    }
  }
};
struct RecordFirst {
  RecordStore record;
  mutable bool is_ours = true;
  Task<Lease> lease() const {
    const Lease lease = co_await record.lease();
    if (lease.number != 0) is_ours = co_await record.finish(lease);
    co_return lease;
  }
  Task<bool> finish(Lease) const { co_return is_ours; }
};

/// Both tables as a comparison's mutant sees them: read at once, and changed.
struct Compared {
  Table source_table, target_table;
  Flaw flaw;
  Page* here;
};
struct SourceOf {
  const Compared& compared;
  Task<Page> page(std::string, std::string) const { co_return *compared.here; }
};
struct TargetOf {
  const Compared& compared;
  Task<Page> page(std::string first, std::string end) const {
    Page there, here;
    if (compared.flaw == Flaw::compares_source_first) {
      here = co_await compared.source_table.page(first, end);
      there = co_await compared.target_table.page(first, end);
    } else {
      there = co_await compared.target_table.page(first, end);
      here = co_await compared.source_table.page(first, end);
    }
    if (compared.flaw == Flaw::keeps_what_the_source_lacks) {
      std::erase_if(there.rows, [&](const auto& each) { return !here.rows.contains(each.first); });
    }
    if (compared.flaw == Flaw::compares_values) {
      for (auto& [key, row] : here.rows) {
        const auto found = there.rows.find(key);
        const bool is_there = found != there.rows.end() && value_in(found->second) == value_in(row);
        if (is_there) row = found->second;
      }
    }
    if (compared.flaw == Flaw::misses_a_column) leave_clients_column(here.rows);
    *compared.here = here;
    co_return there;
  }
  Task<void> write(std::string key, Row row) const {
    if (compared.flaw == Flaw::repairs_at_present) row = written_at(row, kPresent);
    co_await compared.target_table.write(key, row);
  }
};

/// As compare_all, with the flaw.
Task<bool> compare_flawed(const Compared& compared, const Workers& workers,
                          const RecordStore& record, const Record& now, Watch& watch) {
  const SourceOf source{compared};
  const TargetOf target{compared};
  const Blind blind{now};
  co_await workers.drained();
  for (const Range& range : now.plan) {
    bool is_ours = true;
    if (compared.flaw == Flaw::deletes_in_any_phase) {
      is_ours = co_await compare(source, target, blind, now.turn, range.first, range.end, watch);
    } else {
      is_ours = co_await compare(source, target, record, now.turn, range.first, range.end, watch);
    }
    if (!is_ours) co_return false;
  }
  if (now.phase == Phase::strict) {
    const bool is_ours = co_await record.finish_comparison(now.turn);
    co_return is_ours;
  }
  co_return true;
}

Task<void> move_reference(Actor& actor, unsigned rows_of_page) {
  const Table source(actor.store<Cluster>("source"), rows_of_page);
  const StoreHandle<Cluster> session = co_await actor.open_session<Cluster>("target");
  const Table target(session, rows_of_page);
  const Workers workers(session);
  const RecordStore record(actor.store<Record>("record"));
  Watch watch{actor};
  co_await online::move(source, target, workers, record, kBackfill, watch);
}

/// As online::move, with the flaw.
Task<void> move_flawed(Actor& actor, Flaw flaw, unsigned rows_of_page) {
  const Table table(actor.store<Cluster>("source"), rows_of_page);
  const StoreHandle<Cluster> session = co_await actor.open_session<Cluster>("target");
  const Table target(session, rows_of_page);
  const Workers workers(session, flaw != Flaw::does_not_drain);
  const RecordStore record(actor.store<Record>("record"), flaw);
  const WriteTime before = flaw == Flaw::backfills_at_present ? kPresent
                           : flaw == Flaw::grace_below_skew   ? kStart - kSkew / 2
                                                              : kBackfill;
  Watch watch{actor, flaw == Flaw::leases_of_one_time};
  const ScanOf source{table, flaw};
  const CopyOf copy{target, flaw, before};
  Page here;
  const Compared compared{table, target, flaw, &here};
  const RecordFirst first{record};
  Record now = co_await record.get();
  if (flaw == Flaw::plans_in_parts && now.plan.empty()) {
    const Range first = ranges()[0], last = ranges()[1];
    co_await record.add_to_plan(last);
    co_await record.add_to_plan(first);
    now = co_await record.get();
  }
  while (now.phase != Phase::target_only) {
    bool is_ours = true;
    if (now.phase == Phase::backfill) {
      if (flaw == Flaw::records_first) {
        is_ours = co_await backfill(source, copy, workers, first, before, watch);
      } else {
        is_ours = co_await backfill(source, copy, workers, record, before, watch);
      }
      if (!is_ours) co_return;
    }
    const Phase compares = flaw == Flaw::compares_in_backfill ? Phase::backfill : Phase::strict;
    if (now.phase == compares && now.compared != now.turn) {
      is_ours = co_await compare_flawed(compared, workers, record, now, watch);
      if (!is_ours) co_return;
    }
    now = co_await record.advance(now.turn);
  }
}

std::string text_of(const Rows& rows) {
  std::string text;
  for (const auto& [key, row] : rows) {
    const nlohmann::json value = value_in(row);
    if (!text.empty()) text += " ";
    text +=
        key + "=" + (value.is_null() ? "gone" : value.dump()) + "@" + std::to_string(time_in(row));
  }
  return text;
}

/// Nothing was done yet, or all of it up to that phase.
Setting begun(Setting at, Phase phase) {
  at.record.phase = phase;
  at.record.turn = static_cast<int>(phase);
  if (phase == Phase::verified) {
    at.record.compared = at.record.turn - 1;
    for (Range& range : at.record.plan) {
      range.lease = ++at.record.leases;
      range.done = true;
    }
    at.target.rows = at.source.rows;
  }
  return at;
}

Setting small_setting(Phase phase, bool has_tags) {
  Setting at;
  at.record.plan = ranges();
  at.source.rows = {{"a", row_of(kColumn, kOldValue, kLongAgo)},
                    {"b", row_of(kColumn, kOldValue, kLately)}};
  at.source.rows["b"].columns[kExpiring].elements[""] = {kOldValue, kLately, kExpiry};
  if (has_tags) at.source.rows["a"].columns[kTags].elements[kOldTag] = {true, kLongAgo};
  return begun(at, phase);
}

Setting random_setting(const crashsim::WorldName& name, Phase phase) {
  const RandomTable table = random_table(name);
  Setting at;
  at.record.plan = table.plan;
  at.source.rows = table.rows;
  at.rows_of_page = table.rows_of_page;
  at.new_keys = kNewKeys;
  at.key_of = [name](const std::string& kind, int number) {
    return random_key(name, kind, number);
  };
  return begun(at, phase);
}

/// `has_tags`: rows have a collection, to which puts add.
cutover::Migration shadowed(Flaw flaw, Setting at, bool goes_back, bool has_tags) {
  cutover::Migration made;
  if (flaw == Flaw::plans_in_parts) at.record.plan.clear();
  const auto setting = std::make_shared<const Setting>(at);
  made.store("record", at.record).store("source", at.source);
  made.session_store("target", at.target,
                     [](Cluster& target, int session) { target.workers.erase(session); });
  made.unfenced("source").unfenced("target").unfenced("record");
  made.memory(Known{});
  const auto input = [&](const std::string& label, const crashsim::BoundSpec& budget) {
    made.input(label, budget, [=](unsigned given) {
      const int number = static_cast<int>(given);
      return Attempt{setting->key_of(label, number), label == "delete" ? 0 : number, number};
    });
  };
  input("put", kPuts);
  input("delete", kDeletes);
  input("insert", kInserts);
  made.input("read", crashsim::kReads);
  made.program("move", [=](Actor& actor) {
    return flaw == Flaw::none ? move_reference(actor, setting->rows_of_page)
                              : move_flawed(actor, flaw, setting->rows_of_page);
  });
  if (goes_back) {
    made.program("back", [=](Actor& actor) -> Task<void> {
      const RecordStore record(actor.store<Record>("record"));
      const Record now = co_await record.get();
      co_await record.go_back(now.turn);
    });
  }
  made.program("application", [=](Actor& actor) { return serve(actor, flaw, has_tags, setting); });
  const auto collected = [](const Cluster& cluster) {
    Cluster after = cluster;
    std::erase_if(after.rows, [](const auto& each) { return !is_live(each.second); });
    return std::vector<std::pair<std::string, Cluster>>{{"", after}};
  };
  made.event<Cluster>("source", "compaction", collected, kCompactions);
  if (flaw == Flaw::loses_markers) {
    made.program("compaction", [](Actor& actor) -> Task<void> {
      const auto compact = [](Cluster& cluster) {
        std::erase_if(cluster.rows, [](const auto& each) { return !is_live(each.second); });
      };
      const auto target = actor.store<Cluster>("target");
      co_await target.step("compaction", compact);
    });
  }
  for (const std::string name : {"source", "target"}) {
    made.column(name, [=](const Stores& now) { return text_of(now.store<Cluster>(name).rows); });
  }
  made.column("record", [](const Stores& now) {
    const auto record = now.store<Record>("record");
    std::string text = to_string(record.phase);
    for (const Range& range : record.plan) text += range.done ? " +" : " -";
    return text;
  });

  made.property("PhasesAdjacent", [](const View& now) {
    const auto& record = now.store<Record>("record");
    return record.turn % 2 == static_cast<int>(record.phase) % 2;  // one phase a turn
  });
  made.property("TtlKept", [=](const View& now) {
    const auto& target = now.store<Cluster>("target");
    return std::ranges::all_of(target.rows, [&](const auto& each) {
      const Row before = row_in(setting->source, each.first);
      return is_each(each.second, [&](const auto& column, const auto& element, const Cell& cell) {
        const Cell* const old = live_cell(before, column, element);
        const bool is_old = old != nullptr && old->value == cell.value;
        return cell.expires == (is_old ? old->expires : 0);
      });
    });
  });
  if (has_tags) {
    made.property("ElementsKept", [=](const View& now) {
      const bool target = now.store<Record>("record").target_is_truth();
      const auto& truth = now.store<Cluster>(target ? "target" : "source");
      const auto& known = now.memory<Known>();
      const auto is_kept = [&](const std::string& key, const std::string& tag, WriteTime since) {
        return has_tag(row_in(truth, key), tag) || may_be_deleted(known, key, since);
      };
      const bool old_are_kept = std::ranges::all_of(setting->source.rows, [&](const auto& each) {
        return is_each(each.second, [&](const auto& column, const auto& tag, const Cell&) {
          return column != kTags || is_kept(each.first, tag, 0);
        });
      });
      return old_are_kept && std::ranges::all_of(known.attempts, [&](const auto& each) {
               const auto& [written, attempt] = each;
               const bool must = attempt.acknowledged && attempt.value != 0;
               return !must || is_kept(attempt.key, tag_of(attempt.value), written);
             });
    });
  }
  made.property("DoneIsDone", [=](const View& now) {
    const auto& record = now.store<Record>("record");
    const auto& target = now.store<Cluster>("target");
    const auto& known = now.memory<Known>();
    const bool is_copied = std::ranges::all_of(known.copied, [&](const auto& each) {
      return is_there(row_in(target, each.first), each.second);
    });
    if (!is_copied) return false;
    return std::ranges::all_of(setting->source.rows, [&](const auto& each) {
      const auto& [key, row] = each;
      const bool must = is_live(row) && is_done(record, key) && !may_be_deleted(known, key, 0);
      return !must || is_live(row_in(target, key));
    });
  });
  made.property("NewerWins", [](const View& now) {
    const auto& target = now.store<Cluster>("target");
    const auto& known = now.memory<Known>();
    return std::ranges::all_of(known.attempts, [&](const auto& each) {
      const auto& [written, attempt] = each;
      if (!attempt.in_target) return true;
      const Row row = row_in(target, attempt.key);
      return time_in(row) >= written && known.attempts.contains(time_in(row));
    });
  });
  const auto holds_all = [=](const Cluster& cluster, const Known& known, bool deleted) {
    return std::ranges::all_of(keys_of(*setting, known), [&](const std::string& key) {
      const Row row = row_in(cluster, key), old = row_in(setting->source, key);
      const WriteTime latest = latest_acknowledged(known, key);
      const bool is_deleted = latest != 0 && known.attempts.at(latest).value == 0;
      if (is_deleted != deleted) return true;
      // What no client writes stays until the row is deleted.
      if (!is_deleted && !may_be_deleted(known, key, 0) && !has_others_of(row, old)) return false;
      const Attempt* from = attempt_of(known, key, row);
      if (from != nullptr && time_in(row) >= latest) return true;
      // Where its marker is forgotten, a write that nobody was told of may still arrive.
      if (is_deleted) return !is_live(row) || (from != nullptr && !from->acknowledged);
      if (!is_live(row) && may_be_deleted(known, key, latest)) return true;
      return latest == 0 && value_in(row) == value_in(old) && (is_live(old) || !is_live(row));
    });
  };
  made.property("NoLostWrite", [=](const View& now) {
    const bool target = now.store<Record>("record").target_is_truth();
    return holds_all(now.store<Cluster>(target ? "target" : "source"), now.memory<Known>(), false);
  });
  made.property("NoResurrection", [=](const View& now) {
    const bool target = now.store<Record>("record").target_is_truth();
    return holds_all(now.store<Cluster>(target ? "target" : "source"), now.memory<Known>(), true);
  });
  made.property("CanGoBack", [=](const View& now) {
    if (now.store<Record>("record").phase == Phase::target_only) return true;
    const auto& source = now.store<Cluster>("source");
    const auto& known = now.memory<Known>();
    return holds_all(source, known, false) && holds_all(source, known, true);
  });
  made.property("OneSourceOfTruth",
                [](const View& now) { return !now.memory<Known>().stale_read; });
  made.can_finish("move", [](const Stores& now) {
    return now.store<Record>("record").phase == Phase::target_only;
  });
  made.sometimes("the target alone is left", [](const View& now) {
    return now.store<Record>("record").phase == Phase::target_only;
  });
  const auto has_puts = [](const crashsim::Bounds& bounds) { return kPuts.of(bounds) > 0; };
  made.sometimes(
      "a put is acknowledged",
      [](const View& now) {
        const auto& known = now.memory<Known>();
        return std::ranges::any_of(known.attempts, [](const auto& each) {
          return each.second.acknowledged && each.second.value != 0;
        });
      },
      has_puts);
  return made;
}

/// Nothing where the model has no such flaw.
std::optional<ShadowMapping::Flaw> flaw_of_model(Flaw flaw) {
  using OfModel = ShadowMapping::Flaw;
  switch (flaw) {
    case Flaw::none: return OfModel::none;
    case Flaw::advances_blindly: return OfModel::advances_blindly;
    case Flaw::acknowledges_blindly: return OfModel::acknowledges_blindly;
    case Flaw::reads_blindly: return OfModel::reads_blindly;
    case Flaw::forgets_the_source: return OfModel::forgets_the_source;
    case Flaw::records_first: return OfModel::records_first;
    case Flaw::stops_at_a_page: return OfModel::stops_at_a_page;
    case Flaw::repeats_a_write_time: return OfModel::repeats_a_write_time;
    default: return std::nullopt;
  }
}

}  // namespace

std::vector<Case> shadow_cases() {
  std::vector<Case> cases;
  const auto add = [&](const std::string& name, const std::string& about,
                       const std::string& violates, Flaw flaw, const std::string& bounds = "",
                       Phase begins = Phase::source_only, bool has_tags = false) {
    const bool goes_back = begins == Phase::verified;
    Case made{"online/shadow" + name, about, violates,
              shadowed(flaw, small_setting(begins, has_tags), goes_back, has_tags)};
    made.own_bounds = bounds;
    made.random.make = [=](const crashsim::Bounds& within, const crashsim::WorldName& world) {
      const Setting setting = random_setting(world, begins);
      return judged_alone(shadowed(flaw, setting, goes_back, has_tags)(within), violates);
    };
    made.random.kind_of_step = [](const std::string& step) { return step; };
    if (const auto of_model = flaw_of_model(flaw); of_model && !has_tags) {
      const auto begins_model = static_cast<ShadowMapping::Phase>(static_cast<int>(begins));
      made = with_model(made, ShadowMapping{*of_model, begins_model});
    }
    cases.push_back(made);
  };
  // Several operators and workers at once, and a source that has forgotten what was deleted. Puts
  // are left out there: one that is older than a forgotten deletion brings its key back in any such
  // cluster, whether it moves or not.
  const std::string forgetful = "lost=1,puts=0,compactions=1";
  const std::string two_operators =
      "starts=3,crashes=0,in_flight=0,lost=0,puts=0,deletes=0,inserts=1";
  const std::string and_back =
      "processes=3,starts=3,crashes=0,lost=0,in_flight=0,puts=0,deletes=0,inserts=1";
  const std::string elements = "crashes=0,in_flight=0,lost=0";
  add("", "phases in one record, and writes of times of their own", "", Flaw::none);
  add("-forgetful", "the source forgets what was deleted", "", Flaw::none, forgetful);
  add("-two-operators", "two move it at once", "", Flaw::none, two_operators);
  add("-and-back", "somebody goes back meanwhile", "", Flaw::none, and_back, Phase::verified);
  add("-elements", "clients add to a collection, element by element", "", Flaw::none, elements,
      Phase::both, true);
  add("+skips-strict", "from the backfill to the target as the truth", "NoLostWrite",
      Flaw::skips_strict);
  add("+skips-both", "the backfill begins with applications that write to the source alone",
      "PhasesAdjacent", Flaw::skips_both);
  add("+advances-blindly", "the operator's step is not conditional", "NoLostWrite",
      Flaw::advances_blindly, two_operators);
  add("+acknowledges-blindly", "nobody asks whether the phase is still the same", "NoLostWrite",
      Flaw::acknowledges_blindly);
  add("+reads-blindly", "what is read under an old phase is answered", "OneSourceOfTruth",
      Flaw::reads_blindly, "starts=3,crashes=0,in_flight=0,lost=0,deletes=0,reads=1",
      Phase::backfill);
  add("+deletes-at-source-only", "a deletion is not sent to the target", "NoResurrection",
      Flaw::deletes_at_source_only);
  add("+forgets-the-source", "once the target answers, nobody writes to the source", "CanGoBack",
      Flaw::forgets_the_source);
  add("+backfills-at-present", "copies have the write time at which they are made", "NewerWins",
      Flaw::backfills_at_present);
  add("+grace-below-skew", "copies are older than the start by less than clocks differ",
      "NewerWins", Flaw::grace_below_skew);
  add("+leases-of-one-time", "what two workers copy of a range has one write time", "DoneIsDone",
      Flaw::leases_of_one_time, "starts=3,deletes=0");
  add("+records-first", "a range is recorded before its last page is written", "DoneIsDone",
      Flaw::records_first);
  add("+failed-counts-as-done", "a write that was not answered is taken for one that was",
      "DoneIsDone", Flaw::failed_counts_as_done, "", Phase::backfill);
  cases.back().record = "failed-counts-as-done (cassandra-data-migrator 373)";
  add("+stops-at-a-page", "a range is recorded after its first page", "DoneIsDone",
      Flaw::stops_at_a_page);
  add("+plans-in-parts", "the plan of ranges is written one by one, and a restart trusts it",
      "NoLostWrite", Flaw::plans_in_parts);
  cases.back().record = "partial-plan-resume (cassandra-data-migrator 298)";
  add("+inherits-ttl", "all cells of a row are copied with the largest time to live", "TtlKept",
      Flaw::inherits_ttl);
  cases.back().record = "ttl-inherit (reading of cassandra-data-migrator)";
  add("+rewrites-collections", "a collection is copied as a whole, at the time when that is done",
      "ElementsKept", Flaw::rewrites_collections, elements, Phase::both, true);
  add("+copies-values-alone", "of a row just the column is copied that clients write", "DoneIsDone",
      Flaw::copies_values_alone);
  add("+misses-a-column", "a column that came after the start is neither copied nor compared",
      "NoLostWrite", Flaw::misses_a_column);
  add("+does-not-drain", "what workers have sent may arrive after the comparison", "NoResurrection",
      Flaw::does_not_drain, forgetful + ",starts=3", Phase::backfill);
  add("+compares-in-backfill", "the comparison is made before the strict phase", "NoLostWrite",
      Flaw::compares_in_backfill, "", Phase::backfill);
  add("+compares-source-first", "what clients write in between is taken for deleted", "NoLostWrite",
      Flaw::compares_source_first, two_operators);
  add("+compares-values", "what has the same value is not given the source's write time",
      "NoLostWrite", Flaw::compares_values);
  add("+repairs-at-present", "repairs have the write time at which they are made", "NewerWins",
      Flaw::repairs_at_present);
  cases.back().record = "repair-resurrects (scylla-migrator 346)";
  add("+keeps-what-the-source-lacks", "only what the source has is compared", "NoResurrection",
      Flaw::keeps_what_the_source_lacks, forgetful, Phase::backfill);
  add("+deletes-in-any-phase", "a comparison does not ask whether its phase is over", "NoLostWrite",
      Flaw::deletes_in_any_phase, two_operators, Phase::backfill);
  add("+gc-before-data", "the target collects its markers before older writes have arrived",
      "NoResurrection", Flaw::loses_markers, "starts=3", Phase::backfill);
  cases.back().record = "gc-before-data (ScyllaDB 20788)";
  add("+repeats-a-write-time", "a write that is done again has the write time that it had",
      "NoLostWrite", Flaw::repeats_a_write_time, and_back, Phase::verified);
  return cases;
}

}  // namespace cutover::online
