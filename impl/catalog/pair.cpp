#include "impl/catalog/pair.h"

#include <random>

namespace cutover::catalog {

Pairing judge(const PairFacts& facts) {
  const Kinship &stash = facts.stash, &persist = facts.persist;
  if (stash.stash_of && stash.stash_of == persist.persist_of) return Pairing::paired;
  if (stash.persist_of && stash.persist_of == persist.stash_of) return Pairing::swapped;
  if (persist.persist_of || persist.stash_of) return Pairing::stranger;
  if (stash.persist_of && !stash.stash_of) return Pairing::begins_at_persist;
  if (facts.persist_is_truth) {
    return stash.stash_of ? Pairing::not_the_one : Pairing::never_confirmed;
  }
  return facts.persist_holds_entries ? Pairing::replaces_data : Pairing::to_pair;
}

bool can_be_forced(Pairing pairing) {
  switch (pairing) {
    case Pairing::replaces_data:
    case Pairing::never_confirmed:
    case Pairing::not_the_one:
    case Pairing::begins_at_persist: return true;
    default: return false;
  }
}

Identity new_identity() {
  std::random_device device;
  std::uniform_int_distribution<Identity> any(1);
  return any(device);
}

}  // namespace cutover::catalog
