#include "properties/state_version/znode_cases.h"

#include "crashsim/sdk.h"
#include "engines/model/model_of_case.h"
#include "impl/state_version/reference_znode.h"
#include "properties/state_version/process_subject.h"
#include "properties/state_version/sample.h"
#include "properties/state_version/schedulers.h"
#include "properties/state_version/znode_mapping.h"

namespace cutover::state_version {
namespace {

/// A store of requests: an answer may be lost, and a write land late.
class Znode {
 public:
  /// `blindly`: conditions are not looked at.
  explicit Znode(StoreHandle<Found> node, bool blindly = false) : node_(node), blindly_(blindly) {}

  auto get() const {
    return node_.read("get", [](const Found& node) { return node; });
  }
  auto set(const json& state) const {
    const auto set = [](Found& node, json what) {
      node.state = what;
      ++node.written;
    };
    return node_.step("set", set, state);
  }
  auto set_if(const json& state, int written) const {
    const auto set = [](Found& node, json what, int was) {
      if (node.written != was) return 0;
      node.state = what;
      return ++node.written;
    };
    const auto blindly = [](Found& node, json what, int) {
      node.state = what;
      return ++node.written;
    };
    return blindly_ ? node_.step("set if", blindly, state, written)
                    : node_.step("set if", set, state, written);
  }

 private:
  StoreHandle<Found> node_;
  bool blindly_;
};

/// What a mutant leaves out of the reference.
enum class Skips { nothing, conditions, refusal };

Stored stored_in(const Stores& now) { return only(now.store<Found>("znode").state); }

cutover::Migration over_a_znode(const std::vector<Scheduler>& schedulers, const Run& run) {
  cutover::Migration made;
  made.store("znode", Found{oldest_state()});
  made.beginning("fresh", {{"znode", Found{}}});
  add_schedulers(made, "znode", schedulers, run, stored_in);
  return made;
}

Task<void> as_described(Actor& actor, const Scheduler& of) {
  const Znode znode(actor.store<Found>("znode"));
  Operators operators(actor, of.build);
  co_await run_as_described_over_znode(znode, operators, of.build);
}

/// No two at once, as far as the lock knows: an ephemeral znode, which may vanish before its
/// process does.
Task<void> as_described_in_turn(Actor& actor, const Scheduler& of) {
  const Lock lock(co_await actor.open_session<int>("lock"));
  co_await lock.take();
  co_await as_described(actor, of);
}

Task<void> reference(Actor& actor, const Scheduler& of, Skips skips) {
  const Znode znode(actor.store<Found>("znode"), skips == Skips::conditions);
  Operators operators(actor, of.build);
  if (skips == Skips::refusal) {
    const Trusting build{of.build};
    co_await run_reference_over_znode(znode, operators, build);
  } else {
    co_await run_reference_over_znode(znode, operators, of.build);
  }
}

}  // namespace

std::vector<Case> znode_cases() {
  const std::vector<Scheduler> all = all_schedulers();
  const std::vector<Scheduler> newest = {all.back()};
  const auto but_for = [](Skips skips, const std::vector<Scheduler>& schedulers) {
    return over_a_znode(
        schedulers, [=](Actor& actor, const Scheduler& of) { return reference(actor, of, skips); });
  };
  const auto described = [](const std::vector<Scheduler>& schedulers) {
    cutover::Migration made = over_a_znode(schedulers, as_described);
    made.unfenced("znode");
    return made;
  };
  std::vector<Case> cases;
  const auto add = [&](const auto&... of) { cases.push_back(scheduler_case(of...)); };
  using Flaw = ZnodeMapping::Flaw;
  const auto add_with_model = [&](Flaw flaw, const auto&... of) {
    cases.push_back(with_model(scheduler_case(of...), ZnodeMapping{{flaw}}));
  };
  add_with_model(Flaw::none, "reference-znode", "every write on the version that was read", "",
                 but_for(Skips::nothing, all));
  cases.back().process = [](const std::string& executable) {
    return upgrades_of("znode", a_znode(), executable);
  };
  cases.push_back(with_way_back(scheduler_case("reference-znode-and-back",
                                               "one at a time, and an operator who goes back", "",
                                               but_for(Skips::nothing, back_and_newest()))));
  add_with_model(Flaw::blind, "reference-znode+blind", "conditions are not looked at",
                 "OthersDoNothing", but_for(Skips::conditions, all));
  add_with_model(Flaw::runs_on_newer, "reference-znode+runs-on-newer",
                 "it does not ask whether it may run on what it finds", "NoOldWriter",
                 but_for(Skips::refusal, all));
  add("reference-znode+misnumbered", "the versions of two migrations are the wrong way round",
      "InOrder", but_for(Skips::nothing, {{"newest", build_with_misnumbered_migrations()}}));
  add("as-described-znode", "read, migrated, and written blindly", "NoOldWriter", described(all));
  add("as-described-znode+blind-write", "a write lands between another's read and write",
      "NothingLost", described(newest), "blind-write");
  add("as-described-znode+lock-expires",
      "under an ephemeral lock, whose session expires while its holder is writing", "NothingLost",
      with_lock_of_sessions(over_a_znode(newest, as_described_in_turn)).unfenced("znode"));
  add("as-described-znode+stamp-down",
      "an older one stamps its version, and drops what it does not know", "VersionMatchesState",
      described(all), "stamp-down");
  const std::vector<Scheduler> racing = {all[1], all[2]};
  add("as-described-znode+version-regress",
      "the version is set where it is another, and not where it is newer", "NoOldWriter",
      described(racing), "version-regress (CockroachDB 78705)");
  return cases;
}

}  // namespace cutover::state_version
