// The unchanged single tombstone over stores, and through ways to reach them, with one flaw each. A
// flaw of one store is there in the other too; the ways to reach them are those to both. The mirror
// of lagging-replica is left out: persist has no config that could lag.
#include <algorithm>
#include <utility>

#include "impl/catalog/single_tombstone.h"
#include "properties/catalog/mutant_stores.h"
#include "properties/catalog/mutants.h"

namespace cutover::catalog {
namespace {

using crashsim::catalog::kStoreNames;
using namespace mutants;

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

/// Sends a request again, in the same session, when its answer was lost: the first one may still be
/// under way, and nothing fences it.
class RetryInSession final : public Store {
 public:
  explicit RetryInSession(std::unique_ptr<Store> store)
      : Store(store->name()), store_(std::move(store)) {}

  awaitable<Answer> perform(Request request) override {
    while (true) {
      const Answer answer = co_await store_->perform(request);
      if (answer.status != Status::lost_answer) co_return answer;
    }
  }

 private:
  std::unique_ptr<Store> store_;
};

std::unique_ptr<Store> retry_in_session(std::unique_ptr<Store> store) {
  return std::make_unique<RetryInSession>(std::move(store));
}

/// Opens a settable store: reads its epoch, and then sets it to the next.
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

/// Places the fence of a StagingMachine: aside, then up and back.
class StagedOpen final : public Store {
 public:
  explicit StagedOpen(std::unique_ptr<Store> store)
      : Store(store->name()), store_(std::move(store)) {}

  awaitable<Answer> perform(Request request) override {
    if (request.kind == Request::Kind::open) {
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

template <Which of>
std::unique_ptr<Store> staged_open(std::unique_ptr<Store> store) {
  const bool is_staging = store->name() == kStoreNames[static_cast<std::size_t>(of)];
  if (!is_staging) return store;
  return std::make_unique<StagedOpen>(std::move(store));
}

}  // namespace

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
       Parts{.protocol = right, .stash = forgetful, .events = {restart_forgetting(Which::stash)}},
       "epoch-not-durable (oxia PR 87)"},
      {of, "persist-volatile-epoch", "EpochMonotone", "persist keeps its epoch in memory only",
       Parts{
           .protocol = right, .persist = forgetful, .events = {restart_forgetting(Which::persist)}},
       ""},
      {of, "retry-in-session", "NoLostWrite",
       "a request whose answer was lost is sent again in the same session",
       Parts{.protocol = right, .wrap = retry_in_session}, ""},
      {of, "read-then-bump", "EpochMonotone", "the epoch is read and counted up in two operations",
       Parts{.protocol = right, .stash = settable, .persist = settable, .wrap = read_then_bump},
       ""},
      {of, "lower-fences-higher", "FencedNeverSucceeds",
       "any epoch that differs is taken for a newer one",
       Parts{.protocol = right, .stash = adopting}, "lower-fences-higher (Materialize PR 29432)"},
      {of, "persist-lower-fences", "FencedNeverSucceeds",
       "persist takes any epoch that differs for a newer one",
       Parts{.protocol = right, .persist = adopting}, ""},
      {of, "retry-bumps-epoch", "ServeOnlyTruth",
       "a fenced process counts its epoch up in memory and tries again",
       Parts{.protocol = right, .wrap = retry_with_next_epoch},
       "fence-retry-mutates (Materialize PR 29249, 29295)"},
      {of, "lagging-replica", "NoLostWrite",
       "the tombstone is read through a replica that lags behind the fence",
       Parts{.protocol = right, .stash = lagging}, "stale-read-after-fence (KAFKA-16667)"},
      {of, "staged-fence", "NoLostWrite", "a half-placed fence is taken for a store never used",
       Parts{.protocol = right, .stash = staging, .wrap = staged_open<Which::stash>},
       "staged-fence-taken-for-clean (sutando PR 3160, 3264)"},
      {of, "persist-staged-fence", "NoLostWrite",
       "persist's half-placed fence is taken for a store never used",
       Parts{.protocol = right, .persist = staging, .wrap = staged_open<Which::persist>}, ""},
      {of, "config-in-contents", "", "the tombstone is kept among the contents that are replaced",
       Parts{.protocol = right, .stash = config_in_contents, .persist = config_in_contents}, ""},
  };
}

}  // namespace cutover::catalog
