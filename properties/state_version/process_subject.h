// What is checked of the family by real processes (crashsim/process/): `upgrade` over a file, a
// table and a znode, killed everywhere, beside others, and on its way back; and the hidden command
// `as-described`, killed where the original loses its state.
#pragma once

#include "crashsim/process/subject.h"
#include "properties/state_version/real_stores.h"

namespace cutover::state_version {

/// The reference. It takes a lock over a file alone.
crashsim::ProcessSubject upgrades_of(const std::string& name,
                                     std::shared_ptr<const RealStore> store,
                                     const std::string& executable);

/// The original, alone; `upgraded`: once more over what it has upgraded. It does not keep what the
/// other properties are judged by: only CanFinish is.
crashsim::ProcessSubject described_over(const std::string& name,
                                        std::shared_ptr<const RealStore> store,
                                        const std::string& executable, bool upgraded = false);

}  // namespace cutover::state_version
