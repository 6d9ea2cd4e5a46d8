#include "properties/state_version/table_mapping.h"

#include <fmt/format.h>

#include <array>

namespace cutover::state_version {
namespace {

namespace table = model::state_version::table;
using crashsim::Value;
using model::Byte;
using table::At;

constexpr std::array<const char*, 11> kAt = {"nowhere", "version",   "column", "find",
                                             "convert", "advance",   "get",    "wait",
                                             "change",  "get again", "remove"};
constexpr std::array<const char*, 5> kPrograms = {"none", "old-b", "middle-a", "newest-b",
                                                  "remove"};
constexpr std::array<const char*, 4> kColumns = {"none", "timeout_ms", "limits", "retries"};
constexpr std::array<const char*, 3> kKeys = {"none", "a", "b"};

const char* at_name(At at) { return kAt[static_cast<std::size_t>(at)]; }

Value tla_row(const table::Row& row) {
  return {{"version", row.version},
          {"labels", labels_in(row.changes)},
          {"limits", limits_in(row.changes)}};
}

std::uint64_t number_of(const table::Table& of) {
  std::uint64_t number = of.version;
  for (const Byte each :
       {of.columns, of.row[0].version, of.row[0].changes, of.row[1].version, of.row[1].changes}) {
    number = number << 8 | each;
  }
  return number;
}

}  // namespace

std::size_t TableMapping::label_count(const Model&) const { return kAt.size(); }
std::string TableMapping::label(const Model&, std::size_t key) const {
  constexpr std::array<const char*, 11> kLabels = {"",           "version", "add column if missing",
                                                   "row before", "put if",  "set version if",
                                                   "get",        "",        "put if",
                                                   "get",        "delete b"};
  return *kLabels[key] == '\0' ? "" : fmt::format("table: {}", kLabels[key]);
}

std::optional<std::uint64_t> TableMapping::durable(const Value& store) const {
  table::Table found;
  if (store.at("versions").size() != 1) return std::nullopt;
  const auto version = number_of_version(store.at("versions")[0].get<std::string>());
  if (!version) return std::nullopt;
  found.version = *version;
  for (const Value& column : store.at("columns")) {
    const auto at = std::ranges::find(kColumns, column.get<std::string>());
    if (at == kColumns.end()) return std::nullopt;
    found.columns |= static_cast<Byte>(1u << (at - kColumns.begin() - 1));
  }
  for (const auto& [key, state] : store.at("rows").items()) {
    const auto abstract = abstracted(state);
    if (!abstract) return std::nullopt;
    found.row[key == "a" ? 0 : 1] = {abstract->version, abstract->changes};
  }
  return number_of(found);
}
std::uint64_t TableMapping::durable(const State& state, std::size_t) const {
  return number_of(state.table);
}

Value TableMapping::tla(const Model& model, const State& state) const {
  std::set<std::string> columns;
  Value processes = Value::array(), in_flight = Value::array();
  for (std::size_t i = 1; i < kColumns.size(); ++i) {
    if ((state.table.columns >> (i - 1) & 1) != 0) columns.insert(kColumns[i]);
  }
  for (unsigned i = 0; i < model.bounds().processes; ++i) {
    const table::Process& of = state.process[i];
    processes.push_back({{"at", at_name(of.at)},
                         {"program", kPrograms[of.program]},
                         {"found", of.found},
                         {"column", kColumns[of.column]},
                         {"key", kKeys[of.key]},
                         {"row", tla_row(of.row)},
                         {"change", of.change}});
  }
  for (unsigned i = 0; i < model.bounds().in_flight; ++i) {
    const table::Request& of = state.in_flight[i];
    const bool is_column = of.at == At::column;
    in_flight.push_back({{"at", at_name(of.at)},
                         {"version", of.version},
                         {"found", of.found},
                         {"column", kColumns[is_column ? of.which : 0]},
                         {"key", kKeys[is_column ? 0 : of.which]},
                         {"was", tla_row(of.was)},
                         {"becomes", tla_row(of.becomes)}});
  }
  const auto& [brought, up, acked, may_go, gone, unused] = state.operators;
  const auto acked_of = [](Byte changes) {
    return Value{{"labels", labels_in(changes)}, {"limits", limits_in(changes)}};
  };
  return {{"table",
           {{"version", state.table.version},
            {"columns", columns},
            {"rows", {{"a", tla_row(state.table.row[0])}, {"b", tla_row(state.table.row[1])}}}}},
          {"process", processes},
          {"inFlight", in_flight},
          {"operators",
           {{"brought", brought},
            {"up", up},
            {"acked", {{"a", acked_of(acked[0])}, {"b", acked_of(acked[1])}}},
            {"mayGo", may_go != 0},
            {"gone", gone != 0}}},
          {"used", tla_used(state.used)}};
}

crashsim::Look TableMapping::look(const Model&, const State& state) const {
  crashsim::Look look;
  look.columns = {{"table", fmt::format("{}", state.table.version)}};
  for (const std::size_t i : {0u, 1u}) {
    const table::Row& row = state.table.row[i];
    look.columns.push_back(
        {kKeys[i + 1], row.version == 0 ? "none" : fmt::format("{}", row.version)});
  }
  return look;
}

}  // namespace cutover::state_version
