#include "properties/catalog/model_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "model/checker/plain.h"
#include "properties/catalog/model_check.h"
#include "properties/catalog/model_state.h"

namespace cutover::catalog {
namespace {

using crashsim::Projection;
using crashsim::Value;
using model::catalog::Action;
using model::catalog::Model;
using model::catalog::State;

constexpr std::size_t kWords = 6;

const std::vector<std::string> kTombstones = {"store.stash.tombstone", "store.persist.tombstone"};

/// The parts of a path, joined by another character, and the numbers among them moved by one.
std::string renumbered(const std::string& path, char from, char to, int by) {
  std::string result;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(from, begin), path.size());
    std::string part = path.substr(begin, end - begin);
    if (!part.empty() && std::ranges::all_of(part, ::isdigit)) {
      const long number = std::stol(part) + by;
      part = number < 0 ? "none" : std::to_string(number);
    }
    if (begin > 0) result += to;
    result += part;
    begin = end + 1;
  }
  return result;
}

/// "store.stash.tombstone" as the JSON pointer /store/stash/tombstone, and back; places of
/// processes count from 1, as in TLA+.
Value::json_pointer pointer_to(const std::string& variable) {
  return Value::json_pointer("/" + renumbered(variable, '.', '/', -1));
}
std::string variable_of(const std::string& pointer) {
  return renumbered(pointer.substr(1), '/', '.', 1);
}

class Looks {
 public:
  Looks(const Model& model, std::vector<std::string> variables)
      : model_(model), variables_(std::move(variables)) {
    const Value some = tla_value(model, Model::leftovers());
    for (const std::string& variable : variables_) {
      pointers_.push_back(pointer_to(variable));
      if (some.contains(pointers_.back())) continue;
      std::vector<std::string> known;
      const Value flat = some.flatten();
      for (const auto& [pointer, value] : flat.items()) known.push_back(variable_of(pointer));
      throw std::runtime_error(fmt::format("the model has no variable '{}'; there are {}", variable,
                                           fmt::join(known, ", ")));
    }
  }

  std::size_t number_of(const State& state) {
    crashsim::Look look;
    const Value value = tla_value(model_, state);
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      look.columns.emplace_back(variables_[i], tla_text_of(value[pointers_[i]]));
    }
    const auto truth = model_.truth(state);
    look.columns.emplace_back("truth", !truth                                ? "none"
                                       : *truth == model::catalog::At::stash ? "stash"
                                                                             : "persist");
    if (truth) look.truth = static_cast<std::size_t>(*truth);
    look.bad = !truth;
    const auto [at, added] = numbers_.emplace(look.columns, all_.size());
    if (added) all_.push_back({look, 0, {}});
    return at->second;
  }
  Projection::Node& operator[](std::size_t number) { return all_[number]; }
  std::vector<Projection::Node> take() { return std::move(all_); }

 private:
  const Model& model_;
  std::vector<std::string> variables_;
  std::vector<Value::json_pointer> pointers_;
  std::map<decltype(crashsim::Look::columns), std::size_t> numbers_;
  std::vector<Projection::Node> all_;
};

/// The model without its properties: a graph goes on beyond violations.
struct Unjudged : Model {
  using Model::Model;
  checker::Property judge(const State&) const { return checker::kHolds; }
};

}  // namespace

Projection model_graph(const model::catalog::Protocol& protocol, const crashsim::Bounds& bounds,
                       const std::vector<std::string>& variables) {
  const std::string why = impossible_for_model(protocol, bounds);
  if (!why.empty()) throw std::runtime_error(why);
  const Unjudged model(protocol, model_bounds(bounds), true);
  const checker::Packing<State> packing(model.widest());
  checker::PackedModel<Unjudged, kWords> packed(model, packing);
  checker::Search<checker::PackedModel<Unjudged, kWords>> search(packed, {});
  const auto result = search.run();
  Looks looks(model, variables.empty() ? kTombstones : variables);
  Projection projection;
  projection.states = result.states;
  projection.transitions = result.transitions;
  looks[looks.number_of(Model::leftovers())].beginnings.push_back("leftovers");
  looks[looks.number_of(Model::fresh())].beginnings.push_back("fresh");
  std::map<std::pair<std::size_t, std::size_t>, std::set<std::string>> labels;
  search.for_each_state([&](const auto& words) {
    const State state = packed.unpack(words);
    const std::size_t from = looks.number_of(state);
    ++looks[from].states;
    model.successors(state, [&](const Action& action, const State& next) {
      const std::size_t to = looks.number_of(next);
      if (to != from) labels[{from, to}].insert(to_string(action.name));
    });
  });
  projection.nodes = looks.take();
  for (const auto& [ends, of] : labels) {
    projection.edges.push_back({ends.first, ends.second, {of.begin(), of.end()}});
  }
  return projection;
}

}  // namespace cutover::catalog
