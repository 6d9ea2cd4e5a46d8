#include "crashsim/world/bounds.h"

#include <fmt/format.h>

#include <algorithm>

namespace cutover::crashsim {
namespace {
constexpr unsigned kMostProcesses = 16;
}

unsigned BoundSpec::of(const Bounds& bounds) const {
  if (member != nullptr) return bounds.*member;
  const auto at = bounds.own.find(name);
  return at == bounds.own.end() ? standard : at->second;
}

void BoundSpec::set(Bounds& bounds, unsigned number) const {
  (member != nullptr ? bounds.*member : bounds.own[name]) = number;
}

const BoundSpecs& engine_bounds() {
  static const BoundSpecs all = {
      {"processes", "alive at a time", 2, 3, 6, &Bounds::processes},
      {"starts", "of processes, in all", 4, 6, 30, &Bounds::starts},
      {"crashes", "of processes or stores", 2, 3, 20, &Bounds::crashes},
      {"in_flight", "requests that land after their sender gave up", 1, 2, 10, &Bounds::in_flight,
       "zombies"},
      {"lost", "answers that are lost", 1, 2, 10, &Bounds::lost, "ambiguous"},
  };
  return all;
}

BoundSpecs with_engine_bounds(const BoundSpecs& own) {
  BoundSpecs all = engine_bounds();
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

void add_if_new(BoundSpecs& all, const BoundSpec& spec) {
  if (std::ranges::find(all, spec.name, &BoundSpec::name) == all.end()) all.push_back(spec);
}

std::vector<std::string> names_of(const BoundSpecs& all) {
  std::vector<std::string> names;
  for (const BoundSpec& each : all) names.push_back(each.name);
  return names;
}

Bounds bounds_by(const BoundSpecs& all, unsigned BoundSpec::* number) {
  Bounds bounds;
  for (const BoundSpec& each : all) each.set(bounds, each.*number);
  return bounds;
}

std::optional<std::string> impossible(const Bounds& bounds) {
  if (bounds.processes == 0) return "processes=0 leaves nobody to do anything; the least is 1";
  if (bounds.processes > kMostProcesses) {
    return fmt::format("processes={} is more than {}", bounds.processes, kMostProcesses);
  }
  if (bounds.starts == 0) return "starts=0 leaves nobody to do anything; the least is 1";
  const auto too_many = [](const std::string& name, unsigned number) {
    return fmt::format("{}={} is more than {}", name, number, kMostOfABound);
  };
  for (const BoundSpec& each : engine_bounds()) {
    if (each.of(bounds) > kMostOfABound) return too_many(each.name, each.of(bounds));
  }
  for (const auto& [name, number] : bounds.own) {
    if (number > kMostOfABound) return too_many(name, number);
  }
  if (bounds.in_flight > bounds.crashes + bounds.lost) {
    return fmt::format(
        "in_flight={} can't all happen: each comes out of a crash or a lost answer, and "
        "crashes={}, lost={}",
        bounds.in_flight, bounds.crashes, bounds.lost);
  }
  return std::nullopt;
}

}  // namespace cutover::crashsim
