#include "crashsim/explorer.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "crashsim/accompanied.h"
#include "crashsim/lock_step.h"

namespace cutover::crashsim {
namespace {

/// Every how many learned steps one is run again on the real code.
constexpr std::size_t kRecheckStride = 7;

/// The world as the checker sees it.
template <std::size_t N>
class TupleModel {
 public:
  using State = Tuple<N>;

  class Worker {
   public:
    Worker(Learned& learned, unsigned fault_cap) : steps_(learned) {
      steps_.moves().cap_faults(fault_cap);
    }
    template <class Emit>
    void successors(const State& state, Emit&& emit) {
      steps_.for_each(state, [&](const Move&, const State& next) { emit(steps_.canonical(next)); });
    }
    checker::Property judge(const State& state) { return steps_.moves().judge(state); }
    Moves<N>& moves() { return steps_.moves(); }

   private:
    LockStep<N> steps_;
  };

  TupleModel(Learned& learned, unsigned fault_cap)
      : learned_(learned), layout_(learned.world()), fault_cap_(fault_cap) {}

  std::vector<State> initial_states() {
    std::vector<State> states;
    for (const Beginning& beginning : learned_.world().beginnings)
      states.push_back(initial(beginning));
    return states;
  }
  State initial(const Beginning& beginning) {
    State state{};
    for (std::size_t i = 0; i < layout_.stores; ++i) {
      state[i] = learned_.number_of_state(i, beginning.stores[i]);
    }
    state[layout_.memory] = learned_.number_of_memory(beginning.memory);
    LockStep<N>(learned_).begin(state, beginning.name);
    return state;
  }
  std::unique_ptr<Worker> worker() { return std::make_unique<Worker>(learned_, fault_cap_); }
  const Layout& layout() const { return layout_; }

 private:
  Learned& learned_;
  Layout layout_;
  unsigned fault_cap_;
};

/// Follows one shortest path forwards and names its steps. Of the moves that stay on a shortest
/// path it takes the one of the same actor as before, if there is one, then the plainer outcome,
/// then the alphabetical first: which trace is told does not depend on how threads ran.
template <std::size_t N>
class Narrator {
 public:
  using State = Tuple<N>;
  using OnPath = typename checker::Search<TupleModel<N>>::OnPath;

  Narrator(Learned& learned, TupleModel<N>& model, LockStep<N>& steps)
      : learned_(learned), model_(model), steps_(steps), layout_(steps.layout()) {}

  Schedule tell(const OnPath& paths) {
    Schedule schedule;
    Scene scene = begin(paths, schedule);
    for (std::uint32_t step = 1; step <= paths.steps(); ++step) {
      scene = follow(scene, paths, step, schedule.choices);
    }
    return schedule;
  }

 private:
  /// A state with the names of who sits in its slots.
  struct Scene {
    State state{};
    std::vector<std::string> processes, zombies;
    std::vector<unsigned> started;
  };

  Scene begin(const OnPath& paths, Schedule& schedule) {
    Scene scene;
    scene.processes.resize(layout_.processes);
    scene.zombies.resize(layout_.zombies);
    scene.started.resize(learned_.world().programs.size());
    for (const Beginning& beginning : learned_.world().beginnings) {
      scene.state = model_.initial(beginning);
      if (!paths.contains(0, scene.state)) continue;
      schedule.beginning = beginning.name;
      return scene;
    }
    CUTOVER_CHECK(false);
  }

  Scene follow(const Scene& scene, const OnPath& paths, std::uint32_t step,
               std::vector<Choice>& choices) {
    using Rank = std::tuple<bool, Outcome, std::string, std::string>;
    std::optional<Rank> best;
    Move taken{};
    State next{};
    Choice choice;
    const std::string before = choices.empty() ? "" : choices.back().actor;
    steps_.for_each(scene.state, [&](const Move& move, const State& to) {
      if (!paths.contains(step, steps_.canonical(to))) return;
      const Choice named = name(scene, move);
      const Rank rank{named.actor != before, move.outcome, named.actor, named.step};
      if (best && *best <= rank) return;
      best = rank;
      taken = move;
      next = to;
      choice = named;
    });
    CUTOVER_CHECK(best.has_value());
    choices.push_back(choice);
    return arrive(scene, taken, next, choice);
  }

  Choice name(const Scene& scene, const Move& move) {
    const World& world = learned_.world();
    switch (move.kind) {
      case Move::Kind::step:
        return {scene.processes[move.slot], learned_.operation_label(move.operation),
                to_string(move.outcome)};
      case Move::Kind::input:
        return {scene.processes[move.slot], input_step(world.inputs[move.which].label), "ok"};
      case Move::Kind::stop: return {scene.processes[move.slot], kStop, "ok"};
      case Move::Kind::land:
        return {zombie_name(scene.zombies[move.slot]), learned_.operation_label(move.operation),
                "ok"};
      case Move::Kind::restart: return {world.stores[move.slot].name, kRestart, "ok"};
      case Move::Kind::start:
        return {
            fmt::format("{}-{}", world.programs[move.which].name, scene.started[move.which] + 1),
            kStart, "ok"};
    }
    return {};
  }

  Scene arrive(Scene scene, const Move& move, const State& next, const Choice& choice) {
    if (move.kind == Move::Kind::start) {
      ++scene.started[move.which];
      scene.processes[move.slot] = choice.actor;
    }
    for (std::size_t i = 0; i < layout_.zombies; ++i) {
      const std::size_t at = layout_.first_zombie + i;
      if (scene.state[at] == kNone && next[at] != kNone) scene.zombies[i] = choice.actor;
    }
    scene.state = next;
    return scene;
  }

  Learned& learned_;
  TupleModel<N>& model_;
  LockStep<N>& steps_;
  const Layout& layout_;
};

template <std::size_t N>
class Explorer {
 public:
  Explorer(const World& world, const Options& options)
      : world_(world), options_(options), learned_(world) {}

  Exploration run() {
    const unsigned most = world_.bounds.crashes + world_.bounds.ambiguous;
    unsigned cap = options_.expect_violation ? 0 : most;
    Exploration found = search(cap);
    if (!options_.expect_violation && found.result.ended == checker::Ended::violation) {
      cap = 0;
      found = search(cap);
    }
    while (found.result.ended == checker::Ended::complete && cap < most) found = search(++cap);
    if (const auto difference = learned_.recheck(kRecheckStride)) {
      throw std::runtime_error("hidden nondeterminism: " + *difference);
    }
    found.executions = learned_.executions();
    return found;
  }

 private:
  Exploration search(unsigned cap) {
    TupleModel<N> model(learned_, cap);
    checker::Search<TupleModel<N>> search(model, options_.limits);
    Exploration found;
    found.result = search.run();
    std::uint64_t witnesses = 0;
    search.for_each_worker([&](auto& worker) { witnesses |= worker.moves().witnesses(); });
    found.unseen = unseen(witnesses);
    if (found.result.ended == checker::Ended::violation) {
      const auto paths = search.shortest_paths();
      LockStep<N> steps(learned_);
      steps.moves().cap_faults(cap);
      found.violation = Narrator<N>(learned_, model, steps).tell(paths);
      found.violation->violated = world_.properties[found.result.violated - 1];
      confirm(*found.violation);
    }
    return found;
  }

  /// Every counterexample must happen again on the real coroutines, from the start.
  void confirm(const Schedule& schedule) const {
    LiveWorld alone(world_, schedule.beginning);
    std::optional<Accompanied> both;
    if (world_.companion) both.emplace(world_, schedule.beginning);
    LiveWorld& live = both ? both->live() : alone;
    for (std::size_t i = 0; i < schedule.choices.size(); ++i) {
      const Choice& choice = schedule.choices[i];
      if (const auto divergence = both ? both->take(choice) : live.take(choice)) {
        throw std::runtime_error(
            fmt::format("hidden nondeterminism: step {} of the counterexample did "
                        "not happen again: {}",
                        i + 1, *divergence));
      }
    }
    auto violated = live.violated();
    if (!violated && both && both->complaint()) violated = world_.refines;
    if (!violated || world_.properties[*violated] != schedule.violated) {
      throw std::runtime_error(
          "hidden nondeterminism: the counterexample's last state does not violate " +
          schedule.violated + " on the real coroutines");
    }
  }

  std::vector<std::string> unseen(std::uint64_t witnesses) const {
    std::vector<std::string> missing;
    const Bounds& bounds = world_.bounds;
    for (std::size_t i = 0; i < world_.witnesses.size(); ++i) {
      const Witness& witness = world_.witnesses[i];
      if (witness.possible(bounds) && (witnesses >> i & 1) == 0) missing.push_back(witness.name);
    }
    for (std::size_t i = 1; i < kOutcomes; ++i) {
      const auto outcome = static_cast<Outcome>(i);
      if (is_crash(outcome) && bounds.crashes == 0) continue;
      if (is_ambiguous(outcome) && bounds.ambiguous == 0) continue;
      if (stays_in_flight(outcome) && bounds.zombies == 0) continue;
      if ((witnesses & witness_of(outcome)) == 0) missing.push_back(to_string(outcome));
    }
    if (bounds.zombies > 0 && bounds.crashes + bounds.ambiguous > 0) {
      if ((witnesses & kZombieApplied) == 0) missing.push_back("a zombie took effect");
      if (bounds.starts > 1 && (witnesses & kZombieRejected) == 0) {
        missing.push_back("a zombie had no effect");
      }
    }
    return missing;
  }

  const World& world_;
  const Options& options_;
  Learned learned_;
};

/// Throws where a state's numbers have no room for what the clients may ask.
void check_inputs(const World& world) {
  if (world.inputs.size() > kMostInputKinds) {
    throw std::runtime_error(fmt::format("this world has {} kinds of inputs, and {} is the most",
                                         world.inputs.size(), kMostInputKinds));
  }
  for (const Input& input : world.inputs) {
    if (input.budget <= kMostInputs) continue;
    throw std::runtime_error(
        fmt::format("these bounds give input '{}' a budget of {}, and {} is the most: lower writes "
                    "or reads",
                    input.label, input.budget, kMostInputs));
  }
}

}  // namespace

Exploration explore(const World& world, const Options& options) {
  check_inputs(world);
  const std::size_t size = Layout(world).size;
  if (size <= 8) return Explorer<8>(world, options).run();
  if (size <= 12) return Explorer<12>(world, options).run();
  if (size <= 32) return Explorer<32>(world, options).run();
  throw std::runtime_error(fmt::format(
      "these bounds need {} numbers a state, and 32 is the most: lower processes or zombies",
      size));
}

}  // namespace cutover::crashsim
