#include "properties/online/shadow_mapping.h"

#include <fmt/format.h>

#include <array>

#include "impl/online/record.h"
#include "properties/online/bounds.h"
#include "properties/online/clocks.h"
#include "properties/online/constants.h"

namespace cutover::online {
namespace {

namespace shadow = model::online::shadow;
using crashsim::Value;
using model::Byte;
using shadow::At;
using shadow::Time;

/// A step's name in TLA+, and its label; `store` stands for that of the request.
struct Step {
  const char *name, *label;
};
constexpr std::array<Step, shadow::kAts> kSteps = {{
    {"nowhere", ""},
    {"open", "target: open session"},
    {"get", "record: get"},
    {"join", "target: join"},
    {"lease", "record: lease"},
    {"record first", "record: finish"},
    {"scan", "source: read page"},
    {"copy", "target: write"},
    {"finish", "record: finish"},
    {"leave", "target: leave"},
    {"drain", "target: drain"},
    {"page of target", "target: read page"},
    {"page of source", "source: read page"},
    {"repair", "target: write"},
    {"ask", "record: get"},
    {"remove", "target: write"},
    {"finish comparison", "record: finish comparison"},
    {"advance", "record: advance"},
    {"get back", "record: get"},
    {"go back", "record: go back"},
    {"learn", "record: get"},
    {"wait", ""},
    {"write", "{}: write"},
    {"write shadow", "{}: write"},
    {"confirm", "record: get"},
    {"read", "{}: read"},
    {"confirm read", "record: get"},
}};
constexpr std::array<const char*, 4> kPrograms = {"none", "move", "back", "application"};
constexpr std::array<const char*, 4> kStores = {"none", "source", "target", "record"};
constexpr std::array<const char*, 4> kKeys = {"", "a", "b", "c"};
// Of World::events: those of sessions come first.
constexpr std::size_t kEndsSession = 0, kCompaction = 1;

const char* at_name(At at) { return kSteps[static_cast<std::size_t>(at)].name; }
std::string phase_name(shadow::Phase phase) {
  return to_string(static_cast<Phase>(static_cast<int>(phase)));
}

/// Nothing where the model has no such time.
std::optional<Time> time_of(WriteTime written) {
  if (written == 0) return Time{0};
  if (written == kLongAgo) return shadow::kLongAgo;
  if (written == kLately) return shadow::kLately;
  if (written >= kBackfill && written < kBackfill + 9) {
    return shadow::time_of_lease(static_cast<Byte>(written - kBackfill));
  }
  for (Byte number = 1; number <= shadow::kMostRequests; ++number) {
    for (const auto& [kind, later] :
         {std::pair(shadow::Kind::put, WriteTime{0}), std::pair(shadow::Kind::insert, kInsert),
          std::pair(shadow::Kind::deletion, kDeletion)}) {
      const WriteTime attempt = written - time_of_request(number, later);
      if (attempt < 0 || attempt >= shadow::kMostAttempts) continue;
      return shadow::time_of(kind, number, static_cast<Byte>(attempt));
    }
  }
  return std::nullopt;
}

std::optional<Byte> value_in(const Cell& cell) {
  if (cell.is_marker()) return Byte{0};
  if (cell.value == kOldValue) return shadow::kOld;
  for (Byte number = 1; number <= shadow::kMostRequests; ++number) {
    if (cell.value == value_of_request(number)) return shadow::value_of(number);
  }
  return std::nullopt;
}

std::optional<shadow::Row> row_of(const Row& stored) {
  shadow::Row row;
  const auto deleted = time_of(stored.deleted);
  if (!deleted) return std::nullopt;
  row.deleted = *deleted;
  for (const auto& [name, column] : stored.columns) {
    if (column.deleted != 0 || column.elements.size() != 1) return std::nullopt;
    const Cell& cell = column.elements.begin()->second;
    const auto written = time_of(cell.written);
    if (!written) return std::nullopt;
    const auto value = value_in(cell);
    if (!value) return std::nullopt;
    // The second column of a row is written when the first one is.
    const bool is_first = row.written == 0;
    if (!is_first && (row.written != *written || row.value != *value)) return std::nullopt;
    row.written = *written;
    row.value = *value;
  }
  return row;
}

std::optional<shadow::Rows> rows_of(const Value& stored) {
  shadow::Rows rows;
  for (const auto& [key, row] : stored.get<Rows>()) {
    const auto at = std::ranges::find(kKeys, key);
    const auto abstract = row_of(row);
    if (at == kKeys.end() || at == kKeys.begin() || !abstract) return std::nullopt;
    rows[static_cast<std::size_t>(at - kKeys.begin() - 1)] = *abstract;
  }
  return rows;
}

std::uint64_t number_of(const shadow::Rows& rows, const shadow::Sessions& sessions) {
  std::uint64_t number = 0;
  const auto add = [&](Byte byte, unsigned bits) { number = number << bits | byte; };
  for (const shadow::Row& row : rows) {
    add(row.deleted, 7);
    add(row.written, 7);
    add(row.value, 3);
  }
  add(sessions.opened, 3);
  add(sessions.open, 4);
  add(sessions.workers, 4);
  return number;
}

std::uint64_t number_of(const shadow::Record& record) {
  std::uint64_t number = static_cast<Byte>(record.phase);
  for (const Byte byte : {record.turn, record.compared, record.leases, record.range[0].lease,
                          record.range[0].done, record.range[1].lease, record.range[1].done}) {
    number = number << 8 | byte;
  }
  return number;
}

Byte bits_of(const Value& sessions) {
  Byte bits = 0;
  for (const Value& session : sessions) {
    bits |= static_cast<Byte>(1u << (session.get<unsigned>() - 1));
  }
  return bits;
}

Value sessions_in(Byte bits) {
  Value sessions = Value::array();
  for (unsigned session = 1; bits != 0; ++session, bits >>= 1) {
    if ((bits & 1) != 0) sessions.push_back(session);
  }
  return sessions;
}

Value tla_row(const shadow::Row& row) {
  return {{"deleted", row.deleted}, {"written", row.written}, {"value", row.value}};
}
Value tla_rows(const shadow::Rows& rows) {
  return Value::array({tla_row(rows[0]), tla_row(rows[1]), tla_row(rows[2])});
}
Value tla_page(const shadow::Page& page) {
  return {{"key", page.key}, {"row", tla_row(page.row)}, {"next", page.next}};
}

Value tla_acknowledged(const shadow::Clients& clients, shadow::Kind kind, unsigned most) {
  Value attempts = Value::array();
  for (unsigned i = 0; i < most; ++i) {
    attempts.push_back(clients.acked[static_cast<std::size_t>(kind)][i]);
  }
  return attempts;
}

std::string text_of(const shadow::Rows& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const shadow::Row& row = rows[i];
    if (row == shadow::Row{}) continue;
    const std::string value = row.value == 0              ? "gone"
                              : row.value == shadow::kOld ? "old"
                                                          : fmt::format("{}", row.value - 1);
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", kKeys[i + 1], value);
  }
  return text;
}

}  // namespace

std::string ShadowMapping::impossible(const crashsim::Bounds& bounds) const {
  if (bounds.starts > shadow::kMostStarts) return "the model has at most 4 starts";
  for (const auto& bound : {kDeletes, kInserts}) {
    if (bound.of(bounds) > shadow::kMostRequests) return "the model has at most 4 " + bound.name;
  }
  return beyond_models(bounds);
}

ShadowMapping::Model ShadowMapping::model(const crashsim::Bounds& of, bool interchangeable) const {
  const shadow::Bounds bounds = {of.processes,       of.starts,       of.crashes,
                                 of.in_flight,       of.lost,         kPuts.of(of),
                                 kInserts.of(of),    kDeletes.of(of), crashsim::kReads.of(of),
                                 kCompactions.of(of)};
  return {bounds, flaw, begins, interchangeable};
}

crashsim::Bounds ShadowMapping::bounds(const Constants& constants) const {
  return bounds_by_constants(constants);
}

std::string ShadowMapping::property(checker::Property number) const {
  constexpr std::array<const char*, 9> kNames = {"",          "PhasesAdjacent",   "DoneIsDone",
                                                 "NewerWins", "NoLostWrite",      "NoResurrection",
                                                 "CanGoBack", "OneSourceOfTruth", "CanFinish"};
  return kNames.at(number);
}

std::size_t ShadowMapping::program(const Action& action) const {
  const bool is_without_back = begins != Phase::verified && action.program == 3;
  return is_without_back ? 1 : action.program - 1u;
}

std::optional<std::size_t> ShadowMapping::input(const Action& action) const {
  switch (action.name) {
    case Name::Put: return 0;
    case Name::Delete: return 1;
    case Name::Insert: return 2;
    case Name::Read: return 3;
    default: return std::nullopt;
  }
}

std::optional<std::size_t> ShadowMapping::event(const Action& action) const {
  if (action.name == Name::EndsSession) return kEndsSession;
  if (action.name == Name::Compaction) return kCompaction;
  return std::nullopt;
}

crashsim::Choice ShadowMapping::event_choice(const State& before, const Action& action) const {
  if (action.name == Name::Compaction) return {"source", "compaction", ""};
  const bool is_held = std::ranges::any_of(
      before.process, [&](const auto& each) { return each.session == action.who; });
  return {"target", fmt::format("ends session {} of target", action.who),
          is_held ? crashsim::kTooEarly : "ok"};
}

std::size_t ShadowMapping::label_key(const Model&, const State& state, const Action& action) const {
  const shadow::Request request = action.name == Name::Land
                                      ? state.in_flight[action.who]
                                      : Model::request_of(state.process[action.who]);
  const bool is_of_source = request.store == shadow::Store::source;
  return 2 * static_cast<std::size_t>(request.at) + (is_of_source ? 1 : 0);
}
std::string ShadowMapping::label(const Model&, std::size_t key) const {
  const std::string label = kSteps.at(key / 2).label;
  return label.starts_with("{}") ? (key % 2 == 1 ? "source" : "target") + label.substr(2) : label;
}

std::optional<std::uint64_t> ShadowMapping::durable(const Value& store) const {
  if (store.contains("phase")) {
    const auto record = store.get<Record>();
    if (record.plan.size() != 2) return std::nullopt;
    shadow::Record made;
    const auto byte = [](int number) { return static_cast<Byte>(number); };
    made.phase = static_cast<shadow::Phase>(static_cast<int>(record.phase));
    made.turn = byte(record.turn);
    made.compared = byte(record.compared + 1);
    made.leases = byte(record.leases);
    for (const std::size_t i : {0u, 1u}) {
      made.range[i] = {byte(record.plan[i].lease), byte(record.plan[i].done ? 1 : 0)};
    }
    return number_of(made);
  }
  shadow::Sessions sessions;
  const bool is_target = store.contains("opened");
  const Value& cluster = is_target ? store.at("value") : store;
  if (is_target) {
    sessions = {store.at("opened").get<Byte>(), bits_of(store.at("open")),
                bits_of(cluster.at("workers"))};
  }
  const auto rows = rows_of(cluster.at("rows"));
  return rows ? std::optional(number_of(*rows, sessions)) : std::nullopt;
}
std::uint64_t ShadowMapping::durable(const State& state, std::size_t store) const {
  if (store == 0) return number_of(state.record);
  if (store == 1) return number_of(state.source, {});
  return number_of(state.target, state.sessions);
}

Value ShadowMapping::tla(const Model& model, const State& state) const {
  Value processes = Value::array(), in_flight = Value::array(), ranges = Value::array();
  const shadow::Bounds& bounds = model.bounds();
  for (unsigned i = 0; i < bounds.processes; ++i) {
    const shadow::Process& of = state.process[i];
    processes.push_back({{"at", at_name(of.at)},
                         {"program", kPrograms[of.program]},
                         {"session", of.session},
                         {"phase", phase_name(of.phase)},
                         {"turn", of.turn},
                         {"lease", of.lease},
                         {"range", of.range},
                         {"from", of.from},
                         {"lost", of.lost != 0},
                         {"here", tla_page(of.here)},
                         {"there", tla_page(of.there)},
                         {"copied", of.copied},
                         {"time", of.time},
                         {"asked", of.asked}});
  }
  for (unsigned i = 0; i < bounds.in_flight; ++i) {
    const shadow::Request& of = state.in_flight[i];
    in_flight.push_back({{"at", at_name(of.at)},
                         {"store", kStores[static_cast<std::size_t>(of.store)]},
                         {"session", of.session},
                         {"key", of.key},
                         {"row", tla_row(of.row)},
                         {"number", of.number},
                         {"range", of.range}});
  }
  for (const shadow::Range& each : state.record.range) {
    ranges.push_back({{"lease", each.lease}, {"done", each.done != 0}});
  }
  const shadow::Clients& clients = state.clients;
  Value used = tla_used(state.used);
  used["compactions"] = state.compactions;
  Value copied = Value::array();
  for (const auto& [time, value] : clients.copied) {
    copied.push_back({{"time", time}, {"value", value}});
  }
  return {{"record",
           {{"phase", phase_name(state.record.phase)},
            {"turn", state.record.turn},
            {"compared", state.record.compared},
            {"leases", state.record.leases},
            {"ranges", ranges}}},
          {"source", tla_rows(state.source)},
          {"target", tla_rows(state.target)},
          {"sessions",
           {{"opened", state.sessions.opened},
            {"open", sessions_in(state.sessions.open)},
            {"workers", sessions_in(state.sessions.workers)}}},
          {"process", processes},
          {"inFlight", in_flight},
          {"clients",
           {{"puts", clients.puts},
            {"inserts", clients.inserts},
            {"deletes", clients.deletes},
            {"reads", clients.reads},
            {"acked",
             {{"put", tla_acknowledged(clients, shadow::Kind::put, bounds.puts)},
              {"insert", tla_acknowledged(clients, shadow::Kind::insert, bounds.inserts)},
              {"deletion", tla_acknowledged(clients, shadow::Kind::deletion, bounds.deletes)}}},
            {"inTarget", clients.in_target},
            {"deletion", clients.deletion},
            {"staleRead", clients.stale_read != 0},
            {"copied", copied}}},
          {"used", used}};
}

crashsim::Look ShadowMapping::look(const Model&, const State& state) const {
  crashsim::Look look;
  look.columns = {{"phase", phase_name(state.record.phase)},
                  {"source", text_of(state.source)},
                  {"target", text_of(state.target)}};
  return look;
}

}  // namespace cutover::online
