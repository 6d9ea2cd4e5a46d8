#include "model/catalog/protocol.h"

#include <algorithm>

namespace cutover::model::catalog {
namespace {

constexpr At kStash = At::stash, kPersist = At::persist;
constexpr Tombstone kAbsent = Tombstone::absent, kFalse = Tombstone::is_false,
                    kTrue = Tombstone::is_true;

Step make(Do what, At at, Tombstone value = Tombstone::absent) {
  Step step;
  step.what = what;
  step.at = at;
  step.value = value;
  return step;
}

Step merge_snapshot(At at) { return make(Do::merge_snapshot, at); }
Step skip_copy_if_marked() { return make(Do::skip_copy_if_marked, kPersist); }
Step replace_and_mark() { return make(Do::replace_and_mark, kPersist); }
Step end_if_marked() { return make(Do::end_if_marked, kPersist); }
Step set_mark(Tombstone value) { return make(Do::set_mark, kPersist, value); }

// Single tombstone.

std::optional<At> single_truth(Tombstone stash, Tombstone) {
  return stash == kTrue ? kPersist : kStash;
}

// clang-format off: the steps' numbers stay in one column
Steps single_migrate() {
  return {open(kStash),                                // 1
          open(kPersist),                              // 2
          read_tombstone(kStash, {kTrue}),             // 3: persist is the truth already
          read_snapshot(kStash),                       // 4
          replace(kPersist),                           // 5
          set_tombstone(kStash, kTrue)};               // 6: from here persist is the truth
}

Steps single_rollback() {
  return {open(kStash),                                // 1
          open(kPersist),                              // 2
          raise_epoch(),                               // 2b
          read_tombstone(kStash, {kAbsent, kFalse}),   // 3: the stash is the truth already
          read_snapshot(kPersist),                     // 4
          replace(kStash),                             // 5
          set_tombstone(kStash, kFalse)};              // 6: from here the stash is the truth
}

Steps one_write_rollback() {
  return {open(kStash),                                // 1
          open(kPersist),                              // 2
          raise_epoch(),                               // 2b
          read_tombstone(kStash, {kAbsent, kFalse}),   // 3
          read_snapshot(kPersist),                     // 4
          replace_and_set(kStash, kFalse)};            // 5 and 6, one write
}

// Two tombstones.

std::optional<At> two_truth(Tombstone stash, Tombstone persist) {
  return stash != kAbsent && persist == kFalse ? kPersist : kStash;
}

Steps two_migrate() {
  return {open(kStash),                                // 1
          open(kPersist),                              // 2
          set_tombstone(kStash, kTrue),                // 3
          read_tombstone(kPersist, {kFalse}),          // 4: persist is the truth already
          read_snapshot(kStash),                       // 5
          replace(kPersist),                           // 6
          set_tombstone(kPersist, kFalse)};            // 7: from here persist is the truth
}

Steps two_rollback() {
  return {open(kStash),                                // 1
          open(kPersist),                              // 2
          raise_epoch(),                               // 2b
          set_tombstone(kStash, kFalse),               // 3
          read_tombstone(kPersist, {kAbsent, kTrue}),  // 4: the stash is the truth already
          read_snapshot(kPersist),                     // 5
          replace(kStash),                             // 6
          set_tombstone(kPersist, kTrue)};             // 7: from here the stash is the truth
}

// First draft, known to be wrong.

std::optional<At> draft_truth(Tombstone stash, Tombstone persist) {
  if (stash == kTrue && persist == kTrue) return std::nullopt;
  return stash == kTrue && persist == kFalse ? kPersist : kStash;
}

Steps draft_migrate() {
  return {open(kStash),                                // 1
          open(kPersist),                              // 1
          set_tombstone(kStash, kTrue),                // 2
          read_tombstone(kPersist, {kFalse}),          // 3
          read_snapshot(kStash),                       // 4
          replace_and_set(kPersist, kFalse)};          // 5
}

Steps draft_rollback() {
  return {open(kStash),                                // 1
          open(kPersist),                              // 1
          raise_epoch(),                               // 1b
          set_tombstone(kPersist, kTrue),              // 2
          read_tombstone(kStash, {kAbsent, kFalse}),   // 3
          read_snapshot(kPersist),                     // 4
          replace_and_set(kStash, kFalse)};            // 5
}

// Mutants of the single tombstone: the step that differs says so.

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

Steps rollback_without_copy() {
  return {open(kStash), open(kPersist), raise_epoch(), read_tombstone(kStash, {kAbsent, kFalse}),
          set_tombstone(kStash, kFalse)};              // 6, FLAW: without 4 and 5
}

Steps trust_earlier_copy() {
  return {open(kStash), open(kPersist), read_tombstone(kStash, {kTrue}),
          skip_copy_if_marked(),                       // FLAW
          read_snapshot(kStash), replace_and_mark(), set_tombstone(kStash, kTrue)};
}

Steps rollback_without_raise() {
  return {open(kStash), open(kPersist),                // FLAW: no 2b
          read_tombstone(kStash, {kAbsent, kFalse}), read_snapshot(kPersist), replace(kStash),
          set_tombstone(kStash, kFalse)};
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

Steps emergency_open() {
  return {open(kStash), open(kPersist), raise_epoch()};  // FLAW: without 3
}

Steps old_binary() {
  return {open(kStash)};                               // 1, FLAW: and nothing else
}

Steps exclusive_mark() {
  return {open(kStash), open(kPersist), read_tombstone(kStash, {kTrue}),
          end_if_marked(), set_mark(kTrue),            // FLAW: nobody takes it from the dead
          read_snapshot(kStash), replace(kPersist), set_tombstone(kStash, kTrue), set_mark(kFalse)};
}
// clang-format on

Protocol migrating(std::string_view name, Steps migrate) {
  return {name, std::move(migrate), single_rollback(), single_truth};
}
Protocol rolling_back(std::string_view name, Steps rollback) {
  return {name, single_migrate(), std::move(rollback), single_truth};
}

std::vector<Protocol> all() {
  Protocol stash_not_fenced = migrating("single-tombstone+stash-not-fenced", single_migrate());
  stash_not_fenced.stash_fences = false;
  Protocol persist_not_fenced = migrating("single-tombstone+persist-not-fenced", single_migrate());
  persist_not_fenced.persist_fences = false;
  Protocol acknowledge_first = migrating("single-tombstone+acknowledge-first", single_migrate());
  acknowledge_first.acknowledges_on_arrival = true;
  return {
      {"single-tombstone", single_migrate(), single_rollback(), single_truth},
      {"single-tombstone-one-write", single_migrate(), one_write_rollback(), single_truth},
      {"two-tombstones", two_migrate(), two_rollback(), two_truth},
      {"first-draft", draft_migrate(), draft_rollback(), draft_truth},
      migrating("single-tombstone+flip-before-copy", flip_before_copy()),
      migrating("single-tombstone+snapshot-before-open", snapshot_before_open()),
      migrating("single-tombstone+merge", merge()),
      rolling_back("single-tombstone+rollback-without-copy", rollback_without_copy()),
      migrating("single-tombstone+trust-earlier-copy", trust_earlier_copy()),
      rolling_back("single-tombstone+rollback-without-raise", rollback_without_raise()),
      migrating("single-tombstone+no-lower-bound", no_lower_bound()),
      migrating("single-tombstone+absent-means-moved", absent_means_moved()),
      rolling_back("single-tombstone+emergency-open", emergency_open()),
      rolling_back("single-tombstone+old-binary", old_binary()),
      migrating("single-tombstone+exclusive-mark", exclusive_mark()),
      acknowledge_first,
      stash_not_fenced,
      persist_not_fenced,
  };
}

}  // namespace

Step open(At at) { return make(Do::open, at); }
Step open_unbounded(At at) { return make(Do::open_unbounded, at); }
Step raise_epoch() { return make(Do::raise_epoch, At::stash); }
Step read_tombstone(At at, std::initializer_list<Tombstone> done) {
  Step step = make(Do::read_tombstone, at);
  for (const Tombstone tombstone : done) {
    step.done = static_cast<Byte>(step.done | 1u << static_cast<unsigned>(tombstone));
  }
  return step;
}
Step read_snapshot(At at) { return make(Do::read_snapshot, at); }
Step replace(At at) { return make(Do::replace_contents, at); }
Step set_tombstone(At at, Tombstone value) { return make(Do::set_tombstone, at, value); }
Step replace_and_set(At at, Tombstone value) { return make(Do::replace_and_set, at, value); }

const std::vector<Protocol>& protocols() {
  static const std::vector<Protocol> known = all();
  return known;
}

const Protocol* find_protocol(std::string_view name) {
  const auto at = std::ranges::find(protocols(), name, &Protocol::name);
  return at == protocols().end() ? nullptr : &*at;
}

}  // namespace cutover::model::catalog
