// A model as the companion of its implementation: what the refinement moves in lock step. A generic
// driver: mapping.h says of what.
//
// The mapping is by names: a step of a process is the action of the model's process in the same
// place whose step has the same label; an answer that says "fenced" is the action that says so; a
// fault is the action named after it. Of a store event it is the action that leaves the stores as
// they are then. Durable states must be equal.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "crashsim/world/companion.h"
#include "engines/model/coverage.h"
#include "engines/model/mapping.h"
#include "engines/model/model_check.h"
#include "tla/value.h"

namespace cutover {

template <class F>
class ModelCompanion final : public crashsim::Companion {
  using Model = typename F::Model;
  using State = typename Model::State;
  using Action = typename Model::Action;
  using Name = typename Model::Name;
  using Step = crashsim::CompanionStep;
  using Kind = Step::Kind;
  using Number = crashsim::Number;
  using Value = crashsim::Value;

 public:
  static constexpr std::size_t kWords = kMostWords;

  /// The mapping must have the bounds. Throws std::runtime_error where a state takes more than
  /// kWords words.
  ModelCompanion(const F& mapping, const crashsim::Bounds& bounds)
      : mapping_(mapping),
        model_(mapping.model(bounds)),
        sorted_(mapping.model(bounds, true)),
        packing_(model_.widest()) {
    if (packing_.bits() > 64 * kWords) {
      throw std::runtime_error(fmt::format(
          "a state of the model takes {} bits, and {} is the most: lower processes, or what may be "
          "in flight",
          packing_.bits(), 64 * kWords));
    }
    for (std::size_t key = 0; key < mapping_.label_count(model_); ++key) {
      const std::string label = mapping_.label(model_, key);
      const auto number = static_cast<Number>(labels_.size() + 1);
      labels_of_.push_back(labels_.emplace(label, number).first->second);
    }
  }

  std::size_t words() const override { return (packing_.bits() + 63) / 64; }
  State unpack(const Words& state) const { return packing_.template unpack<kWords>(state); }

  Words begin(const std::string& beginning) const override {
    return pack(mapping_.begin(beginning));
  }

  Number label(std::size_t, const std::string& label) const override {
    const auto at = labels_.find(label);
    return at == labels_.end() ? kNoSuchLabel : at->second;
  }
  Number answer(const Value& answer) const override {
    return mapping_.is_fenced(answer) ? kFenced : kDone;
  }
  std::uint64_t durable(std::size_t, const Value& state) const override {
    return mapping_.durable(state).value_or(kNoSuchStore);
  }

  bool take(Words& state, const Step& step, std::span<const std::uint64_t> durable) const override {
    const State before = unpack(state);
    auto taken = find(before, step, durable);
    if (!taken) return false;
    State& after = taken->state;
    if (stays_in_flight(step.outcome)) {
      std::swap(after.in_flight[before.used.in_flight], after.in_flight[step.left_at]);
    }
    if (!has(after, durable)) return false;
    if (coverage_ != nullptr) cover(before, taken->action);
    state = pack(after);
    return true;
  }

  void rearrange(Words& state, std::span<const std::uint8_t> from) const override {
    const State before = unpack(state);
    State after = before;
    const unsigned processes = model_.bounds().processes;
    for (unsigned i = 0; i < processes; ++i) after.process[i] = before.process[from[i]];
    for (unsigned i = processes; i < from.size(); ++i) {
      after.in_flight[i - processes] = before.in_flight[from[i] - processes];
    }
    state = pack(after);
  }

  std::string action(const Words& state, const Step& step) const override {
    const auto taken = find(unpack(state), step);
    if (!taken) return "";
    return fmt::format("{}({})", to_string(taken->action.name), taken->action.who + 1);
  }

  std::string complaint(const Words& state, const Step& step) const override {
    const State before = unpack(state);
    const std::string known = fmt::format("the model was at\n{}", tla(state));
    if (const auto taken = find(before, step)) {
      return fmt::format("after the model's action {} its stores differ; {}",
                         to_string(taken->action.name), known);
    }
    if (step.kind != Kind::step) return "the model has no such action; " + known;
    return fmt::format("the model's process is about to '{}' here, and not with that outcome; {}",
                       about_to(before, step.place), known);
  }

  std::string tla(const Words& state) const override {
    return tla::state_to_text(mapping_.tla(model_, unpack(state)), mapping_.tla_sets());
  }

  /// From now on what is exercised is noted there.
  void note(Coverage<kWords>& coverage) { coverage_ = &coverage; }
  const checker::Packing<State>& packing() const { return packing_; }
  /// The model whose places are sorted: what is exercised is noted by its states.
  const Model& sorted() const { return sorted_; }

 private:
  static constexpr Number kDone = 0, kFenced = 1;  // answers
  static constexpr Number kNoSuchLabel = 0;
  static constexpr std::uint64_t kNoSuchStore = ~0ull;

  Words pack(const State& state) const { return packing_.template pack<kWords>(state); }

  /// Is this action the one of that name?
  bool is_taken(const State& before, const Action& action, const Step& step) const {
    if (kind_of(mapping_, action) != step.kind) return false;
    if (step.kind == Kind::event) return event_of(mapping_, action) == step.place;
    if (action.who != step.place) return false;
    switch (step.kind) {
      case Kind::start: return mapping_.program(action) == step.which;
      case Kind::input: return *mapping_.input(action) == step.which;
      case Kind::stop: return true;
      case Kind::event:
      case Kind::choose: return false;
      case Kind::land: break;
      case Kind::step:
        if (fault_of(action.name).value_or(crashsim::Outcome::ok) != step.outcome) return false;
        if (step.outcome == crashsim::Outcome::ok &&
            mapping_.is_fenced(action) != (step.answer == kFenced)) {
          return false;
        }
    }
    return labels_of_[mapping_.label_key(model_, before, action)] == step.label;
  }

  /// Without `durable`: of several events of that kind the first.
  std::optional<checker::Taken<Model>> find(const State& before, const Step& step,
                                            std::span<const std::uint64_t> durable = {}) const {
    std::optional<checker::Taken<Model>> taken;
    model_.successors(before, [&](const Action& action, const State& next) {
      if (taken || !is_taken(before, action, step)) return;
      if (step.kind == Kind::event && !has(next, durable)) return;
      taken = {action, next};
    });
    return taken;
  }

  bool has(const State& state, std::span<const std::uint64_t> durable) const {
    for (std::size_t i = 0; i < durable.size(); ++i) {
      if (durable[i] != mapping_.durable(state, i)) return false;
    }
    return true;
  }

  /// The label of the process's next step.
  std::string about_to(const State& before, std::uint8_t place) const {
    std::string label = "nothing";
    model_.successors(before, [&](const Action& action, const State&) {
      if (action.who != place || kind_of(mapping_, action) != Kind::step) return;
      label = mapping_.label(model_, mapping_.label_key(model_, before, action));
    });
    return label;
  }

  /// Notes the action where the places are sorted, as the model's own search sees it.
  void cover(const State& before, const Action& action) const {
    State sorted = before;
    Model::sort_places(sorted);
    Action there = action;
    if (!event_of(mapping_, action)) {
      there.who = action.name == Name::Land
                      ? place_in(sorted.in_flight, before.in_flight[action.who])
                      : place_in(sorted.process, before.process[action.who]);
    }
    unsigned turn = 0;
    std::uint64_t bit = 0;
    sorted_.successors(sorted, [&](const Action& each, const State&) {
      if (each == there) bit = 1ull << turn;
      ++turn;
    });
    CUTOVER_CHECK(bit != 0 && turn <= 64);
    coverage_->add(pack(sorted), bit);
  }

  template <class Places, class Place>
  static std::uint8_t place_in(const Places& places, const Place& place) {
    return static_cast<std::uint8_t>(std::ranges::find(places, place) - places.begin());
  }

  F mapping_;
  Model model_, sorted_;
  checker::Packing<State> packing_;
  std::map<std::string, Number> labels_;
  std::vector<Number> labels_of_;  ///< by their keys
  Coverage<kWords>* coverage_ = nullptr;
};

/// Throws std::runtime_error where the model can't have these bounds.
template <class F>
std::shared_ptr<ModelCompanion<F>> companion_of(const F& mapping, const crashsim::Bounds& bounds) {
  require_possible(mapping, bounds);
  return std::make_shared<ModelCompanion<F>>(mapping, bounds);
}

}  // namespace cutover
