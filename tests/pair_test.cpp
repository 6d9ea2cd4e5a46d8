// Which two stores are taken for a pair: the decisions, cell by cell, and the command that makes
// them.
#include "impl/catalog/pair.h"

#include <set>

#include "cli/catalog/paired_store.h"
#include "cli/catalog/protocol_mark.h"
#include "system/usage_error.h"
#include "tests/files.h"

namespace cutover::cli {
namespace {

using catalog::PairFacts;
using catalog::Pairing;

constexpr std::optional<catalog::Identity> none = std::nullopt;

struct Cell {
  catalog::Kinship stash, persist;
  bool persist_is_truth, persist_holds_entries;
  Pairing expected;
};

// The truth is the stash, or persist; and persist holds entries, or not.
constexpr bool kStash = false, kPersist = true, kEmpty = false, kHolds = true;

const Cell kDecisions[] = {
    // Nobody knows anybody.
    {{none, none}, {none, none}, kStash, kEmpty, Pairing::to_pair},
    {{none, none}, {none, none}, kStash, kHolds, Pairing::replaces_data},
    {{none, none}, {none, none}, kPersist, kEmpty, Pairing::never_confirmed},
    {{none, none}, {none, none}, kPersist, kHolds, Pairing::never_confirmed},
    // The stash was paired with another store, or its pairing was cut short.
    {{7, none}, {none, none}, kStash, kEmpty, Pairing::to_pair},
    {{7, none}, {none, none}, kStash, kHolds, Pairing::replaces_data},
    {{7, none}, {none, none}, kPersist, kEmpty, Pairing::not_the_one},
    {{7, none}, {none, none}, kPersist, kHolds, Pairing::not_the_one},
    // A pair.
    {{7, none}, {none, 7}, kStash, kEmpty, Pairing::paired},
    {{7, none}, {none, 7}, kStash, kHolds, Pairing::paired},
    {{7, none}, {none, 7}, kPersist, kEmpty, Pairing::paired},
    {{7, none}, {none, 7}, kPersist, kHolds, Pairing::paired},
    // Persist belongs to another stash.
    {{7, none}, {none, 8}, kStash, kEmpty, Pairing::stranger},
    {{7, none}, {none, 8}, kStash, kHolds, Pairing::stranger},
    {{7, none}, {none, 8}, kPersist, kEmpty, Pairing::stranger},
    {{7, none}, {none, 8}, kPersist, kHolds, Pairing::stranger},
    {{none, none}, {none, 8}, kStash, kEmpty, Pairing::stranger},
    {{none, none}, {none, 8}, kStash, kHolds, Pairing::stranger},
    {{none, none}, {none, 8}, kPersist, kEmpty, Pairing::stranger},
    {{none, none}, {none, 8}, kPersist, kHolds, Pairing::stranger},
    // Persist is the stash of a pair.
    {{none, none}, {8, none}, kStash, kEmpty, Pairing::stranger},
    {{7, none}, {8, none}, kStash, kEmpty, Pairing::stranger},
    {{7, none}, {7, none}, kStash, kEmpty, Pairing::stranger},
    {{none, none}, {8, none}, kPersist, kHolds, Pairing::stranger},
    {{none, 7}, {8, none}, kStash, kEmpty, Pairing::stranger},
    {{none, 7}, {7, none}, kStash, kEmpty, Pairing::swapped},
    {{none, 7}, {7, none}, kPersist, kHolds, Pairing::swapped},
    {{6, 7}, {7, none}, kStash, kEmpty, Pairing::swapped},
    // The stash is the persist store of a pair: a chain of migrations.
    {{none, 7}, {none, none}, kStash, kEmpty, Pairing::begins_at_persist},
    {{none, 7}, {none, none}, kStash, kHolds, Pairing::begins_at_persist},
    {{none, 7}, {none, none}, kPersist, kEmpty, Pairing::begins_at_persist},
    {{none, 7}, {none, 7}, kStash, kEmpty, Pairing::stranger},
    {{6, 7}, {none, none}, kStash, kEmpty, Pairing::to_pair},
    {{6, 7}, {none, 6}, kStash, kHolds, Pairing::paired},
    {{6, 7}, {none, 7}, kStash, kHolds, Pairing::stranger},
    {{6, none}, {5, 6}, kStash, kHolds, Pairing::paired},
};

TEST(Judge, DecidesEveryCell) {
  for (std::size_t i = 0; i < std::size(kDecisions); ++i) {
    const Cell& cell = kDecisions[i];
    const PairFacts facts{cell.stash, cell.persist, cell.persist_is_truth,
                          cell.persist_holds_entries};
    EXPECT_EQ(static_cast<int>(catalog::judge(facts)), static_cast<int>(cell.expected))
        << "cell " << i;
  }
}

TEST(Judge, WhatCanBeForced) {
  const std::pair<Pairing, bool> all[] = {
      {Pairing::paired, false},       {Pairing::to_pair, false},
      {Pairing::replaces_data, true}, {Pairing::never_confirmed, true},
      {Pairing::not_the_one, true},   {Pairing::begins_at_persist, true},
      {Pairing::stranger, false},     {Pairing::swapped, false},
  };
  for (const auto& [pairing, expected] : all) {
    EXPECT_EQ(catalog::can_be_forced(pairing), expected) << static_cast<int>(pairing);
  }
}

TEST(Judge, NewIdentitiesDifferAndAreNever0) {
  std::set<catalog::Identity> seen = {0};
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(catalog::new_identity()).second);
}

TEST(PairFactsOf, TakeEachNumberFromItsPlace) {
  constexpr auto single = ProtocolKind::single_tombstone;
  const Config stash = {{catalog::kStashOf, 1}, {catalog::kPersistOf, 2}};
  const Config persist = {{catalog::kStashOf, 3}, {catalog::kPersistOf, 4}};
  const PairFacts facts = pair_facts(single, stash, persist, true);
  EXPECT_EQ(facts.stash.stash_of, 1u);
  EXPECT_EQ(facts.stash.persist_of, 2u);
  EXPECT_EQ(facts.persist.stash_of, 3u);
  EXPECT_EQ(facts.persist.persist_of, 4u);
  EXPECT_TRUE(facts.persist_holds_entries);
  EXPECT_FALSE(facts.persist_is_truth);
  EXPECT_FALSE(pair_facts(single, {}, {}, false).persist_holds_entries);
  EXPECT_EQ(pair_facts(single, {}, {}, false).stash.stash_of, none);
  EXPECT_TRUE(pair_facts(single, {{catalog::kTombstone, 1}}, {}, false).persist_is_truth);
  EXPECT_FALSE(pair_facts(single, {}, {{catalog::kTombstone, 1}}, false).persist_is_truth);
}

// ---- the truth, and whose tombstones they are

using Number = std::optional<std::uint64_t>;

TEST(PersistIsTruth, ByTheTombstones) {
  struct Row {
    Number stash, persist;
    bool single, two;
  };
  const Row rows[] = {
      {none, none, false, false}, {none, 0, false, false}, {none, 1, false, false},
      {0, none, false, false},    {0, 0, false, true},     {0, 1, false, false},
      {1, none, true, false},     {1, 0, true, true},      {1, 1, true, false},
  };
  for (const auto& [stash, persist, single, two] : rows) {
    const auto shown = [](Number number) { return number ? std::to_string(*number) : "-"; };
    EXPECT_EQ(persist_is_truth(ProtocolKind::single_tombstone, stash, persist), single)
        << shown(stash) << shown(persist);
    EXPECT_EQ(persist_is_truth(ProtocolKind::two_tombstones, stash, persist), two)
        << shown(stash) << shown(persist);
  }
}

std::string refusal(ProtocolKind kind, const Config& stash, const Config& persist) {
  try {
    refuse_other_protocol(kind, stash, persist);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(RefuseOtherProtocol, DecidesEveryCell) {
  constexpr const char* kSingle = "use --protocol single-tombstone";
  constexpr const char* kTwo = "use --protocol two-tombstones";
  constexpr const char* kSwapped = "look swapped";
  constexpr const char* kUnknown = "a protocol that this program does not know";
  const auto of = [](Number tombstone, Number mark) {
    Config config;
    if (tombstone) config[catalog::kTombstone] = *tombstone;
    if (mark) config[kProtocolMark] = *mark;
    return config;
  };
  struct Row {
    Config stash, persist;
    std::string single, two;  ///< what the refusal says; empty: accepted
  };
  const Row rows[] = {
      {of(none, none), of(none, none), "", ""},
      // By a single tombstone.
      {of(0, 1), of(none, none), "", kSingle},
      {of(1, 1), of(none, none), "", kSingle},
      // By two.
      {of(0, 2), of(none, none), kTwo, ""},
      {of(1, 2), of(none, none), kTwo, ""},
      {of(1, 2), of(0, 2), kTwo, ""},
      {of(0, 2), of(1, 2), kTwo, ""},
      {of(none, none), of(1, 2), kTwo, ""},
      // By programs that write no mark.
      {of(0, none), of(none, none), "", ""},
      {of(1, none), of(none, none), "", "finish with that program"},
      {of(1, none), of(0, none), kTwo, ""},
      {of(none, none), of(0, none), kTwo, ""},
      {of(none, none), of(1, none), kTwo, ""},
      // What is no pair, or the other way round.
      {of(none, none), of(1, 1), kSwapped, kSwapped},
      {of(none, none), of(0, 1), kSwapped, kSwapped},
      {of(1, 1), of(1, 1), "is the stash of another migration",
       "is the stash of another migration"},
      {of(1, 1), of(0, 2), kTwo, kSingle},
      {of(none, 9), of(none, none), kUnknown, kUnknown},
      {of(none, none), of(none, 9), kUnknown, kUnknown},
      {of(none, 0), of(none, none), kUnknown, kUnknown},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    for (const auto kind : {ProtocolKind::single_tombstone, ProtocolKind::two_tombstones}) {
      const bool is_single = kind == ProtocolKind::single_tombstone;
      const std::string& expected = is_single ? rows[i].single : rows[i].two;
      const std::string found = refusal(kind, rows[i].stash, rows[i].persist);
      EXPECT_EQ(found.empty(), expected.empty()) << "row " << i << ": " << found;
      EXPECT_NE(found.find(expected), std::string::npos) << "row " << i << ": " << found;
    }
  }
}

TEST(NeedsPersist, ByTheStashsTombstone) {
  const Config down = {{catalog::kTombstone, 0}}, up = {{catalog::kTombstone, 1}};
  constexpr auto single = ProtocolKind::single_tombstone, two = ProtocolKind::two_tombstones;
  EXPECT_FALSE(needs_persist(single, {}));
  EXPECT_FALSE(needs_persist(single, down));
  EXPECT_TRUE(needs_persist(single, up));
  EXPECT_FALSE(needs_persist(two, {}));
  EXPECT_TRUE(needs_persist(two, down));
  EXPECT_TRUE(needs_persist(two, up));
}

}  // namespace
}  // namespace cutover::cli
