#include "properties/catalog/cases.h"

#include "properties/catalog/model_check.h"
#include "properties/catalog/model_graph.h"
#include "properties/catalog/mutants.h"
#include "properties/catalog/process_check.h"
#include "properties/catalog/random_world.h"
#include "properties/catalog/refinement.h"

namespace cutover::catalog {
namespace {

constexpr const char* kFamily = "catalog";

ModelOfCase model_of_case(const model::catalog::Protocol& protocol) {
  ModelOfCase made;
  made.impossible = [&](const auto& bounds) { return impossible_for_model(protocol, bounds); };
  made.check = [&](const auto& bounds, const auto& limits, bool expect_violation) {
    return check_model(protocol, bounds, limits, expect_violation, false);
  };
  made.check_by_symmetry = [&](const auto& bounds, const auto& limits, bool expect_violation) {
    return check_model(protocol, bounds, limits, expect_violation, true);
  };
  made.graph = [&](const auto& bounds, const auto& variables) {
    return model_graph(protocol, bounds, variables);
  };
  made.bounds = bounds_of_constants;
  made.schedule = [&](const auto& constants, const auto& states) {
    return schedule_of(protocol, constants, states);
  };
  return made;
}

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
  made.accompany = [protocol](crashsim::World& world) { accompany(world, *protocol); };
  if (violates != kRefinement) made.model = model_of_case(*protocol);
  if (violates.empty() || violates == kRefinement) {
    made.refinement = [parts, protocol](const auto& bounds, const auto& limits,
                                        bool expect_violation) {
      return check_refinement(parts, *protocol, bounds, limits, expect_violation);
    };
  }
  return made;
}

/// A design that the command's `migrate` carries out over real files.
Case with_processes(Case of, const Parts& parts) {
  of.process = [parts](const ProcessRun& run) {
    ProcessCheckOptions options;
    options.executable = run.executable;
    options.threads = run.threads;
    options.seconds = run.seconds;
    options.progress = run.progress;
    const auto found = check_processes(parts.protocol, parts.truth, options);
    return ProcessFindings{
        found.complete,   found.violated, format_matrix(found.matrix) + found.detail,
        found.executions, found.kills,    found.fenced,
        found.seconds};
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
      design("two-tombstones", "a tombstone in each store: the alternative design",
             {.protocol = kTwoTombstones, .truth = truth_by_two_tombstones}),
      with_record(
          known("first-draft", "two flags of intent, and both can be raised", "OneSourceOfTruth",
                {.protocol = kFirstDraft, .truth = truth_by_first_draft}),
          "both-true-draft (first draft of the catalog migration)"),
  };
  for (const auto& mutants : {protocol_mutants(), store_mutants()}) {
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

Family family() { return {.name = kFamily, .bounds = bounds(), .cases = cases()}; }

}  // namespace cutover::catalog
