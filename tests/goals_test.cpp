// Goals on the whole graph (Search::cannot_reach), against what is worked out naively: of random
// graphs with cycles, parts that can't be reached, several goals, and states of which they are due
// or not; on one thread and on two.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <set>

#include "model/checker/search.h"

namespace cutover::checker {
namespace {

struct Node {
  std::vector<std::uint32_t> to;
  std::uint8_t goals = 0;  ///< that it satisfies
  bool due = true;
};

struct Graph {
  struct State {
    std::uint64_t node = 0;
  };
  struct Worker {
    const Graph& graph;
    template <class Emit>
    void successors(const State& state, Emit&& emit) {
      for (const std::uint32_t to : graph.nodes[state.node].to) emit(State{to});
    }
    Property judge(const State&) { return kHolds; }
  };

  std::vector<Node> nodes;
  std::vector<std::uint32_t> beginnings;
  std::uint8_t all = 0;  ///< goals that are asked for

  std::vector<State> initial_states() const {
    std::vector<State> states;
    for (const std::uint32_t node : beginnings) states.push_back({node});
    return states;
  }
  std::unique_ptr<Worker> worker() const { return std::make_unique<Worker>(*this); }
};

constexpr std::uint32_t kFar = ~0u;

/// Steps from a beginning to each node, or kFar.
std::vector<std::uint32_t> distances(const Graph& graph) {
  std::vector<std::uint32_t> steps(graph.nodes.size(), kFar);
  std::vector<std::uint32_t> level = graph.beginnings;
  for (std::uint32_t step = 0; !level.empty(); ++step) {
    std::vector<std::uint32_t> next;
    for (const std::uint32_t node : level) {
      if (steps[node] != kFar) continue;
      steps[node] = step;
      next.insert(next.end(), graph.nodes[node].to.begin(), graph.nodes[node].to.end());
    }
    level = std::move(next);
  }
  return steps;
}

/// The goals that each node has or can get to: handed on along the edges until nothing changes.
std::vector<std::uint8_t> futures(const Graph& graph) {
  std::vector<std::uint8_t> goals;
  for (const Node& node : graph.nodes) goals.push_back(node.goals);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = goals.size(); i-- > 0;) {
      std::uint8_t found = goals[i];
      for (const std::uint32_t to : graph.nodes[i].to) found |= goals[to];
      changed = changed || found != goals[i];
      goals[i] = found;
    }
  }
  return goals;
}

/// What cannot_reach() has to say: for each step the nodes on shortest paths to the nearest nodes
/// that miss a goal; empty: there are none.
std::vector<std::set<std::uint32_t>> expected_paths(const Graph& graph) {
  const auto steps = distances(graph);
  const auto goals = futures(graph);
  std::uint32_t nearest = kFar;
  const auto misses = [&](std::size_t i) {
    return steps[i] != kFar && graph.nodes[i].due && (goals[i] & graph.all) != graph.all;
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (misses(i)) nearest = std::min(nearest, steps[i]);
  }
  if (nearest == kFar) return {};
  std::vector<std::set<std::uint32_t>> levels(nearest + 1);
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    if (steps[i] == nearest && misses(i)) levels[nearest].insert(i);
  }
  for (std::uint32_t step = nearest; step-- > 0;) {
    for (std::uint32_t i = 0; i < steps.size(); ++i) {
      if (steps[i] != step) continue;
      for (const std::uint32_t to : graph.nodes[i].to) {
        if (levels[step + 1].contains(to)) levels[step].insert(i);
      }
    }
  }
  return levels;
}

/// `paths` has exactly these nodes.
template <class OnPath>
void expect_same(const Graph& graph, const OnPath& paths,
                 const std::vector<std::set<std::uint32_t>>& expected) {
  RC_ASSERT(paths.steps() + 1 == expected.size());
  for (std::uint32_t step = 0; step < expected.size(); ++step) {
    for (std::uint32_t node = 0; node < graph.nodes.size(); ++node) {
      RC_ASSERT(paths.contains(step, {node}) == expected[step].contains(node));
    }
  }
}

void expect_as_naively(Graph& graph, unsigned threads) {
  Limits limits;
  limits.threads = threads;
  Search<Graph> search(graph, limits);
  RC_ASSERT(search.run().ended == Ended::complete);
  const auto found = search.cannot_reach(
      graph.all, [&](auto&, const Graph::State& state) { return graph.nodes[state.node].due; },
      [&](auto&, const Graph::State& state) { return graph.nodes[state.node].goals; });
  const auto expected = expected_paths(graph);
  RC_ASSERT(found.has_value() == !expected.empty());
  if (found) expect_same(graph, *found, expected);
}

/// What a graph is drawn by. Where most nodes have one way on or two, some lead to a goal and some
/// do not.
struct Shape {
  std::uint32_t nodes = 1;
  unsigned most_edges = 2;    ///< out of a node
  unsigned goals = 1;         ///< that are asked for
  unsigned one_in_goals = 4;  ///< of the nodes satisfies a goal
  unsigned one_in_due = 1;
  bool backwards = true;  ///< edges may lead back
  bool wide = false;      ///< the beginning leads to most nodes, so that levels are large
};

Graph drawn(const Shape& shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return static_cast<std::uint32_t>(random() % n); };
  Graph graph;
  graph.all = static_cast<std::uint8_t>((1u << shape.goals) - 1);
  graph.nodes.resize(shape.nodes);
  for (std::uint32_t i = 0; i < shape.nodes; ++i) {
    Node& node = graph.nodes[i];
    node.due = below(shape.one_in_due) == 0;
    for (unsigned goal = 0; goal < shape.goals; ++goal) {
      if (below(shape.one_in_goals) == 0) node.goals |= static_cast<std::uint8_t>(1u << goal);
    }
    for (unsigned edges = below(shape.most_edges + 1); edges > 0; --edges) {
      const std::uint32_t first = shape.backwards ? 0 : i + 1;
      if (first < shape.nodes) node.to.push_back(first + below(shape.nodes - first));
    }
  }
  graph.beginnings = {0};
  if (below(2) == 0) graph.beginnings.push_back(below(shape.nodes));
  if (shape.wide) {
    for (std::uint32_t i = 1; i < shape.nodes; ++i) {
      if (below(8) != 0) graph.nodes[0].to.push_back(i);
    }
  }
  return graph;
}

Shape any_shape(std::uint32_t most_nodes) {
  Shape shape;
  shape.nodes = *rc::gen::inRange(1u, most_nodes + 1);
  shape.most_edges = *rc::gen::inRange(1u, 5u);
  shape.goals = *rc::gen::inRange(0u, 5u);
  shape.one_in_goals = *rc::gen::element(1u, 2u, 4u, 16u);
  shape.one_in_due = *rc::gen::element(1u, 2u, 8u);
  shape.backwards = *rc::gen::arbitrary<bool>();
  return shape;
}

RC_GTEST_PROP(Goals, AreMissedWhereTheyAreNaively, ()) {
  Graph graph = drawn(any_shape(40), *rc::gen::arbitrary<std::uint64_t>());
  for (const unsigned threads : {1u, 2u}) expect_as_naively(graph, threads);
}

/// Levels of several blocks, so that two threads share one.
RC_GTEST_PROP(Goals, AreMissedWhereTheyAreNaivelyInLargeLevels, ()) {
  Shape shape = any_shape(1);
  shape.nodes = 1500;
  shape.wide = *rc::gen::arbitrary<bool>();
  Graph graph = drawn(shape, *rc::gen::arbitrary<std::uint64_t>());
  for (const unsigned threads : {1u, 2u}) expect_as_naively(graph, threads);
}

/// Both outcomes come up often in what is drawn above, and goals are missed late too.
TEST(Goals, OfGraphsAsTheyAreDrawnAreMissedAndAreNot) {
  unsigned none = 0, at_once = 0, later = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto paths = expected_paths(
        drawn({.nodes = 30, .most_edges = 3, .goals = 2, .one_in_goals = 4}, seed));
    ++(paths.empty() ? none : paths.size() == 1 ? at_once : later);
  }
  EXPECT_GT(none, 5u);
  EXPECT_GT(at_once, 5u);
  EXPECT_GT(later, 50u);
}

}  // namespace
}  // namespace cutover::checker
