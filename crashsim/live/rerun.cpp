#include "crashsim/live/rerun.h"

#include <fmt/format.h>

#include "crashsim/live/accompanied_world.h"

namespace cutover::crashsim {
namespace {

class Runner {
 public:
  Runner(const World& world, const std::string& beginning) : world_(world) {
    if (world.companion) {
      both_.emplace(world, beginning);
    } else {
      alone_.emplace(world, beginning);
    }
  }

  std::optional<std::string> take(const Choice& choice) {
    return both_ ? both_->take(choice) : alone_->take(choice);
  }
  /// Judges the state that was reached.
  void judge(Rerun& rerun) {
    if (both_) rerun.complaint = both_->complaint().value_or("");
    auto violated = (both_ ? both_->live() : *alone_).violated();
    if (!violated && !rerun.complaint.empty()) violated = world_.refines;
    if (violated) rerun.violated = world_.properties[*violated];
  }

 private:
  const World& world_;
  std::optional<LiveWorld> alone_;
  std::optional<AccompaniedWorld> both_;
};

}  // namespace

Rerun run_again(const World& world, const Schedule& schedule) {
  Runner runner(world, schedule.beginning);
  Rerun rerun;
  runner.judge(rerun);
  for (const Choice& choice : schedule.choices) {
    if (!rerun.violated.empty()) break;
    if (const auto divergence = runner.take(choice)) {
      rerun.divergence = *divergence;
      break;
    }
    ++rerun.steps;
    runner.judge(rerun);
  }
  return rerun;
}

bool violates_alone(const World& world, const Schedule& schedule, const std::string& property) {
  const World alone = judged_alone(world, property);
  return !property.empty() && run_again(alone, schedule).violated == property;
}

std::optional<std::string> not_as_told(const World& world, const Schedule& schedule) {
  const Rerun rerun = run_again(world, schedule);
  if (!rerun.divergence.empty()) {
    return fmt::format("step {} can't be taken: {}", rerun.steps + 1, rerun.divergence);
  }
  if (rerun.violated != schedule.violated) {
    return fmt::format("after {} steps it violates {}, not {}", rerun.steps,
                       rerun.violated.empty() ? "nothing" : rerun.violated, schedule.violated);
  }
  if (rerun.steps < schedule.choices.size()) {
    return fmt::format("{} is violated after {} steps already", rerun.violated, rerun.steps);
  }
  return std::nullopt;
}

}  // namespace cutover::crashsim
