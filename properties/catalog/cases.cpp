#include "properties/catalog/cases.h"

#include "properties/catalog/mutants.h"
#include "properties/catalog/random_world.h"

namespace cutover::catalog {
namespace {

constexpr const char* kFamily = "catalog";

Case make_case(const std::string& name, const std::string& about, const std::string& violates,
               const Parts& parts) {
  return {std::string(kFamily) + "/" + name, kFamily, about, violates,
          [parts](const crashsim::Bounds& bounds) { return make_world(parts, bounds); },
          random_worlds(parts)};
}

}  // namespace

Registry cases() {
  Registry all = {
      make_case("single-tombstone", "one tombstone, in the stash: the accepted design", "",
                {.protocol = kSingleTombstone}),
      make_case("single-tombstone-one-write", "the rollback copies and flips in one write", "",
                {.protocol = kSingleTombstoneOneWrite}),
      make_case("two-tombstones", "a tombstone in each store: the alternative design", "",
                {.protocol = kTwoTombstones, .truth = truth_by_two_tombstones}),
      make_case("first-draft", "two flags of intent, and both can be raised", "OneSourceOfTruth",
                {.protocol = kFirstDraft, .truth = truth_by_first_draft}),
  };
  for (const auto& mutants : {protocol_mutants(), store_mutants()}) {
    for (const Mutant& mutant : mutants) {
      all.push_back(
          make_case(mutant.of + "+" + mutant.name, mutant.about, mutant.violates, mutant.parts));
    }
  }
  return all;
}

}  // namespace cutover::catalog
