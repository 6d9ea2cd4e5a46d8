#include "crashsim/live/lone_runs.h"

#include "crashsim/live/execution.h"

namespace cutover::crashsim {
namespace {

/// Longer than any run of a program without faults; a program that takes more does not finish.
constexpr int kSteps = 1000;

/// Larger states are seldom met twice, and would fill the memory.
constexpr std::size_t kLargestKept = 4096, kMostKept = 50'000;

}  // namespace

bool LoneRuns::every_program_finishes(const std::vector<Value>& stores) {
  std::string bytes = bytes_of(stores);
  if (const auto at = known_.find(bytes); at != known_.end()) return at->second;
  bool all = true;
  for (std::size_t program = 0; all && program < world_.programs.size(); ++program) {
    all = finishes(program, stores);
  }
  if (known_.size() >= kMostKept) known_.clear();
  if (bytes.size() <= kLargestKept) known_.emplace(std::move(bytes), all);
  return all;
}

/// Whatever is chosen for it.
bool LoneRuns::finishes(std::size_t program, const std::vector<Value>& states) const {
  std::vector<Chosen> chosen;
  int steps = 0;
  do {
    if (!run(program, states, chosen, steps)) return false;
    while (!chosen.empty() && chosen.back().number + 1 == chosen.back().options) chosen.pop_back();
    if (!chosen.empty()) ++chosen.back().number;
  } while (!chosen.empty());
  return true;
}

/// One run, in which what was chosen before is chosen again, and then always 0. `steps` are those
/// of all runs.
bool LoneRuns::run(std::size_t program, const std::vector<Value>& states,
                   std::vector<Chosen>& chosen, int& steps) const {
  std::vector<std::unique_ptr<StoreMachine>> stores;
  std::vector<Value> now = states;
  std::vector<const Value*> shown;
  for (std::size_t i = 0; i < states.size(); ++i) {
    stores.push_back(world_.stores[i].make());
    stores.back()->load(states[i]);
    shown.push_back(&now[i]);
  }
  const Program& runs = world_.programs[program];
  auto execution = std::make_unique<Execution>(runs, runs.first_stage);
  std::size_t choices = 0;
  while (++steps <= kSteps) {
    // The next stage begins at once: nobody is between two.
    while (execution->waits() == Execution::Waits::finished && !execution->next_stage().is_null()) {
      const Value next = execution->next_stage();
      execution = std::make_unique<Execution>(runs, next);
    }
    const bool at_rest = is_at_rest(execution->waits());
    if (world_.monitor->reached(program, shown, execution->status(), at_rest)) return true;
    if (at_rest) return false;
    if (execution->waits() == Execution::Waits::choice) {
      if (choices == chosen.size()) chosen.push_back({0, execution->options()});
      execution->resume(chosen[choices++].number);
      continue;
    }
    const Operation operation = execution->operation();
    Effect effect = operation.run(*stores[operation.store]);
    if (!effect.enabled) return false;
    if (!operation.read_only) now[operation.store] = stores[operation.store]->save();
    execution->resume(std::move(effect.answer));
  }
  return false;
}

}  // namespace cutover::crashsim
