#include "crashsim/explore/explorer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <tuple>
#include <unordered_set>

#include "crashsim/explore/accompanied_moves.h"
#include "crashsim/explore/naming.h"
#include "crashsim/live/live_world.h"
#include "crashsim/live/random.h"
#include "crashsim/live/rerun.h"
#include "model/checker/search.h"

namespace cutover::crashsim {
namespace {

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
    AccompaniedMoves<N> steps_;
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
    AccompaniedMoves<N>(learned_).begin(state, beginning.name);
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
class PathTeller {
 public:
  using State = Tuple<N>;
  using OnPath = typename checker::Search<TupleModel<N>>::OnPath;

  PathTeller(Learned& learned, TupleModel<N>& model, AccompaniedMoves<N>& steps)
      : learned_(learned), model_(model), steps_(steps), naming_(learned, steps.layout()) {}

  Schedule tell(const OnPath& paths) {
    Schedule schedule;
    Scene<N> scene = begin(paths, schedule);
    for (std::uint32_t step = 1; step <= paths.steps(); ++step) {
      scene = follow(scene, paths, step, schedule.choices);
    }
    return schedule;
  }

 private:
  Scene<N> begin(const OnPath& paths, Schedule& schedule) {
    for (const Beginning& beginning : learned_.world().beginnings) {
      const State state = model_.initial(beginning);
      if (!paths.contains(0, state)) continue;
      schedule.beginning = beginning.name;
      return naming_.begin(state);
    }
    CUTOVER_CHECK(false);
  }

  Scene<N> follow(const Scene<N>& scene, const OnPath& paths, std::uint32_t step,
                  std::vector<Choice>& choices) {
    using Rank = std::tuple<bool, Outcome, std::string, std::string>;
    std::optional<Rank> best;
    Move taken{};
    State next{};
    Choice choice;
    const std::string before = choices.empty() ? "" : choices.back().actor;
    steps_.for_each(scene.state, [&](const Move& move, const State& to) {
      if (!paths.contains(step, steps_.canonical(to))) return;
      const Choice named = naming_.name(scene, move);
      const Rank rank{named.actor != before, move.outcome, named.actor, named.step};
      if (best && *best <= rank) return;
      best = rank;
      taken = move;
      next = to;
      choice = named;
    });
    CUTOVER_CHECK(best.has_value());
    choices.push_back(choice);
    return naming_.arrive(scene, taken, next, choice);
  }

  Learned& learned_;
  TupleModel<N>& model_;
  AccompaniedMoves<N>& steps_;
  Naming<N> naming_;
};

/// Walks at random through the learned automata and the real coroutines side by side. What is
/// learned of a process alone may not be what it does among others, where they share something that
/// is no store.
template <std::size_t N>
class LiveWalks {
 public:
  LiveWalks(Learned& learned, TupleModel<N>& model)
      : learned_(learned),
        world_(learned.world()),
        model_(model),
        steps_(learned),
        naming_(learned, steps_.layout()) {}

  void walk() {
    for (std::size_t i = 0; i < kWalks; ++i) walk(world_.beginnings[i % world_.beginnings.size()]);
  }

 private:
  static constexpr std::size_t kWalks = 100, kSteps = 100, kFaults = 20;

  void walk(const Beginning& beginning) {
    Scene<N> scene = naming_.begin(model_.initial(beginning));
    LiveWorld live(world_, beginning.name);
    for (std::size_t step = 0; step < kSteps; ++step) {
      std::vector<std::pair<Move, Tuple<N>>> moves;
      steps_.for_each(scene.state, [&](const Move& move, const Tuple<N>& next) {
        moves.emplace_back(move, next);
      });
      if (moves.empty()) return;
      const auto& [move, next] = moves[draw(moves)];
      const Choice choice = naming_.name(scene, move);
      const auto divergence = live.take(choice);
      if (const std::string why = divergence.value_or(difference(live, next)); !why.empty()) {
        throw HiddenNondeterminism(fmt::format("step '{}' of {}, among other processes: {}",
                                               choice.step, choice.actor, why));
      }
      scene = naming_.arrive(std::move(scene), move, next, choice);
    }
  }

  /// Seldom a fault: they would leave nobody alive.
  std::size_t draw(const std::vector<std::pair<Move, Tuple<N>>>& moves) {
    while (true) {
      const std::size_t drawn = random_.below(moves.size());
      if (moves[drawn].first.outcome == Outcome::ok || random_.one_in(kFaults)) return drawn;
    }
  }

  /// Between the live world and the state that the search knows.
  std::string difference(const LiveWorld& live, const Tuple<N>& state) {
    const Layout& layout = steps_.layout();
    for (std::size_t i = 0; i < layout.stores; ++i) {
      const Value known = learned_.state(state[i]);
      if (live.store_states()[i] == known) continue;
      return fmt::format("store '{}' is left as {}, and not as {}", world_.stores[i].name,
                         text_of(live.store_states()[i]), text_of(known));
    }
    const Value known = learned_.memory(state[layout.memory]);
    if (live.memory() == known) return "";
    return fmt::format("the properties remember {}, and not {}", text_of(live.memory()),
                       text_of(known));
  }

  Learned& learned_;
  const World& world_;
  TupleModel<N>& model_;
  AccompaniedMoves<N> steps_;
  Naming<N> naming_;
  Random random_{1};
};

template <std::size_t N>
class Explorer {
 public:
  Explorer(const World& world, const Options& options)
      : world_(world), options_(options), learned_(world) {}

  Exploration run() {
    const unsigned most = most_faults(world_);
    unsigned cap = options_.expect_violation ? 0 : most;
    Exploration found = search(cap);
    if (!options_.expect_violation && found.result.ended == checker::Ended::violation) {
      cap = 0;
      found = search(cap);
    }
    while (found.result.ended == checker::Ended::complete && cap < most) found = search(++cap);
    found.executions = learned_.executions();
    learned_.recheck();
    if (found.result.ended == checker::Ended::complete) {
      TupleModel<N> model(learned_, most);
      LiveWalks<N>(learned_, model).walk();
    }
    return found;
  }

 private:
  Exploration search(unsigned cap) {
    TupleModel<N> model(learned_, cap);
    checker::Search<TupleModel<N>> search(model, checker::left_of(options_.limits, searched_));
    Exploration found;
    found.result = search.run();
    searched_ += found.result.seconds;
    Seen seen;
    search.for_each_worker([&](auto& worker) {
      seen.witnesses |= worker.moves().witnesses();
      seen.landed_at |= worker.moves().landed_at();
    });
    found.unseen = unseen(seen);
    if (options_.count_worlds && found.result.ended == checker::Ended::complete) {
      found.worlds = count_worlds(search, model.layout());
    }
    if (found.result.ended == checker::Ended::violation) {
      const auto paths = search.shortest_paths();
      AccompaniedMoves<N> steps(learned_);
      steps.moves().cap_faults(cap);
      found.violation = PathTeller<N>(learned_, model, steps).tell(paths);
      found.violation->violated = world_.properties[found.result.violated - 1];
      confirm(*found.violation);
    }
    return found;
  }

  /// The states without what is the companion's.
  static std::uint64_t count_worlds(const checker::Search<TupleModel<N>>& search,
                                    const Layout& layout) {
    struct Hash {
      std::size_t operator()(const Tuple<N>& tuple) const { return checker::hash_of(tuple); }
    };
    std::unordered_set<Tuple<N>, Hash> worlds;
    search.for_each_state([&](Tuple<N> state) {
      std::fill(state.begin() + static_cast<std::ptrdiff_t>(layout.companion), state.end(), 0);
      worlds.insert(state);
    });
    return worlds.size();
  }

  /// Every counterexample must happen again on the real coroutines, from the start.
  void confirm(const Schedule& schedule) {
    if (const auto why = not_as_told(world_, schedule)) {
      learned_.recheck();  // which may know the place
      throw HiddenNondeterminism("the counterexample did not happen again: " + *why);
    }
  }

  double searched_ = 0;  ///< seconds

  struct Seen {
    std::uint64_t witnesses = 0, landed_at = 0;
  };

  /// Which stores refused nothing that landed late, and what to do about it; or nothing, if none
  /// has to.
  std::optional<std::string> no_fence_seen(const Seen& seen) const {
    std::vector<std::string> open;
    for (std::size_t i = 0; i < world_.stores.size(); ++i) {
      if (world_.stores[i].is_fenced && (seen.landed_at >> i & 1) != 0) {
        open.push_back("'" + world_.stores[i].name + "'");
      }
    }
    if (open.empty()) {
      const auto is_fenced = [](const StoreSpec& store) { return store.is_fenced; };
      if (std::ranges::none_of(world_.stores, is_fenced)) return std::nullopt;
      return "a request in flight landed without effect";
    }
    return fmt::format(
        "a request in flight landed without effect: at {} every one took effect; a store without a "
        "fence is to say so (in a Migration: unfenced(...))",
        fmt::join(open, " and "));
  }

  std::vector<std::string> unseen(const Seen& seen) const {
    const std::uint64_t witnesses = seen.witnesses;
    std::vector<std::string> missing;
    const Bounds& bounds = world_.bounds;
    for (std::size_t i = 0; i < world_.witnesses.size(); ++i) {
      const Witness& witness = world_.witnesses[i];
      if (witness.possible(bounds) && (witnesses >> i & 1) == 0) missing.push_back(witness.name);
    }
    const bool has_requests = !std::ranges::all_of(world_.stores, &StoreSpec::is_local);
    for (std::size_t i = 1; i < kOutcomes; ++i) {
      const auto outcome = static_cast<Outcome>(i);
      if (is_of_requests(outcome) && !has_requests) continue;
      if (is_crash(outcome) && bounds.crashes == 0) continue;
      if (loses_answer(outcome) && bounds.lost == 0) continue;
      if (stays_in_flight(outcome) && bounds.in_flight == 0) continue;
      if ((witnesses & witness_of(outcome)) == 0) missing.push_back(to_string(outcome));
    }
    if (has_requests && bounds.in_flight > 0 && bounds.crashes + bounds.lost > 0) {
      if ((witnesses & kLanded) == 0)
        missing.push_back("a request in flight landed and took effect");
      if (bounds.starts > 1 && (witnesses & kLandedInVain) == 0) {
        if (const auto text = no_fence_seen(seen)) missing.push_back(*text);
      }
    }
    for (std::size_t i = 0; i < world_.events.size(); ++i) {
      const StoreEvent& event = world_.events[i];
      if (is_never_a_fault(world_, event)) continue;
      const unsigned most = event.budget ? event.budget->of(bounds) : bounds.crashes;
      if (most > 0 && (witnesses & witness_of_event(i)) == 0) {
        missing.push_back(fmt::format("{}: {}", world_.stores[event.store].name, event.label));
      }
    }
    return missing;
  }

  const World& world_;
  const Options& options_;
  Learned learned_;
};

/// Throws where a state's numbers have no room for what the clients may ask, or for what may
/// happen.
void check_inputs(const World& world) {
  if (world.events.size() > kMostStoreEvents) {
    throw std::runtime_error(fmt::format("this world has {} store events, and {} is the most",
                                         world.events.size(), kMostStoreEvents));
  }
  if (world.inputs.size() > kMostInputKinds) {
    throw std::runtime_error(fmt::format("this world has {} kinds of inputs, and {} is the most",
                                         world.inputs.size(), kMostInputKinds));
  }
  for (const Input& input : world.inputs) {
    if (input.budget <= kMostInputs) continue;
    throw std::runtime_error(
        fmt::format("these bounds give input '{}' a budget of {}, and {} is the most", input.label,
                    input.budget, kMostInputs));
  }
}

}  // namespace

Exploration explore(const World& world, const Options& options) {
  check_inputs(world);
  return with_tuple_size(Layout(world).size,
                         [&](auto size) { return Explorer<size>(world, options).run(); });
}

}  // namespace cutover::crashsim
