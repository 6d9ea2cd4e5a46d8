// A scheduler's state in one JSON file, upgraded at its start so that no crash, no loss of power
// and no other scheduler can spoil it. Why each step is where it is: docs/design-state-version.md.
//
// Besides what as_described_file.h asks of the calls:
//   files.sync(name)              what was written to the file is durable
//   files.rename(from, to)        atomic
//   files.sync_folder()           the names are durable
//   lock.take()                   waits; the lock vanishes with its process, and not before
#pragma once

#include "impl/state_version/as_described_file.h"
#include "impl/state_version/upgrade.h"

namespace cutover::state_version {

inline constexpr const char* kNewStateFile = "state.new";

/// The state as a whole, durable when it returns; at no instant there is anything else than the old
/// one or this one.
template <class Files>
Task<void> replace(const Files& files, json state) {
  co_await files.truncate(kNewStateFile);
  co_await files.write(kNewStateFile, state);
  co_await files.sync(kNewStateFile);
  co_await files.rename(kNewStateFile, kStateFile);
  co_await files.sync_folder();
}

/// Returns when it is asked to stop, or why it refused to start.
template <class Files, class Lock, class Operators>
Task<std::optional<std::string>> run_reference(const Files& files, const Lock& lock,
                                               Operators& operators, const auto& build) {
  // 1. One scheduler at a time.
  co_await lock.take();
  // 2. Load, and make durable what was found: whoever renamed it may have died before its folder
  // was synced, and nothing may rest on a state that a loss of power takes back.
  json state = co_await files.read(kStateFile);
  co_await files.sync_folder();
  if (state.is_null()) state = build.fresh;
  // 3. Refuse a state that is newer, or that another migration of that version has made.
  if (const auto why = refusal(build, state)) co_return why;
  // 4. Migrate in memory, and 5. replace the file if that changed anything.
  const json old = state;
  state = upgraded(build, state);
  if (state != old) co_await replace(files, state);
  // 6. Serve.
  while (const auto change = co_await operators.next()) {
    state.merge_patch(*change);
    co_await replace(files, state);
    operators.acknowledge(*change);
  }
  co_return std::nullopt;
}

}  // namespace cutover::state_version
