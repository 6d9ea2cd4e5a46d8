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

bool LoneRuns::finishes(std::size_t program, const std::vector<Value>& states) const {
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
  for (int step = 0; step < kSteps; ++step) {
    // The next stage begins at once: nobody is between two.
    while (execution->waits() == Execution::Waits::finished && !execution->next_stage().is_null()) {
      const Value next = execution->next_stage();
      execution = std::make_unique<Execution>(runs, next);
    }
    const bool at_rest = execution->waits() != Execution::Waits::store;
    if (world_.monitor->reached(program, shown, execution->status(), at_rest)) return true;
    if (at_rest) return false;
    const Operation operation = execution->operation();
    Value answer = operation.run(*stores[operation.store]).answer;
    if (!operation.read_only) now[operation.store] = stores[operation.store]->save();
    execution->resume(std::move(answer));
  }
  return false;
}

}  // namespace cutover::crashsim
