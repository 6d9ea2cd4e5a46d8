#include "properties/online/counter_mapping.h"

#include <fmt/format.h>

#include <array>

#include "properties/online/bounds.h"
#include "properties/online/constants.h"

namespace cutover::online {
namespace {

namespace counters = model::online::counters;
using counters::At;
using crashsim::Value;
using model::Byte;

/// A step's name in TLA+, and its label.
struct Step {
  const char *name, *label;
};
constexpr std::array<Step, counters::kAts> kSteps = {{
    {"nowhere", ""},
    {"generation", "record: get"},
    {"next first", "record: next generation"},
    {"source base", "target: read base"},
    {"source value", "source: read"},
    {"source fold", "target: fold"},
    {"next second", "record: next generation"},
    {"late base", "target: read base"},
    {"late value", "source: read"},
    {"late fold", "target: fold"},
    {"first base", "target: read base"},
    {"first value", "target: read counter"},
    {"first fold", "target: fold"},
    {"drop base", "target: read base"},
    {"drop source", "source: drop"},
    {"drop first", "target: drop counter"},
    {"learn", "record: get"},
    {"wait", ""},
    {"add", "source: add"},
    {"ask", "record: get"},
    {"read base", "target: read base"},
    {"read last", "record: get"},
    {"read source", "source: read"},
    {"read counter", "target: read counter"},
    {"read again", "target: read base"},
}};
constexpr std::size_t kAddToTarget = counters::kAts;  // a label beyond those
constexpr std::array<const char*, 3> kPrograms = {"none", "move", "application"};

const char* at_name(At at) { return kSteps[static_cast<std::size_t>(at)].name; }

std::uint64_t number_of(const counters::Base& base, const auto& counter) {
  std::uint64_t number = std::uint64_t{base.generation} << 8 | base.value;
  for (const auto value : counter) number = number << 8 | static_cast<Byte>(value);
  return number;
}

Value tla_base(const counters::Base& base) {
  return {{"generation", base.generation}, {"value", base.value}};
}

}  // namespace

std::string CounterMapping::impossible(const crashsim::Bounds& bounds) const {
  if (bounds.starts > 6) return "the model has at most 6 starts";
  return beyond_models(bounds);
}

CounterMapping::Model CounterMapping::model(const crashsim::Bounds& of,
                                            bool interchangeable) const {
  const counters::Bounds bounds = {of.processes,           of.starts, of.crashes,
                                   of.in_flight,           of.lost,   kPuts.of(of),
                                   crashsim::kReads.of(of)};
  return {bounds, flaw, interchangeable};
}

crashsim::Bounds CounterMapping::bounds(const Constants& constants) const {
  return bounds_by_constants(constants);
}

std::string CounterMapping::property(checker::Property number) const {
  constexpr std::array<const char*, 4> kNames = {"", "CounterExact", "ReadsExact", "CanFinish"};
  return kNames.at(number);
}

std::optional<std::size_t> CounterMapping::input(const Action& action) const {
  if (action.name == Name::Add) return 0;
  if (action.name == Name::Read) return 1;
  return std::nullopt;
}

std::size_t CounterMapping::label_key(const Model&, const State& state,
                                      const Action& action) const {
  const bool lands = action.name == Name::Land;
  const counters::Process& process = state.process[lands ? 0 : action.who];
  const At at = lands ? state.in_flight[action.who].at : process.at;
  const Byte generation = lands ? state.in_flight[action.who].generation : process.known;
  return at == At::add && generation != 0 ? kAddToTarget : static_cast<std::size_t>(at);
}
std::string CounterMapping::label(const Model&, std::size_t key) const {
  return key == kAddToTarget ? "target: add" : kSteps.at(key).label;
}

std::optional<std::uint64_t> CounterMapping::durable(const Value& store) const {
  if (store.is_number()) return store.get<std::uint64_t>();  // the source, or the record
  counters::Base base;
  base.generation = store.at("base").at("generation").get<Byte>();
  base.value = store.at("base").at("value").get<Byte>();
  std::array<Byte, counters::kGenerations> counter{};
  for (const Value& each : store.at("counters")) {
    const auto generation = each.at(0).get<std::size_t>();
    if (generation < 1 || generation > counter.size()) return std::nullopt;
    counter[generation - 1] = each.at(1).get<Byte>();
  }
  return number_of(base, counter);
}
std::uint64_t CounterMapping::durable(const State& state, std::size_t store) const {
  if (store == 0) return state.source;
  if (store == 1) return number_of(state.base, state.counter);
  return state.generation;
}

Value CounterMapping::tla(const Model& model, const State& state) const {
  Value processes = Value::array(), in_flight = Value::array();
  for (unsigned i = 0; i < model.bounds().processes; ++i) {
    const counters::Process& of = state.process[i];
    processes.push_back({{"at", at_name(of.at)},
                         {"program", kPrograms[of.program]},
                         {"known", of.known},
                         {"base", tla_base(of.base)},
                         {"value", of.value},
                         {"generation", of.generation},
                         {"last", of.last},
                         {"asked", of.asked}});
  }
  for (unsigned i = 0; i < model.bounds().in_flight; ++i) {
    const counters::Request& of = state.in_flight[i];
    in_flight.push_back(
        {{"at", at_name(of.at)}, {"generation", of.generation}, {"base", tla_base(of.base)}});
  }
  return {{"source", state.source},
          {"target", {{"base", tla_base(state.base)}, {"counter", state.counter}}},
          {"generation", state.generation},
          {"process", processes},
          {"inFlight", in_flight},
          {"clients",
           {{"sent", state.sent},
            {"counts", state.counts},
            {"reads", state.reads},
            {"wrongRead", state.wrong_read != 0}}},
          {"used", tla_used(state.used)}};
}

crashsim::Look CounterMapping::look(const Model&, const State& state) const {
  crashsim::Look look;
  look.columns = {
      {"source", fmt::format("{}", state.source)},
      {"base", fmt::format("{} of {}", state.base.value, state.base.generation)},
      {"counters", fmt::format("{} {}", state.counter[0], state.counter[1])},
  };
  return look;
}

}  // namespace cutover::online
