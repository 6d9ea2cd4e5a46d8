#include "properties/catalog/mutant_stores.h"

#include <algorithm>
#include <utility>

#include "crashsim/world/schedule.h"
#include "impl/catalog/protocol.h"

namespace cutover::catalog::mutants {
namespace {

using crashsim::Value;
using crashsim::catalog::SimulatedMachine;

/// A store that leaves the check to its clients, and tells them its epoch.
Answer apply_trusting_clients(StoreState& state, const Request& request) {
  Answer answer = apply_unfenced(state, request);
  if (request.kind == Request::Kind::read_config && request.key == kEpochEntry) {
    answer.number = state.epoch.value;
  }
  return answer;
}

/// Keeps the epoch in memory only: a restart of the store (restart_forgetting()) forgets who was
/// fenced.
class ForgetfulMachine final : public SimulatedMachine {
 public:
  ForgetfulMachine() : SimulatedMachine(cutover::apply) {}

  Value save() const override {
    Value state = SimulatedMachine::save();
    state["durable_epoch"] = durable_.value;
    return state;
  }
  void load(const Value& state) override {
    SimulatedMachine::load(state);
    durable_ = state.contains("durable_epoch") ? Epoch{state["durable_epoch"]} : state_.epoch;
  }

 private:
  Epoch durable_{};
};

/// Counts its epoch up in two operations of the client, a read and a write: two openers may get the
/// same one.
Answer apply_set_epoch(StoreState& state, const Request& request) {
  Answer answer;
  if (request.kind == Request::Kind::open) {
    state.epoch = std::max(state.epoch, request.at_least);
    answer.epoch = request.at_least;
    return answer;
  }
  if (request.kind == Request::Kind::read_config && request.key == kEpochEntry) {
    answer.number = state.epoch.value;
    return answer;
  }
  return cutover::apply(state, request);
}

/// Takes any epoch that differs from its own for a newer one, and adopts it: an older process that
/// comes back fences the newer.
Answer apply_adopting(StoreState& state, const Request& request) {
  if (!request.read_only() && request.session) state.epoch = *request.session;
  return cutover::apply(state, request);
}

/// Answers reads of its config from a replica that lags two writes behind, though the fence was
/// placed through the leader.
class LaggingMachine final : public SimulatedMachine {
 public:
  LaggingMachine() : SimulatedMachine(cutover::apply) {}

  Answer apply(const Request& request) override {
    if (request.kind == Request::Kind::read_config) {
      const auto now = std::exchange(state_.config, older_);
      const Answer answer = SimulatedMachine::apply(request);
      state_.config = now;
      return answer;
    }
    const auto before = state_.config;
    const Answer answer = SimulatedMachine::apply(request);
    if (!request.read_only() && answer.status == Status::ok) older_ = std::exchange(old_, before);
    return answer;
  }
  Value save() const override {
    Value state = SimulatedMachine::save();
    state["replica"] = {old_, older_};
    return state;
  }
  void load(const Value& state) override {
    SimulatedMachine::load(state);
    old_ = older_ = state_.config;
    if (!state.contains("replica")) return;
    old_ = state["replica"][0].get<Config>();
    older_ = state["replica"][1].get<Config>();
  }

 private:
  using Config = std::map<std::string, std::uint64_t>;
  Config old_, older_;  // before the last write, and before the one before it
};

/// Fences by moving the data aside, then counting the epoch up and moving the data back. Who finds
/// the place empty takes the store for one that was never used, and moves the nothing that is there
/// aside, over what another had put there.
class StagingMachine final : public SimulatedMachine {
 public:
  StagingMachine() : SimulatedMachine(cutover::apply) {}

  Answer apply(const Request& request) override {
    if (request.transaction.config.contains(kStaged)) {
      staged_ = std::exchange(state_.contents, {});
      return {};
    }
    if (request.kind == Request::Kind::open && staged_)
      state_.contents = *std::exchange(staged_, std::nullopt);
    return SimulatedMachine::apply(request);
  }
  /// What is aside is not lost yet: the properties look at it.
  Value save() const override {
    if (!staged_) return SimulatedMachine::save();
    StoreState aside = state_;
    aside.contents = *staged_;
    Value state = crashsim::catalog::to_value(aside);
    state["in_place"] = SimulatedMachine::save()["contents"];
    return state;
  }
  void load(const Value& state) override {
    SimulatedMachine::load(state);
    staged_.reset();
    if (!state.contains("in_place")) return;
    staged_ = state_.contents;
    Value in_place = state;
    in_place["contents"] = state["in_place"];
    SimulatedMachine::load(in_place);
  }

 private:
  std::optional<Contents> staged_;
};

/// Keeps its config among the contents: a snapshot carries it along, and replacing the contents
/// replaces it. Harmless, as the search shows: a snapshot for persist is only taken while the
/// tombstone is down, so what a rollback's copy writes over the stash's is what its step 6 writes
/// anyway; the copy itself becomes the flip, as in the one-write form. Contents that were never
/// initialised have no place for it, and take it in when they are. (Shown to the properties as
/// config, so that clients do not see the tombstone.)
class ConfigInContentsMachine final : public SimulatedMachine {
 public:
  ConfigInContentsMachine() : SimulatedMachine(cutover::apply) {}

  Answer apply(const Request& request) override {
    if (is_fenced(state_, request)) return SimulatedMachine::apply(request);
    Request changed = request;
    if (auto& replace = changed.transaction.replace) {
      Contents contents = replace->contents();
      const auto carried = contents.entries.extract(kTombstone);
      const std::uint32_t format = contents.format;
      replace = std::move(contents);
      if (state_.contents.format != Contents::kNeverInitialised) state_.config.clear();
      if (carried) changed.transaction.config.emplace(kTombstone, is_set(format, carried.mapped()));
    }
    Answer answer = SimulatedMachine::apply(changed);
    const bool is_initialised = state_.contents.format != Contents::kNeverInitialised;
    if (request.kind == Request::Kind::snapshot && is_initialised &&
        state_.config.contains(kTombstone)) {
      Contents contents = answer.contents.contents();
      contents.entries[kTombstone] =
          encode_value(contents.format, kTombstone, state_.config[kTombstone] == 1 ? "1" : "0");
      answer.contents = std::move(contents);
    }
    return answer;
  }

 private:
  /// It is upgraded with the other contents.
  static bool is_set(std::uint32_t format, const std::string& stored) {
    return decode_value(format, kTombstone, stored) == "1";
  }
};

/// Takes its epoch from a config entry that is written to it.
Answer apply_taking_epoch(StoreState& state, const Request& request) {
  Request changed = request;
  const auto carried = changed.transaction.config.extract(kEpochEntry);
  Answer answer = cutover::apply(state, changed);
  if (carried && answer.status == Status::ok) {
    state.epoch = answer.epoch = Epoch{carried.mapped()};
  }
  return answer;
}

}  // namespace

Machine unfenced() { return std::make_unique<SimulatedMachine>(apply_unfenced); }

Machine trusting() { return std::make_unique<SimulatedMachine>(apply_trusting_clients); }

crashsim::StoreEvent restart_forgetting(Which store) {
  const auto results = [](const Value& state) {
    Value restarted = state;
    if (state.contains("durable_epoch")) restarted["epoch"] = state["durable_epoch"];
    return std::vector<crashsim::StoreEvent::Result>{{"ok", restarted}};
  };
  return {static_cast<std::size_t>(store), crashsim::kRestart, results};
}

Machine forgetful() { return std::make_unique<ForgetfulMachine>(); }

Machine settable() { return std::make_unique<SimulatedMachine>(apply_set_epoch); }

Machine adopting() { return std::make_unique<SimulatedMachine>(apply_adopting); }

Machine lagging() { return std::make_unique<LaggingMachine>(); }

Machine staging() { return std::make_unique<StagingMachine>(); }

Machine config_in_contents() { return std::make_unique<ConfigInContentsMachine>(); }

Machine epoch_setting() { return std::make_unique<SimulatedMachine>(apply_taking_epoch); }

}  // namespace cutover::catalog::mutants
