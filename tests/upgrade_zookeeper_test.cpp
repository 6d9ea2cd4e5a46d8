// `upgrade` and `history` over a znode of a real ensemble of three members: what they write and
// refuse, with the leader killed, with the session expired while the process was stopped, without a
// quorum. That it is killed at every step is upgrade_kill_test's.
#define THREADED
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <zookeeper/zookeeper.h>

#include <atomic>
#include <future>
#include <sstream>
#include <thread>

#include "cli/errors.h"
#include "cli/state_version/upgrade.h"
#include "crashsim/process/child.h"
#include "impl/state_version/zookeeper_znode.h"
#include "properties/state_version/zookeeper_ensemble.h"
#include "system/usage_error.h"
#include "tests/upgrade/chain.h"

namespace cutover::state_version {
namespace {

using crashsim::Announcement;
using crashsim::Child;
using When = Announcement::When;

json without_times(json state) {
  for (json& line : state["applied"]) {
    line.erase("at");
    line.erase("by");
  }
  return state;
}

constexpr std::chrono::seconds kLongest{20};

class UpgradesOfAZnode : public testing::Test {
 protected:
  static void SetUpTestSuite() { ensemble_ = std::make_unique<ZookeeperEnsemble>(3); }
  static void TearDownTestSuite() { ensemble_.reset(); }

  void SetUp() override {
    static unsigned tests = 0;
    path_ = fmt::format("/state-{}", ++tests);
    write(oldest());
  }

  std::string address() const { return ensemble_->servers() + path_; }
  ZookeeperZnode znode() const { return {ZnodeAddress(address()), {}, LockWait(kLongest), {}}; }
  void write(const json& state) const { complete(znode().set(state)); }
  Found found() const { return complete(znode().get()); }

  cli::UpgradeOptions options(const std::string& to) const {
    cli::UpgradeOptions made;
    made.store = "zookeeper:" + address();
    made.migrations = kMigrations;
    made.to = to;
    return made;
  }
  int upgrade(const cli::UpgradeOptions& given) {
    std::ostringstream out;
    const int status = cli::run_upgrade(given, out);
    printed_ = out.str();
    return status;
  }
  /// Of one that is refused, and changes nothing.
  std::string refusal(const cli::UpgradeOptions& given) {
    const Found before = found();
    std::string what = "none";
    try {
      upgrade(given);
    } catch (const UsageError& error) {
      what = error.what();
    }
    EXPECT_EQ(json(found()), json(before));
    return what;
  }

  Child::Options command(const std::string& to, const std::string& wait = "20") const {
    const auto given = options(to);
    return {CUTOVER_COMMAND,
            {"upgrade", "--store", given.store, "--migrations", given.migrations, "--to", to,
             "--wait", wait, "--pause-fds", "3,4"},
            {}};
  }
  /// Lets it go on until it is there.
  static void reach(Child& child, const Announcement& place) {
    while (const auto at = child.next()) {
      if (at == place) return;
      child.go_on();
    }
    FAIL() << "it never came to " << place.label;
  }
  static int go_on(Child& child) {
    do child.go_on();
    while (child.next());
    return child.exit_code();
  }

  static std::unique_ptr<ZookeeperEnsemble> ensemble_;
  std::string path_, printed_;
};
std::unique_ptr<ZookeeperEnsemble> UpgradesOfAZnode::ensemble_;

TEST_F(UpgradesOfAZnode, RunTheMigrationsThatAreMissing) {
  cli::UpgradeOptions plan = options("0.10");
  plan.plan = true;
  const Found before = found();
  EXPECT_EQ(upgrade(plan), cli::kAsExpected);
  EXPECT_NE(printed_.find("6 migrations to version 0.10\n"), std::string::npos) << printed_;
  EXPECT_EQ(json(found()), json(before));

  EXPECT_EQ(upgrade(options("0.2.2")), cli::kAsExpected);
  EXPECT_EQ(upgrade(options("0.10")), cli::kAsExpected);
  EXPECT_NE(printed_.find("done: "), std::string::npos) << printed_;
  EXPECT_EQ(without_times(found().state), as_of("0.10"));
  EXPECT_EQ(found().written, before.written + 2);  // once each
  EXPECT_EQ(upgrade(options("0.10")), cli::kAsExpected);
  EXPECT_EQ(found().written, before.written + 2);

  std::ostringstream history;
  EXPECT_EQ(cli::run_history({.store = options("").store, .name = ""}, history), cli::kAsExpected);
  EXPECT_NE(history.str().find(": version 0.10, 6 lines\n"), std::string::npos) << history.str();

  cli::UpgradeOptions down = options("0.2.2.1");
  EXPECT_NE(refusal(down).find("the state is of version 0.10, and this is 0.2.2.1"),
            std::string::npos);
  write(as_of("0.3"));
  down.down = true;
  EXPECT_EQ(upgrade(down), cli::kAsExpected);
  EXPECT_EQ(found().state["version"], "0.2.2.1");
}

TEST_F(UpgradesOfAZnode, AreWrittenOnWhatWasReadAlone) {
  const ZookeeperZnode one = znode(), other = znode();
  const Found read = complete(one.get());
  EXPECT_EQ(complete(other.set_if({{"by", "other"}}, read.written)), read.written + 1);
  EXPECT_EQ(complete(one.set_if({{"by", "one"}}, read.written)), 0);
  EXPECT_EQ(complete(one.get()).state["by"], "other");
  EXPECT_EQ(complete(one.at(path_ + "-gone").set_if({{"by", "one"}}, read.written)), 0);
  // One that is not there is made once.
  path_ += "-new";
  const ZookeeperZnode made = znode(), late = znode();
  EXPECT_TRUE(complete(made.get()).state.is_null());
  EXPECT_EQ(complete(made.get()).written, 0);
  EXPECT_EQ(complete(made.set_if({{"by", "made"}}, 0)), 1);
  EXPECT_EQ(complete(late.set_if({{"by", "late"}}, 0)), 0);
  EXPECT_EQ(json(complete(late.get())), json(Found{{{"by", "made"}}, 1}));
}

/// A member may be behind the others; what one has acknowledged is read from any.
/// On a machine that is busy, where one that has acknowledged a write may have yet to apply it:
/// with ZooKeeper's sync in place of a transaction most runs find a state from before it.
TEST_F(UpgradesOfAZnode, AreReadFromAnyMember) {
  const auto write_and_read = [&](const std::string& path) {
    std::vector<std::unique_ptr<ZookeeperZnode>> members;
    for (unsigned i = 0; i < 3; ++i) {
      members.push_back(std::make_unique<ZookeeperZnode>(
          ZnodeAddress(ensemble_->server(i) + path), ZookeeperUser(), LockWait(kLongest), Watch()));
    }
    int written = 0;
    for (unsigned i = 0; i < 800; ++i) {
      ASSERT_EQ(complete(members[i % 3]->set_if({{"i", i}}, written)), written + 1);
      ++written;
      ASSERT_EQ(complete(members[(i + 1) % 3]->get()).written, written) << i;
      ASSERT_EQ(complete(members[(i + 2) % 3]->get()).written, written) << i;
    }
  };
  std::vector<std::future<void>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(std::async(std::launch::async, write_and_read, fmt::format("{}-{}", path_, i)));
  }
  std::atomic<bool> is_over = false;
  std::vector<std::thread> busy;
  for (int i = 0; i < 6; ++i)
    busy.emplace_back([&] {
      while (!is_over) continue;
    });
  for (auto& each : all) each.wait();
  is_over = true;
  for (std::thread& each : busy) each.join();
  for (auto& each : all) each.get();
}

/// Whatever comes of that: nothing is lost, and the next one finishes.
TEST_F(UpgradesOfAZnode, SurviveThatTheLeaderIsKilled) {
  std::map<int, unsigned> statuses;
  for (const When when : {When::before, When::after}) {
    for (const char* step : {"get znode", "set znode"}) {
      write(oldest());
      Child child(command("0.10"));
      reach(child, {when, step});
      const unsigned leader = ensemble_->leader();
      ensemble_->kill(leader);
      const int status = go_on(child);
      ++statuses[status];
      ASSERT_TRUE(status == cli::kAsExpected || status == cli::kDiffers) << status;
      const json state = found().state;
      const bool is_upgraded = state.contains("version");
      EXPECT_EQ(is_upgraded ? without_times(state) : state, is_upgraded ? as_of("0.10") : oldest());
      EXPECT_TRUE(is_upgraded || status == cli::kDiffers);
      EXPECT_EQ(upgrade(options("0.10")), cli::kAsExpected);
      EXPECT_EQ(without_times(found().state), as_of("0.10"));
      ensemble_->start(leader);
      ensemble_->wait_until_serving();
    }
  }
  EXPECT_GT(statuses[cli::kAsExpected], 0u);
}

/// Stopped before it writes, for longer than its session lives: what it goes on with is of a
/// session that has expired, and of a state that another one has upgraded since.
TEST_F(UpgradesOfAZnode, SurviveAnExpiredSession) {
  constexpr std::chrono::milliseconds kSession{1500};
  ensemble_ = std::make_unique<ZookeeperEnsemble>(1, kSession);
  for (const bool another : {false, true}) {
    write(oldest());
    Child child(command("0.3"));
    reach(child, {When::before, "set znode"});
    child.stop();
    if (another) {
      EXPECT_EQ(upgrade(options("0.10")), cli::kAsExpected);
    }
    const Found before = found();
    std::this_thread::sleep_for(3 * kSession);
    child.resume();
    EXPECT_EQ(go_on(child), cli::kDiffers);
    EXPECT_EQ(json(found()), json(before));
    if (another) {
      EXPECT_NE(refusal(options("0.3")).find("the state is of version 0.10"), std::string::npos);
    } else {
      EXPECT_EQ(upgrade(options("0.3")), cli::kAsExpected);
      EXPECT_EQ(without_times(found().state), as_of("0.3"));
    }
  }
  ensemble_ = std::make_unique<ZookeeperEnsemble>(3);
}

/// It was held, and its session was not: its write is refused, and it begins anew.
TEST_F(UpgradesOfAZnode, GoOnFromWhatAnotherOneHasWritten) {
  Child child(command("0.10"));
  reach(child, {When::before, "set znode"});
  EXPECT_EQ(upgrade(options("0.2.2")), cli::kAsExpected);
  EXPECT_EQ(go_on(child), cli::kAsExpected);
  EXPECT_EQ(without_times(found().state), as_of("0.10"));
}

TEST_F(UpgradesOfAZnode, NeedAQuorum) {
  const unsigned leader = ensemble_->leader(), other = (leader + 1) % 3;
  Child child(command("0.10", "2"));
  reach(child, {When::before, "set znode"});
  ensemble_->kill(leader);
  ensemble_->kill(other);
  EXPECT_EQ(go_on(child), cli::kDiffers);
  cli::UpgradeOptions given = options("0.10");
  given.wait = 1;
  EXPECT_EQ(upgrade(given), cli::kDiffers);
  EXPECT_NE(printed_.find("no member answered that is of a quorum"), std::string::npos) << printed_;
  ensemble_->start(leader);
  ensemble_->start(other);
  ensemble_->wait_until_serving();
  EXPECT_EQ(found().state, oldest());
  EXPECT_EQ(upgrade(options("0.10")), cli::kAsExpected);
  EXPECT_EQ(without_times(found().state), as_of("0.10"));
}

TEST_F(UpgradesOfAZnode, RefuseWhatIsNoState) {
  write("half a st");
  EXPECT_NE(refusal(options("0.10")).find("it is no state (it is no JSON object); restore it"),
            std::string::npos);
  write({{"master", "zk://a"}});
  EXPECT_NE(refusal(options("0.10")).find("/resources"), std::string::npos);
  write({{"version", "many"}});
  EXPECT_NE(refusal(options("0.10")).find("many"), std::string::npos);
  json large = oldest();
  large["about"] = std::string(kZnodeBytes - large.dump().size() - 100, 'x');
  write(large);
  EXPECT_NE(refusal(options("0.10")).find("the state would take"), std::string::npos);
  path_ += "/nothing";
  EXPECT_NE(refusal(options("0.10")).find("there is no such znode"), std::string::npos);
  path_ += "/below";
  EXPECT_THROW(complete(znode().set_if(oldest(), 0)), UsageError);
}

TEST_F(UpgradesOfAZnode, TakeAsMuchAsAZnodeTakes) {
  json large = oldest();
  large["about"] = "";
  large["about"] = std::string(kZnodeBytes - large.dump().size(), 'x');
  EXPECT_EQ(complete(znode().set_if(large, found().written)), 2);
  EXPECT_EQ(found().state, large);
  const ZookeeperZnode made = znode().at(path_ + "-large");
  EXPECT_EQ(complete(made.set_if(large, 0)), 1);
  EXPECT_EQ(complete(made.get()).state, large);
  large["about"] = large["about"].get<std::string>() + "x";
  EXPECT_THROW(complete(made.set_if(large, 1)), UsageError);
}

TEST_F(UpgradesOfAZnode, RefuseAnAddressThatIsNone) {
  for (const char* address :
       {"", "/state", "127.0.0.1/state", "127.0.0.1:0/state", "127.0.0.1:65536/state",
        "127.0.0.1:2181", "127.0.0.1:2181/", "127.0.0.1:2181/state/", "127.0.0.1:2181//state",
        "127.0.0.1:2181,/state", ",127.0.0.1:2181/state", ":2181/state", "127.0.0.1:2x/state"}) {
    cli::UpgradeOptions given = options("0.10");
    given.store = fmt::format("zookeeper:{}", address);
    std::string what = "none";
    try {
      upgrade(given);
    } catch (const UsageError& error) {
      what = error.what();
    }
    EXPECT_EQ(what,
              fmt::format("store 'zookeeper:{}': expected HOST:PORT,HOST:PORT,.../PATH", address));
  }
  cli::UpgradeOptions given = options("0.10");
  given.store = fmt::format("zookeeper:{}/state/../state", ensemble_->servers());
  try {
    upgrade(given);
    ADD_FAILURE() << "not refused";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "/state/../state: is no path of a znode");
  }
  EXPECT_EQ(ZnodeAddress("a:1,[::1]:2/b/c").servers, "a:1,[::1]:2");
  EXPECT_EQ(ZnodeAddress("a:1,[::1]:2/b/c").path, "/b/c");
}

/// Makes a znode that a user alone may read and write.
void write_as(const std::string& user, const std::string& servers, const std::string& path,
              const std::string& text) {
  zhandle_t* const handle = zookeeper_init(servers.c_str(), nullptr, 10'000, nullptr, nullptr, 0);
  ASSERT_NE(handle, nullptr);
  ASSERT_EQ(
      zoo_add_auth(handle, "digest", user.data(), static_cast<int>(user.size()), nullptr, nullptr),
      ZOK);
  EXPECT_EQ(zoo_create(handle, path.c_str(), text.data(), static_cast<int>(text.size()),
                       &ZOO_CREATOR_ALL_ACL, ZOO_PERSISTENT, nullptr, 0),
            ZOK);
  zookeeper_close(handle);
}

TEST_F(UpgradesOfAZnode, AskInTheNameOfAUser) {
  path_ += "-own";
  write_as("operator:secret", ensemble_->servers(), path_, oldest().dump());
  const auto refused = [&] {
    try {
      upgrade(options("0.10"));
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_NE(refused().find("not permitted: name a user that may"), std::string::npos);
  ::setenv("CUTOVER_ZOOKEEPER_USER", "operator:wrong", 1);
  EXPECT_NE(refused().find("not permitted"), std::string::npos);
  ::setenv("CUTOVER_ZOOKEEPER_USER", "operator:secret", 1);
  EXPECT_EQ(upgrade(options("0.10")), cli::kAsExpected);
  ::unsetenv("CUTOVER_ZOOKEEPER_USER");
  EXPECT_NE(refused().find("not permitted"), std::string::npos);
}

}  // namespace
}  // namespace cutover::state_version
