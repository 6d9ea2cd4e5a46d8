// The catalog's properties over the states of two real stores, looked at between events. What the
// monitor of properties.h is to the exploration, this is to processes that were really killed.
//
// It is told what clients were answered, so it knows exactly what the source of truth must hold.
#pragma once

#include <array>
#include <set>

#include "crashsim/process/subject.h"
#include "properties/catalog/properties.h"

namespace cutover::catalog {

using crashsim::Failure;
using crashsim::MaybeFailure;

class FileMonitor {
 public:
  /// At first clients know these values, and that some keys were deleted. The stash is the truth,
  /// and clients were last answered under its epoch.
  FileMonitor(Truth truth, Entries values, std::set<std::string> deleted,
              std::array<Epoch, 2> epochs)
      : truth_of_(truth),
        values_(std::move(values)),
        deleted_(std::move(deleted)),
        epochs_(epochs),
        acknowledged_(epochs[0]) {}

  /// Looks at the stores, stash first. OneSourceOfTruth, NoLostWrite, NoResurrection, EpochMonotone
  /// of each store.
  MaybeFailure look(const std::array<StoreState, 2>& stores);

  /// Clients were told, under this epoch, that a key was put or deleted. EpochMonotone of clients.
  MaybeFailure acknowledged(const std::string& key, const std::optional<std::string>& value,
                            Epoch epoch);

  /// As last looked at.
  Which truth() const { return truth_; }
  Epoch epoch(Which which) const { return epochs_[static_cast<std::size_t>(which)]; }
  const Entries& values() const { return values_; }

 private:
  MaybeFailure compare(const Contents& contents) const;

  Truth truth_of_;
  Which truth_ = Which::stash;
  Entries values_;
  std::set<std::string> deleted_;
  std::array<Epoch, 2> epochs_;
  Epoch acknowledged_;
};

}  // namespace cutover::catalog
