#include "engines/same_graph_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engines/judging.h"
#include "engines/same_graph.h"
#include "engines/tla_engine.h"
#include "system/text.h"

namespace cutover {
namespace {

std::vector<tla::Configuration> small_configurations_of(const Case& of) {
  std::vector<tla::Configuration> small = configurations_of(of);
  std::erase_if(small, [](const tla::Configuration& each) { return each.size != "small"; });
  return small;
}

}  // namespace

bool has_both_graphs(const Case& of) {
  if (!of.model || !of.violates.empty()) return false;
  try {
    return !small_configurations_of(of).empty();
  } catch (const std::runtime_error&) {
    return true;  // a file can't be read: check_same_graph() says which
  }
}

Verdict check_same_graph(const Case& of, const EngineOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  Verdict verdict = blank(of, "same-graph", options);
  const auto tools = tools_or_why_not(verdict);
  if (!tools) return verdict;
  for (const tla::Configuration& each : small_configurations_of(of)) {
    if (options.progress) options.progress({fmt::format("TLC dumps the graph of {}", each.name)});
    tla::RunOptions run;
    run.tools = *tools;
    if (options.seconds) run.seconds = *options.seconds - seconds();
    const LabelledGraph theirs = graph_of_tla(tla::explore(each, run));
    const LabelledGraph ours = of.model->labelled_graph(tla::numbers(each));
    verdict.bounds = of.model->bounds(tla::numbers(each));
    verdict.states = std::max<std::uint64_t>(verdict.states, theirs.states.size());
    verdict.transitions = std::max<std::uint64_t>(verdict.transitions, theirs.edges.size());
    const std::string differs = difference(theirs, ours, of);
    if (differs.empty()) continue;
    verdict.finding = Finding::violates;
    verdict.violated = kSameGraph;
    verdict.note = "see below";
    verdict.details += fmt::format("{}: {}", each.name, differs);
  }
  if (!verdict.violated.empty()) return verdict;
  verdict.finding = verdict.states > 0 ? Finding::holds : Finding::unknown;
  verdict.complete = verdict.states > 0;
  verdict.note = fmt::format("{} transitions", with_commas(verdict.transitions));
  return verdict;
}

std::string describe_same_graph(const std::vector<const Case*>&, const EngineOptions& options) {
  return fmt::format(
      "The labelled state graphs of TLA+ and of the model, by the bounds of the small "
      "configurations{}.\n"
      "Extent: the transitions that both have, each in all its variables.\n",
      options.given_bounds.empty() ? "" : ", --bounds does not apply");
}

}  // namespace cutover
