// Gives a case its model: every way to check it that follows from the model, its mapping
// (mapping.h), and the case's world.
#pragma once

#include "engines/model/labelled_graph.h"
#include "engines/model/model_check.h"
#include "engines/model/model_graph.h"
#include "engines/model/refinement.h"

namespace cutover {

/// `world` is one of the case's: its names are those of the schedules.
template <class F>
ModelOfCase model_of_case(const F& mapping, const crashsim::World& world) {
  const ActorNames names = names_of(world);
  ModelOfCase made;
  made.impossible = [=](const auto& bounds) { return mapping.impossible(bounds); };
  made.check = [=](const auto& bounds, const auto& limits, bool expect_violation) {
    return check_model(mapping, names, bounds, limits, expect_violation, false);
  };
  made.check_by_symmetry = [=](const auto& bounds, const auto& limits, bool expect_violation) {
    return check_model(mapping, names, bounds, limits, expect_violation, true);
  };
  made.graph = [=](const auto& bounds, const auto& variables) {
    return model_graph(mapping, bounds, variables);
  };
  made.bounds = [=](const auto& constants) { return mapping.bounds(constants); };
  made.schedule = [=](const auto& constants, const auto& states) {
    return schedule_of(mapping, names, constants, states);
  };
  made.labelled_graph = [=](const auto& constants) { return labelled_graph(mapping, constants); };
  made.text = [=](const auto& state) { return tla::state_to_text(state, mapping.tla_sets()); };
  return made;
}

/// The model as a world's companion.
template <class F>
std::function<void(crashsim::World&)> accompany_by(const F& mapping) {
  return [=](crashsim::World& world) { accompany(world, companion_of(mapping, world.bounds)); };
}

/// The case with its model, and with all that follows from it and from the case's world: the model
/// in lock step, and, unless it is expected to violate something, the refinement.
template <class F>
Case with_model(Case of, const F& mapping) {
  of.model = model_of_case(mapping, of.world({}));
  of.accompany = accompany_by(mapping);
  if (!of.violates.empty()) return of;
  of.refinement = [mapping, world = of.world](const crashsim::Bounds& bounds,
                                              const checker::Limits& limits, bool expect) {
    return check_refinement(mapping, {{"over its stores", world(bounds)}}, limits, expect);
  };
  return of;
}

}  // namespace cutover
