// What maps the model of the job queue to its implementation and to TLA+: see
// cutover/engines/model/mapping.h.
#pragma once

#include <cutover/engines/model/model_of_case.h>

#include "model.h"

namespace model {

struct Mapping {
  using Model = JobQueue;
  using Value = cutover::crashsim::Value;
  using Bounds = cutover::crashsim::Bounds;

  bool looks_again = true;

  // Its bounds, as the other engines and as TLA+ name them.
  std::string impossible(const Bounds& bounds) const {
    if (bounds.processes > 3) return "the model has at most 3 processes";
    if (bounds.in_flight > 2) return "the model has at most 2 in_flight";
    if (cutover::crashsim::kWrites.of(bounds) > 6) return "the model has at most 6 writes";
    return "";
  }
  JobQueue model(const Bounds& of, bool interchangeable = false) const {
    return {{of.processes, of.starts, of.crashes, of.in_flight, of.lost,
             cutover::crashsim::kWrites.of(of)},
            looks_again,
            interchangeable};
  }
  Bounds bounds(const cutover::Constants& constants) const {
    const auto number = [&](const char* name) {
      return constants.contains(name) ? constants.at(name) : 0;
    };
    Bounds made{number("Processes"), number("MaxStarts"), number("MaxCrashes"),
                number("MaxInFlight"), number("MaxLost")};
    cutover::crashsim::kWrites.set(made, number("MaxWrites"));
    return made;
  }
  JobQueue model(const cutover::Constants& constants) const { return model(bounds(constants)); }

  // Names.
  std::string beginning(const State&) const { return "start"; }
  State begin(const std::string&) const { return model(Bounds{}).initial_states()[0]; }
  std::string property(Property) const { return "NoLostJob"; }
  std::size_t program(const Action& action) const { return action.move ? 1 : 0; }
  std::optional<std::size_t> input(const Action& action) const {
    return action.name == Name::Client ? std::optional<std::size_t>(0) : std::nullopt;
  }
  bool is_fenced(const Action& action) const { return action.name == Name::Rejected; }
  bool is_fenced(const Value& answer) const { return answer == "rejected"; }
  std::size_t label_count(const JobQueue&) const { return 8; }
  std::size_t label_key(const JobQueue&, const State& state, const Action& action) const {
    return static_cast<std::size_t>(action.name == Name::Land
                                        ? state.in_flight[action.who].what
                                        : step_at(state.process[action.who].at));
  }
  std::string label(const JobQueue&, std::size_t key) const {
    constexpr const char* kLabels[] = {"",          "old: take",       "new: take", "old: look",
                                       "new: fill", "old: mark moved", "old: push", "new: push"};
    return kLabels[key];
  }

  // Durable states: of the implementation, abstracted, and of the model. Order does not count.
  std::optional<std::uint64_t> durable(const Value& store) const {
    Queue queue{store["owner"].get<Byte>(), 0, store["moved"].get<bool>()};
    for (const int job : store["jobs"]) {
      if ((queue.jobs >> job & 1) != 0) return std::nullopt;  // the model has no job twice
      queue.jobs = static_cast<Byte>(queue.jobs | 1 << job);
    }
    return number_of(queue);
  }
  std::uint64_t durable(const State& state, std::size_t store) const {
    return number_of(store == 0 ? state.old_queue : state.new_queue);
  }

  // The state as the TLA+ module has it.
  Value tla(const JobQueue& model, const State& state) const {
    constexpr const char* kDo[] = {"nothing", "take old", "take new", "look",
                                   "fill",    "mark",     "push old", "push new"};
    constexpr const char* kAt[] = {"nowhere",       "serve take",    "serve wait", "serve push",
                                   "move take old", "move take new", "move look",  "move fill",
                                   "move mark",     "move wait",     "move push"};
    const auto jobs = [](Byte bits) {
      Value all = Value::array();
      for (int job = 0; job < 8; ++job) {
        if ((bits >> job & 1) != 0) all.push_back(job);
      }
      return all;
    };
    const auto queue = [&](const Queue& of) {
      return Value{{"owner", of.owner}, {"jobs", jobs(of.jobs)}, {"moved", of.moved != 0}};
    };
    Value processes = Value::array(), in_flight = Value::array();
    for (unsigned i = 0; i < model.bounds().processes; ++i) {
      const Process& of = state.process[i];
      processes.push_back({{"at", kAt[static_cast<std::size_t>(of.at)]},
                           {"old", of.owns_old},
                           {"new", of.owns_new},
                           {"jobs", jobs(of.jobs)},
                           {"moved", of.moved != 0}});
    }
    for (unsigned i = 0; i < model.bounds().in_flight; ++i) {
      const Request& of = state.in_flight[i];
      in_flight.push_back({{"do", kDo[static_cast<std::size_t>(of.what)]},
                           {"owner", of.owner},
                           {"jobs", jobs(of.jobs)}});
    }
    const Used& used = state.used;
    return {{"queue", {{"old", queue(state.old_queue)}, {"new", queue(state.new_queue)}}},
            {"process", processes},
            {"inFlight", in_flight},
            {"brought", state.brought},
            {"accepted", jobs(state.accepted)},
            {"used",
             {{"starts", used.starts},
              {"crashes", used.crashes},
              {"inFlight", used.in_flight},
              {"lost", used.lost}}}};
  }
  std::set<std::string> tla_sets() const { return {"jobs", "accepted"}; }

  // What `graph --model` shows.
  std::vector<std::string> graph_variables() const { return {"queue.old.moved"}; }
  cutover::crashsim::Look look(const JobQueue&, const State& state) const {
    cutover::crashsim::Look look;
    look.truth = state.old_queue.moved;
    look.columns = {{"counts", *look.truth == 0 ? "old" : "new"}};
    return look;
  }

 private:
  static std::uint64_t number_of(const Queue& queue) {
    return std::uint64_t{queue.owner} << 16 | std::uint64_t{queue.jobs} << 8 | queue.moved;
  }
};

}  // namespace model
