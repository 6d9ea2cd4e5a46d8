#include "properties/catalog/cases.h"

#include "properties/catalog/mutants.h"
#include "properties/catalog/process_subject.h"
#include "properties/catalog/random_world.h"
#include "properties/catalog/specification.h"

namespace cutover::catalog {
namespace {

constexpr const char* kFamily = "catalog";

FamilyBounds bounds() {
  return {.own = {kWrites, kReads},
          .of_engine = {{"graph", "writes=0"}},
          .of_bench = {"starts=2,crashes=1", "starts=3,crashes=0,in_flight=0,lost=0",
                       "starts=3,crashes=1", "starts=3,crashes=2", "starts=3,crashes=2,writes=4",
                       "processes=3,starts=4,crashes=0,in_flight=0,lost=0",
                       "starts=5,crashes=1,in_flight=0,lost=0", "starts=4,crashes=2"}};
}

Case make_case(const std::string& name, const std::string& about, const std::string& violates,
               const Parts& parts, const std::string& model) {
  Case made{std::string(kFamily) + "/" + name, about, violates,
            [parts](const crashsim::Bounds& bounds) { return make_world(parts, bounds); },
            random_worlds(parts)};
  const auto* const protocol = model::catalog::find_protocol(model);
  if (protocol == nullptr) return made;
  specify(made, *protocol, parts);
  return made;
}

/// A design that the command's `migrate` carries out over real files.
Case with_processes(Case of, const Parts& parts) {
  of.process = [parts](const std::string& executable) {
    return process_subject(parts.protocol, parts.truth, executable);
  };
  return of;
}

Case with_record(Case of, const std::string& record) {
  of.record = record;
  return of;
}

std::vector<Case> cases() {
  const auto known = [](const std::string& name, const std::string& about,
                        const std::string& violates, const Parts& parts) {
    return make_case(name, about, violates, parts, name);
  };
  const auto design = [&](const std::string& name, const std::string& about, const Parts& parts) {
    return with_processes(known(name, about, "", parts), parts);
  };
  std::vector<Case> all = {
      design("single-tombstone", "one tombstone, in the stash: the accepted design",
             {.protocol = kSingleTombstone}),
      design("single-tombstone-one-write", "the rollback copies and flips in one write",
             {.protocol = kSingleTombstoneOneWrite}),
      design("single-tombstone-lazy-open", "only the store that will be served is brought up",
             {.protocol = kSingleTombstoneLazyOpen}),
      design("two-tombstones", "a tombstone in each store: the alternative design",
             {.protocol = kTwoTombstones, .truth = truth_by_two_tombstones}),
      with_record(
          known("first-draft", "two flags of intent, and both can be raised", "OneSourceOfTruth",
                {.protocol = kFirstDraft, .truth = truth_by_first_draft}),
          "both-true-draft (first draft of the catalog migration)"),
  };
  for (const auto& mutants : {protocol_mutants(), store_mutants(), mutants_of_two_tombstones()}) {
    for (const Mutant& mutant : mutants) {
      const std::string name = mutant.of + "+" + mutant.name;
      const bool reordered = mutant.violates == kRefinement;  // against the model of the design
      all.push_back(with_record(make_case(name, mutant.about, mutant.violates, mutant.parts,
                                          reordered ? mutant.of : name),
                                mutant.record));
    }
  }
  return all;
}

}  // namespace

Family family() { return {.name = kFamily, .bounds = bounds(), .cases = cases}; }

}  // namespace cutover::catalog
