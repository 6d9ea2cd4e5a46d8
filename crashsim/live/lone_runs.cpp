#include "crashsim/live/lone_runs.h"

#include "crashsim/world/schedule.h"

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
    all = !failure_of(program, stores, false);
  }
  if (known_.size() >= kMostKept) known_.clear();
  if (bytes.size() <= kLargestKept) known_.emplace(std::move(bytes), all);
  return all;
}

std::optional<LoneRuns::Failure> LoneRuns::failure(const std::vector<Value>& stores) const {
  for (std::size_t program = 0; program < world_.programs.size(); ++program) {
    if (auto failed = failure_of(program, stores, true)) return failed;
  }
  return std::nullopt;
}

/// Whatever is chosen for it.
std::optional<LoneRuns::Failure> LoneRuns::failure_of(std::size_t program,
                                                      const std::vector<Value>& states,
                                                      bool with_steps) const {
  std::vector<Chosen> chosen;
  do {
    if (auto failed = run(program, states, chosen, with_steps)) return failed;
    while (!chosen.empty() && chosen.back().number + 1 == chosen.back().options) chosen.pop_back();
    if (!chosen.empty()) ++chosen.back().number;
  } while (!chosen.empty());
  return std::nullopt;
}

/// Of those that the process has under way.
std::vector<std::size_t> LoneRuns::enabled_requests(const Execution& execution,
                                                    const std::vector<Value>& states) const {
  std::vector<std::size_t> enabled;
  for (auto each = first_request(execution.waits()); each <= execution.others(); ++each) {
    const Operation& operation = execution.operation(each);
    if (operation.may_wait) {
      const auto copy = world_.stores[operation.store].make();
      copy->load(states[operation.store]);
      if (!operation.run(*copy).enabled) continue;
    }
    enabled.push_back(each);
  }
  return enabled;
}

/// One run, in which what was chosen before is chosen again, and then always 0.
std::optional<LoneRuns::Failure> LoneRuns::run(std::size_t program,
                                               const std::vector<Value>& states,
                                               std::vector<Chosen>& chosen, bool with_steps) const {
  Failure told{world_.programs[program].name, {}, {}};
  const auto tell = [&](const std::string& label, const Value& arguments, const Value& answer,
                        const std::vector<Value>& now) {
    if (with_steps) told.steps.push_back({label, arguments, answer, now});
  };
  const auto fails = [&](const char* why) {
    told.why = why;
    return std::optional(std::move(told));
  };
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
  for (int step = 0; step < kSteps; ++step) {
    // The next stage begins at once: nobody is between two.
    while (execution->waits() == Execution::Waits::finished && !execution->next_stage().is_null()) {
      const Value next = execution->next_stage();
      execution = std::make_unique<Execution>(runs, next);
    }
    const bool at_rest = is_at_rest(execution->waits(), execution->others());
    if (world_.monitor->reached(program, shown, execution->status(), at_rest)) return std::nullopt;
    if (at_rest) {
      const bool has_ended = execution->waits() == Execution::Waits::finished;
      return fails(has_ended ? "ends there" : "waits for a client there");
    }
    const bool chooses = execution->waits() == Execution::Waits::choice;
    const unsigned options = chooses ? execution->options() : 0;
    const auto enabled = enabled_requests(*execution, now);
    const auto ways = options + static_cast<unsigned>(enabled.size());
    if (ways == 0 && end_other_sessions(world_, execution->status(), now)) {
      for (std::size_t i = 0; i < now.size(); ++i) stores[i]->load(now[i]);
      continue;
    }
    if (ways == 0) {
      const Operation& waits = execution->operation(first_request(execution->waits()));
      tell(waits.label, waits.arguments, nullptr, now);
      return fails("waits there for ever");
    }
    unsigned way = 0;
    if (ways > 1) {
      if (choices == chosen.size()) chosen.push_back({0, ways});
      way = chosen[choices++].number;
    }
    if (way < options) {
      tell(choose_step(way), nullptr, nullptr, now);
      execution->resume(way);
      continue;
    }
    const std::size_t request = enabled[way - options];
    const Operation operation = execution->operation(request);
    Effect effect = operation.run(*stores[operation.store]);
    if (!operation.read_only) now[operation.store] = stores[operation.store]->save();
    tell(operation.label, operation.arguments, effect.answer, now);
    execution->resume(std::move(effect.answer), request);
  }
  return fails("goes on for ever");
}

}  // namespace cutover::crashsim
