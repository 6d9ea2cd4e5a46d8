#include "crashsim/explore/projection.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "crashsim/explore/moves.h"
#include "model/checker/search.h"

namespace cutover::crashsim {
namespace {

/// Sorts durable states into looks. The engine lets monitors see what its numbers stand for, so
/// this is one: the "property that is violated" is the look's number.
class Looks final : public Monitor {
 public:
  explicit Looks(const World& world) : look_(world.explanations.look) {
    if (look_) return;
    look_ = [describe = world.describe](std::span<const Value* const> stores) {
      return Look{.columns = describe(stores), .truth = {}, .bad = false};
    };
  }

  Judgement observe(Value&, const Value&) const override { return {}; }
  Judgement judge(std::span<const Value* const> stores, const Value&) const override {
    const Look look = look_(stores);
    const std::lock_guard lock(mutex_);
    const auto [at, added] = numbers_.emplace(look.columns, looks_.size());
    if (added) looks_.push_back(look);
    return {at->second, 0};
  }
  Judgement judge_process(std::span<const Value* const>, const Value&) const override { return {}; }
  bool reached(std::size_t, std::span<const Value* const>, const Value&, bool) const override {
    return true;
  }

  const std::vector<Look>& all() const { return looks_; }

 private:
  std::function<Look(std::span<const Value* const>)> look_;
  mutable std::mutex mutex_;
  mutable std::map<decltype(Look::columns), std::size_t> numbers_;
  mutable std::vector<Look> looks_;
};

/// What a worker saw; looks by their numbers.
struct Seen {
  struct Step {
    std::size_t from, to;
    bool event;
    Number what;  ///< operation, or store event
    auto operator<=>(const Step&) const = default;
  };
  std::map<std::size_t, std::uint64_t> states;
  std::set<Step> steps;
};

/// The world as the checker sees it. Nothing is judged; each state is noted when it is expanded.
template <std::size_t N>
class NotingModel {
 public:
  using State = Tuple<N>;

  class Worker {
   public:
    explicit Worker(Learned& learned) : moves_(learned) {}
    template <class Emit>
    void successors(const State& state, Emit&& emit) {
      const std::size_t from = look(state);
      ++seen_.states[from];
      moves_.for_each(state, [&](const Move& move, const State& next) {
        note(from, look(next), move);
        emit(canonical(moves_.layout(), next));
      });
    }
    checker::Property judge(const State&) const { return checker::kHolds; }
    std::size_t look(const State& state) { return moves_.judge(state) - 1; }
    const Seen& seen() const { return seen_; }

   private:
    void note(std::size_t from, std::size_t to, const Move& move) {
      if (from == to) return;
      const bool event = move.kind == Move::Kind::event;
      seen_.steps.insert({from, to, event, event ? move.slot : move.operation});
    }

    Moves<N> moves_;
    Seen seen_;
  };

  explicit NotingModel(Learned& learned) : learned_(learned), layout_(learned.world()) {}

  std::vector<State> initial_states() {
    std::vector<State> states;
    for (const Beginning& beginning : learned_.world().beginnings) {
      State state{};
      for (std::size_t i = 0; i < layout_.stores; ++i) {
        state[i] = learned_.number_of_state(i, beginning.stores[i]);
      }
      state[layout_.memory] = learned_.number_of_memory(beginning.memory);
      states.push_back(state);
    }
    return states;
  }
  std::unique_ptr<Worker> worker() { return std::make_unique<Worker>(learned_); }

 private:
  Learned& learned_;
  Layout layout_;
};

/// The look's place in the result: the nearest to a beginning first, then by its texts.
std::vector<std::size_t> in_order(const std::vector<Look>& looks,
                                  const std::vector<std::size_t>& beginnings,
                                  const std::set<Seen::Step>& steps) {
  std::vector<std::size_t> order, level = beginnings;
  std::set<std::size_t> placed;
  while (!level.empty()) {
    std::vector<std::size_t> next;
    for (const std::size_t look : level) {
      if (!placed.insert(look).second) continue;
      order.push_back(look);
      for (const auto& step : steps) {
        if (step.from == look) next.push_back(step.to);
      }
    }
    std::ranges::sort(next, {}, [&](std::size_t look) { return looks[look].columns; });
    level = std::move(next);
  }
  return order;
}

std::string label_of(Learned& learned, const Seen::Step& step) {
  if (!step.event) return learned.operation_label(step.what);
  const World& world = learned.world();
  const StoreEvent& event = world.events[step.what];
  return fmt::format("{}: {}", world.stores[event.store].name, event.label);
}

Projection assemble(Learned& learned, const Looks& looks, const Seen& seen,
                    const std::vector<std::size_t>& beginnings) {
  const auto order = in_order(looks.all(), beginnings, seen.steps);
  Projection projection;
  std::map<std::size_t, std::size_t> place;
  for (const std::size_t look : order) {
    place[look] = projection.nodes.size();
    projection.nodes.push_back({looks.all()[look], seen.states.at(look), {}});
  }
  for (std::size_t i = 0; i < beginnings.size(); ++i) {
    projection.nodes[place[beginnings[i]]].beginnings.push_back(learned.world().beginnings[i].name);
  }
  std::map<std::pair<std::size_t, std::size_t>, std::set<std::string>> labels;
  for (const auto& step : seen.steps) {
    labels[{place[step.from], place[step.to]}].insert(label_of(learned, step));
  }
  for (const auto& [ends, of] : labels) {
    projection.edges.push_back({ends.first, ends.second, {of.begin(), of.end()}});
  }
  return projection;
}

template <std::size_t N>
Projection run(const World& world, const Looks& looks, unsigned threads) {
  Learned learned(world);
  NotingModel<N> model(learned);
  checker::Limits limits;
  limits.threads = threads;
  checker::Search<NotingModel<N>> search(model, limits);
  const checker::Result result = search.run();
  if (result.ended != checker::Ended::complete) {
    throw std::runtime_error("there are too many states; lower the bounds");
  }
  Seen seen;
  search.for_each_worker([&](auto& worker) {
    for (const auto& [look, states] : worker.seen().states) seen.states[look] += states;
    seen.steps.insert(worker.seen().steps.begin(), worker.seen().steps.end());
  });
  std::vector<std::size_t> beginnings;
  const auto worker = model.worker();
  for (const auto& state : model.initial_states()) beginnings.push_back(worker->look(state));
  Projection projection = assemble(learned, looks, seen, beginnings);
  projection.states = result.states;
  projection.transitions = result.transitions;
  return projection;
}

}  // namespace

Projection project(const World& world, unsigned threads) {
  const auto looks = std::make_shared<Looks>(world);
  World unjudged = world;
  unjudged.monitor = looks;
  unjudged.can_finish.reset();
  for (Beginning& beginning : unjudged.beginnings) beginning.memory = nullptr;
  return with_tuple_size(Layout(world).size,
                         [&](auto size) { return run<size>(unjudged, *looks, threads); });
}

}  // namespace cutover::crashsim
