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
  for (const auto& [key, value] : kValues) contents.entries[key] = encode_value(format, value);
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
  const Stage end = run(run_process({kSingleTombstone, Target::stash}, stash, persist, clients));
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

TEST(BringUp, LeavesUnsupportedContentsAloneAndTheProcessEndsThere) {
  const Contents without_format{Contents::kNeverInitialised, kValues};
  const Contents newer{kCurrentFormat + 1, {}};
  for (const Contents& contents : {without_format, newer}) {
    EXPECT_FALSE(is_supported(contents));
    EXPECT_THROW(brought_up(contents), UnsupportedContents);
    for (const Target target : {Target::persist, Target::stash}) {
      SimulatedStore stash("stash", state_with(contents)), persist("persist");
      NoClients clients;
      const Stage end = run(run_process({kSingleTombstone, target}, stash, persist, clients));
      EXPECT_EQ(end.kind, Stage::Kind::unsupported);
      EXPECT_FALSE(clients.served);
      EXPECT_EQ((target == Target::stash ? stash : persist).state().contents, contents);
    }
  }
}

}  // namespace
}  // namespace cutover::catalog
