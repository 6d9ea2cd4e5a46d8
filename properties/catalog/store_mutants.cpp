// Stores, and ways to reach them, with one flaw each, under the unchanged single tombstone.
#include <algorithm>
#include <utility>

#include "impl/catalog/single_tombstone.h"
#include "properties/catalog/mutants.h"

namespace cutover::catalog {
namespace {

using crashsim::Value;
using crashsim::catalog::CatalogMachine;
using crashsim::catalog::SimulatedMachine;

/// The fence is not checked at all.
std::unique_ptr<CatalogMachine> unfenced() {
  return std::make_unique<SimulatedMachine>(apply_unfenced);
}

/// A store that leaves the check to its clients, and tells them its epoch.
Answer apply_trusting_clients(StoreState& state, const Request& request) {
  Answer answer = apply_unfenced(state, request);
  if (request.kind == Request::Kind::read_config && request.key == kEpochEntry) {
    answer.number = state.epoch.value;
  }
  return answer;
}

std::unique_ptr<CatalogMachine> trusting() {
  return std::make_unique<SimulatedMachine>(apply_trusting_clients);
}

/// The client compares its epoch with the store's, then sends the request: between the two, another
/// may open the store.
class CheckThenAct final : public Store {
 public:
  explicit CheckThenAct(std::unique_ptr<Store> store)
      : Store(store->name()), store_(std::move(store)) {}

  awaitable<Answer> perform(Request request) override {
    if (request.session) {
      const auto epoch = co_await peek_config(*store_, kEpochEntry);
      if (epoch != request.session->value) {
        Answer fenced;
        fenced.status = Status::fenced;
        co_return fenced;
      }
    }
    co_return co_await store_->perform(std::move(request));
  }

 private:
  std::unique_ptr<Store> store_;
};

std::unique_ptr<Store> check_then_act(std::unique_ptr<Store> store) {
  return std::make_unique<CheckThenAct>(std::move(store));
}

/// Keeps the epoch in memory only: a restart of the store forgets who was fenced.
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
  void restart() override { state_.epoch = durable_; }

 private:
  Epoch durable_{};
};

std::unique_ptr<CatalogMachine> forgetful() { return std::make_unique<ForgetfulMachine>(); }

/// Sends a request again, in the same session, when its answer was lost: the first one may still be
/// under way, and nothing fences it.
class RetryInSession final : public Store {
 public:
  explicit RetryInSession(std::unique_ptr<Store> store)
      : Store(store->name()), store_(std::move(store)) {}

  awaitable<Answer> perform(Request request) override {
    while (true) {
      const Answer answer = co_await store_->perform(request);
      if (answer.status != Status::ambiguous) co_return answer;
    }
  }

 private:
  std::unique_ptr<Store> store_;
};

std::unique_ptr<Store> retry_in_session(std::unique_ptr<Store> store) {
  return std::make_unique<RetryInSession>(std::move(store));
}

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

std::unique_ptr<CatalogMachine> settable() {
  return std::make_unique<SimulatedMachine>(apply_set_epoch);
}

class ReadThenBump final : public Store {
 public:
  explicit ReadThenBump(std::unique_ptr<Store> store)
      : Store(store->name()), store_(std::move(store)) {}

  awaitable<Answer> perform(Request request) override {
    if (request.kind == Request::Kind::open) {
      const auto epoch = co_await peek_config(*store_, kEpochEntry);
      request.at_least = std::max(request.at_least, above(Epoch{*epoch}));
    }
    co_return co_await store_->perform(std::move(request));
  }

 private:
  std::unique_ptr<Store> store_;
};

std::unique_ptr<Store> read_then_bump(std::unique_ptr<Store> store) {
  return std::make_unique<ReadThenBump>(std::move(store));
}

/// Takes any epoch that differs from its own for a newer one, and adopts it: an older process that
/// comes back fences the newer.
Answer apply_adopting(StoreState& state, const Request& request) {
  if (!request.read_only() && request.session) state.epoch = *request.session;
  return cutover::apply(state, request);
}

std::unique_ptr<CatalogMachine> adopting() {
  return std::make_unique<SimulatedMachine>(apply_adopting);
}

/// A fenced process takes the rejection for a lost race of its own open: it counts its epoch up in
/// memory and tries again, under an epoch that was never given to it.
class RetryWithNextEpoch final : public Store {
 public:
  explicit RetryWithNextEpoch(std::unique_ptr<Store> store)
      : Store(store->name()), store_(std::move(store)) {}

  awaitable<Answer> perform(Request request) override {
    Answer answer = co_await store_->perform(request);
    if (answer.status == Status::fenced) {
      request.session = above(*request.session);
      answer = co_await store_->perform(std::move(request));
    }
    co_return answer;
  }

 private:
  std::unique_ptr<Store> store_;
};

std::unique_ptr<Store> retry_with_next_epoch(std::unique_ptr<Store> store) {
  return std::make_unique<RetryWithNextEpoch>(std::move(store));
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

std::unique_ptr<CatalogMachine> lagging() { return std::make_unique<LaggingMachine>(); }

/// Fences by moving the data aside, then counting the epoch up and moving the data back. Who finds
/// the place empty takes the store for one that was never used, and moves the nothing that is there
/// aside, over what another had put there.
constexpr const char* kStaged = "staged";

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

std::unique_ptr<CatalogMachine> staging() { return std::make_unique<StagingMachine>(); }

class StagedOpen final : public Store {
 public:
  explicit StagedOpen(std::unique_ptr<Store> store)
      : Store(store->name()), store_(std::move(store)) {}

  awaitable<Answer> perform(Request request) override {
    if (request.kind == Request::Kind::open && name() == "stash") {
      Request stage;
      stage.kind = Request::Kind::commit;
      stage.transaction.config[kStaged] = 1;
      const Answer staged = co_await store_->perform(std::move(stage));
      if (staged.status != Status::ok) co_return staged;
    }
    co_return co_await store_->perform(std::move(request));
  }

 private:
  std::unique_ptr<Store> store_;
};

std::unique_ptr<Store> staged_open(std::unique_ptr<Store> store) {
  return std::make_unique<StagedOpen>(std::move(store));
}

/// Keeps its config among the contents: a snapshot carries it along, and replacing the contents
/// replaces it. Harmless, as the search shows: a snapshot for persist is only taken while the
/// tombstone is down, so what a rollback's copy writes over the stash's is what its step 6 writes
/// anyway; the copy itself becomes the flip, as in the one-write form. Contents that
/// were never initialised have no place for it. (Shown to the properties as config, so that clients
/// do not see the tombstone.)
class ConfigInContentsMachine final : public SimulatedMachine {
 public:
  ConfigInContentsMachine() : SimulatedMachine(cutover::apply) {}

  Answer apply(const Request& request) override {
    if (is_fenced(state_, request)) return SimulatedMachine::apply(request);
    Request changed = request;
    if (auto& replace = changed.transaction.replace) {
      Contents contents = replace->contents();
      const auto carried = contents.entries.extract(kTombstone);
      replace = std::move(contents);
      state_.config.clear();
      if (carried) changed.transaction.config.emplace(kTombstone, carried.mapped() == "1" ? 1 : 0);
    }
    Answer answer = SimulatedMachine::apply(changed);
    const bool is_initialised = state_.contents.format != Contents::kNeverInitialised;
    if (request.kind == Request::Kind::snapshot && is_initialised &&
        state_.config.contains(kTombstone)) {
      Contents contents = answer.contents.contents();
      contents.entries[kTombstone] = state_.config[kTombstone] == 1 ? "1" : "0";
      answer.contents = std::move(contents);
    }
    return answer;
  }
};

std::unique_ptr<CatalogMachine> config_in_contents() {
  return std::make_unique<ConfigInContentsMachine>();
}

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

std::unique_ptr<CatalogMachine> make_epoch_setting_store() {
  return std::make_unique<SimulatedMachine>(apply_taking_epoch);
}

std::vector<Mutant> store_mutants() {
  const std::string of = "single-tombstone";
  const Protocol& right = kSingleTombstone;
  return {
      {of, "stash-not-fenced", "FencedNeverSucceeds",
       "the stash does not check the session's epoch", Parts{.protocol = right, .stash = unfenced},
       ""},
      {of, "persist-not-fenced", "FencedNeverSucceeds",
       "persist does not check the session's epoch", Parts{.protocol = right, .persist = unfenced},
       ""},
      {of, "client-checks-fence", "FencedNeverSucceeds",
       "the client checks the fence before the request, not the store with it",
       Parts{.protocol = right, .stash = trusting, .persist = trusting, .wrap = check_then_act},
       ""},
      {of, "volatile-epoch", "EpochMonotone", "the stash keeps its epoch in memory only",
       Parts{.protocol = right, .stash = forgetful}, "epoch-not-durable (oxia PR 87)"},
      {of, "retry-in-session", "NoLostWrite",
       "a request whose answer was lost is sent again in the same session",
       Parts{.protocol = right, .wrap = retry_in_session}, ""},
      {of, "read-then-bump", "EpochMonotone", "the epoch is read and counted up in two operations",
       Parts{.protocol = right, .stash = settable, .persist = settable, .wrap = read_then_bump},
       ""},
      {of, "lower-fences-higher", "FencedNeverSucceeds",
       "any epoch that differs is taken for a newer one",
       Parts{.protocol = right, .stash = adopting}, "lower-fences-higher (Materialize PR 29432)"},
      {of, "retry-bumps-epoch", "ServeOnlyTruth",
       "a fenced process counts its epoch up in memory and tries again",
       Parts{.protocol = right, .wrap = retry_with_next_epoch},
       "fence-retry-mutates (Materialize PR 29249, 29295)"},
      {of, "lagging-replica", "NoLostWrite",
       "the tombstone is read through a replica that lags behind the fence",
       Parts{.protocol = right, .stash = lagging}, "stale-read-after-fence (KAFKA-16667)"},
      {of, "staged-fence", "NoLostWrite", "a half-placed fence is taken for a store never used",
       Parts{.protocol = right, .stash = staging, .wrap = staged_open},
       "staged-fence-taken-for-clean (sutando PR 3160, 3264)"},
      {of, "config-in-contents", "", "the tombstone is kept among the contents that are replaced",
       Parts{.protocol = right, .stash = config_in_contents, .persist = config_in_contents}, ""},
  };
}

}  // namespace cutover::catalog
