// Which two stores belong together.
//
// A tombstone in the stash says that persist is the source of truth, and does not say which
// persist. So the two stores of a pair hold one identity, a random number, each under a name that
// says what the store is to the pair. A persist store that holds another identity, or none although
// the stash calls it the truth, is a stranger: to serve it, or to roll back from it, would lose the
// truth.
//
// The identity is written while both stores are open, the stash first, before any step that relies
// on it; each time a new one, so that the persist store of a pairing that was given up, or whose
// place another has taken, is a stranger from then on. Whoever comes later opens both before it
// reads, as every move does, and so fences who wrote only the first: it finds a pair, or a stash
// that is still the truth and a persist without an identity, and pairs them anew. So a kill between
// the two writes costs nothing.
//
// Not covered: a copy of both files is the same pair.
#pragma once

#include <cstdint>
#include <optional>

namespace cutover::catalog {

/// Config entries. A store that was persist in one migration and is the stash of the next has both.
inline constexpr const char* kStashOf = "stash of pair";
inline constexpr const char* kPersistOf = "persist of pair";

using Identity = std::uint64_t;

/// The identities that a store holds.
struct Kinship {
  std::optional<Identity> stash_of, persist_of;
};

struct PairFacts {
  Kinship stash, persist;  ///< of the stores that are to be stash and persist
  bool persist_is_truth = false;
  bool persist_holds_entries = false;
};

enum class Pairing {
  paired,   ///< they know each other
  to_pair,  ///< the stash is the truth, and persist has nothing to lose
  // Refused, unless a person says that it is meant:
  replaces_data,      ///< the stash is the truth, and persist holds what may be anybody's
  never_confirmed,    ///< persist is the truth of a stash from before there were identities
  not_the_one,        ///< persist is the truth of a stash that was paired with another one
  begins_at_persist,  ///< the stash is a persist store, of which only its own stash knows the truth
  // Refused:
  stranger,  ///< persist belongs to another pair
  swapped,   ///< they know each other, the other way round
};

Pairing judge(const PairFacts& facts);

/// True if a person may say that it is meant: then the stores become a pair.
bool can_be_forced(Pairing pairing);

/// A new identity; never 0.
Identity new_identity();

}  // namespace cutover::catalog
