// Names for the moves of a search, as traces have them: a tuple knows slots, a trace knows actors.
#pragma once

#include <fmt/format.h>

#include <map>

#include "crashsim/explore/moves.h"

namespace cutover::crashsim {

/// A state with the names of who sits in its slots, and what new names depend on.
template <std::size_t N>
struct Scene {
  Tuple<N> state{};
  std::vector<std::string> processes, in_flight;
  std::vector<unsigned> started;         ///< by program
  std::map<std::string, unsigned> left;  ///< requests in flight, by the process
};

template <std::size_t N>
class Naming {
 public:
  Naming(Learned& learned, const Layout& layout) : learned_(learned), layout_(layout) {}

  Scene<N> begin(const Tuple<N>& state) const {
    Scene<N> scene;
    scene.state = state;
    scene.processes.resize(layout_.processes);
    scene.in_flight.resize(layout_.in_flight);
    scene.started.resize(learned_.world().programs.size());
    return scene;
  }

  Choice name(const Scene<N>& scene, const Move& move) const {
    const World& world = learned_.world();
    switch (move.kind) {
      case Move::Kind::step:
        return {
            scene.processes[move.slot],
            learned_.step_of_request(scene.state[layout_.first_process + move.slot] + move.request),
            to_string(move.outcome)};
      case Move::Kind::input:
        return {scene.processes[move.slot], input_step(world.inputs[move.which].label), "ok"};
      case Move::Kind::stop: return {scene.processes[move.slot], kStop, "ok"};
      case Move::Kind::choose: return {scene.processes[move.slot], choose_step(move.which), "ok"};
      case Move::Kind::land:
        return {scene.in_flight[move.slot], learned_.operation_label(move.operation), "ok"};
      case Move::Kind::event: {
        const StoreEvent& event = world.events[move.slot];
        const auto result = learned_.result_of(move.slot, scene.state[event.store], move.which);
        return {world.stores[event.store].name, step_of(event, result),
                outcome_of(event, result, move.is_due)};
      }
      case Move::Kind::start:
        return {
            fmt::format("{}-{}", world.programs[move.which].name, scene.started[move.which] + 1),
            kStart, "ok"};
    }
    return {};
  }

  /// The scene after the move, which led to `next` and was named `choice`.
  Scene<N> arrive(Scene<N> scene, const Move& move, const Tuple<N>& next,
                  const Choice& choice) const {
    if (move.kind == Move::Kind::start) {
      ++scene.started[move.which];
      scene.processes[move.slot] = choice.actor;
    }
    if (move.kind == Move::Kind::step && move.outcome != Outcome::ok) {
      for (std::size_t i = 0; i < layout_.in_flight; ++i) {
        const std::size_t at = layout_.first_in_flight + i;
        if (scene.state[at] != kNone || next[at] == kNone) continue;
        scene.in_flight[i] = in_flight_name(choice.actor, ++scene.left[choice.actor]);
      }
    }
    scene.state = next;
    return scene;
  }

 private:
  Learned& learned_;
  const Layout& layout_;
};

}  // namespace cutover::crashsim
