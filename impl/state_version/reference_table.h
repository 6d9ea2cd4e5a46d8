// Schedulers of several namespaces in one table, a row each, upgraded at their start by statements
// that are atomic one by one. Each row says of which version it is, and is only ever written on
// what was read of it, so that whoever migrates, and how many at once, and wherever one of them
// dies, does not matter; the version beside the rows keeps older schedulers away. Why each step is
// where it is: docs/design-state-version.md.
//
// Besides get(key) of as_described_table.h:
//   table.version()               a Found; null: none yet
//   table.set_version_if(to, written)   if it is written as often; false if not: nothing was done
//   table.add_column_if_missing(name)
//   table.row_before(version)     a Row that is older; its key is empty: there is none
//   table.row_after(version)      one that is newer; asked by a build that goes down
//   table.put_if(key, state, was) false if the row is not that, or not there: nothing was done
#pragma once

#include "impl/state_version/as_described_table.h"
#include "impl/state_version/upgrade.h"

namespace cutover::state_version {

/// Why it must not run on this table; nothing once all rows are of the build's version, or newer;
/// of a build that goes down, of its version.
template <class Table>
Task<std::optional<std::string>> upgrade_table(const Table& table, const auto& build) {
  const Version& version = build.version;
  bool is_fenced = !build.goes_down;
  while (true) {
    // 1. The version of the table.
    const Found found = co_await table.version();
    const Version stored =
        found.state.is_null() ? unversioned() : Version(found.state.template get<std::string>());
    // 2. Refuse a newer one.
    if (const auto why = refusal(build, stored)) co_return why;
    // Down, the version goes first, as it says that no row is older; and it is written in any case,
    // so that whoever is about to advance it is refused.
    if (!is_fenced || stored > version) {
      const std::string lowest = stored < version ? stored.text() : version.text();
      is_fenced = co_await table.set_version_if(lowest, found.written);
      continue;
    }
    // 3. The columns that the migrations need, as far as they are missing.
    for (const Migration* each : build.chain.between(stored, version)) {
      for (const std::string& column : each->columns) co_await table.add_column_if_missing(column);
    }
    // 4. Each row that is older, on what was read of it.
    while (true) {
      Row row = co_await table.row_before(version.text());
      if (row.key.empty() && build.goes_down) row = co_await table.row_after(version.text());
      if (row.key.empty()) break;
      if (const auto why = refusal(build, row.state)) co_return why;
      co_await table.put_if(row.key, upgraded(build, row.state), row.state);
    }
    if (stored == version && !build.goes_down) co_return std::nullopt;
    if (stored == version) {
      // Down, unless somebody has advanced it since: then it would say of these rows what is not
      // so.
      const Found now = co_await table.version();
      if (now.written == found.written) co_return std::nullopt;
      continue;
    }
    // 5. The version, if nobody has written it since; then once more from 1.
    co_await table.set_version_if(version.text(), found.written);
  }
}

/// Returns when it is asked to stop, or why it must not run, or no more: another has migrated its
/// row since. A namespace without a row is not served.
template <class Table, class Operators>
Task<std::optional<std::string>> run_reference_over_table(const Table& table, Operators& operators,
                                                          const auto& build,
                                                          const std::string& name) {
  if (const auto why = co_await upgrade_table(table, build)) co_return why;
  json own = co_await table.get(name);
  if (own.is_null()) co_return "there is no row of " + name;
  if (const auto why = other_version(build, own)) co_return why;
  // 6. Serve: each change on what was read of the row last.
  while (const auto change = co_await operators.next()) {
    while (true) {
      json state = own;
      state.merge_patch(*change);
      const bool is_stored = co_await table.put_if(name, state, own);
      if (is_stored) {
        own = state;
        break;
      }
      own = co_await table.get(name);
      if (own.is_null()) co_return "the row of " + name + " was deleted";
      if (const auto why = other_version(build, own)) co_return why;
    }
    operators.acknowledge(*change);
  }
  co_return std::nullopt;
}

}  // namespace cutover::state_version
