#include "properties/state_version/znode_mapping.h"

#include <fmt/format.h>

#include <array>

namespace cutover::state_version {
namespace {

namespace znode = model::state_version::znode;
using crashsim::Value;
using model::Byte;

constexpr std::array<const char*, 5> kAt = {"nowhere", "get", "upgrade", "wait", "change"};
constexpr std::array<const char*, 4> kPrograms = {"none", "old", "middle", "newest"};

const char* at_name(znode::At at) { return kAt[static_cast<std::size_t>(at)]; }

Value tla_node(const znode::Node& node) {
  return {{"version", node.version},
          {"labels", labels_in(node.changes)},
          {"limits", limits_in(node.changes)},
          {"written", node.written}};
}

std::uint64_t number_of(const znode::Node& node) {
  return std::uint64_t{node.version} << 16 | std::uint64_t{node.changes} << 8 | node.written;
}

}  // namespace

std::string ZnodeMapping::label(const Model&, std::size_t key) const {
  constexpr std::array<const char*, 5> kLabels = {"", "znode: get", "znode: set if", "",
                                                  "znode: set if"};
  return kLabels[key];
}

std::optional<std::uint64_t> ZnodeMapping::durable(const Value& store) const {
  znode::Node found{.written = store.at("written").get<Byte>()};
  if (store.at("state").is_null()) return number_of(found);
  const auto abstract = abstracted(store.at("state"));
  if (!abstract) return std::nullopt;
  found.version = abstract->version;
  found.changes = abstract->changes;
  return number_of(found);
}
std::uint64_t ZnodeMapping::durable(const State& state, std::size_t) const {
  return number_of(state.node);
}

Value ZnodeMapping::tla(const Model& model, const State& state) const {
  Value processes = Value::array(), in_flight = Value::array();
  for (unsigned i = 0; i < model.bounds().processes; ++i) {
    const znode::Process& of = state.process[i];
    processes.push_back({{"at", at_name(of.at)},
                         {"program", kPrograms[of.program]},
                         {"found", tla_node(of.found)},
                         {"change", of.change}});
  }
  for (unsigned i = 0; i < model.bounds().in_flight; ++i) {
    const znode::Request& of = state.in_flight[i];
    in_flight.push_back({{"at", at_name(of.at)},
                         {"version", of.version},
                         {"labels", labels_in(of.changes)},
                         {"limits", limits_in(of.changes)},
                         {"written", of.written}});
  }
  return {{"znode", tla_node(state.node)},
          {"process", processes},
          {"inFlight", in_flight},
          {"operators",
           {{"brought", state.brought},
            {"up", state.up},
            {"acked", {{"labels", labels_in(state.acked)}, {"limits", limits_in(state.acked)}}}}},
          {"used", tla_used(state.used)}};
}

crashsim::Look ZnodeMapping::look(const Model&, const State& state) const {
  crashsim::Look look;
  const Byte version = state.node.version;
  look.columns = {{"znode", version == 0 ? "none" : fmt::format("{}", version)}};
  return look;
}

}  // namespace cutover::state_version
