// Bringing a store's contents up to the current format, and refusing what is of no format of ours.
#include "impl/catalog/contents.h"

#include <gtest/gtest.h>

#include "impl/catalog/process.h"
#include "impl/store/simulated_store.h"
#include "run.h"

namespace cutover::catalog {
namespace {

const Entries kValues = {{"a", "1"}, {"", std::string("\xff\0", 2)}, {"empty", ""}};

Contents encoded(std::uint32_t format) {
  Contents contents{format, {}};
  for (const auto& [key, value] : kValues) contents.entries[key] = encode_value(format, key, value);
  return contents;
}

StoreState state_with(Contents contents) {
  StoreState state;
  state.epoch = Epoch{4};
  state.contents = std::move(contents);
  return state;
}

Contents brought_up(Contents contents) {
  SimulatedStore store("stash", state_with(std::move(contents)));
  Session session(store, Epoch{4});
  run(bring_up(session));
  return store.state().contents;
}

TEST(Values, FormatsAreAsTheyWereEverWritten) {
  EXPECT_EQ(encode_value(1, "k", "v"), "v");
  EXPECT_EQ(encode_value(2, "k", "v"), "v" + std::string("\x84\x3b\x64\x6b", 4));
  EXPECT_EQ(encode_value(3, "k", "v"), "v" + std::string("\x2d\x65\x27\x33", 4));
  for (const std::uint32_t format : {1u, 2u, 3u}) {
    for (const auto& [key, value] : kValues) {
      EXPECT_EQ(decode_value(format, key, encode_value(format, key, value)), value);
    }
  }
}

TEST(Values, TheChecksumCoversTheKeyAndWhereItEnds) {
  const std::string stored = encode_value(kCurrentFormat, "ab", "c");
  EXPECT_EQ(decode_value(kCurrentFormat, "xy", stored), std::nullopt) << "it moved to another key";
  EXPECT_EQ(decode_value(kCurrentFormat, "a", "b" + stored), std::nullopt);
  EXPECT_EQ(decode_value(kCurrentFormat, "abc", stored.substr(1)), std::nullopt);
  EXPECT_EQ(decode_value(kCurrentFormat, std::string("ab\0", 3), stored), std::nullopt);
}

TEST(Values, EveryFlippedBitIsNoticed) {
  for (const std::uint32_t format : {kValueChecksumFormat, kCurrentFormat}) {
    const std::string stored = encode_value(format, "key", "value");
    for (std::size_t bit = 0; bit < 8 * stored.size(); ++bit) {
      std::string damaged = stored;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
      EXPECT_EQ(decode_value(format, "key", damaged), std::nullopt) << format << ", " << bit;
    }
    for (std::size_t size = 0; size < stored.size(); ++size) {
      EXPECT_EQ(decode_value(format, "key", stored.substr(0, size)), std::nullopt);
    }
  }
}

TEST(BringUp, UpgradesWhatHasTheOldChecksums) {
  EXPECT_EQ(brought_up(encoded(kValueChecksumFormat)), encoded(kCurrentFormat));
}

TEST(BringUp, DoesNotReadWhatIsCurrent) {
  struct Unreadable final : EntrySource {
    std::uint32_t format() const override { return kCurrentFormat; }
    std::uint64_t size() const override { throw std::logic_error("counted"); }
    std::unique_ptr<EntryCursor> read() const override { throw std::logic_error("read"); }
  };
  struct Current final : Store {
    Current() : Store("stash") {}
    awaitable<Answer> perform(Request request) override {
      EXPECT_EQ(request.kind, Request::Kind::snapshot);
      Answer answer;
      answer.contents = Snapshot(std::make_shared<Unreadable>());
      co_return answer;
    }
  } store;
  Session session(store, Epoch{4});
  run(bring_up(session));
}

TEST(BringUp, InitialisesUpgradesAndLeavesAlone) {
  EXPECT_EQ(brought_up(Contents()), (Contents{kCurrentFormat, {}}));
  EXPECT_EQ(brought_up(encoded(kOldFormat)), encoded(kCurrentFormat));
  EXPECT_EQ(brought_up(encoded(kCurrentFormat)), encoded(kCurrentFormat));
  EXPECT_EQ(decode(brought_up(encoded(kOldFormat))), kValues);
}

/// Asks nothing.
class NoClients final : public Clients {
 public:
  void serving(const Session&) override { served = true; }
  awaitable<std::optional<ClientRequest>> next() override { co_return std::nullopt; }
  void reply(const Session&, const ClientRequest&, const ClientReply&) override {}
  bool served = false;
};

/// Asks for one key, once.
class OneGet final : public Clients {
 public:
  explicit OneGet(std::string key) : key_(std::move(key)) {}
  void serving(const Session&) override {}
  awaitable<std::optional<ClientRequest>> next() override {
    if (reply_) co_return std::nullopt;
    co_return ClientRequest{ClientRequest::Kind::get, key_, ""};
  }
  void reply(const Session&, const ClientRequest&, const ClientReply& reply) override {
    reply_ = reply;
  }
  ClientReply told() const { return reply_.value(); }

 private:
  std::string key_;
  std::optional<ClientReply> reply_;
};

ClientReply told_of(Contents contents, const std::string& key) {
  SimulatedStore stash("stash", state_with(std::move(contents))), persist("persist");
  OneGet clients(key);
  const Stage end = run(run_process({kSingleTombstone, Which::stash}, stash, persist, clients));
  EXPECT_EQ(end.kind, Stage::Kind::stopped) << "one damaged value ends the process";
  return clients.told();
}

TEST(Serving, AGetOfADamagedValueIsAnErrorThatNamesItAndNoMissingKey) {
  Contents contents = encoded(kCurrentFormat);
  EXPECT_EQ(told_of(contents, "missing").damage, "");
  EXPECT_EQ(told_of(contents, "missing").value, std::nullopt);
  EXPECT_EQ(told_of(contents, "a").damage, "");
  EXPECT_EQ(told_of(contents, "a").value, "1");
  for (const std::string& damaged : {contents.entries["a"] + "x", std::string("x")}) {
    contents.entries["a"] = damaged;
    const ClientReply told = told_of(contents, "a");
    EXPECT_EQ(told.value, std::nullopt);
    EXPECT_EQ(told.damage,
              "stash: the value of key a is damaged (its checksum differs); restore it from a "
              "backup");
  }
}

// ---- damaged values are not moved, or stay damaged

/// Runs a process over a stash of these contents, which moves them to `target`; the store that is
/// then served.
Contents moved(const Contents& contents, Which target, Damaged damaged, StoreState& other) {
  SimulatedStore stash("stash", state_with(contents)), persist("persist", other);
  NoClients clients;
  Plan plan{kSingleTombstone, target};
  plan.damaged = damaged;
  try {
    run(run_process(plan, stash, persist, clients));
  } catch (const DamagedValue&) {
    other = persist.state();
    EXPECT_EQ(stash.state().contents, contents) << "what was refused was changed";
    EXPECT_FALSE(stash.state().config.contains(kTombstone));
    throw;
  }
  other = persist.state();
  return (target == Which::stash ? stash : persist).state().contents;
}

TEST(Damage, IsRefusedWithItsKeyByCopyAndUpgradeAndNoValueChanges) {
  int refused = 0;
  for (const std::uint32_t format : {kValueChecksumFormat, kCurrentFormat}) {
    for (const Which target : {Which::persist, Which::stash}) {
      if (format == kCurrentFormat && target == Which::stash) continue;  // nothing is read
      Contents contents = encoded(format);
      contents.entries["a"][0] ^= 1;
      StoreState persist;
      persist.contents = encoded(kOldFormat);
      try {
        moved(contents, target, Damaged::refuse, persist);
        ADD_FAILURE() << "format " << format;
      } catch (const DamagedValue& error) {
        ++refused;
        EXPECT_EQ(error.key(), "a");
        EXPECT_EQ(std::string(error.what()).find("stash: the value of key a is damaged"), 0u);
        EXPECT_EQ(decode(persist.contents), kValues) << "it was brought up at most";
      }
    }
  }
  EXPECT_EQ(refused, 3);
}

/// What the design pays for opening both stores alike.
TEST(Damage, OfAStoreThatNobodyWillServeIsInTheWayOfTheDesignAlone) {
  for (const Protocol& protocol : {kSingleTombstone, kSingleTombstoneLazyOpen}) {
    Contents garbage = encoded(kValueChecksumFormat);
    garbage.entries["a"][0] ^= 1;
    SimulatedStore stash_store("stash", state_with(encoded(kOldFormat)));
    SimulatedStore persist_store("persist", state_with(garbage));
    NoClients clients;
    const auto migrate = [&] {
      return run(run_process({protocol, Which::persist}, stash_store, persist_store, clients));
    };
    if (protocol.opens_lazily) {
      EXPECT_EQ(migrate().kind, Stage::Kind::stopped);
      EXPECT_EQ(persist_store.state().contents, encoded(kCurrentFormat));
    } else {
      EXPECT_THROW(migrate(), DamagedValue);
      EXPECT_EQ(persist_store.state().contents, garbage);
    }
  }
}

TEST(Damage, ThatIsKeptStaysDamaged) {
  for (const std::uint32_t format : {kValueChecksumFormat, kCurrentFormat}) {
    for (const Which target : {Which::persist, Which::stash}) {
      Contents contents = encoded(format);
      const std::string stored = contents.entries["a"] + "x";
      contents.entries["a"] = stored;
      contents.entries["short"] = "x";
      StoreState persist;
      const Contents served = moved(contents, target, Damaged::keep, persist);
      EXPECT_EQ(served.format, kCurrentFormat);
      Entries expected = kValues;
      expected["a"] = "damaged:" + stored;
      expected["short"] = "damaged:x";
      EXPECT_EQ(decode(served), expected) << format;
    }
  }
}

TEST(Damage, ThatHappensToFitTheNewFormatStaysDamaged) {
  Contents contents{kValueChecksumFormat, {{"a", encode_value(kCurrentFormat, "a", "1")}}};
  const Contents current = upgraded(contents).contents();
  EXPECT_EQ(decode_value(kCurrentFormat, "a", current.entries.at("a")), std::nullopt);
}

TEST(BringUp, LeavesUnsupportedContentsAloneAndTheProcessEndsThere) {
  const Contents without_format{Contents::kNeverInitialised, kValues};
  const Contents newer{kCurrentFormat + 1, {}};
  for (const Contents& contents : {without_format, newer}) {
    EXPECT_FALSE(is_supported(contents));
    EXPECT_THROW(brought_up(contents), UnsupportedContents);
    for (const Which target : {Which::persist, Which::stash}) {
      for (const Protocol& protocol : {kSingleTombstone, kSingleTombstoneLazyOpen}) {
        SimulatedStore stash("stash", state_with(contents)), persist("persist");
        NoClients clients;
        const Stage end = run(run_process({protocol, target}, stash, persist, clients));
        EXPECT_EQ(end.kind, Stage::Kind::unsupported);
        EXPECT_FALSE(clients.served);
        EXPECT_EQ(stash.state().contents, contents);
        const bool is_copied = protocol.opens_lazily && target == Which::persist;
        EXPECT_EQ(persist.state().contents, is_copied ? contents : Contents{});
      }
    }
  }
}

/// What the design pays for opening both stores alike: see docs/design.md.
TEST(BringUp, OfAStoreThatNobodyWillServeIsInTheWayOfTheDesignAlone) {
  const Contents without_format{Contents::kNeverInitialised, kValues};
  const Contents newer{kCurrentFormat + 1, {}};
  for (const Contents& garbage : {without_format, newer}) {
    for (const Which target : {Which::persist, Which::stash}) {
      for (const Protocol& protocol :
           {kSingleTombstone, kSingleTombstoneOneWrite, kTwoTombstones, kSingleTombstoneLazyOpen}) {
        SimulatedStore stash("stash", state_with(encoded(kOldFormat)));
        SimulatedStore persist("persist", state_with(garbage));
        NoClients clients;
        const Stage end = run(run_process({protocol, target}, stash, persist, clients));
        EXPECT_EQ(end.kind,
                  protocol.opens_lazily ? Stage::Kind::stopped : Stage::Kind::unsupported);
        EXPECT_EQ(clients.served, protocol.opens_lazily) << protocol.name;
        const bool is_replaced = protocol.opens_lazily && target == Which::persist;
        EXPECT_EQ(persist.state().contents, is_replaced ? encoded(kCurrentFormat) : garbage);
      }
    }
  }
}

}  // namespace
}  // namespace cutover::catalog
