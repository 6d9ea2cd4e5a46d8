#include "cli/catalog/paired_store.h"

#include <fmt/format.h>

#include "cli/errors.h"
#include "impl/catalog/protocol.h"

namespace cutover::cli {
namespace {

using catalog::Identity;
using catalog::kPersistOf;
using catalog::kStashOf;
using catalog::kTombstone;
using catalog::Pairing;

std::optional<std::uint64_t> number_at(const Config& config, const char* name) {
  const auto at = config.find(name);
  return at == config.end() ? std::nullopt : std::optional(at->second);
}

std::string explain(Pairing pairing, const PairNames& names) {
  const std::string &stash = names.stash, &persist = names.persist;
  switch (pairing) {
    case Pairing::paired:
    case Pairing::to_pair: break;
    case Pairing::replaces_data:
      return fmt::format(
          "{}: holds entries, and was never the persist store of {}, which is the source of truth "
          "and would replace them; name an empty one, or use --force to lose them",
          persist, stash);
    case Pairing::never_confirmed:
      return fmt::format(
          "{}: says that its persist store is the source of truth, and not which one that is, as "
          "it "
          "was moved before stores knew each other; if it is {}, confirm it with --force",
          stash, persist);
    case Pairing::not_the_one:
      return fmt::format(
          "{}: is not the persist store that {} was moved to, and that one is the source of truth; "
          "correct the path, or, if this was restored from a dump of it, use --force",
          persist, stash);
    case Pairing::begins_at_persist:
      return fmt::format(
          "{}: is the persist store of another pair, and only the stash of that knows whether it "
          "is "
          "the source of truth; if it is, use --force to migrate on from here",
          stash);
    case Pairing::stranger:
      return fmt::format("{}: belongs to another pair than {}; correct the paths", persist, stash);
    case Pairing::swapped:
      return fmt::format(
          "--stash and --persist look swapped: {} is the stash of these two, and {} "
          "the persist store; name them so",
          persist, stash);
  }
  return "";
}

}  // namespace

awaitable<Config> read_pair_config(Session& session) {
  Config config;
  for (const char* name : {kStashOf, kPersistOf, kTombstone, kProtocolMark}) {
    std::string entry = name;
    const std::optional<std::uint64_t> number = co_await session.config(std::move(entry));
    if (number) config[name] = *number;
  }
  co_return config;
}

catalog::PairFacts pair_facts(ProtocolKind kind, const Config& stash, const Config& persist,
                              bool persist_holds_entries) {
  catalog::PairFacts facts;
  facts.stash = {number_at(stash, kStashOf), number_at(stash, kPersistOf)};
  facts.persist = {number_at(persist, kStashOf), number_at(persist, kPersistOf)};
  facts.persist_is_truth =
      persist_is_truth(kind, number_at(stash, kTombstone), number_at(persist, kTombstone));
  facts.persist_holds_entries = persist_holds_entries;
  return facts;
}

void refuse_strangers(const catalog::PairFacts& facts, const PairNames& names, bool force) {
  const Pairing pairing = catalog::judge(facts);
  if (pairing == Pairing::paired || pairing == Pairing::to_pair) return;
  if (force && catalog::can_be_forced(pairing)) return;
  throw UsageError(explain(pairing, names));
}

awaitable<Status> Pair::opened(const Store& store, Epoch epoch) {
  for (std::size_t i = 0; i < stores_.size(); ++i) {
    if (stores_[i]->name() == store.name()) epochs_[i] = epoch;
  }
  if (!epochs_[0] || !epochs_[1]) co_return Status::ok;
  Status status = Status::ok;
  try {
    co_await settle();
  } catch (const StepFailed& failed) {
    status = failed.status();
  }
  co_return status;
}

awaitable<void> Pair::settle() {
  const catalog::PairFacts facts = co_await read();
  if (catalog::judge(facts) == Pairing::paired) co_return;
  refuse_strangers(facts, options_.names, options_.force);
  const Identity identity = catalog::new_identity();
  co_await write(0, kStashOf, identity);
  co_await write(1, kPersistOf, identity);
}

awaitable<catalog::PairFacts> Pair::read() {
  std::size_t at = 0;  // which store is being read
  std::optional<Status> failure;
  catalog::PairFacts facts;
  try {
    Session stash(*stores_[0], *epochs_[0]), persist(*stores_[1], *epochs_[1]);
    const Config stash_config = co_await read_pair_config(stash);
    at = 1;
    const Config persist_config = co_await read_pair_config(persist);
    facts = pair_facts(options_.kind, stash_config, persist_config, false);
    if (catalog::judge(facts) != Pairing::paired) {
      const Snapshot contents = co_await persist.snapshot();
      facts.persist_holds_entries = !contents.is_empty();
    }
  } catch (const StepFailed& failed) {
    failure = failed.status();
  }
  if (failure) {
    steps_.tell(*stores_[at], fmt::format("read {} pair", stores_[at]->name()), *failure);
    throw StepFailed(*failure);
  }
  co_return facts;
}

awaitable<void> Pair::write(std::size_t which, const char* name, Identity identity) {
  Store& store = *stores_[which];
  Request request;
  request.kind = Request::Kind::commit;
  request.session = epochs_[which];
  request.transaction.config[name] = identity;
  std::string step = "pair " + store.name();
  const Answer answer = co_await steps_.perform(store, std::move(request), std::move(step));
  if (answer.status != Status::ok) throw StepFailed(answer.status);
}

awaitable<Answer> PairedStore::perform(Request request) {
  const bool opens = request.kind == Request::Kind::open;
  const bool reads = request.kind == Request::Kind::snapshot;
  Answer answer = co_await steps_.perform(store_, std::move(request));
  if (opens && answer.status == Status::ok) {
    const Status status = co_await pair_.opened(store_, answer.epoch);
    answer.status = status;
  }
  if (reads && answer.status == Status::ok) {
    answer.contents = steps_.watched(std::move(answer.contents));
  }
  co_return answer;
}

}  // namespace cutover::cli
