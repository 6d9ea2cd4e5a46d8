#include "model/catalog/mutants.h"

namespace cutover::model::catalog {
namespace {

constexpr At kStash = At::stash, kPersist = At::persist;
constexpr Tombstone kAbsent = Tombstone::absent, kFalse = Tombstone::is_false,
                    kTrue = Tombstone::is_true;

// The step that differs says so. A process of the model holds one copy at a time: where opening
// writes, a snapshot that was read before is gone, which the implementation's mutants would keep.
// clang-format off: flaws stay in one column

// In place of the migration.

Steps flip_before_copy() {
  return {open(kStash), open(kPersist), read_tombstone(kStash, {kTrue}), read_snapshot(kStash),
          set_tombstone(kStash, kTrue),                // 6, FLAW: comes before 5
          replace(kPersist)};
}

Steps snapshot_before_open() {
  return {open(kStash),
          read_snapshot(kStash),                       // 4, FLAW: comes before 1
          open(kStash), open(kPersist), read_tombstone(kStash, {kTrue}), replace(kPersist),
          set_tombstone(kStash, kTrue)};
}

Steps merge() {
  return {open(kStash), open(kPersist), read_tombstone(kStash, {kTrue}), read_snapshot(kStash),
          merge_snapshot(kPersist),                    // FLAW
          replace(kPersist), set_tombstone(kStash, kTrue)};
}

Steps migrate_without_copy() {
  return {open(kStash), open(kPersist), read_tombstone(kStash, {kTrue}),
          set_tombstone(kStash, kTrue)};               // 6, FLAW: without 4 and 5
}

Steps trust_earlier_copy() {
  return {open(kStash), open(kPersist), read_tombstone(kStash, {kTrue}),
          skip_copy_if_marked(kPersist),               // FLAW
          read_snapshot(kStash), replace_and_mark(kPersist), set_tombstone(kStash, kTrue)};
}

Steps no_lower_bound() {
  return {open(kStash),
          open_unbounded(kPersist),                    // 2, FLAW: no lower bound
          read_tombstone(kStash, {kTrue}), read_snapshot(kStash), replace(kPersist),
          set_tombstone(kStash, kTrue)};
}

Steps absent_means_moved() {
  return {open(kStash), open(kPersist),
          read_tombstone(kStash, {kTrue, kAbsent}),    // 3, FLAW: absent is not true
          read_snapshot(kStash), replace(kPersist), set_tombstone(kStash, kTrue)};
}

Steps migrate_emergency_open() {
  return {open(kStash), open(kPersist)};               // FLAW: without 3
}

Steps migrate_old_binary() {
  return {open_unbounded(kPersist)};                   // 2, FLAW: and nothing else
}

Steps bring_up_first() {
  return {epoch_only(open(kStash)),
          read_snapshot(kStash),                       // 1b, FLAW: comes before 1a
          epoch_only(open(kStash)), upgrade_contents(kStash), open(kPersist),
          read_tombstone(kStash, {kTrue}), read_snapshot(kStash), replace(kPersist),
          set_tombstone(kStash, kTrue)};
}

Steps never_brought_up() {
  return {epoch_only(open(kStash)),                    // 1a, FLAW: without 1b
          open(kPersist), read_tombstone(kStash, {kTrue}), read_snapshot(kStash),
          replace(kPersist), set_tombstone(kStash, kTrue)};
}

Steps exclusive_mark() {
  return {open(kStash), open(kPersist), read_tombstone(kStash, {kTrue}),
          end_if_marked(kPersist), set_mark(kPersist, kTrue),  // FLAW: nobody takes it from the dead
          read_snapshot(kStash), replace(kPersist), set_tombstone(kStash, kTrue),
          set_mark(kPersist, kFalse)};
}

// In place of the rollback.

Steps rollback_flip_before_copy() {
  return {open(kStash), open(kPersist), raise_epoch(), read_tombstone(kStash, {kAbsent, kFalse}),
          read_snapshot(kPersist),
          set_tombstone(kStash, kFalse),               // 6, FLAW: comes before 5
          replace(kStash)};
}

Steps rollback_snapshot_before_open() {
  return {open_unbounded(kPersist),
          read_snapshot(kPersist),                     // 4, FLAW: comes before 1
          open(kStash), open(kPersist), raise_epoch(), read_tombstone(kStash, {kAbsent, kFalse}),
          replace(kStash), set_tombstone(kStash, kFalse)};
}

Steps rollback_merge() {
  return {open(kStash), open(kPersist), raise_epoch(), read_tombstone(kStash, {kAbsent, kFalse}),
          read_snapshot(kPersist),
          merge_snapshot(kStash),                      // FLAW
          replace(kStash), set_tombstone(kStash, kFalse)};
}

Steps rollback_without_copy() {
  return {open(kStash), open(kPersist), raise_epoch(), read_tombstone(kStash, {kAbsent, kFalse}),
          set_tombstone(kStash, kFalse)};              // 6, FLAW: without 4 and 5
}

Steps rollback_trust_earlier_copy() {
  return {open(kStash), open(kPersist), raise_epoch(), read_tombstone(kStash, {kAbsent, kFalse}),
          skip_copy_if_marked(kStash),                 // FLAW
          read_snapshot(kPersist), replace_and_mark(kStash), set_tombstone(kStash, kFalse)};
}

Steps rollback_without_raise() {
  return {open(kStash), open(kPersist),                // FLAW: no 2c
          read_tombstone(kStash, {kAbsent, kFalse}), read_snapshot(kPersist), replace(kStash),
          set_tombstone(kStash, kFalse)};
}

Steps rollback_absent_means_moved() {
  return {open(kStash), open(kPersist), raise_epoch(),
          read_tombstone(kStash, {kFalse}),            // 3, FLAW: absent is not true
          read_snapshot(kPersist), replace(kStash), set_tombstone(kStash, kFalse)};
}

Steps emergency_open() {
  return {open(kStash), open(kPersist), raise_epoch()};  // FLAW: without 3
}

Steps old_binary() {
  return {open(kStash)};                               // 1, FLAW: and nothing else
}

Steps rollback_brings_up_first() {
  return {open(kStash), epoch_only(open_unbounded(kPersist)),
          read_snapshot(kPersist),                     // 2b, FLAW: comes before 2a
          epoch_only(open(kPersist)), upgrade_contents(kPersist), raise_epoch(),
          read_tombstone(kStash, {kAbsent, kFalse}), read_snapshot(kPersist), replace(kStash),
          set_tombstone(kStash, kFalse)};
}

Steps rollback_never_brings_up() {
  return {epoch_only(open(kStash)),                    // 1a, FLAW: without 1b
          open(kPersist), raise_epoch(), read_tombstone(kStash, {kAbsent, kFalse}),
          read_snapshot(kPersist), replace(kStash), set_tombstone(kStash, kFalse)};
}

Steps rollback_exclusive_mark() {
  return {open(kStash), open(kPersist), raise_epoch(), read_tombstone(kStash, {kAbsent, kFalse}),
          end_if_marked(kStash), set_mark(kStash, kTrue),  // FLAW: nobody takes it from the dead
          read_snapshot(kPersist), replace(kStash), set_tombstone(kStash, kFalse),
          set_mark(kStash, kFalse)};
}

// Of the two tombstones, in place of the migration.

Steps two_snapshot_before_open() {
  return {open(kStash),
          read_snapshot(kStash),                       // 5, FLAW: comes before 1
          open(kStash), open(kPersist), set_tombstone(kStash, kTrue),
          read_tombstone(kPersist, {kFalse}), replace(kPersist), set_tombstone(kPersist, kFalse)};
}

Steps two_no_lower_bound() {
  return {open(kStash),
          open_unbounded(kPersist),                    // 2, FLAW: no lower bound
          set_tombstone(kStash, kTrue), read_tombstone(kPersist, {kFalse}), read_snapshot(kStash),
          replace(kPersist), set_tombstone(kPersist, kFalse)};
}

Steps two_no_direction() {
  return {open(kStash), open(kPersist),                // FLAW: without 3
          read_tombstone(kPersist, {kFalse}), read_snapshot(kStash), replace(kPersist),
          set_tombstone(kPersist, kFalse)};
}

Steps two_never_asks() {
  return {open(kStash), open(kPersist), set_tombstone(kStash, kTrue),
          read_snapshot(kStash),                       // 5, FLAW: without 4
          replace(kPersist), set_tombstone(kPersist, kFalse)};
}

Steps two_without_copy() {
  return {open(kStash), open(kPersist), set_tombstone(kStash, kTrue),
          read_tombstone(kPersist, {kFalse}),
          set_tombstone(kPersist, kFalse)};            // 7, FLAW: without 5 and 6
}

Steps two_merge() {
  return {open(kStash), open(kPersist), set_tombstone(kStash, kTrue),
          read_tombstone(kPersist, {kFalse}), read_snapshot(kStash),
          merge_snapshot(kPersist),                    // FLAW
          replace(kPersist), set_tombstone(kPersist, kFalse)};
}

Steps two_flip_before_copy() {
  return {open(kStash), open(kPersist), set_tombstone(kStash, kTrue),
          read_tombstone(kPersist, {kFalse}), read_snapshot(kStash),
          set_tombstone(kPersist, kFalse),             // 7, FLAW: comes before 6
          replace(kPersist)};
}

// Of the two tombstones, in place of the rollback.

Steps two_rollback_snapshot_before_open() {
  return {open_unbounded(kPersist),
          read_snapshot(kPersist),                     // 5, FLAW: comes before 1
          open(kStash), open(kPersist), raise_epoch(), set_tombstone(kStash, kFalse),
          read_tombstone(kPersist, {kAbsent, kTrue}), replace(kStash),
          set_tombstone(kPersist, kTrue)};
}

Steps two_rollback_without_raise() {
  return {open(kStash), open(kPersist),                // FLAW: no 2c
          set_tombstone(kStash, kFalse), read_tombstone(kPersist, {kAbsent, kTrue}),
          read_snapshot(kPersist), replace(kStash), set_tombstone(kPersist, kTrue)};
}

Steps two_rollback_never_asks() {
  return {open(kStash), open(kPersist), raise_epoch(), set_tombstone(kStash, kFalse),
          read_snapshot(kPersist),                     // 5, FLAW: without 4
          replace(kStash), set_tombstone(kPersist, kTrue)};
}

Steps two_rollback_without_copy() {
  return {open(kStash), open(kPersist), raise_epoch(), set_tombstone(kStash, kFalse),
          read_tombstone(kPersist, {kAbsent, kTrue}),
          set_tombstone(kPersist, kTrue)};             // 7, FLAW: without 5 and 6
}

Steps two_rollback_merge() {
  return {open(kStash), open(kPersist), raise_epoch(), set_tombstone(kStash, kFalse),
          read_tombstone(kPersist, {kAbsent, kTrue}), read_snapshot(kPersist),
          merge_snapshot(kStash),                      // FLAW
          replace(kStash), set_tombstone(kPersist, kTrue)};
}

Steps two_rollback_flip_before_copy() {
  return {open(kStash), open(kPersist), raise_epoch(), set_tombstone(kStash, kFalse),
          read_tombstone(kPersist, {kAbsent, kTrue}), read_snapshot(kPersist),
          set_tombstone(kPersist, kTrue),              // 7, FLAW: comes before 6
          replace(kStash)};
}
// clang-format on

/// Adds the design under the name, to be changed.
Protocol& add_mutant(std::vector<Protocol>& all, const Protocol& design, std::string_view name) {
  all.push_back(design);
  all.back().name = name;
  return all.back();
}

}  // namespace

std::vector<Protocol> mutants_of(const Protocol& single_tombstone) {
  std::vector<Protocol> all;
  const auto mutant = [&](std::string_view name) -> Protocol& {
    return add_mutant(all, single_tombstone, name);
  };
  mutant("single-tombstone+flip-before-copy").migrate = flip_before_copy();
  mutant("single-tombstone+rollback-flips-first").rollback = rollback_flip_before_copy();
  mutant("single-tombstone+snapshot-before-open").migrate = snapshot_before_open();
  mutant("single-tombstone+rollback-early-snapshot").rollback =
      rollback_snapshot_before_open();
  mutant("single-tombstone+merge").migrate = merge();
  mutant("single-tombstone+rollback-merge").rollback = rollback_merge();
  mutant("single-tombstone+migrate-without-copy").migrate = migrate_without_copy();
  mutant("single-tombstone+rollback-without-copy").rollback = rollback_without_copy();
  mutant("single-tombstone+trust-earlier-copy").migrate = trust_earlier_copy();
  mutant("single-tombstone+rollback-trusts-copy").rollback = rollback_trust_earlier_copy();
  mutant("single-tombstone+no-lower-bound").migrate = no_lower_bound();
  mutant("single-tombstone+rollback-without-raise").rollback = rollback_without_raise();
  mutant("single-tombstone+absent-means-moved").migrate = absent_means_moved();
  mutant("single-tombstone+rollback-absent-is-true").rollback = rollback_absent_means_moved();
  mutant("single-tombstone+migrate-emergency-open").migrate = migrate_emergency_open();
  mutant("single-tombstone+emergency-open").rollback = emergency_open();
  mutant("single-tombstone+migrate-old-binary").migrate = migrate_old_binary();
  mutant("single-tombstone+old-binary").rollback = old_binary();
  mutant("single-tombstone+bring-up-first").migrate = bring_up_first();
  mutant("single-tombstone+rollback-early-bring-up").rollback = rollback_brings_up_first();
  mutant("single-tombstone+never-brought-up").migrate = never_brought_up();
  mutant("single-tombstone+rollback-not-brought-up").rollback = rollback_never_brings_up();
  mutant("single-tombstone+exclusive-mark").migrate = exclusive_mark();
  mutant("single-tombstone+rollback-exclusive-mark").rollback = rollback_exclusive_mark();
  mutant("single-tombstone+acknowledge-first").acknowledges_on_arrival = true;
  mutant("single-tombstone+stash-not-fenced").stash_fences = false;
  mutant("single-tombstone+persist-not-fenced").persist_fences = false;
  return all;
}

std::vector<Protocol> mutants_of_lazy_open(Protocol lazy_open) {
  lazy_open.name = "single-tombstone-lazy-open+left-as-is";
  lazy_open.opens_lazily = false;  // FLAW: nothing that brings up afterwards
  return {lazy_open};
}

std::vector<Protocol> mutants_of_two_tombstones(const Protocol& two_tombstones) {
  std::vector<Protocol> all;
  const auto mutant = [&](std::string_view name) -> Protocol& {
    return add_mutant(all, two_tombstones, name);
  };
  mutant("two-tombstones+snapshot-before-open").migrate = two_snapshot_before_open();
  mutant("two-tombstones+rollback-early-snapshot").rollback = two_rollback_snapshot_before_open();
  mutant("two-tombstones+no-lower-bound").migrate = two_no_lower_bound();
  mutant("two-tombstones+rollback-without-raise").rollback = two_rollback_without_raise();
  mutant("two-tombstones+no-direction").migrate = two_no_direction();
  mutant("two-tombstones+never-asks").migrate = two_never_asks();
  mutant("two-tombstones+rollback-never-asks").rollback = two_rollback_never_asks();
  mutant("two-tombstones+migrate-without-copy").migrate = two_without_copy();
  mutant("two-tombstones+rollback-without-copy").rollback = two_rollback_without_copy();
  mutant("two-tombstones+merge").migrate = two_merge();
  mutant("two-tombstones+rollback-merge").rollback = two_rollback_merge();
  mutant("two-tombstones+flip-before-copy").migrate = two_flip_before_copy();
  mutant("two-tombstones+rollback-flips-first").rollback = two_rollback_flip_before_copy();
  return all;
}

}  // namespace cutover::model::catalog
