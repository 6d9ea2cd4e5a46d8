#include "crashsim/random/random_schedule.h"

#include <algorithm>
#include <unordered_map>

namespace cutover::crashsim {
namespace {

constexpr std::size_t kMostSteps = 600;
constexpr unsigned kTense = 4;  // for so many steps after the stores changed hands
constexpr unsigned kJudgeFinishing = 32;

/// How one run is inclined; each member but `faults` is "once in so many steps".
struct Temper {
  std::array<bool, kOutcomes> faults{};  ///< which kinds it uses
  unsigned fault, start, land, event, stop, yield, wander;

  explicit Temper(Random& random)
      : fault(random.one_of({2u, 5u, 15u, 50u, 1000u})),
        start(random.one_of({2u, 4u, 8u, 16u, 40u})),
        land(random.one_of({2u, 4u, 8u, 16u})),
        event(random.one_of({4u, 16u, 64u})),
        stop(random.one_of({4u, 10u, 40u})),
        yield(random.one_of({2u, 6u, 15u, 40u})),
        wander(random.one_of({2u, 10u, 1000u, 1000u})) {
    for (std::size_t i = 1; i < kOutcomes; ++i) faults[i] = !random.one_in(3);
  }
};

std::string program_of(const std::string& actor) { return actor.substr(0, actor.rfind('-')); }

class ScheduleDrawer {
 public:
  ScheduleDrawer(const World& world, const RandomWorlds& of, std::uint64_t seed, LoneRuns& alone,
                 Coverage& coverage)
      : world_(world),
        of_(of),
        random_(seed),
        temper_(random_),
        beginning_(world.beginnings[random_.below(world.beginnings.size())].name),
        live_(world, beginning_, &alone),
        coverage_(coverage) {}

  DrawnSchedule run();

 private:
  using Choices = std::vector<Choice>;

  /// What may be chosen now: the processes' choices by process, and what comes from outside.
  struct Sorted {
    std::vector<Choices> processes;
    Choices starts, landings, events;
    Choices waiting;  ///< faults of processes whose step has to wait
  };

  Sorted sorted(Choices all) const;
  std::optional<Choice> choose();
  Choice of_process(const std::vector<Choices>& processes);
  Choice of_client(const Choices& choices);
  Choices about_one_wait(const Choices& choices);
  Choice of_step(const Choices& choices);
  const Choices& whose_turn(const std::vector<Choices>& processes);
  const Choice& any(const Choices& choices) { return choices[random_.below(choices.size())]; }
  /// Once in so many times; more often where the stores have just changed hands.
  bool now(unsigned times) { return random_.one_in(tense_ > 0 ? (times + 3) / 4 : times); }
  void note(const Choice& choice);
  void take(const Choice& choice);
  std::optional<std::size_t> judge(bool at_the_end);

  const World& world_;
  const RandomWorlds& of_;
  Random random_;
  Temper temper_;
  std::string beginning_;
  LiveWorld live_;
  Coverage& coverage_;
  std::unordered_map<std::string, std::uint64_t> priorities_;
  std::uint64_t lowest_ = 1ull << 32;  ///< priorities that were taken down are below it
  std::unordered_map<std::string, std::uint64_t> seen_changes_;  ///< at each process's last step
  std::string last_writer_;
  unsigned tense_ = 0;
  bool after_fault_ = false;
  std::uint64_t judged_changes_ = 0;
};

ScheduleDrawer::Sorted ScheduleDrawer::sorted(Choices all) const {
  Sorted sorted;
  for (Choice& choice : all) {
    if (choice.step == kStart) {
      sorted.starts.push_back(std::move(choice));
    } else if (event_named(world_, choice.actor, choice.step)) {
      sorted.events.push_back(std::move(choice));
    } else if (sender_of(choice.actor)) {
      sorted.landings.push_back(std::move(choice));
    } else {
      if (sorted.processes.empty() || sorted.processes.back()[0].actor != choice.actor)
        sorted.processes.emplace_back();
      sorted.processes.back().push_back(std::move(choice));
    }
  }
  std::erase_if(sorted.processes, [&](const Choices& choices) {
    if (choices[0].outcome == to_string(Outcome::ok)) return false;
    sorted.waiting.insert(sorted.waiting.end(), choices.begin(), choices.end());
    return true;
  });
  return sorted;
}

std::optional<Choice> ScheduleDrawer::choose() {
  const Sorted may = sorted(live_.choices());
  const bool nobody = may.processes.empty();
  if (!may.landings.empty() && now(temper_.land)) return any(may.landings);
  if (!may.events.empty() && now(temper_.event)) return any(may.events);
  if (!may.waiting.empty() && now(temper_.fault)) return any(may.waiting);
  if (!may.starts.empty()) {
    if (nobody || now(after_fault_ ? 2 : temper_.start)) return any(may.starts);
  }
  if (!nobody) return of_process(may.processes);
  if (!may.landings.empty()) return any(may.landings);
  if (!may.events.empty()) return any(may.events);
  if (!may.waiting.empty()) return any(may.waiting);
  return std::nullopt;
}

const ScheduleDrawer::Choices& ScheduleDrawer::whose_turn(const std::vector<Choices>& processes) {
  if (now(temper_.wander)) return processes[random_.below(processes.size())];
  const auto priority = [this](const Choices& choices) {
    const auto [at, is_new] = priorities_.try_emplace(choices[0].actor, 0);
    if (is_new) at->second = random_.next() | 1ull << 32;
    return at->second;
  };
  return *std::ranges::max_element(processes, {}, priority);
}

Choice ScheduleDrawer::of_process(const std::vector<Choices>& processes) {
  const Choices& choices = whose_turn(processes);
  const Choices one = about_one_wait(choices);
  const bool is_of_step = live_.request_of(one[0]) != nullptr;
  const bool waits_for_client = !is_of_step && live_.options(one[0].actor) == 0;
  const Choice choice = is_of_step ? of_step(one) : waits_for_client ? of_client(one) : any(one);
  if (random_.one_in(waits_for_client ? 2 : temper_.yield)) priorities_[choice.actor] = --lowest_;
  return choice;
}

/// Of a process that has several requests under way: one of them, or what else it waits for.
ScheduleDrawer::Choices ScheduleDrawer::about_one_wait(const Choices& choices) {
  std::vector<Choices> waits;
  const Operation* last = nullptr;
  for (const Choice& choice : choices) {
    const Operation* const about = live_.request_of(choice);
    if (waits.empty() || about != last) waits.emplace_back();
    waits.back().push_back(choice);
    last = about;
  }
  return waits.size() == 1 ? waits[0] : waits[random_.below(waits.size())];
}

Choice ScheduleDrawer::of_client(const Choices& choices) {
  // The last one is that it is asked to stop.
  if (choices.size() == 1 || random_.one_in(temper_.stop)) return choices.back();
  return choices[random_.below(choices.size() - 1)];
}

Choice ScheduleDrawer::of_step(const Choices& choices) {
  const bool writes = !live_.request_of(choices[0])->read_only;
  if (choices.size() == 1 || !now(writes ? temper_.fault : 3 * temper_.fault)) return choices[0];
  const Choice& choice = choices[1 + random_.below(choices.size() - 1)];
  const auto kind = static_cast<std::size_t>(*outcome_from(choice.outcome));
  return temper_.faults[kind] ? choice : choices[0];
}

/// Before the choice is taken: what it tries, and what it means for those that follow.
void ScheduleDrawer::note(const Choice& choice) {
  after_fault_ = choice.outcome != to_string(Outcome::ok);
  if (tense_ > 0) --tense_;
  if (const auto sender = sender_of(choice.actor)) {
    coverage_.note(program_of(*sender), of_.kind_of_step(choice.step), {}, Coverage::kLanded);
    return;
  }
  const Operation* const operation = live_.request_of(choice);
  if (operation == nullptr) return;
  const std::string program = program_of(choice.actor), kind = of_.kind_of_step(operation->label);
  const auto outcome = static_cast<std::size_t>(*outcome_from(choice.outcome));
  const Coverage::Kind of{operation->read_only, world_.stores[operation->store].is_local};
  coverage_.note(program, kind, of, outcome);
  if (seen_changes_[choice.actor] != live_.changes()) {
    coverage_.note(program, kind, of, Coverage::kOvertaken);
  }
  if (operation->read_only || choice.actor == last_writer_) return;
  last_writer_ = choice.actor;
  tense_ = kTense;
}

void ScheduleDrawer::take(const Choice& choice) {
  note(choice);
  if (const auto wrong = live_.take(choice)) {
    throw std::runtime_error("a choice that was offered is refused: " + *wrong);
  }
  seen_changes_[choice.actor] = live_.changes();
}

std::optional<std::size_t> ScheduleDrawer::judge(bool at_the_end) {
  if (const auto violated = live_.violated_but_for_finishing()) return violated;
  if (judged_changes_ == live_.changes()) return std::nullopt;
  if (!at_the_end && !random_.one_in(kJudgeFinishing)) return std::nullopt;
  judged_changes_ = live_.changes();
  return live_.violated();
}

DrawnSchedule ScheduleDrawer::run() {
  DrawnSchedule drawn;
  drawn.schedule.beginning = beginning_;
  std::optional<std::size_t> violated = live_.violated();
  while (!violated && drawn.schedule.choices.size() < kMostSteps) {
    const auto choice = choose();
    if (!choice) break;
    take(*choice);
    drawn.schedule.choices.push_back(*choice);
    violated = judge(false);
  }
  if (!violated) violated = judge(true);
  if (violated) drawn.schedule.violated = world_.properties[*violated];
  drawn.witnesses = live_.witnesses();
  return drawn;
}

}  // namespace

DrawnSchedule draw_schedule(const World& world, const RandomWorlds& of, std::uint64_t seed,
                            LoneRuns& alone, Coverage& coverage) {
  return ScheduleDrawer(world, of, seed, alone, coverage).run();
}

}  // namespace cutover::crashsim
