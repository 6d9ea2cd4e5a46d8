// What maps a family's model to everything else: to the implementation's scheduler, to its durable
// states, to TLA+. The drivers of this folder take a model and its mapping and know no family.
//
// Besides what plain.h asks of it, a model M here is one of processes:
//   State::process, State::in_flight   arrays of places; an empty place is a default one
//   State::used.in_flight              how many requests were left in flight: where the next one is
//                                      put, unless places are sorted
//   Action::name, Action::who          who takes it: the place of a process, or for Land that of a
//                                      request in flight, from 0, and of a store event whatever
//                                      tells it apart; actions are compared by ==
//   M::Name                            Start, Stop, Land, and the faults that it has, of those in
//                                      fault_of(); with to_string(), the action's name in TLA+
//   bounds().processes, bounds().in_flight
//   sort_places(state)                 static: of processes, and of requests in flight; empty
//   places
//                                      come last
//   witnesses()                        each with `name` and `possible`
//
// A mapping F of it has the type Model and the const members
//   impossible(bounds)                 why the model can't have these of the exploration, or empty
//   model(bounds, interchangeable)     the model within them, if that is empty
//   model(constants)                   the model that a configuration of TLC is of; throws
//                                      std::runtime_error where it has none
//   bounds(constants)                  the same as the other engines name it; a constant that a
//                                      module does not have is 0
//   beginning(state)                   the name of an initial state; begin(name): the state
//   property(number)                   its name
//   program(action)                    of Start: the index into World::programs
//   input(action)                      of a client's request: the index into World::inputs
//   event(action), event_choice(before, action)   only where there are store events: the index into
//                                      World::events, if it is one, and what a schedule says
//   is_fenced(action), is_fenced(answer)   whether a step is answered that it is fenced
//   label_key(model, state, action)    of a step, or of what lands: a number below label_count() of
//                                      what its label depends on
//   label(model, key)                  the label of the implementation's store operation, in traces
//   durable(value)                     a durable state of the implementation, abstracted to a
//                                      number; nothing where the model has no such state
//   durable(state, store)              the same of the model's
//   tla(model, state)                  an object of the variables of the TLA+ module; sets are
//   sorted
//                                      arrays, functions over 1..n and sequences are arrays
//   tla_sets()                         the fields that are sets
//   graph_variables()                  what its graph shows unless something is asked for
//   look(model, state)                 what its graph shows besides
#pragma once

#include <optional>

#include "crashsim/world/companion.h"

namespace cutover {

/// What the action is to the step that it happens to; none for those that are no faults.
template <class Name>
std::optional<crashsim::Outcome> fault_of(Name name) {
  using crashsim::Outcome;
  switch (name) {
    case Name::CrashBefore: return Outcome::crash_before;
    case Name::CrashAfter: return Outcome::crash_after;
    case Name::CrashInFlight: return Outcome::crash_in_flight;
    case Name::LoseBefore: return Outcome::lost_before;
    case Name::LoseAfter: return Outcome::lost_after;
    case Name::LoseInFlight: return Outcome::lost_in_flight;
    default: return std::nullopt;
  }
}

/// Which store event it is, if it is one.
template <class F>
std::optional<std::size_t> event_of(const F& mapping, const typename F::Model::Action& action) {
  if constexpr (requires { mapping.event(action); }) return mapping.event(action);
  return std::nullopt;
}

/// What an action is to the engine.
template <class F>
crashsim::CompanionStep::Kind kind_of(const F& mapping, const typename F::Model::Action& action) {
  using Kind = crashsim::CompanionStep::Kind;
  using Name = typename F::Model::Name;
  if (event_of(mapping, action)) return Kind::event;
  switch (action.name) {
    case Name::Start: return Kind::start;
    case Name::Stop: return Kind::stop;
    case Name::Land: return Kind::land;
    default: return mapping.input(action) ? Kind::input : Kind::step;
  }
}

}  // namespace cutover
