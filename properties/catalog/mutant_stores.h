// Stores with one flaw each: what a case may have in place of its stash or its persist store.
#pragma once

#include "properties/catalog/adaptor.h"

namespace cutover::catalog::mutants {

/// The name under which some of them show or take their epoch as a config entry.
inline constexpr const char* kEpochEntry = "epoch";
/// The entry whose commit begins the opening of a staging store.
inline constexpr const char* kStaged = "staged";

using Machine = std::unique_ptr<crashsim::catalog::CatalogMachine>;

Machine unfenced();            ///< does not check the fence
Machine trusting();            ///< leaves the check to its clients, and shows them its epoch
Machine forgetful();           ///< keeps its epoch in memory only
Machine settable();            ///< its clients count the epoch up
Machine adopting();            ///< takes any epoch that differs for a newer one
Machine lagging();             ///< reads its config from a replica that lags
Machine staging();             ///< is fenced in two steps
Machine config_in_contents();  ///< keeps its config among the contents
Machine epoch_setting();       ///< takes its epoch from a config entry that is written to it

/// What happens to a forgetful store: it restarts, with the epoch that it had at first.
crashsim::StoreEvent restart_forgetting(Which store);

}  // namespace cutover::catalog::mutants
