// Schedulers of several namespaces in one table, a row each, upgraded at their start by statements
// that are atomic one by one. Each row says of which version it is, and is only ever written on
// what was read of it, so that whoever migrates, and how many at once, and wherever one of them
// dies, does not matter; the version beside the rows only saves looking at all of them. Why each
// step is where it is: docs/design-state-version.md.
//
// Besides keys() and get(key) of as_described_table.h:
//   table.version()                     null: none yet
//   table.set_version_if(to, was)       true if it was that (null: none), and is the other now
//   table.add_column_if_missing(name)
//   table.put_if(key, row, written)     how often the row is written then; 0 if somebody has
//   written
//                                       or deleted it since, and nothing was done
#pragma once

#include "impl/state_version/as_described_table.h"
#include "impl/state_version/upgrade.h"

namespace cutover::state_version {

/// Brings the row to the version of the migration, unless it is there already, or gone.
template <class Table>
Task<void> convert(const Table& table, std::string key, const Migration& migration) {
  while (true) {
    const Found row = co_await table.get(key);
    if (row.state.is_null() || version_of(row.state) >= migration.version) co_return;
    json converted = migration.document(row.state);
    converted["version"] = migration.version.text();
    const int written = co_await table.put_if(key, converted, row.written);
    if (written != 0) co_return;
  }
}

/// False where the table is newer.
template <class Table>
Task<bool> upgrade(const Table& table, const Build& build) {
  while (true) {
    // 1. The version of the table; 2. refuse a newer one.
    const json found = co_await table.version();
    const Version stored = found.is_null() ? unversioned() : Version(found.get<std::string>());
    if (stored > build.version) co_return false;
    const auto missing = build.chain.between(stored, build.version);
    if (missing.empty()) co_return true;
    // 3. The next migration: its columns, then every row, then the version.
    const Migration& next = *missing.front();
    for (const std::string& column : next.columns) co_await table.add_column_if_missing(column);
    const std::vector<std::string> keys = co_await table.keys();
    for (const std::string& key : keys) co_await convert(table, key, next);
    co_await table.set_version_if(next.version.text(), found);
  }
}

/// Returns when it is asked to stop, where the table is newer, and where the row is: then another
/// has migrated it. A namespace without a row is not served.
template <class Table, class Operators>
Task<void> run_reference_over_table(const Table& table, Operators& operators, const Build& build,
                                    const std::string& name) {
  if (!co_await upgrade(table, build)) co_return;
  Found own = co_await table.get(name);
  // 4. Serve, on what was read of the row last.
  std::optional<json> change;
  while (!own.state.is_null() && version_of(own.state) == build.version &&
         (change = co_await operators.next())) {
    bool is_stored = false;
    while (!is_stored && !own.state.is_null() && version_of(own.state) == build.version) {
      json state = own.state;
      state.merge_patch(*change);
      const int written = co_await table.put_if(name, state, own.written);
      is_stored = written != 0;
      if (is_stored) {
        own = Found{state, written};
      } else {
        own = co_await table.get(name);
      }
    }
    if (is_stored) operators.acknowledge(*change);
  }
}

}  // namespace cutover::state_version
