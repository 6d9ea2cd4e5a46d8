#include "crashsim/random/shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "crashsim/live/live_world.h"

namespace cutover::crashsim {
namespace {

constexpr std::size_t kFewEnoughForWindows = 60;
constexpr int kMostInserted = 20;

/// The how manieth process of the program this is, or 0 if it is none.
unsigned number_in(const std::string& program, const std::string& actor) {
  if (!actor.starts_with(program + "-")) return 0;
  const std::string digits = actor.substr(program.size() + 1);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

/// The same schedule with its client requests named as in another world, by their places.
Schedule renamed(Schedule schedule, const World& from, const World& to) {
  for (Choice& choice : schedule.choices) {
    for (std::size_t i = 0; i < from.inputs.size(); ++i) {
      if (choice.step != input_step(from.inputs[i].label)) continue;
      choice.step = input_step(to.inputs[i].label);
      break;
    }
  }
  return schedule;
}

/// Makes choices as far as they can be made.
class Follower {
 public:
  Follower(const World& world, const std::string& beginning, LoneRuns& alone)
      : world_(world), live_(world, beginning, &alone), done_{beginning, {}, ""} {
    judge();
  }

  bool has_ended() const { return !done_.violated.empty(); }
  const Schedule& done() const { return done_; }

  void make(Choice choice) {
    const bool of_client = choice.step == kStop || choice.step.starts_with(input_step(""));
    if (of_client) run_to_client(choice.actor);
    const Operation* const pending = live_.pending(choice.actor);
    const bool is_of_step = pending != nullptr && !of_client;
    if (is_of_step && live_.request_of(choice) == nullptr) choice.step = pending->label;
    if (!has_ended()) take(choice);
  }

 private:
  /// The process may have more steps to its next client than it had in the schedule.
  void run_to_client(const std::string& actor) {
    for (int i = 0; i < kMostInserted && !has_ended(); ++i) {
      const Operation* const pending = live_.pending(actor);
      if (pending == nullptr) return;
      take({actor, pending->label, to_string(Outcome::ok)});
    }
  }

  void take(const Choice& choice) {
    if (live_.take(choice)) return;
    done_.choices.push_back(choice);
    judge();
  }

  void judge() {
    if (const auto violated = live_.violated()) done_.violated = world_.properties[*violated];
  }

  const World& world_;
  LiveWorld live_;
  Schedule done_;
};

class Shrinker {
 public:
  Shrinker(const RandomWorlds& worlds, const Counterexample& found)
      : worlds_(worlds), best_(found), world_(worlds.make(found.bounds, found.world)) {}

  /// `most` gives it room: a process that need not be stopped takes a place among the living.
  Counterexample run(const Bounds& most) {
    best_.schedule = followed(world_, best_.schedule, alone_);
    found_ = best_.schedule.violated;
    try_world(best_.world, most);
    bool smaller = true;
    while (smaller) {
      smaller = lower_size();
      smaller |= drop_processes();
      smaller |= drop_choices();
      smaller |= soften();
      if (!smaller) smaller = drop_windows();
    }
    while (lower_bounds()) {
    }
    return best_;
  }

 private:
  bool lower_size();
  bool lower_bounds();
  bool drop_processes();
  bool drop_choices();
  bool drop_windows();
  bool drop(std::size_t at, std::size_t count);
  bool soften();
  bool try_schedule(const Schedule& candidate);
  bool try_world(const WorldName& name, const Bounds& bounds);

  const RandomWorlds& worlds_;
  Counterexample best_;
  std::string found_;  ///< the property
  World world_;        // of best_
  LoneRuns alone_{world_};
};

bool Shrinker::try_schedule(const Schedule& candidate) {
  Schedule done = follow(world_, candidate, alone_);
  if (done.violated != found_ || measure(done) >= measure(best_.schedule)) return false;
  best_.schedule = std::move(done);
  return true;
}

bool Shrinker::try_world(const WorldName& name, const Bounds& bounds) {
  World world = worlds_.make(bounds, name);
  LoneRuns alone(world);
  const Schedule done = follow(world, renamed(best_.schedule, world_, world), alone);
  if (done.violated != found_ || measure(done) > measure(best_.schedule)) return false;
  best_ = {name, bounds, done};
  world_ = std::move(world);
  alone_.forget();
  return true;
}

bool Shrinker::lower_size() {
  for (unsigned size = 0; size < best_.world.size; ++size) {
    if (try_world({best_.world.seed, size}, best_.bounds)) return true;
  }
  return false;
}

bool Shrinker::lower_bounds() {
  bool any = false;
  for (const BoundSpec& bound : with_engine_bounds(worlds_.own_bounds)) {
    for (unsigned lower = 0; lower < bound.of(best_.bounds); ++lower) {
      Bounds bounds = best_.bounds;
      bound.set(bounds, lower);
      if (impossible(bounds) || !try_world(best_.world, bounds)) continue;
      any = true;
      break;
    }
  }
  return any;
}

bool Shrinker::drop_processes() {
  std::vector<std::string> started;
  for (const Choice& choice : best_.schedule.choices) {
    if (choice.step == kStart) started.push_back(choice.actor);
  }
  bool any = false;
  // The last one first: then the names of those before stay what they are.
  for (auto at = started.rbegin(); at != started.rend(); ++at) {
    any |= try_schedule(without_process(best_.schedule, *at));
  }
  return any;
}

bool Shrinker::drop(std::size_t at, std::size_t count) {
  Schedule candidate = best_.schedule;
  const auto begin = candidate.choices.begin() + static_cast<std::ptrdiff_t>(at);
  const std::size_t most = candidate.choices.size() - at;
  candidate.choices.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(count, most)));
  return try_schedule(candidate);
}

/// Ever smaller pieces, down to single choices.
bool Shrinker::drop_choices() {
  bool any = false;
  for (std::size_t piece = best_.schedule.choices.size(); piece > 0; piece /= 2) {
    for (std::size_t at = 0; at < best_.schedule.choices.size();) {
      const bool dropped = drop(at, piece);
      any |= dropped;
      if (!dropped) at += piece;
    }
  }
  return any;
}

/// Every run of choices, wherever it begins; too many to try of a long schedule.
bool Shrinker::drop_windows() {
  if (best_.schedule.choices.size() > kFewEnoughForWindows) return false;
  for (std::size_t piece = best_.schedule.choices.size() / 2; piece > 1; --piece) {
    for (std::size_t at = 0; at + piece <= best_.schedule.choices.size(); ++at) {
      if (drop(at, piece)) return true;
    }
  }
  return false;
}

bool Shrinker::soften() {
  bool any = false;
  for (std::size_t at = 0; at < best_.schedule.choices.size(); ++at) {
    const auto severity = static_cast<std::size_t>(
        outcome_from(best_.schedule.choices[at].outcome).value_or(Outcome::ok));
    for (std::size_t milder = 0; milder < severity; ++milder) {
      Schedule candidate = best_.schedule;
      candidate.choices[at].outcome = to_string(static_cast<Outcome>(milder));
      if (!try_schedule(candidate)) continue;
      any = true;
      break;
    }
  }
  return any;
}

}  // namespace

Schedule follow(const World& world, const Schedule& wanted, LoneRuns& alone) {
  Follower follower(world, wanted.beginning, alone);
  for (const Choice& choice : wanted.choices) {
    if (follower.has_ended()) break;
    follower.make(choice);
  }
  return follower.done();
}

Schedule followed(const World& world, const Schedule& violating, LoneRuns& alone) {
  Schedule again = follow(world, violating, alone);
  if (!again.violated.empty()) return again;
  throw std::runtime_error(
      fmt::format("hidden nondeterminism: {} was violated after {} steps, and the same steps from "
                  "the start violate nothing",
                  violating.violated, violating.choices.size()));
}

Schedule without_process(const Schedule& schedule, const std::string& process) {
  const std::string program = process.substr(0, process.rfind('-'));
  const unsigned number = number_in(program, process);
  Schedule rest{schedule.beginning, {}, schedule.violated};
  for (Choice choice : schedule.choices) {
    const std::string owner = sender_of(choice.actor).value_or(choice.actor);
    if (owner == process) continue;
    if (const unsigned later = number_in(program, owner); later > number) {
      const std::string earlier = fmt::format("{}-{}", program, later - 1);
      choice.actor.replace(choice.actor.find(owner), owner.size(), earlier);
    }
    rest.choices.push_back(std::move(choice));
  }
  return rest;
}

std::array<std::size_t, 3> measure(const Schedule& schedule) {
  std::size_t severity = 0;
  for (const Choice& choice : schedule.choices) {
    severity += static_cast<std::size_t>(outcome_from(choice.outcome).value_or(Outcome::ok));
  }
  return {count_faults(schedule), schedule.choices.size(), severity};
}

Counterexample shrunk(const RandomWorlds& worlds, const Counterexample& found, const Bounds& most) {
  return Shrinker(worlds, found).run(most);
}

}  // namespace cutover::crashsim
