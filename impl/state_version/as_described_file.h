// A scheduler's state in one JSON file, upgraded at its start as the original does it: migrated in
// memory, stamped, and written over the file in place, without a lock. It is here because of what
// goes wrong with it (docs/design-state-version.md); to use is reference_file.h.
//
// Over anything that has the calls of a file system, as coroutines:
//   files.read(name)              the state; null: there is no file; a text: it is damaged
//   files.truncate(name), files.write(name, state)
// and an operator's changes: co_await operators.next(), a JSON merge patch or nothing;
// operators.acknowledge(change).
#pragma once

#include "impl/state_version/migration.h"
#include "system/task.h"

namespace cutover::state_version {

inline constexpr const char* kStateFile = "state";

template <class Files>
Task<void> save_in_place(const Files& files, json state) {
  co_await files.truncate(kStateFile);
  co_await files.write(kStateFile, state);
}

/// A script beside the scheduler, which says of a state what it may not be.
template <class Files>
Task<void> stamp_as_described(const Files& files, const Version& version) {
  json state = co_await files.read(kStateFile);
  if (!state.is_object()) co_return;
  state["version"] = version.text();
  co_await save_in_place(files, state);
}

/// Returns when it is asked to stop, or where the file is damaged.
template <class Files, class Operators>
Task<void> run_as_described(const Files& files, Operators& operators, const Build& build) {
  // 1. Load.
  json state = co_await files.read(kStateFile);
  if (is_damaged(state)) co_return;
  if (state.is_null()) state = build.fresh;
  // 2. Migrate what is older, in memory.
  for (const Migration* each : build.chain.between(version_of(state), build.version)) {
    state = each->document(state);
  }
  // 3. Stamp the running version, whatever was there, on what this build knows of it.
  state = known_to(build, state);
  state["version"] = build.version.text();
  // 4. Save.
  co_await save_in_place(files, state);
  // 5. Serve.
  while (const auto change = co_await operators.next()) {
    state.merge_patch(*change);
    co_await save_in_place(files, state);
    operators.acknowledge(*change);
  }
}

}  // namespace cutover::state_version
