#include "properties/state_version/table_cases.h"

#include <algorithm>
#include <set>

#include "crashsim/sdk.h"
#include "engines/model/model_of_case.h"
#include "impl/state_version/reference_table.h"
#include "properties/state_version/process_subject.h"
#include "properties/state_version/sample.h"
#include "properties/state_version/schedulers.h"
#include "properties/state_version/table_mapping.h"

namespace cutover::state_version {
namespace {

struct Rows {
  std::map<std::string, json> rows;                            ///< the states, by namespace
  std::set<std::string> columns;                               ///< that were added
  bool has_versions = true;                                    ///< there is a version table
  std::vector<std::string> versions = {unversioned().text()};  ///< its rows
  int written = 0;                                             ///< how often the reference did

  json first_version() const { return versions.empty() ? json() : json(versions.front()); }
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Rows, rows, columns, has_versions, versions, written)

constexpr auto keys_of = [](const Rows& table) {
  std::vector<std::string> keys;
  for (const auto& [key, row] : table.rows) keys.push_back(key);
  return keys;
};
constexpr auto row_of = [](const Rows& table, std::string key) {
  const auto at = table.rows.find(key);
  return at == table.rows.end() ? json() : at->second;
};
/// A column has to be there before anything is written to it.
void require_columns(const Rows& table, const json& state) {
  static const std::set<std::string> added = added_columns();
  for (const auto& [column, value] : state.items()) {
    require(!added.contains(column) || table.columns.contains(column));
  }
}

/// What a mutant leaves out of the reference.
enum class Skips { nothing, conditions, columns, rows, refusal };

/// The statements, each atomic. What can't be done is refused, and ends its process.
class Table {
 public:
  explicit Table(StoreHandle<Rows> table, Skips skips = Skips::nothing)
      : table_(table), skips_(skips) {}

  auto keys() const { return table_.read("keys", keys_of); }
  auto get(const std::string& key) const { return table_.read("get", row_of, key); }

  // As described.
  auto has_versions() const {
    return table_.read("has versions", [](const Rows& table) { return table.has_versions; });
  }
  auto create_versions() const {
    return table_.step("create versions", [](Rows& table) {
      require(!table.has_versions);
      table.has_versions = true;
      table.versions.clear();
    });
  }
  auto insert_version(const std::string& version) const {
    const auto insert = [](Rows& table, std::string text) {
      // The version is the key: a second row of it is the first.
      if (std::ranges::count(table.versions, text) == 0) table.versions.push_back(text);
    };
    return table_.step("insert version", insert, version);
  }
  auto first_version() const {
    return table_.read("first version", [](const Rows& table) { return table.first_version(); });
  }
  auto truncate_versions() const {
    return table_.step("truncate versions", [](Rows& table) { table.versions.clear(); });
  }
  auto add_column(const std::string& name) const {
    const auto add = [](Rows& table, std::string column) {
      require(table.columns.insert(column).second);
    };
    return table_.step("add column", add, name);
  }
  auto put(const std::string& key, const json& state) const {
    const auto put = [](Rows& table, std::string to, json row) {
      require_columns(table, row);
      table.rows[to] = row;
    };
    return table_.step("put", put, key, state);
  }

  // The reference's.
  auto version() const {
    return table_.read(
        "version", [](const Rows& table) { return Found{table.first_version(), table.written}; });
  }
  auto set_version_if(const std::string& to, int written) const {
    const auto set = [](Rows& table, std::string text, int was) {
      if (table.written != was) return false;
      table.versions = {text};
      ++table.written;
      return true;
    };
    const auto blindly = [](Rows& table, std::string text, int) {
      table.versions = {text};
      ++table.written;
      return true;
    };
    return skips_ == Skips::conditions ? table_.step("set version if", blindly, to, written)
                                       : table_.step("set version if", set, to, written);
  }
  auto add_column_if_missing(const std::string& name) const {
    const auto add = [](Rows& table, std::string column) { table.columns.insert(column); };
    const auto nothing = [](Rows&, std::string) {};
    return skips_ == Skips::columns ? table_.step("add column if missing", nothing, name)
                                    : table_.step("add column if missing", add, name);
  }
  auto row_before(const std::string& version) const {
    const auto find = [](const Rows& table, std::string than) {
      for (const auto& [key, state] : table.rows) {
        if (version_of(state) < Version(than)) return Row{key, state};
      }
      return Row{};
    };
    const auto none = [](const Rows&, std::string) { return Row{}; };
    return skips_ == Skips::rows ? table_.read("row before", none, version)
                                 : table_.read("row before", find, version);
  }
  auto row_after(const std::string& version) const {
    const auto find = [](const Rows& table, std::string than) {
      for (const auto& [key, state] : table.rows) {
        if (version_of(state) > Version(than)) return Row{key, state};
      }
      return Row{};
    };
    return table_.read("row after", find, version);
  }
  auto put_if(const std::string& key, const json& state, const json& was) const {
    const auto put = [](Rows& table, std::string to, json row, json before) {
      require_columns(table, row);
      const auto at = table.rows.find(to);
      if (at == table.rows.end() || at->second != before) return false;
      at->second = row;
      return true;
    };
    const auto blindly = [](Rows& table, std::string to, json row, json) {
      require_columns(table, row);
      if (!table.rows.contains(to)) return false;
      table.rows[to] = row;
      return true;
    };
    return skips_ == Skips::conditions ? table_.step("put if", blindly, key, state, was)
                                       : table_.step("put if", put, key, state, was);
  }

 private:
  StoreHandle<Rows> table_;
  Skips skips_;
};

/// Of rows that say of which version they are.
Stored stored_in(const Stores& now) {
  const Rows table = now.store<Rows>("table");
  Stored stored{table.rows};
  if (!table.versions.empty()) stored.version = Version(table.versions.front());
  return stored;
}
/// Of rows that don't: it is the table's.
Stored stored_as_described_in(const Stores& now) {
  const Rows table = now.store<Rows>("table");
  Stored stored{table.rows};
  for (auto& [key, state] : stored.states) {
    state["version"] = table.first_version();
  }
  return stored;
}

Rows rows_of(const std::vector<std::string>& names) {
  Rows table;
  for (const std::string& name : names) table.rows[name] = oldest_state();
  return table;
}

/// As whoever upgraded it left it.
Rows upgraded(Rows table) {
  const Build newest = build_of(Which::newest);
  for (const Migration& each : newest.chain.all()) {
    table.columns.insert(each.columns.begin(), each.columns.end());
    for (auto& [name, row] : table.rows) row = each.document(row);
    table.versions = {each.version.text()};
  }
  return table;
}

cutover::Migration over_a_table(const Rows& table, const std::vector<Scheduler>& schedulers,
                                const Run& run, const StoredIn& in = stored_in) {
  cutover::Migration made;
  made.store("table", table);
  add_schedulers(made, "table", schedulers, run, in);
  return made;
}

Task<void> as_described(Actor& actor, const Scheduler& of) {
  const Table table(actor.store<Rows>("table"));
  Operators operators(actor, of.build, of.of);
  co_await run_as_described_over_table(table, operators, of.build, of.of);
}

Task<void> reference(Actor& actor, const Scheduler& of, Skips skips) {
  const Table table(actor.store<Rows>("table"), skips);
  Operators operators(actor, of.build, of.of);
  if (skips == Skips::refusal) {
    const Trusting build{of.build};
    co_await run_reference_over_table(table, operators, build, of.of);
  } else {
    co_await run_reference_over_table(table, operators, of.build, of.of);
  }
}

/// An operator gives a namespace up.
Task<void> remove_b(Actor& actor) {
  const auto remove = [](Rows& table) { table.rows.erase("b"); };
  actor.note("b may go", [](Known& known) { known.may_go = {"b"}; });
  co_await actor.store<Rows>("table").step("delete b", remove);
  actor.note("b is gone", [](Known& known) { known.gone = {"b"}; });
}

Scheduler scheduler(const char* name, Which which, const char* of) {
  return {name, build_of(which), of};
}

}  // namespace

std::vector<Case> table_cases() {
  const Rows one = rows_of({"a"}), two = rows_of({"a", "b"});
  const Scheduler old_b = scheduler("old-b", Which::old_one, "b"),
                  middle_a = scheduler("middle-a", Which::middle, "a"),
                  newest_a = scheduler("newest-a", Which::newest, "a"),
                  newest_b = scheduler("newest-b", Which::newest, "b");
  const auto but_for = [&](Skips skips) {
    const Run run = [=](Actor& actor, const Scheduler& of) { return reference(actor, of, skips); };
    cutover::Migration made = over_a_table(two, {old_b, middle_a, newest_b}, run);
    made.program("remove", remove_b);
    return made;
  };
  const auto described = [](const Rows& table, const std::vector<Scheduler>& schedulers) {
    cutover::Migration made = over_a_table(table, schedulers, as_described, stored_as_described_in);
    made.unfenced("table");
    return made;
  };
  std::vector<Case> cases;
  const auto add = [&](const auto&... of) { cases.push_back(scheduler_case(of...)); };
  using Flaw = TableMapping::Flaw;
  const auto add_with_model = [&](Flaw flaw, const auto&... of) {
    cases.push_back(with_model(scheduler_case(of...), TableMapping{{flaw}}));
  };
  add_with_model(Flaw::none, "reference-table",
                 "each row says of which version it is, and is written on what was read", "",
                 but_for(Skips::nothing));
  cases.back().process = [](const std::string& executable) {
    return upgrades_of("table", a_table(), executable);
  };
  const auto back = back_and_newest("b", "a");
  cases.push_back(with_way_back(
      scheduler_case("reference-table-and-back", "one at a time, and an operator who goes back", "",
                     over_a_table(two, back, [](Actor& actor, const Scheduler& of) {
                       return reference(actor, of, Skips::nothing);
                     }))));
  add_with_model(Flaw::blind, "reference-table+blind", "conditions are not looked at",
                 "NothingLost", but_for(Skips::conditions));
  add_with_model(Flaw::rows_first, "reference-table+rows-first",
                 "a row is converted to columns that are not there", "CanFinish",
                 but_for(Skips::columns));
  add_with_model(Flaw::overlooks_rows, "reference-table+overlooks-rows",
                 "the version is advanced before each row is converted", "CanFinish",
                 but_for(Skips::rows));
  add_with_model(Flaw::runs_on_newer, "reference-table+runs-on-newer",
                 "it does not ask whether it may run on what it finds", "NoOldWriter",
                 but_for(Skips::refusal));
  const Scheduler misnumbered = {"newest-a", build_with_misnumbered_migrations(), "a"};
  add("reference-table+misnumbered", "the versions of two migrations are the wrong way round",
      "InOrder", over_a_table(one, {misnumbered}, [](Actor& actor, const Scheduler& of) {
        return reference(actor, of, Skips::nothing);
      }));
  add("as-described-table+stamps-always", "whoever starts stamps its version again",
      "OthersDoNothing", described(one, {newest_a}));
  add("as-described-table", "rows, and a version table truncated and inserted into",
      "VersionMatchesState", described(two, {old_b, newest_a, newest_b}));
  add("as-described-table+truncate-window", "the version table is truncated, then inserted into",
      "CanFinish", described(upgraded(one), {newest_a}), "truncate-window");
  cases.back().process = [](const std::string& executable) {
    return described_over("truncate-window", a_table(), executable, true);
  };
  Rows unversioned = one;
  unversioned.has_versions = false;
  unversioned.versions.clear();
  add("as-described-table+create-window", "the version table is created, then inserted into",
      "CanFinish", described(unversioned, {newest_a}), "create-window");
  cases.back().process = [](const std::string& executable) {
    return described_over("create-window", a_table(), executable);
  };
  add("as-described-table+two-versions",
      "the version is its row's key, so two stamps leave two rows", "NoOldWriter",
      described(one, {middle_a, newest_a}), "two-versions");
  add("as-described-table+partial-alter", "columns are added, and can't be added again",
      "CanFinish", described(one, {newest_a}), "partial-alter");
  cases.back().process = [](const std::string& executable) {
    return described_over("partial-alter", a_table_with_versions(), executable);
  };
  cutover::Migration with_removal = described(two, {newest_a});
  with_removal.program("remove", remove_b);
  add("as-described-table+ghost-row", "updating a row that was deleted makes it again",
      "NothingLost", with_removal, "ghost-row");
  add("as-described-table+old-neighbour", "an old scheduler of another namespace is still running",
      "EachMigrationOnce", described(two, {old_b, newest_a}), "old-neighbour");
  return cases;
}

}  // namespace cutover::state_version
