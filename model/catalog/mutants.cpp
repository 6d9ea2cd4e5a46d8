#include "model/catalog/mutants.h"

namespace cutover::model::catalog {
namespace {

constexpr At kStash = At::stash, kPersist = At::persist;
constexpr Tombstone kAbsent = Tombstone::absent, kFalse = Tombstone::is_false,
                    kTrue = Tombstone::is_true;

// The step that differs says so.
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
  return {open(kStash), open(kPersist),                // FLAW: no 2b
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

Steps rollback_exclusive_mark() {
  return {open(kStash), open(kPersist), raise_epoch(), read_tombstone(kStash, {kAbsent, kFalse}),
          end_if_marked(kStash), set_mark(kStash, kTrue),  // FLAW: nobody takes it from the dead
          read_snapshot(kPersist), replace(kStash), set_tombstone(kStash, kFalse),
          set_mark(kStash, kFalse)};
}
// clang-format on

}  // namespace

std::vector<Protocol> mutants_of(const Protocol& single_tombstone) {
  std::vector<Protocol> all;
  const auto mutant = [&](std::string_view name) -> Protocol& {
    all.push_back(single_tombstone);
    all.back().name = name;
    return all.back();
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
  mutant("single-tombstone+exclusive-mark").migrate = exclusive_mark();
  mutant("single-tombstone+rollback-exclusive-mark").rollback = rollback_exclusive_mark();
  mutant("single-tombstone+acknowledge-first").acknowledges_on_arrival = true;
  mutant("single-tombstone+stash-not-fenced").stash_fences = false;
  mutant("single-tombstone+persist-not-fenced").persist_fences = false;
  return all;
}

}  // namespace cutover::model::catalog
