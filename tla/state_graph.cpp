#include "tla/state_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <unordered_map>

#include "system/temporary_folder.h"

namespace cutover::tla {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLabel = " [label=\"", kArrow = " -> ";

/// What is in the file besides states and edges: the graph's frame, and who shares a row.
bool is_decoration(std::string_view line) {
  constexpr std::array kBeginnings = {"strict digraph", "nodesep", "subgraph",
                                      "color=",         "{rank",   "}"};
  return line.empty() || std::ranges::any_of(kBeginnings, [&](const char* beginning) {
           return line.starts_with(beginning);
         });
}

/// The quoted text that begins there, without its escapes, and what comes after it.
std::string take_quoted(std::string_view& line) {
  std::string text;
  std::size_t at = 0;
  for (; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] != '\\' || at + 1 == line.size()) {
      text += line[at];
      continue;
    }
    ++at;
    text += line[at] == 'n' ? '\n' : line[at];
  }
  line.remove_prefix(std::min(at + 1, line.size()));
  return text;
}

class DotReader {
 public:
  void take(std::string_view line) {
    const auto label = line.find(kLabel);
    if (label == std::string_view::npos) throw std::runtime_error("expected a state or an edge");
    const std::string_view head = line.substr(0, label);
    line.remove_prefix(label + kLabel.size());
    const std::string text = take_quoted(line);
    const auto arrow = head.find(kArrow);
    if (arrow != std::string_view::npos) {
      edges_.push_back({std::string(head.substr(0, arrow)), text,
                        std::string(head.substr(arrow + kArrow.size()))});
      return;
    }
    const auto [at, is_new] = numbers_.emplace(std::string(head), graph_.states.size());
    if (!is_new) return;
    if (line.find("style = filled") != std::string_view::npos) graph_.initial.push_back(at->second);
    graph_.states.push_back(text);
  }

  StateGraph finish() {
    for (const NamedEdge& edge : edges_) {
      graph_.edges.push_back({numbers_.at(edge.from), edge.action, numbers_.at(edge.to)});
    }
    return std::move(graph_);
  }

 private:
  struct NamedEdge {
    std::string from, action, to;
  };
  std::unordered_map<std::string, std::size_t> numbers_;  // by TLC's fingerprint
  std::vector<NamedEdge> edges_;
  StateGraph graph_;
};

}  // namespace

StateGraph read_state_graph(const fs::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file.string() + ": cannot be read");
  DotReader reader;
  std::size_t number = 0;
  try {
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (!is_decoration(line)) reader.take(line);
    }
    return reader.finish();
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), number, error.what()));
  }
}

StateGraph explore(const Configuration& configuration, RunOptions options) {
  const system::TemporaryFolder folder("cutover-graph");
  options.workers = 1;
  options.dump = folder.path() / "graph.dot";
  const Result result = run_tlc(configuration, options);
  if (result.ended != Result::Ended::holds) {
    throw std::runtime_error(fmt::format("{}: {}", configuration.name, to_string(result)));
  }
  return read_state_graph(options.dump);
}

}  // namespace cutover::tla
