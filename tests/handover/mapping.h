// What maps the handover's model to its implementation and to TLA+ (engines/model/mapping.h).
#pragma once

#include <fmt/format.h>

#include "engines/case.h"
#include "tests/handover/model.h"
#include "tests/handover/protocol.h"

namespace cutover::handover {

struct Mapping {
  using Model = handover::Model;
  using Value = crashsim::Value;

  bool leaves_first = false;

  std::string impossible(const crashsim::Bounds& bounds) const {
    if (bounds.processes > 3) return "the model has at most 3 processes";
    if (bounds.in_flight > 2) return "the model has at most 2 in_flight";
    return "";
  }
  Model model(const crashsim::Bounds& of, bool interchangeable = false) const {
    return {{of.processes, of.starts, of.crashes, of.in_flight, of.lost},
            leaves_first,
            interchangeable};
  }
  crashsim::Bounds bounds(const Constants& constants) const {
    const auto number = [&](const char* name) {
      return constants.contains(name) ? constants.at(name) : 0;
    };
    return {number("Processes"), number("MaxStarts"), number("MaxCrashes"), number("MaxInFlight"),
            number("MaxLost")};
  }
  Model model(const Constants& constants) const { return model(bounds(constants)); }

  std::string beginning(const State&) const { return "start"; }
  State begin(const std::string&) const { return model(crashsim::Bounds{}).initial_states()[0]; }
  std::string property(checker::Property number) const {
    return number == Model::kGoalsStayPossible ? "CanFinish" : "NoLostValue";
  }
  std::size_t program(const Action&) const { return 0; }
  std::optional<std::size_t> input(const Action&) const { return std::nullopt; }
  bool is_fenced(const Action& action) const { return action.name == Name::Fenced; }
  bool is_fenced(const Value& answer) const { return answer == "rejected"; }

  std::size_t label_count(const Model&) const { return 4; }
  std::size_t label_key(const Model& model, const State& state, const Action& action) const {
    return static_cast<std::size_t>(action.name == Name::Land
                                        ? state.in_flight[action.who].what
                                        : model.step_of(state.process[action.who]));
  }
  std::string label(const Model&, std::size_t key) const {
    constexpr std::array<const char*, 4> kLabels = {"", "old: open", "new: put", "old: leave"};
    return kLabels[key];
  }

  std::optional<std::uint64_t> durable(const Value& store) const {
    const Shelf shelf = store;
    return static_cast<std::uint64_t>(shelf.epoch) << 16 |
           static_cast<std::uint64_t>(shelf.value) << 8 | (shelf.left ? 1 : 0);
  }
  std::uint64_t durable(const State& state, std::size_t store) const {
    const ModelShelf& shelf = state.store[store];
    return static_cast<std::uint64_t>(shelf.epoch) << 16 |
           static_cast<std::uint64_t>(shelf.value) << 8 | shelf.left;
  }

  Value tla(const Model& model, const State& state) const {
    constexpr std::array<const char*, 4> kDo = {"nothing", "open", "put", "leave"};
    const auto shelf = [](const ModelShelf& of) {
      return Value{{"epoch", of.epoch}, {"value", of.value}, {"left", of.left != 0}};
    };
    Value processes = Value::array(), in_flight = Value::array();
    for (unsigned i = 0; i < model.bounds().processes; ++i) {
      const Mover& of = state.process[i];
      processes.push_back({{"pc", of.pc}, {"session", of.session}, {"value", of.value}});
    }
    for (unsigned i = 0; i < model.bounds().in_flight; ++i) {
      const Request& of = state.in_flight[i];
      in_flight.push_back({{"do", kDo[static_cast<std::size_t>(of.what)]},
                           {"session", of.session},
                           {"value", of.value}});
    }
    const Used& used = state.used;
    return {{"store", {{"old", shelf(state.store[0])}, {"new", shelf(state.store[1])}}},
            {"process", processes},
            {"inFlight", in_flight},
            {"used",
             {{"starts", used.starts},
              {"crashes", used.crashes},
              {"inFlight", used.in_flight},
              {"lost", used.lost}}}};
  }
  std::set<std::string> tla_sets() const { return {}; }
  std::vector<std::string> graph_variables() const { return {"store.old.left", "store.new.value"}; }
  crashsim::Look look(const Model&, const State& state) const {
    crashsim::Look look;
    look.truth = state.store[0].left;
    look.columns = {{"truth", *look.truth == 0 ? "old" : "new"}};
    return look;
  }
};

}  // namespace cutover::handover
