// Stores, and ways to reach them, with one flaw each, under the unchanged single tombstone.
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
constexpr const char* kEpochEntry = "epoch";

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

}  // namespace

std::vector<Mutant> store_mutants() {
  const std::string of = "single-tombstone";
  const Protocol& right = kSingleTombstone;
  return {
      {of, "stash-not-fenced", "FencedNeverSucceeds",
       "the stash does not check the session's epoch", Parts{.protocol = right, .stash = unfenced}},
      {of, "persist-not-fenced", "FencedNeverSucceeds",
       "persist does not check the session's epoch", Parts{.protocol = right, .persist = unfenced}},
      {of, "client-checks-fence", "FencedNeverSucceeds",
       "the client checks the fence before the request, not the store with it",
       Parts{.protocol = right, .stash = trusting, .persist = trusting, .wrap = check_then_act}},
      {of, "volatile-epoch", "EpochMonotone", "the stash keeps its epoch in memory only",
       Parts{.protocol = right, .stash = forgetful}},
      {of, "retry-in-session", "NoLostWrite",
       "a request whose answer was lost is sent again in the same session",
       Parts{.protocol = right, .wrap = retry_in_session}},
  };
}

}  // namespace cutover::catalog
