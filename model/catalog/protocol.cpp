#include "model/catalog/protocol.h"

#include <algorithm>

#include "model/catalog/mutants.h"

namespace cutover::model::catalog {
namespace {

constexpr At kStash = At::stash, kPersist = At::persist;
constexpr Tombstone kAbsent = Tombstone::absent, kFalse = Tombstone::is_false,
                    kTrue = Tombstone::is_true;

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
          raise_epoch(),                               // 2c
          read_tombstone(kStash, {kAbsent, kFalse}),   // 3: the stash is the truth already
          read_snapshot(kPersist),                     // 4
          replace(kStash),                             // 5
          set_tombstone(kStash, kFalse)};              // 6: from here the stash is the truth
}

Steps one_write_rollback() {
  return {open(kStash),                                // 1
          open(kPersist),                              // 2
          raise_epoch(),                               // 2c
          read_tombstone(kStash, {kAbsent, kFalse}),   // 3
          read_snapshot(kPersist),                     // 4
          replace_and_set(kStash, kFalse)};            // 5 and 6, one write
}

Steps lazy_migrate() {
  return {epoch_only(open(kStash)),                    // 1a
          epoch_only(open(kPersist)),                  // 2a
          read_tombstone(kStash, {kTrue}),             // 3
          read_snapshot(kStash),                       // 4
          replace(kPersist),                           // 5
          set_tombstone(kStash, kTrue)};               // 6
}

Steps lazy_rollback() {
  return {epoch_only(open(kStash)),                    // 1a
          epoch_only(open(kPersist)),                  // 2a
          raise_epoch(),                               // 2c
          read_tombstone(kStash, {kAbsent, kFalse}),   // 3
          read_snapshot(kPersist),                     // 4
          replace(kStash),                             // 5
          set_tombstone(kStash, kFalse)};              // 6
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
          raise_epoch(),                               // 2c
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
  return {epoch_only(open(kStash)),                    // 1
          epoch_only(open(kPersist)),                  // 1
          set_tombstone(kStash, kTrue),                // 2
          read_tombstone(kPersist, {kFalse}),          // 3
          read_snapshot(kStash),                       // 4
          replace_and_set(kPersist, kFalse)};          // 5
}

Steps draft_rollback() {
  return {epoch_only(open(kStash)),                    // 1
          epoch_only(open(kPersist)),                  // 1
          raise_epoch(),                               // 1c
          set_tombstone(kPersist, kTrue),              // 2
          read_tombstone(kStash, {kAbsent, kFalse}),   // 3
          read_snapshot(kPersist),                     // 4
          replace_and_set(kStash, kFalse)};            // 5
}
// clang-format on

std::vector<Protocol> all() {
  const Protocol single{"single-tombstone", single_migrate(), single_rollback(), single_truth};
  const Protocol lazy{"single-tombstone-lazy-open", lazy_migrate(), lazy_rollback(), single_truth,
                      true};
  const Protocol two{"two-tombstones", two_migrate(), two_rollback(), two_truth};
  std::vector<Protocol> all = {
      single,
      {"single-tombstone-one-write", single_migrate(), one_write_rollback(), single_truth},
      lazy,
      two,
      {"first-draft", draft_migrate(), draft_rollback(), draft_truth, true},
  };
  const auto add = [&](std::vector<Protocol> mutants) {
    for (Protocol& mutant : mutants) all.push_back(std::move(mutant));
  };
  add(mutants_of(single));
  add(mutants_of_lazy_open(lazy));
  add(mutants_of_two_tombstones(two));
  return all;
}

}  // namespace

Step make(Do what, At at, Tombstone value) {
  Step step;
  step.what = what;
  step.at = at;
  step.value = value;
  return step;
}
Step open(At at) {
  Step step = make(Do::open, at);
  step.brings_up = true;
  return step;
}
Step open_unbounded(At at) {
  Step step = open(at);
  step.what = Do::open_unbounded;
  return step;
}
Step epoch_only(Step open) {
  open.brings_up = false;
  return open;
}
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
Step upgrade_contents(At at) { return make(Do::upgrade_contents, at); }
Step merge_snapshot(At at) { return make(Do::merge_snapshot, at); }
Step skip_copy_if_marked(At at) { return make(Do::skip_copy_if_marked, at); }
Step replace_and_mark(At at) { return make(Do::replace_and_mark, at); }
Step end_if_marked(At at) { return make(Do::end_if_marked, at); }
Step set_mark(At at, Tombstone value) { return make(Do::set_mark, at, value); }

const std::vector<Protocol>& protocols() {
  static const std::vector<Protocol> known = all();
  return known;
}

const Protocol* find_protocol(std::string_view name) {
  const auto at = std::ranges::find(protocols(), name, &Protocol::name);
  return at == protocols().end() ? nullptr : &*at;
}

}  // namespace cutover::model::catalog
