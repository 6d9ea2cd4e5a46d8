// A scheduler's state as one JSON document in a znode, upgraded at its start with nothing but
// conditional writes: several schedulers at once are harmless, and no lock can expire. Why each
// step is where it is: docs/design-state-version.md.
//
// Besides get() of as_described_znode.h:
//   znode.set_if(state, written)   how often it is written then; 0 if somebody has written it since
//                                  it was read, and nothing was done
#pragma once

#include "impl/state_version/as_described_znode.h"
#include "impl/state_version/upgrade.h"

namespace cutover::state_version {

/// The state as the build has it, written where it had to be; its state is null, and `why` says it,
/// if the build must not run on it.
template <class Znode>
Task<Found> load_and_upgrade(const Znode& znode, const auto& build, std::string& why) {
  while (true) {
    // 1. Load.
    Found found = co_await znode.get();
    if (found.state.is_null()) found.state = build.fresh;
    // 2. Refuse a state that is newer, or that another migration of that version has made.
    if (const auto refused = refusal(build, found.state)) {
      why = *refused;
      co_return Found{};
    }
    // 3. Migrate in memory, 4. and write, if that changed anything and nobody was faster.
    const json state = upgraded(build, found.state);
    if (state == found.state) co_return found;
    const int written = co_await znode.set_if(state, found.written);
    if (written != 0) co_return Found{state, written};
  }
}

/// Returns when it is asked to stop, or why it must not run, or no more. Whoever loses an answer
/// does not know what was written, and has to start again: the coroutine ends with what the call
/// throws.
template <class Znode, class Operators>
Task<std::optional<std::string>> run_reference_over_znode(const Znode& znode, Operators& operators,
                                                          const auto& build) {
  std::string why;
  Found own = co_await load_and_upgrade(znode, build, why);
  if (own.state.is_null()) co_return why;
  // 5. Serve: each change is written on what was read last, or on what somebody has written since.
  while (const auto change = co_await operators.next()) {
    while (true) {
      json state = own.state;
      state.merge_patch(*change);
      const int written = co_await znode.set_if(state, own.written);
      if (written != 0) {
        own = Found{state, written};
        break;
      }
      own = co_await znode.get();
      if (own.state.is_null()) co_return "there is no state any more";
      if (const auto other = other_version(build, own.state)) co_return other;
    }
    operators.acknowledge(*change);
  }
  co_return std::nullopt;
}

}  // namespace cutover::state_version
