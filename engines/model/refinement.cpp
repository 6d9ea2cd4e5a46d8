#include "engines/model/refinement.h"

#include <cmath>

#include "crashsim/live/rerun.h"

namespace cutover {

void accompany(crashsim::World& world, std::shared_ptr<const crashsim::Companion> companion) {
  world.refines = world.properties.size();
  world.properties.push_back(kRefinement);
  world.companion = std::move(companion);
}

std::string percent(const Share& share) {
  if (share.exercised == share.reachable) return "100 %";
  const double hundredths =
      10000.0 * static_cast<double>(share.exercised) / static_cast<double>(share.reachable);
  return fmt::format("{:.2f} %", std::floor(hundredths) / 100);
}

std::string why_not(const crashsim::World& world, const crashsim::Schedule& schedule) {
  const std::string complaint = crashsim::run_again(world, schedule).complaint;
  return complaint.empty() ? "the model followed\n" : complaint;
}

}  // namespace cutover
