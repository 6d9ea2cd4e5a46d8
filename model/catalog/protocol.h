// The catalog's protocols as data: the steps of their two moves, what follows a move, and which
// store the tombstones name. The same as in tla/catalog/*.tla.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "model/catalog/state.h"

namespace cutover::model::catalog {

/// What a step does. Those below `serve` are operations of a store.
enum class Do : Byte {
  nothing,
  open,
  open_unbounded,
  raise_epoch,
  read_tombstone,
  read_snapshot,
  merge_snapshot,
  replace_contents,
  set_tombstone,
  replace_and_set,
  skip_copy_if_marked,
  replace_and_mark,
  end_if_marked,
  set_mark,
  read_contents,
  upgrade_contents,
  write,
  serve,
};

constexpr bool read_only(Do what) {
  return what == Do::read_tombstone || what == Do::read_snapshot || what == Do::merge_snapshot ||
         what == Do::read_contents || what == Do::skip_copy_if_marked || what == Do::end_if_marked;
}

/// What a store is asked to do, but for what comes out of the process's local state.
struct Operation {
  Do what = Do::nothing;
  At at = At::stash;
  Tombstone value = Tombstone::absent;
  bool operator==(const Operation&) const = default;
};

/// Whose session a step counts from.
enum class Above : Byte { nothing, stash, persist };

struct Step : Operation {
  Byte done = 0;  ///< of read_tombstone: bit t: with tombstone t the truth is already there
  bool brings_up = false;  ///< of an open: two steps follow, which bring the contents up
  // What the model works out once from `what` and `at`.
  Byte operation = 0;
  Byte name = 0;  ///< of the action
  Above above = Above::nothing;
  bool opens = false, reads = false, sends = false, upgrades = false;
};
using Steps = std::vector<Step>;

Step make(Do what, At at, Tombstone value = Tombstone::absent);

// The steps by name, as the protocols are written.
Step open(At at);            ///< persist: above the stash's session; the contents are brought up
Step open_unbounded(At at);  ///< the same, whatever the epoch was
Step epoch_only(Step open);  ///< the contents are left as they are
Step raise_epoch();          ///< of the stash, above persist's session
Step read_tombstone(At at, std::initializer_list<Tombstone> done);
Step read_snapshot(At at);
Step replace(At at);
Step set_tombstone(At at, Tombstone value);
Step replace_and_set(At at, Tombstone value);
// Those that only mutants take.
Step upgrade_contents(At at);     ///< of the copy, into the store
Step merge_snapshot(At at);       ///< into the copy: what the store holds besides
Step skip_copy_if_marked(At at);  ///< the next two steps
Step replace_and_mark(At at);
Step end_if_marked(At at);
Step set_mark(At at, Tombstone value);

/// Names the source of truth, or nothing.
using Truth = std::optional<At> (*)(Tombstone stash, Tombstone persist);

struct Protocol {
  std::string_view name;
  Steps migrate;   ///< to persist
  Steps rollback;  ///< to the stash
  Truth truth;
  bool opens_lazily = false;  ///< the store to be served is brought up when the move is over
  // What only mutants change.
  bool stash_fences = true, persist_fences = true;
  bool acknowledges_on_arrival = false;
};

/// The designs, the first draft, and the mutants that make sense at this level; named like the
/// cases of the implementation, without the family.
const std::vector<Protocol>& protocols();

/// Null if there is none of that name.
const Protocol* find_protocol(std::string_view name);

}  // namespace cutover::model::catalog
