// The stores of a migration, which know each other by the time it relies on either.
//
// Between the protocol's own opens and its next step, under the same two sessions, so that whoever
// opens a store meanwhile fences this: the identities are read, judged (impl/catalog/pair.h), and
// written where they are missing.
#pragma once

#include <array>

#include "cli/catalog/protocol_mark.h"
#include "cli/catalog/steps.h"
#include "impl/catalog/pair.h"

namespace cutover::cli {

/// What a command line calls the two stores.
struct PairNames {
  std::string stash, persist;
};

/// The config entries that say what a store is to a pair, each read in a step of its own.
awaitable<Config> read_pair_config(Session& session);

/// What `config` of the two stores says of them.
catalog::PairFacts pair_facts(ProtocolKind kind, const Config& stash, const Config& persist,
                              bool persist_holds_entries);

/// Throws UsageError unless the stores know each other, or may become a pair.
void refuse_strangers(const catalog::PairFacts& facts, const PairNames& names, bool force);

class Pair {
 public:
  struct Options {
    ProtocolKind kind = ProtocolKind::single_tombstone;
    bool force = false;
    PairNames names;
  };
  /// The stores outlive the pair. The writes of an identity are told, and reads that fail.
  Pair(Options options, Store& stash, Store& persist, Steps& steps)
      : options_(std::move(options)), stores_{&stash, &persist}, steps_(steps) {}

  /// One of the two was opened. Once both were, makes sure that they know each other. Throws
  /// UsageError if they must not.
  awaitable<Status> opened(const Store& store, Epoch epoch);

 private:
  awaitable<void> settle();
  awaitable<catalog::PairFacts> read();
  awaitable<void> write(std::size_t which, const char* name, catalog::Identity identity);

  Options options_;
  std::array<Store*, 2> stores_;  ///< stash, persist
  Steps& steps_;
  std::array<std::optional<Epoch>, 2> epochs_;  ///< of the sessions
};

/// A store whose steps are told, and which tells the pair when it was opened.
class PairedStore final : public Store {
 public:
  PairedStore(Store& store, Steps& steps, Pair& pair)
      : Store(store.name()), store_(store), steps_(steps), pair_(pair) {}
  awaitable<Answer> perform(Request request) override;

 private:
  Store& store_;
  Steps& steps_;
  Pair& pair_;
};

}  // namespace cutover::cli
