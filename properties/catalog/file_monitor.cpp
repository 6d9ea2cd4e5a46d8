#include "properties/catalog/file_monitor.h"

#include <fmt/format.h>

#include "impl/catalog/contents.h"

namespace cutover::catalog {
namespace {

using crashsim::catalog::kStoreNames;

std::optional<bool> tombstone_of(const StoreState& state) {
  const auto at = state.config.find(kTombstone);
  if (at == state.config.end()) return std::nullopt;
  return at->second != 0;
}

}  // namespace

MaybeFailure FileMonitor::look(const std::array<StoreState, 2>& stores) {
  const auto truth = truth_of_(tombstone_of(stores[0]), tombstone_of(stores[1]));
  if (!truth) return Failure{"OneSourceOfTruth", "the tombstones name no store, or both"};
  truth_ = *truth;
  if (auto failed = compare(stores[static_cast<std::size_t>(truth_)].contents)) return failed;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    if (stores[i].epoch < epochs_[i]) {
      return Failure{"EpochMonotone",
                     fmt::format("the epoch of {} was {} and is {}", kStoreNames[i],
                                 epochs_[i].value, stores[i].epoch.value)};
    }
    epochs_[i] = stores[i].epoch;
  }
  return std::nullopt;
}

MaybeFailure FileMonitor::acknowledged(const std::string& key,
                                       const std::optional<std::string>& value, Epoch epoch) {
  if (value) {
    values_[key] = *value;
    deleted_.erase(key);
  } else {
    values_.erase(key);
    deleted_.insert(key);
  }
  if (epoch < acknowledged_) {
    return Failure{"EpochMonotone",
                   fmt::format("clients were answered under epoch {} before, and under {} now",
                               acknowledged_.value, epoch.value)};
  }
  acknowledged_ = epoch;
  return std::nullopt;
}

MaybeFailure FileMonitor::compare(const Contents& contents) const {
  const std::string truth = kStoreNames[static_cast<std::size_t>(truth_)];
  const Entries held = decode(contents);
  for (const auto& [key, value] : values_) {
    const auto at = held.find(key);
    if (at != held.end() && at->second == value) continue;
    const std::string found = at == held.end() ? "missing" : at->second;
    return Failure{"NoLostWrite", fmt::format("{} is the truth, and there {} is {}, not {}", truth,
                                              key, found, value)};
  }
  for (const auto& [key, value] : held) {
    if (values_.contains(key)) continue;
    return Failure{deleted_.contains(key) ? "NoResurrection" : "NoLostWrite",
                   fmt::format("{} is the truth, and there {} is {}, and should be absent", truth,
                               key, value)};
  }
  return std::nullopt;
}

}  // namespace cutover::catalog
