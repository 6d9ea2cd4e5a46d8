#include "plain_search.h"

#include <stdexcept>
#include <unordered_set>

#include "crashsim/live/live_world.h"

namespace cutover::crashsim {
namespace {

struct Visited {
  std::string beginning;
  std::vector<Choice> choices;
};

LiveWorld run_again(const World& world, const Visited& visited) {
  LiveWorld live(world, visited.beginning);
  for (const Choice& choice : visited.choices) {
    if (const auto wrong = live.take(choice))
      throw std::logic_error("did not repeat itself: " + *wrong);
  }
  return live;
}

}  // namespace

PlainResult plain_search(const World& world, unsigned fault_cap) {
  PlainResult result;
  std::unordered_set<std::string> seen;
  std::vector<Visited> level, next;
  std::optional<std::size_t> violated;
  const auto visit = [&](const LiveWorld& live, Visited visited) {
    if (!seen.insert(live.fingerprint()).second) return;
    if (const auto property = live.violated())
      violated = std::min(*property, violated.value_or(*property));
    next.push_back(std::move(visited));
  };
  for (const Beginning& beginning : world.beginnings) {
    visit(LiveWorld(world, beginning.name), {beginning.name, {}});
  }
  while (!next.empty() && !violated) {
    level = std::exchange(next, {});
    for (const Visited& visited : level) {
      for (const Choice& choice : run_again(world, visited).choices()) {
        LiveWorld live = run_again(world, visited);
        if (const auto wrong = live.take(choice))
          throw std::logic_error("a choice was refused: " + *wrong);
        if (live.faults() > fault_cap) continue;
        ++result.transitions;
        Visited reached = visited;
        reached.choices.push_back(choice);
        visit(live, std::move(reached));
      }
    }
    if (!next.empty()) ++result.depth;
  }
  result.states = seen.size();
  if (violated) result.violated = world.properties[*violated];
  return result;
}

}  // namespace cutover::crashsim
