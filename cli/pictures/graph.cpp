#include "cli/pictures/graph.h"

#include <fmt/format.h>

#include <ostream>

#include "cli/check.h"
#include "cli/errors.h"
#include "cli/pictures/picture.h"
#include "crashsim/trace/trace.h"
#include "engines/bounds.h"
#include "engines/engines.h"
#include "engines/limits.h"
#include "system/text.h"
#include "system/whole_file.h"

namespace cutover::cli {
namespace {

using crashsim::Projection;

/// More nodes than a person can make sense of.
constexpr std::size_t kMostNodes = 200;

std::string node_line(std::size_t number, const Projection::Node& node) {
  std::string label;
  for (const auto& [column, text] : node.look.columns) {
    label += fmt::format("{}{}: {}", label.empty() ? "" : "\n", column, text);
  }
  auto [fill, line] = truth_colours(node.look.truth);
  if (node.look.bad) fill = line = kBadColour;
  return fmt::format("  n{} [label={}, fillcolor=\"{}\", color=\"{}\"{}];\n", number,
                     in_quotes(label), fill, line, node.look.bad ? ", fontcolor=white" : "");
}

/// Free space at both sides: Graphviz lets labels touch their lines.
std::string edge_label(const std::vector<std::string>& labels) {
  static constexpr std::string_view kBreak = "  \n  ";
  std::string text = in_lines(fmt::format("{}", fmt::join(labels, "\n")));
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += kBreak.size()) {
    text.replace(at, 1, kBreak);
  }
  return "  " + text + "  ";
}

std::string beginning_lines(std::size_t number, const Projection::Node& node) {
  if (node.beginnings.empty()) return "";
  return fmt::format(
      "  b{0} [shape=point, width=0.15, color=black, fillcolor=black];\n"
      "  b{0} -> n{0} [label={1}];\n",
      number, in_quotes(edge_label(node.beginnings)));
}

std::string edge_line(const Projection::Edge& edge, bool to_bad) {
  return fmt::format("  n{} -> n{} [label={}{}];\n", edge.from, edge.to,
                     in_quotes(edge_label(edge.labels)),
                     to_bad ? fmt::format(", color=\"{0}\", fontcolor=\"{0}\"", kBadColour) : "");
}

std::string state_table(const Projection& projection) {
  std::vector<std::vector<std::string>> rows = {{}};
  for (const auto& [column, text] : projection.nodes.at(0).look.columns) rows[0].push_back(column);
  const std::size_t columns = rows[0].size();
  rows[0].insert(rows[0].end(), {"states", ""});
  for (const auto& node : projection.nodes) {
    std::vector<std::string> row;
    for (const auto& [column, text] : node.look.columns) row.push_back(text);
    row.push_back(with_commas(node.states));
    row.push_back(node.beginnings.empty()
                      ? ""
                      : fmt::format("begins here: {}", fmt::join(node.beginnings, ", ")));
    rows.push_back(std::move(row));
  }
  return table(rows, {columns});
}

void refuse_unreadable(const Case& of, const Projection& projection) {
  if (projection.nodes.size() <= kMostNodes) return;
  throw UsageError(
      fmt::format("{}: {} nodes are too many to draw, {} is the most; lower the bounds, or give "
                  "its world a coarser look (crashsim/world/explanations.h)",
                  of.name, with_commas(projection.nodes.size()), kMostNodes));
}

}  // namespace

std::string state_graph(const Case& of, const Projection& projection) {
  std::string dot = fmt::format(
      "digraph {} {{\n"
      "  graph [fontname=\"Helvetica\", label={}, labelloc=t, fontsize=16, pad=0.2, nodesep=0.6, "
      "ranksep=0.7];\n"
      "  node [fontname=\"Helvetica\", shape=box, style=\"rounded,filled\", penwidth=2, "
      "margin=\"0.2,0.1\"];\n"
      "  edge [fontname=\"Helvetica\", fontsize=11];\n",
      in_quotes(of.name), in_quotes(fmt::format("{}: {}\n ", of.name, of.about)));
  for (std::size_t i = 0; i < projection.nodes.size(); ++i) {
    dot += node_line(i, projection.nodes[i]);
    dot += beginning_lines(i, projection.nodes[i]);
  }
  for (const auto& edge : projection.edges) {
    dot += edge_line(edge, projection.nodes[edge.to].look.bad);
  }
  return dot + "}\n";
}

int run_graph(const Registry& cases, const GraphOptions& options, std::ostream& out) {
  const Case& of = find_case(cases, options.name);
  check_picture_file(options.output);
  system::try_to_write(options.output);
  const auto all = of.bounds.all();
  const auto own = of.bounds.of_engine.find("graph");
  crashsim::Bounds bounds = parse_bounds(kGraphBounds, all, of.bounds.standard());
  if (own != of.bounds.of_engine.end()) bounds = parse_bounds(own->second, all, bounds);
  bounds = parse_bounds(options.bounds, all, bounds);
  const unsigned threads = threads_or_all(options.threads);
  if (options.model && !of.model) throw UsageError(of.name + " has no model");
  if (options.model && !of.model->impossible(bounds).empty()) {
    throw UsageError("--bounds: " + of.model->impossible(bounds));
  }
  const Projection projection = options.model ? of.model->graph(bounds, options.variables)
                                              : crashsim::project(of.world(bounds), threads);
  refuse_unreadable(of, projection);
  write_picture(state_graph(of, projection), Placed::by_graphviz, options.output);
  out << fmt::format("{}: {}\n\n", of.name, of.about) << state_table(projection);
  out << fmt::format("\n{} states, within {}. Drawn in {}.\n", with_commas(projection.states),
                     bounds_list(of, bounds), options.output);
  return kAsExpected;
}

}  // namespace cutover::cli
