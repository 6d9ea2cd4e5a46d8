// Schedulers of several namespaces in one table, a row each, and a version table beside it,
// upgraded at their start as the original does it. It is here because of what goes wrong with it;
// to use is reference_table.h.
//
// Over anything that has these statements, as coroutines, each of them atomic and no two together:
//   table.has_versions(), table.create_versions(), table.insert_version(text),
//   table.first_version()         null: the version table is empty
//   table.truncate_versions()
//   table.add_column(name)        fails where it exists: the coroutine ends with what that throws
//   table.keys()
//   table.get(key)                a state; null: there is no such row
//   table.put(key, state)         makes a row that is not there
// and an operator's changes, as in as_described_file.h.
#pragma once

#include "impl/state_version/migration.h"
#include "system/task.h"

namespace cutover::state_version {

/// Returns when it is asked to stop, or where the version table is empty.
template <class Table, class Operators>
Task<void> run_as_described_over_table(const Table& table, Operators& operators, const Build& build,
                                       const std::string& name) {
  // 1. The version table, where there is none.
  if (!co_await table.has_versions()) {
    co_await table.create_versions();
    co_await table.insert_version(unversioned().text());
  }
  // 2. Its first row is the version.
  const json stored = co_await table.first_version();
  if (stored.is_null()) co_return;
  // 3. Migrate everybody's rows.
  for (const Migration* each :
       build.chain.between(Version(stored.get<std::string>()), build.version)) {
    for (const std::string& column : each->columns) co_await table.add_column(column);
    const std::vector<std::string> keys = co_await table.keys();
    for (const std::string& key : keys) {
      const json state = co_await table.get(key);
      if (!state.is_null()) co_await table.put(key, each->document(state));
    }
  }
  // 4. Stamp the running version, whatever was there.
  co_await table.truncate_versions();
  co_await table.insert_version(build.version.text());
  // 5. Serve.
  const json own = co_await table.get(name);
  json state = known_to(build, own);
  while (const auto change = co_await operators.next()) {
    state.merge_patch(*change);
    co_await table.put(name, state);
    operators.acknowledge(*change);
  }
}

}  // namespace cutover::state_version
