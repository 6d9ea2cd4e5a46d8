#include "properties/catalog/properties.h"

#include <fmt/format.h>

#include <algorithm>

#include "impl/catalog/contents.h"

namespace cutover::catalog {
namespace {

using crashsim::Bounds;
using crashsim::Judgement;
using crashsim::Value;
using crashsim::catalog::kStoreNames;
using Stores = std::span<const Value* const>;

enum Property : std::size_t {
  kOneSourceOfTruth,
  kNoLostWrite,
  kNoResurrection,
  kServeOnlyTruth,
  kFencedNeverSucceeds,
  kEpochMonotone,
  kCanFinish,
};
constexpr std::array<const char*, 7> kPropertyNames = {
    "OneSourceOfTruth",    "NoLostWrite",   "NoResurrection", "ServeOnlyTruth",
    "FencedNeverSucceeds", "EpochMonotone", "CanFinish"};

enum WitnessBit : unsigned {
  kTruthMoved,
  kTruthMovedBack,
  kPutMoved,
  kDeleteMoved,
  kUnansweredHeld,
  kStashServed,
  kPersistServed,
  kFencedBelievedToServe,
  kRejected,
  kAcknowledgedOnOther,
  kRead,
};

constexpr std::uint64_t bit(WitnessBit witness) { return 1ull << witness; }

constexpr const char* kKeys = "keys";
constexpr const char* kAcked = "acked";
constexpr const char* kMaybe = "maybe";
constexpr const char* kOn = "on";  ///< of a key: where its last write was acknowledged
constexpr const char* kIssued = "issued";
constexpr const char* kAckedEpoch = "acked_epoch";
constexpr const char* kAckedOn = "acked_on";

std::optional<bool> tombstone_of(const Value& store) {
  const auto at = store["config"].find(kTombstone);
  if (at == store["config"].end()) return std::nullopt;
  return *at != 0;
}

std::optional<Which> truth_of(Truth truth, Stores stores) {
  return truth(tombstone_of(*stores[0]), tombstone_of(*stores[1]));
}

Entries seen_by_clients(const Value& store) {
  return decode(crashsim::catalog::state_from(store).contents);
}

Value held(const Entries& entries, const std::string& key) {
  const auto at = entries.find(key);
  return at == entries.end() ? Value(nullptr) : Value(at->second);
}

/// What clients know of the key; if they never heard of it, that it is not there.
Value& known_of(Value& memory, const Value& key) {
  Value& known = memory[kKeys][key.get_ref<const std::string&>()];
  if (known.is_null()) known = {{kAcked, nullptr}, {kMaybe, Value::array()}};
  return known;
}

bool is_possible(const Value& maybe, const Value& value) {
  return std::ranges::any_of(maybe, [&](const Value& request) { return request[0] == value; });
}

/// Is `value` (null: absent) something that clients may find under a key of which they know this?
std::optional<Property> judge_key(const Value& known, const Value& value) {
  if (value == known[kAcked] || is_possible(known[kMaybe], value)) return std::nullopt;
  return known[kAcked].is_null() ? kNoResurrection : kNoLostWrite;
}

class CatalogMonitor final : public crashsim::Monitor {
 public:
  explicit CatalogMonitor(Truth truth) : truth_(truth) {}

  Judgement observe(Value& memory, const Value& event) const override {
    const std::string& what = event[0].get_ref<const std::string&>();
    if (what == "opened") return issue(memory, event[1], event[2]);
    if (what == "used") return use(memory, event);
    if (what == "rejected") return {{}, bit(kRejected)};
    if (what == "invoked") return invoke(memory, event);
    return reply(memory, event);
  }

  Judgement judge(Stores stores, const Value& memory) const override {
    const auto truth = truth_of(truth_, stores);
    if (!truth) return {kOneSourceOfTruth, 0};
    const Entries entries = seen_by_clients(*stores[static_cast<std::size_t>(*truth)]);
    Judgement judgement;
    judgement.witnesses = seen(*truth, entries, memory);
    for (const auto& [key, known] : memory[kKeys].items()) {
      if (const auto violated = judge_key(known, held(entries, key))) {
        judgement.violated =
            std::min<std::size_t>(*violated, judgement.violated.value_or(*violated));
      }
    }
    for (const auto& [key, value] : entries) {
      if (!memory[kKeys].contains(key)) judgement.violated = kNoLostWrite;
    }
    return judgement;
  }

  Judgement judge_process(Stores stores, const Value& status) const override {
    const bool persist = status["serving"] == kStoreNames[1];
    if ((*stores[persist])["epoch"] != status["epoch"]) return {{}, bit(kFencedBelievedToServe)};
    const auto truth = truth_of(truth_, stores);
    if (truth && static_cast<bool>(*truth) != persist) return {kServeOnlyTruth, 0};
    return {{}, bit(persist ? kPersistServed : kStashServed)};
  }

  bool reached(std::size_t program, Stores stores, const Value& status, bool) const override {
    const std::size_t wanted = program == 0 ? 1 : 0;
    return !status.is_null() && status["serving"] == kStoreNames[wanted] &&
           status["epoch"] == (*stores[wanted])["epoch"];
  }

 private:
  static Judgement issue(Value& memory, const Value& store, const Value& epoch) {
    Value& issued = memory[kIssued][store.get_ref<const std::string&>()];
    if (epoch <= issued) return {kEpochMonotone, 0};
    issued = epoch;
    return {};
  }

  static Judgement use(Value& memory, const Value& event) {
    const Value &store = event[1], &session = event[2], &after = event[3];
    if (session < memory[kIssued][store.get_ref<const std::string&>()])
      return {kFencedNeverSucceeds, 0};
    if (after != session) return issue(memory, store, after);
    return {};
  }

  /// An entry a request, [value, number], also where the values are equal: that one request was
  /// certainly not written says nothing of another. Sorted: their order makes no difference.
  static Judgement invoke(Value& memory, const Value& event) {
    Value& maybe = known_of(memory, event[2])[kMaybe];
    maybe.push_back(Value::array({event[3], event[4]}));
    std::sort(maybe.begin(), maybe.end());
    return {};
  }

  static Judgement reply(Value& memory, const Value& event) {
    const Value &kind = event[1], &value = event[3], &status = event[4], &store = event[5],
                &epoch = event[6];
    Value& known = known_of(memory, event[2]);
    if (status == "fenced" && kind != "get") {  // it was certainly not written
      Value& maybe = known[kMaybe];
      const auto at = std::ranges::find(maybe, Value::array({value, event[7]}));
      if (at != maybe.end()) maybe.erase(at);
    }
    if (status == "damaged") return {kNoLostWrite, 0};
    if (status != "ok") return {};
    Judgement judgement;
    if (kind == "get") {
      judgement.witnesses |= bit(kRead);
      if (const auto violated = judge_key(known, value)) judgement.violated = *violated;
    } else {
      known = {{kAcked, value}, {kMaybe, Value::array()}, {kOn, store}};
    }
    if (!judgement.violated && epoch < memory[kAckedEpoch]) judgement.violated = kEpochMonotone;
    if (!memory[kAckedOn].is_null() && memory[kAckedOn] != store) {
      judgement.witnesses |= bit(kAcknowledgedOnOther);
    }
    memory[kAckedEpoch] = epoch;
    memory[kAckedOn] = store;
    return judgement;
  }

  static std::uint64_t seen(Which truth, const Entries& entries, const Value& memory) {
    const std::string name = kStoreNames[static_cast<std::size_t>(truth)];
    std::uint64_t seen = truth == Which::persist ? bit(kTruthMoved) : 0;
    if (truth == Which::stash && memory[kAckedOn] == kStoreNames[1]) seen |= bit(kTruthMovedBack);
    for (const auto& [key, known] : memory[kKeys].items()) {
      const Value value = held(entries, key);
      if (value != known[kAcked]) {
        seen |= bit(kUnansweredHeld);
      } else if (known.contains(kOn) && known[kOn] != name && known[kMaybe].empty()) {
        seen |= bit(value.is_null() ? kDeleteMoved : kPutMoved);
      }
    }
    return seen;
  }

  Truth truth_;
};

}  // namespace

std::optional<Which> truth_by_single_tombstone(std::optional<bool> stash, std::optional<bool>) {
  return stash == true ? Which::persist : Which::stash;
}

std::optional<Which> truth_by_two_tombstones(std::optional<bool> stash,
                                             std::optional<bool> persist) {
  if (!stash || !persist) return Which::stash;
  return *persist ? Which::stash : Which::persist;
}

std::optional<Which> truth_by_first_draft(std::optional<bool> stash, std::optional<bool> persist) {
  if (stash == true && persist == true) return std::nullopt;
  return stash == true && persist == false ? Which::persist : Which::stash;
}

std::vector<std::string> property_names() { return {kPropertyNames.begin(), kPropertyNames.end()}; }
std::size_t can_finish_index() { return kCanFinish; }

std::vector<crashsim::Witness> witnesses() {
  const auto any = [](const Bounds& b) { return b.starts > 0; };
  const auto written = [](const Bounds& b) { return b.starts > 1 && kWrites.of(b) > 0; };
  const auto deleted = [](const Bounds& b) { return b.starts > 1 && kWrites.of(b) > 1; };
  const auto contended = [](const Bounds& b) { return b.starts > 1 && b.processes > 1; };
  const auto unanswered = [](const Bounds& b) {
    return kWrites.of(b) > 0 && b.crashes + b.lost > 0;
  };
  const auto read = [](const Bounds& b) { return kReads.of(b) > 0; };
  return {{"OneSourceOfTruth: persist became the truth", any},
          {"OneSourceOfTruth: the stash became the truth again", written},
          {"NoLostWrite: a put acknowledged on one store, held by the other", written},
          {"NoResurrection: a delete acknowledged on one store, respected by the other", deleted},
          {"NoLostWrite: an unacknowledged write is held", unanswered},
          {"ServeOnlyTruth: the stash was served", any},
          {"ServeOnlyTruth: persist was served", any},
          {"ServeOnlyTruth: a fenced process believed that it served", contended},
          {"FencedNeverSucceeds: a fenced request was rejected", contended},
          {"EpochMonotone: clients were acknowledged on one store, then on the other", deleted},
          {"NoLostWrite: a client read", read}};
}

std::shared_ptr<const crashsim::Monitor> make_monitor(Truth truth) {
  return std::make_shared<CatalogMonitor>(truth);
}

Value initial_memory(const std::map<std::string, std::optional<std::string>>& acknowledged,
                     Epoch stash, Epoch persist, Epoch served) {
  Value keys = Value::object();
  for (const auto& [key, value] : acknowledged) {
    keys[key] = {{kAcked, value ? Value(*value) : Value(nullptr)}, {kMaybe, Value::array()}};
  }
  return {{kKeys, keys},
          {kIssued, {{kStoreNames[0], stash.value}, {kStoreNames[1], persist.value}}},
          {kAckedEpoch, served.value},
          {kAckedOn, nullptr}};
}

std::vector<std::pair<std::string, std::string>> describe(Truth truth, Stores stores) {
  std::vector<std::pair<std::string, std::string>> columns;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    const auto tombstone = tombstone_of(*stores[i]);
    std::string text = fmt::format("e{} {}", (*stores[i])["epoch"].get<std::uint64_t>(),
                                   !tombstone   ? "-"
                                   : *tombstone ? "T"
                                                : "f");
    for (const auto& [key, value] : seen_by_clients(*stores[i])) {
      text += fmt::format(" {}={}", key, value);
    }
    columns.emplace_back(kStoreNames[i], text);
  }
  const auto named = truth_of(truth, stores);
  columns.emplace_back("truth", named ? kStoreNames[static_cast<std::size_t>(*named)] : "none");
  return columns;
}

}  // namespace cutover::catalog
