// What was learned, done again: see Learned::recheck.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "crashsim/explore/fast_clock.h"
#include "crashsim/explore/learned.h"

namespace cutover::crashsim {
namespace {

/// Of each kind of things that were learned all are done again up to this many, else an even
/// sample.
constexpr std::size_t kMostThings = 20'000;
/// How often: twice, and more in small worlds, so that a coin that is tossed in one place only has
/// been tossed many times.
constexpr std::size_t kLeastRounds = 2, kLeastTimes = 2'000;

/// Calls f(thing) for all things, or for an even sample of them.
template <class Things, class F>
void for_each_again(const Things& things, F&& f) {
  if (things.empty()) return;
  const std::size_t stride = (things.size() + kMostThings - 1) / kMostThings;
  const std::size_t rounds = std::max(kLeastRounds, kLeastTimes / things.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    std::size_t turn = 0;
    for (const auto& thing : things) {
      if (turn++ % stride == 0) f(thing);
    }
  }
}

// What is done again is told by a function, as it is nearly always for nothing.

/// What f returns; where it fails, which it did not before, that is the difference.
template <class What, class F>
auto done_again(const What& what, F&& f) {
  try {
    return f();
  } catch (const HiddenNondeterminism&) {
    throw;
  } catch (const std::exception& error) {
    throw HiddenNondeterminism(fmt::format("{}: the first time it was well, and then it failed: {}",
                                           what(), error.what()));
  }
}

template <class What>
[[noreturn]] void differs(const What& what, const std::string& before, const std::string& now) {
  throw HiddenNondeterminism(fmt::format("{}: it {}, and then it {}", what(), before, now));
}

template <class What>
void expect_same(const What& what, const char* verb, const Value& before, const Value& now) {
  if (before == now) return;
  differs(what, fmt::format("{} {}", verb, text_of(before)),
          fmt::format("{} {}", verb, text_of(now)));
}

}  // namespace

void Learned::recheck() {
  const std::lock_guard lock(mutex_);
  const FastClock fast;
  recheck_runs();
  recheck_stores();
  recheck_clients();
  recheck_memory();
  recheck_judgements();
}

/// Those that are not the beginning of another: execute() compares all that it passes.
void Learned::recheck_runs() {
  struct Run {
    Number stage, node, answer;
    Advance known;
  };
  const auto goes_on_from = [&](Number parent, Number answer, Number node) {
    const auto at = advances_.lower_bound({node, 0});
    const bool in_this_stage = nodes_[node].parent == parent && nodes_[node].answer == answer;
    return in_this_stage && at != advances_.end() && at->first.a <= node + nodes_[node].others;
  };
  std::vector<Run> runs;
  for (const auto& [stage, known] : starts_) {
    if (!goes_on_from(kNone, stage, known.node)) runs.push_back({stage, kNone, stage, known});
  }
  for (const auto& [key, known] : advances_) {
    if (!goes_on_from(key.a, key.b, known.node)) {
      runs.push_back({stage_of(key.a), key.a, key.b, known});
    }
  }
  for_each_again(runs,
                 [&](const Run& run) { recheck_run(run.stage, run.node, run.answer, run.known); });
}

/// One run of the stage through the node, which gets the answer; without a node, up to its first
/// wait.
void Learned::recheck_run(Number stage, Number node, Number answer, const Advance& known) {
  const auto place = [&] { return place_of(stage, node); };
  const Replayed again = done_again(place, [&] { return execute(stage, path_to(node), answer); });
  const Node& before = nodes_[known.node];
  Value events = again.events;
  const Node& waits = again.wait.node;
  if (waits.waits != Execution::Waits::finished || waits.others > 0) {
    const bool in_this_stage =
        known.node != kNone && before.parent == node && before.answer == answer;
    if (!in_this_stage) differs(place, "ended its stage", text_of_wait(waits));
    expect_wait(stage, node, known.node, again.wait);
  } else if (again.next_stage.is_null()) {
    if (known.node != kNone) differs(place, text_of_wait(before), "ended");
  } else {
    const Advance next = start_unlocked(number_of_stage(program_of(stage), again.next_stage));
    if (known.node != next.node) {
      differs(place, text_of_wait(before), "went on to stage " + text_of(again.next_stage));
    }
    for (const Value& event : events_[next.events]) events.push_back(event);
  }
  expect_events(stage, node, known.events, events);
}

void Learned::expect_wait(Number stage, Number from, Number known, const Wait& now) const {
  const auto place = [&] { return place_of(stage, from); };
  const auto expect = [&](const Node& before, const Node& after) {
    if (before.waits != after.waits || before.operation != after.operation ||
        before.read_only != after.read_only || before.options != after.options) {
      differs(place, text_of_wait(before), text_of_wait(after));
    }
  };
  const Node& node = nodes_[known];
  expect(node, now.node);
  expect_same(place, "had more requests under way", node.others, now.node.others);
  for (std::size_t i = 0; i < now.others.size(); ++i) expect(nodes_[known + 1 + i], now.others[i]);
  expect_same(place, "declared", statuses_[node.status], statuses_[now.node.status]);
}

void Learned::expect_events(Number stage, Number from, Number known, const Value& now) const {
  expect_same([&] { return place_of(stage, from); }, "noted", events_[known], now);
}

void Learned::recheck_stores() {
  for_each_again(applied_, [&](const auto& each) {
    const auto& [key, known] = each;
    const Operation& operation = operations_[key.b];
    const auto what = [&] {
      return fmt::format("step '{}' did not repeat itself on the same state of '{}'",
                         operation.label, world_.stores[operation.store].name);
    };
    const Applied now = done_again(what, [&] { return run(key.a, key.b); });
    expect_same(what, "was enabled", known.enabled, now.enabled);
    expect_same(what, "left", states_[known.state], states_[now.state]);
    expect_same(what, "answered", answers_[known.answer], answers_[now.answer]);
    expect_same(what, "told the properties", events_[known.events], events_[now.events]);
  });
  for_each_again(happened_, [&](const auto& each) {
    const auto& [key, known] = each;
    const StoreEvent& event = world_.events[key.a];
    const auto what = [&] {
      return fmt::format("event '{}' of store '{}' did not repeat itself", event.label,
                         world_.stores[event.store].name);
    };
    const auto now = done_again(what, [&] { return results_now(key.a, key.b); });
    const auto count = [](std::size_t results) { return Value(results); };
    expect_same(what, "had results", count(known.states.size()), count(now.size()));
    for (std::size_t i = 0; i < now.size(); ++i) {
      expect_same(what, "left", states_[known.states[i]], now[i].state);
      expect_same(what, "ended session", answers_[known.sessions[i]], now[i].session);
    }
  });
}

void Learned::recheck_clients() {
  for_each_again(inputs_, [&](const auto& each) {
    const auto& [key, known] = each;
    const Input& input = world_.inputs[key.a];
    const auto what = [&] {
      return fmt::format("step '{}' did not repeat itself", input_step(input.label));
    };
    expect_same(what, "was", answers_[known],
                done_again(what, [&] { return input.request(key.b); }));
  });
}

void Learned::recheck_memory() {
  for_each_again(observed_, [&](const auto& each) {
    const auto& [key, known] = each;
    const auto what = [&] {
      return fmt::format("what the properties remember did not repeat itself{}",
                         step_that_tells(key.b));
    };
    const Observed now = done_again(what, [&] { return observe_now(key.a, key.b); });
    expect_same(what, "was", memories_[known.memory], memories_[now.memory]);
    expect_same_judgement(what, {known.violated, known.witnesses}, {now.violated, now.witnesses});
  });
}

void Learned::recheck_judgements() {
  for_each_again(judged_.kept(), [&](const StateJudged& known) {
    const auto what = [&] {
      return "the judgement did not repeat itself of " + text_of_states(known.stores);
    };
    expect_same_judgement(what, known.judged,
                          done_again(what, [&] { return raw_judgement(known.stores, known.of); }));
  });
  for_each_again(judged_processes_.kept(), [&](const StateJudged& known) {
    const auto what = [&] {
      return fmt::format("the judgement did not repeat itself of a process that declared {} at {}",
                         text_of(statuses_[known.of]), text_of_states(known.stores));
    };
    expect_same_judgement(what, known.judged, done_again(what, [&] {
                            return raw_judgement_of_process(known.stores, known.of);
                          }));
  });
  for_each_again(finishes_, [&](const auto& known) {
    const auto what = [&] {
      return "whether every program can finish did not repeat itself at " +
             text_of_states(known.first);
    };
    expect_same(what, "was", known.second,
                done_again(what, [&] { return every_program_finishes(known.first); }));
  });
}

void Learned::expect_same_judgement(const std::function<std::string()>& what, const Judged& before,
                                    const Judged& now) const {
  const auto violated = [&](std::uint32_t property) {
    return property == 0 ? std::string("violated nothing")
                         : "violated " + world_.properties[property - 1];
  };
  if (before.violated != now.violated) {
    differs(what, violated(before.violated), violated(now.violated));
  }
  if (const std::uint64_t other = before.witnesses ^ now.witnesses; other != 0) {
    const bool first = (before.witnesses & other & -other) != 0;
    const std::string& name = world_.witnesses[std::countr_zero(other)].name;
    differs(what, fmt::format("{} that {}", first ? "showed" : "did not show", name),
            first ? "did not" : "did");
  }
}

std::string Learned::place_of(Number stage, Number node) const {
  const std::string program =
      fmt::format("program '{}' did not repeat itself", world_.programs[program_of(stage)].name);
  if (node == kNone) {
    return fmt::format("{} at the start of stage {}", program, text_of(stages_[stage][1]));
  }
  return fmt::format("{} after {}", program, text_of_answered(nodes_[node]));
}

/// What the node waited for, once it has it.
std::string Learned::text_of_answered(const Node& node) const {
  switch (node.waits) {
    case Execution::Waits::store:
      return fmt::format("step '{}'", operations_[node.operation].label);
    case Execution::Waits::choice: return "a choice";
    case Execution::Waits::input:
    case Execution::Waits::finished: break;
  }
  return "what a client asked for";
}

std::string Learned::text_of_wait(const Node& node) const {
  switch (node.waits) {
    case Execution::Waits::store:
      return fmt::format("asked for '{}' {}", operations_[node.operation].label,
                         text_of(operations_[node.operation].arguments));
    case Execution::Waits::input: return "waited for a client";
    case Execution::Waits::choice: return fmt::format("let choose among {}", node.options);
    case Execution::Waits::finished: break;
  }
  return "ended";
}

std::string Learned::text_of_states(std::span<const Number> stores) const {
  std::vector<std::string> parts;
  for (const auto& [column, text] : world_.describe(values(stores))) {
    parts.push_back(fmt::format("{} {}", column, text));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// " at the note after step 'x'", of one of the steps that tell the properties just this.
std::string Learned::step_that_tells(Number events) const {
  for (const auto& [key, advance] : advances_) {
    const Node& node = nodes_[key.a];
    if (advance.events != events || node.waits != Execution::Waits::store) continue;
    return fmt::format(" at the note after step '{}'", operations_[node.operation].label);
  }
  for (const auto& [key, applied] : applied_) {
    if (applied.events == events) {
      return fmt::format(" at step '{}'", operations_[key.b].label);
    }
  }
  return " at a note: " + text_of(events_[events]);
}

}  // namespace cutover::crashsim
