#include "cli/pictures/commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/pictures/graph.h"
#include "cli/pictures/show.h"
#include "cli/validators.h"

namespace cutover {
namespace {

using namespace cutover::cli;

void add_graph(CLI::App& app, GraphOptions& options) {
  CLI::App* graph = app.add_subcommand("graph", "Draw the states that a case can reach");
  graph->add_option("case", options.name, "a case, as list shows them")->required();
  graph->add_option("-o,--output", options.output, "the picture: .svg, .png or .dot")->required();
  graph->add_flag("--model", options.model, "of its model, in place of the implementation");
  graph
      ->add_option("--by", options.variables,
                   "the model's variables to tell states apart by, separated by commas, such as "
                   "process.1.pc; the default: what its stores look like")
      ->delimiter(',')
      ->needs("--model");
  graph
      ->add_option("--bounds", options.bounds,
                   fmt::format("how much may happen, over {}", kGraphBounds))
      ->check(kNotEmpty);
  add_threads(*graph, options.threads);
}

void add_show(CLI::App& app, ShowOptions& options) {
  CLI::App* show =
      app.add_subcommand("show", "Draw a trace: who did what to which store, and when; or a chart");
  show->add_option("trace", options.file,
                   "a trace file, as check writes them; or a chart, as copy does")
      ->required();
  show->add_option("-o,--output", options.output, "the picture: .svg, .png or .dot")->required();
}

}  // namespace

RunCommand pictures(CLI::App& app, const Registry& cases) {
  struct Given {
    GraphOptions graph;
    ShowOptions show;
  };
  const auto given = std::make_shared<Given>();
  add_graph(app, given->graph);
  add_show(app, given->show);
  return [&app, &cases, given]() -> std::optional<int> {
    if (app.got_subcommand("graph")) return run_graph(cases, given->graph, std::cout);
    if (app.got_subcommand("show")) return run_show(cases, given->show, std::cout);
    return std::nullopt;
  };
}

}  // namespace cutover
