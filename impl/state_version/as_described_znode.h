// A scheduler's state as one JSON document in a znode, upgraded at its start as the original does
// it: read, migrated, stamped, and written blindly. It is here because of what goes wrong with it;
// to use is reference_znode.h.
//
// Over anything that has, as coroutines:
//   znode.get()          a Found; its state is null where there is no znode
//   znode.set(state)     whatever is there
// and an operator's changes, as in as_described_file.h.
#pragma once

#include "impl/state_version/migration.h"
#include "system/task.h"

namespace cutover::state_version {

template <class Znode, class Operators>
Task<void> run_as_described_over_znode(const Znode& znode, Operators& operators,
                                       const Build& build) {
  // 1. Load.
  const Found found = co_await znode.get();
  json state = found.state.is_null() ? build.fresh : found.state;
  // 2. Migrate what is older, in memory.
  for (const Migration* each : build.chain.between(version_of(state), build.version)) {
    state = each->document(state);
  }
  // 3. Stamp the running version, whatever was there, on what this build knows of it.
  state = known_to(build, state);
  state["version"] = build.version.text();
  // 4. Save, and 5. serve.
  co_await znode.set(state);
  while (const auto change = co_await operators.next()) {
    state.merge_patch(*change);
    co_await znode.set(state);
    operators.acknowledge(*change);
  }
}

}  // namespace cutover::state_version
