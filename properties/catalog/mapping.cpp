#include "properties/catalog/mapping.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <stdexcept>

#include "impl/catalog/contents.h"
#include "impl/catalog/protocol.h"
#include "properties/catalog/bounds.h"
#include "properties/catalog/properties.h"

namespace cutover::catalog {
namespace {

using crashsim::Value;
using crashsim::catalog::kStoreNames;
using model::catalog::At;
using model::catalog::Broke;
using model::catalog::Byte;
using model::catalog::Do;
using model::catalog::Model;
using model::catalog::Name;
using model::catalog::Operation;
using model::catalog::Process;
using model::catalog::Request;
using model::catalog::Step;
using model::catalog::Tombstone;

constexpr std::array<const char*, 3> kTombstones = {"absent", "false", "true"};
constexpr std::array<const char*, 3> kBroke = {"none", "FencedNeverSucceeds", "EpochMonotone"};
constexpr std::array<const char*, 18> kDo = {"nothing",
                                             "open",
                                             "open unbounded",
                                             "raise epoch",
                                             "read tombstone",
                                             "read snapshot",
                                             "merge snapshot",
                                             "replace contents",
                                             "set tombstone",
                                             "replace and set",
                                             "skip copy if marked",
                                             "replace and mark",
                                             "end if marked",
                                             "set mark",
                                             "read contents",
                                             "upgrade contents",
                                             "write",
                                             "serve"};

template <class Names, class E>
const char* name(const Names& names, E value) {
  return names[static_cast<std::size_t>(value)];
}

std::string value_name(Byte value) {
  if (value == model::catalog::kNoValue) return "none";
  if (value == model::catalog::kOldValue) return "old";
  return fmt::format("v{}", value - model::catalog::kValue0);
}

Value tla_contents(const model::catalog::Contents& contents) {
  return {{"format", contents.format}, {"a", value_name(contents.a)}, {"g", contents.g != 0}};
}

Value tla_store(const model::catalog::Store& store) {
  return {{"epoch", store.epoch},
          {"tombstone", name(kTombstones, store.tombstone)},
          {"contents", tla_contents(store.contents)},
          {"mark", store.mark != 0}};
}

Value tla_process(const Process& process) {
  const At target = process.pc == 0 ? At::persist : process.target;
  return {{"pc", process.pc},
          {"target", name(kStoreNames, target)},
          {"stash", process.stash},
          {"persist", process.persist},
          {"copy", tla_contents(process.copy)},
          {"write", process.write}};
}

Value tla_request(const Model& model, const Request& request) {
  const Operation& operation = model.operation(request);
  return {{"do", name(kDo, operation.what)},
          {"at", name(kStoreNames, operation.at)},
          {"session", request.session},
          {"atLeast", request.at_least},
          {"contents", tla_contents(request.contents)},
          {"value", name(kTombstones, operation.value)},
          {"write", request.write}};
}

Value tla_client(const model::catalog::Client& client) {
  constexpr std::array<const char*, 3> kOn = {"none", "stash", "persist"};
  Value maybe = Value::array();
  for (unsigned write = 1; write <= model::catalog::kMostWrites; ++write) {
    if ((client.maybe >> (write - 1) & 1) != 0) maybe.push_back(write);
  }
  return {{"acked", value_name(client.acked)},
          {"maybe", maybe},
          {"epoch", client.epoch},
          {"on", kOn[client.on]}};
}

std::optional<Tombstone> tombstone_from(const Value& config) {
  const auto at = config.find(kTombstone);
  if (at == config.end()) return Tombstone::absent;
  if (*at == 0) return Tombstone::is_false;
  if (*at == 1) return Tombstone::is_true;
  return std::nullopt;
}

/// The model has an old format and the current one.
std::optional<Byte> format_from(std::uint32_t format) {
  if (format == Contents::kNeverInitialised) return Byte{0};
  if (format == kOldFormat) return model::catalog::kOldFormat;
  if (format == kCurrentFormat) return model::catalog::kCurrentFormat;
  return std::nullopt;
}

/// "old" and "v<n>" as the model numbers them.
std::optional<Byte> value_from(const std::string& value) {
  if (value == "old") return model::catalog::kOldValue;
  if (value.size() != 2 || value[0] != 'v' || value[1] < '0' || value[1] > '9') return std::nullopt;
  return static_cast<Byte>(model::catalog::kValue0 + (value[1] - '0'));
}

/// The label of the store operation in traces, "read stash tombstone". `write` is the write that it
/// carries out, where it is one.
std::string label_of(const Model& model, const Operation& operation, Byte write) {
  const char* const at = name(kStoreNames, operation.at);
  const char* const value = name(kTombstones, operation.value);
  switch (operation.what) {
    case Do::open:
    case Do::open_unbounded: return fmt::format("open {}", at);
    case Do::raise_epoch: return fmt::format("raise {} epoch", at);
    case Do::read_tombstone: return fmt::format("read {} {}", at, kTombstone);
    case Do::read_snapshot:
    case Do::merge_snapshot:
    case Do::read_contents: return fmt::format("read {} snapshot", at);
    case Do::replace_contents:
    case Do::upgrade_contents: return fmt::format("replace {} contents", at);
    case Do::set_tombstone: return fmt::format("set {} {} {}", at, kTombstone, value);
    case Do::replace_and_set:
      return fmt::format("replace {0} contents + set {0} {1} {2}", at, kTombstone, value);
    case Do::skip_copy_if_marked: return fmt::format("read {} copied", at);
    case Do::replace_and_mark: return fmt::format("replace {0} contents + set {0} copied true", at);
    case Do::end_if_marked: return fmt::format("read {} busy", at);
    case Do::set_mark: return fmt::format("set {} busy {}", at, value);
    case Do::write:
      return fmt::format("{} {} a",
                         model.value_of(write) == model::catalog::kNoValue ? "delete" : "put", at);
    case Do::nothing:
    case Do::serve: break;
  }
  return "";
}

/// A durable state of the implementation, abstracted; nothing where the model has no such state.
std::optional<model::catalog::Store> abstracted(const Value& store) {
  model::catalog::Store abstract;
  const auto tombstone = tombstone_from(store["config"]);
  const auto epoch = store["epoch"].get<std::uint64_t>();
  if (!tombstone || epoch > 254) return std::nullopt;
  abstract.epoch = static_cast<Byte>(epoch);
  abstract.tombstone = *tombstone;
  const Contents contents = crashsim::catalog::state_from(store).contents;
  const auto format = format_from(contents.format);
  if (!format) return std::nullopt;
  abstract.contents.format = *format;
  for (const auto& [key, value] : decode(contents)) {
    if (key == "g" && value == "x") {
      abstract.contents.g = 1;
    } else if (const auto known = value_from(value); key == "a" && known) {
      abstract.contents.a = *known;
    } else if (key == "a" && contents.format == kOldFormat) {
      abstract.contents.a = model::catalog::kOldValue;  // written in another format
    } else {
      return std::nullopt;
    }
  }
  for (const auto& [entry, number] : store["config"].items()) {
    if (entry == kTombstone) continue;
    const bool mark = entry == "busy" || entry == "copied";
    if (!mark || number > 1) return std::nullopt;  // nothing that the model has
    abstract.mark = number == 1;
  }
  return abstract;
}

std::uint64_t as_number(const model::catalog::Store& store) {
  return std::bit_cast<std::uint64_t>(store);
}

/// The model's bounds for those of the exploration.
model::catalog::Bounds model_bounds(const crashsim::Bounds& bounds) {
  const unsigned writes = kWrites.of(bounds);
  return {.processes = bounds.processes,
          .starts = bounds.starts,
          .crashes = bounds.crashes,
          .in_flight = bounds.in_flight,
          .lost = bounds.lost,
          .puts = writes - writes / 2,
          .deletes = writes / 2};
}

model::catalog::Bounds bounds_of(const Constants& constants) {
  const auto number = [&](const char* name) {
    const auto at = constants.find(name);
    if (at == constants.end()) throw std::runtime_error(fmt::format("no constant {}", name));
    return at->second;
  };
  return {.processes = number("Processes"),
          .starts = number("MaxStarts"),
          .crashes = number("MaxCrashes"),
          .in_flight = number("MaxInFlight"),
          .lost = number("MaxLost"),
          .puts = number("MaxPuts"),
          .deletes = number("MaxDeletes")};
}

}  // namespace

std::string Mapping::impossible(const crashsim::Bounds& bounds) const {
  if (kReads.of(bounds) > 0) return "the model has no reads";
  return model::catalog::impossible(*protocol_, model_bounds(bounds));
}

Model Mapping::model(const crashsim::Bounds& bounds, bool interchangeable) const {
  return Model(*protocol_, model_bounds(bounds), interchangeable);
}

Model Mapping::model(const Constants& constants) const {
  const model::catalog::Bounds bounds = bounds_of(constants);
  const std::string why = model::catalog::impossible(*protocol_, bounds);
  if (!why.empty()) throw std::runtime_error(why);
  return Model(*protocol_, bounds);
}

crashsim::Bounds Mapping::bounds(const Constants& constants) const {
  const auto number = [&](const char* name) -> unsigned {
    const auto at = constants.find(name);
    return at == constants.end() ? 0 : at->second;
  };
  crashsim::Bounds bounds{.processes = number("Processes"),
                          .starts = number("MaxStarts"),
                          .crashes = number("MaxCrashes"),
                          .in_flight = number("MaxInFlight"),
                          .lost = number("MaxLost")};
  kWrites.set(bounds, 2 * std::max(number("MaxPuts"), number("MaxDeletes")));  // half are deletes
  kReads.set(bounds, 0);
  return bounds;
}

std::string Mapping::beginning(const State& state) const {
  return state == Model::fresh() ? "fresh" : "leftovers";
}

Mapping::State Mapping::begin(const std::string& beginning) const {
  return beginning == "fresh" ? Model::fresh() : Model::leftovers();
}

std::string Mapping::property(checker::Property property) const {
  const auto known = static_cast<model::catalog::Property>(property);
  // What the model decides in its stead.
  if (known == model::catalog::Property::moves_stay_possible) return "CanFinish";
  return to_string(known);
}

bool Mapping::is_fenced(const Value& answer) const {
  return crashsim::catalog::status_of(answer) == Status::fenced;
}

std::size_t Mapping::label_count(const Model& model) const {
  return model.operations().size() * (model.bounds().puts + model.bounds().deletes + 1);
}

std::string Mapping::label(const Model& model, std::size_t key) const {
  const std::size_t writes = model.bounds().puts + model.bounds().deletes;
  return label_of(model, model.operations()[key / (writes + 1)],
                  static_cast<Byte>(key % (writes + 1)));
}

std::optional<std::uint64_t> Mapping::durable(const Value& store) const {
  const auto abstract = abstracted(store);
  if (!abstract) return std::nullopt;
  return as_number(*abstract);
}

Value Mapping::tla(const Model& model, const State& state) const {
  Value processes = Value::array(), in_flight = Value::array();
  for (unsigned i = 0; i < model.bounds().processes; ++i) {
    processes.push_back(tla_process(state.process[i]));
  }
  for (unsigned i = 0; i < model.bounds().in_flight; ++i) {
    in_flight.push_back(tla_request(model, state.in_flight[i]));
  }
  const auto& used = state.used;
  return {{"store", {{"stash", tla_store(state.store[0])}, {"persist", tla_store(state.store[1])}}},
          {"process", processes},
          {"inFlight", in_flight},
          {"client", tla_client(state.client)},
          {"used",
           {{"starts", used.starts},
            {"crashes", used.crashes},
            {"inFlight", used.in_flight},
            {"lost", used.lost},
            {"puts", used.puts},
            {"deletes", used.deletes}}},
          {"broke", name(kBroke, state.broke)}};
}

std::vector<std::string> Mapping::graph_variables() const {
  return {"store.stash.tombstone", "store.persist.tombstone"};
}

crashsim::Look Mapping::look(const Model& model, const State& state) const {
  crashsim::Look look;
  const auto truth = model.truth(state);
  look.columns = {{"truth", truth ? name(kStoreNames, *truth) : "none"}};
  if (truth) look.truth = static_cast<std::size_t>(*truth);
  look.bad = !truth;
  return look;
}

}  // namespace cutover::catalog
