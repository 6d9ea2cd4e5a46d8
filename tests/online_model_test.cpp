// The models of the family online: what each of their properties is, line by line, and what the
// refinement compares. That a search finds what violates them is online_cases_test's.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "engines/bounds.h"
#include "engines/engines.h"
#include "properties/online/cases.h"
#include "properties/online/counter_mapping.h"
#include "properties/online/shadow_mapping.h"
#include "properties/state_version/cases.h"
#include "tests/cases_of_family.h"
#include "tests/named_cases.h"

namespace cutover::online {
namespace {

TEST(ModelOfTheShadow, JudgesEachPropertyAlone) {
  using namespace model::online::shadow;
  const auto judged_from = [](Phase phase, const std::function<void(State&)>& change) {
    const Model model({2, 2, 1, 1, 1, 2, 2, 2, 2, 1}, Flaw::none, phase, false);
    State state = model.initial_states()[0];
    change(state);
    return model.judge(state);
  };
  const auto judged = [&](const std::function<void(State&)>& change) {
    return judged_from(Phase::source_only, change);
  };
  constexpr auto kPut = static_cast<std::size_t>(Kind::put);
  constexpr auto kDeletion = static_cast<std::size_t>(Kind::deletion);
  constexpr Time put = time_of(Kind::put, 1, 0), insert = time_of(Kind::insert, 1, 0),
                 deletion = time_of(Kind::deletion, 1, 0);
  EXPECT_EQ(judged([](State&) {}), checker::kHolds);
  EXPECT_EQ(judged([](State& s) { s.record.turn = 1; }), Model::PhasesAdjacent);
  // What a range was recorded with is there, or what is newer.
  EXPECT_EQ(judged([](State& s) { s.clients.copied[0] = {3, kOld}; }), Model::DoneIsDone);
  for (const model::Byte value : {kOld, value_of(1)}) {
    EXPECT_EQ(judged([&](State& s) {
                s.clients.copied[0] = {3, kOld};
                s.target[kA - 1] = {0, 3, value};
              }),
              value == kOld ? checker::kHolds : Model::DoneIsDone);
  }
  EXPECT_EQ(judged([](State& s) { s.record.range[0].done = 1; }), Model::DoneIsDone);
  EXPECT_EQ(judged([](State& s) {
              s.record.range[0].done = 1;
              s.target[kB - 1] = s.source[kB - 1];
            }),
            checker::kHolds);
  // What the target is known to have is not overwritten by what is older, or copied.
  for (const model::Byte key : {kA, kC}) {
    const std::size_t at = key == kA ? 0 : 1;
    EXPECT_EQ(judged([&](State& s) { s.clients.in_target[at] = put; }), Model::NewerWins);
    EXPECT_EQ(judged([&](State& s) {
                s.clients.in_target[at] = put;
                s.target[key - 1u] = {0, put, value_of(1)};
              }),
              checker::kHolds);
    EXPECT_EQ(judged([&](State& s) {
                s.clients.in_target[at] = 5;
                s.target[key - 1u] = {0, 5, kOld};
              }),
              Model::NewerWins);
  }
  // What was acknowledged is in the truth, or a later attempt.
  EXPECT_EQ(judged([](State& s) { s.clients.acked[kPut][0] = 1; }), Model::NoLostWrite);
  EXPECT_EQ(judged([](State& s) {
              s.clients.acked[kPut][0] = 1;
              s.source[kA - 1] = {0, put, value_of(1)};
            }),
            checker::kHolds);
  EXPECT_EQ(judged([](State& s) { s.source[kA - 1] = {}; }), Model::NoLostWrite);
  EXPECT_EQ(judged([](State& s) {
              s.source[kA - 1] = {deletion, 0, 0};
              s.clients.deletion = deletion;
            }),
            checker::kHolds);
  EXPECT_EQ(judged([](State& s) { s.source[kB - 1] = {}; }), Model::NoLostWrite);
  EXPECT_EQ(judged([](State& s) { s.source[kC - 1] = {0, kLately, kOld}; }), Model::NoLostWrite);
  EXPECT_EQ(judged([](State& s) { s.source[kC - 1] = {0, insert, value_of(1)}; }), checker::kHolds);
  // Nor does anything come back that is older than an acknowledged deletion, but for a put that
  // nobody was told of.
  const auto deletes = [](State& s) {
    s.clients.acked[kDeletion][0] = 1;
    s.clients.deletion = deletion;
  };
  EXPECT_EQ(judged([&](State& s) { deletes(s); }), Model::NoResurrection);
  EXPECT_EQ(judged([&](State& s) {
              deletes(s);
              s.source[kA - 1] = {deletion, 0, 0};
            }),
            checker::kHolds);
  for (const bool is_acknowledged : {false, true}) {
    EXPECT_EQ(judged([&](State& s) {
                deletes(s);
                s.source[kA - 1] = {0, put, value_of(1)};
                s.clients.acked[kPut][0] = is_acknowledged ? 1 : 0;
              }),
              is_acknowledged ? Model::NoResurrection : checker::kHolds);
  }
  EXPECT_EQ(judged([](State& s) { s.clients.stale_read = 1; }), Model::OneSourceOfTruth);

  // Once the target is the truth, it is judged; the source too, for as long as there is a way back.
  const auto later = [&](const std::function<void(State&)>& change) {
    return judged_from(Phase::verified, change);
  };
  EXPECT_EQ(later([](State&) {}), checker::kHolds);
  EXPECT_EQ(later([](State& s) { s.target[kA - 1] = {}; }), Model::NoLostWrite);
  EXPECT_EQ(later([](State& s) { s.source[kA - 1] = {}; }), Model::CanGoBack);
  EXPECT_EQ(later([&](State& s) {
              deletes(s);
              s.target[kA - 1] = {deletion, 0, 0};
            }),
            Model::CanGoBack);
  EXPECT_EQ(later([](State& s) {
              s.source[kA - 1] = {};
              s.record.phase = Phase::target_only;
              ++s.record.turn;
            }),
            checker::kHolds);
}

TEST(ModelOfTheShadow, IsDoneOnceTheTargetAloneIsLeft) {
  using namespace model::online::shadow;
  const Model model({}, Flaw::none, Phase::source_only, false);
  for (int phase = 0; phase <= static_cast<int>(Phase::target_only); ++phase) {
    State state = model.initial_states()[0];
    state.record.phase = static_cast<Phase>(phase);
    EXPECT_EQ(model.goals_reached(state), state.record.phase == Phase::target_only) << phase;
  }
}

TEST(ModelOfTheCounter, JudgesEachPropertyAlone) {
  using namespace model::online::counters;
  const Model model({2, 2, 1, 1, 1, 2, 2}, Flaw::none, false);
  const State begun = model.initial_states()[0];
  const auto judged = [&](const std::function<void(State&)>& change) {
    State state = begun;
    change(state);
    return model.judge(state);
  };
  EXPECT_EQ(judged([](State&) {}), checker::kHolds);
  // It is between what counts and what was tried.
  EXPECT_EQ(judged([](State& s) { s.sent = s.counts = 1; }), Model::CounterExact);
  EXPECT_EQ(judged([](State& s) { s.sent = 1; }), checker::kHolds);
  EXPECT_EQ(judged([](State& s) { ++s.source; }), Model::CounterExact);
  EXPECT_EQ(judged([](State& s) { ++s.source, s.sent = 1; }), checker::kHolds);
  // The source until there is a base; then the base, and its own generation and later ones.
  EXPECT_EQ(judged([](State& s) { s.base = {1, kBefore}, s.source = 0; }), checker::kHolds);
  EXPECT_EQ(judged([](State& s) { s.base = {1, kBefore}, s.counter[0] = 1; }), Model::CounterExact);
  EXPECT_EQ(judged([](State& s) { s.base = {2, kBefore}, s.counter[0] = 1; }), checker::kHolds);
  EXPECT_EQ(judged([](State& s) { s.base = {2, kBefore}, s.counter[1] = 1; }), Model::CounterExact);
  EXPECT_EQ(judged([](State& s) { s.wrong_read = 1; }), Model::ReadsExact);
  for (const model::Byte generation : {0, 1, 2}) {
    State state = begun;
    state.base.generation = generation;
    EXPECT_EQ(model.goals_reached(state), generation == 2) << int{generation};
  }
}

/// As the refinement sees them, where something has changed since the beginning.
template <class Mapping, class Change>
std::vector<std::uint64_t> stores_of(const Mapping& mapping, const Change& change) {
  auto state = mapping.begin("start");
  change(state);
  return {mapping.durable(state, 0), mapping.durable(state, 1), mapping.durable(state, 2)};
}

/// What the refinement compares: no two of these have the same stores.
TEST(MappingOfTheShadow, ComparesAllThatIsStored) {
  using namespace model::online::shadow;
  const ShadowMapping mapping;
  std::set<std::vector<std::uint64_t>> seen = {stores_of(mapping, [](auto&) {})};
  std::size_t changes = 1;
  const auto expect_other = [&](const std::function<void(State&)>& change) {
    EXPECT_TRUE(seen.insert(stores_of(mapping, change)).second) << "change " << changes;
    ++changes;
  };
  for (std::size_t key = 0; key < 3; ++key) {
    for (Rows State::* const rows : {&State::source, &State::target}) {
      expect_other([&](State& s) { (s.*rows)[key].deleted = 24; });
      expect_other([&](State& s) { (s.*rows)[key].written = 13; });
      expect_other([&](State& s) { (s.*rows)[key].value = 3; });
    }
  }
  expect_other([](State& s) { s.sessions.opened = 1; });
  expect_other([](State& s) { s.sessions.open = 2; });
  expect_other([](State& s) { s.sessions.workers = 2; });
  expect_other([](State& s) { s.record.phase = Phase::backfill; });
  expect_other([](State& s) { s.record.turn = 2; });
  expect_other([](State& s) { s.record.compared = 2; });
  expect_other([](State& s) { s.record.leases = 2; });
  for (std::size_t range = 0; range < 2; ++range) {
    expect_other([&](State& s) { s.record.range[range].lease = 1; });
    expect_other([&](State& s) { s.record.range[range].done = 1; });
  }
  EXPECT_EQ(changes, seen.size());
}

TEST(MappingOfTheCounter, ComparesAllThatIsStored) {
  using namespace model::online::counters;
  const CounterMapping mapping;
  std::set<std::vector<std::uint64_t>> seen = {stores_of(mapping, [](auto&) {})};
  const std::vector<std::function<void(State&)>> changes = {[](State& s) { ++s.source; },
                                                            [](State& s) { s.generation = 1; },
                                                            [](State& s) { s.base.generation = 1; },
                                                            [](State& s) { s.base.value = 1; },
                                                            [](State& s) { s.counter[0] = 1; },
                                                            [](State& s) { s.counter[1] = 1; }};
  for (const auto& change : changes) EXPECT_TRUE(seen.insert(stores_of(mapping, change)).second);
}

std::vector<Case> refined() {
  std::vector<Case> found;
  for (const Family& each : {family(), state_version::family()}) {
    for (const Case& of : registry_of({each})) {
      if (of.refinement && of.violates.empty()) found.push_back(of);
    }
  }
  return found;
}

class RefinementOfFamilies : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Whole, RefinementOfFamilies, testing::ValuesIn(refined()), NameInFamily());

TEST_P(RefinementOfFamilies, ExercisesAllOfTheModel) {
  const Case& of = GetParam();
  crashsim::Bounds bounds = bounds_for(of, find_engine("refinement"), "");
  bounds.starts = 2;
  bounds.crashes = 1;
  bounds.lost = 0;
  const Findings found = of.refinement(bounds, {}, false);
  EXPECT_EQ(found.result.ended, checker::Ended::complete) << found.details;
  EXPECT_EQ(found.extent, "100 % of the model") << found.details;
  EXPECT_EQ(found.unseen, std::vector<std::string>());
}

/// Which the bounds of the exhaustive engines leave out.
TEST(RefinementOfTheShadow, HasReadsToo) {
  const Case& of = case_of("online/shadow");
  const auto bounds =
      bounds_for(of, find_engine("refinement"),
                 "starts=2,crashes=0,lost=0,in_flight=0,puts=1,deletes=0,inserts=0,reads=1");
  const Findings found = of.refinement(bounds, {}, false);
  EXPECT_EQ(found.result.ended, checker::Ended::complete);
  EXPECT_EQ(found.details, "12671 of the model's 12671 transitions exercised over its stores\n");
}

}  // namespace
}  // namespace cutover::online
