// TLA+ and the C++ model have the same labelled state graph: the same beginnings, the same states,
// the same transitions under the same action names, no more and no fewer. TLC dumps its graph, and
// the model's is made beside it.
#include "engines/same_graph.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "model/catalog/model.h"
#include "run.h"
#include "tests/named_cases.h"

namespace cutover::catalog {
namespace {

namespace fs = std::filesystem;
const fs::path kFolder = fs::path(CUTOVER_SOURCE) / "tla";

/// The graph of the model of that case, within the configuration's bounds.
LabelledGraph graph_of(const std::string& case_name, const tla::Configuration& of) {
  const Case& modelled = case_of(case_name);
  if (!modelled.model) throw std::runtime_error(case_name + " has no model");
  return modelled.model->labelled_graph(tla::numbers(of));
}

tla::RunOptions with_tools() {
  std::string missing;
  const auto tools = tla::find_tools(missing);
  if (!tools) throw std::runtime_error(missing);
  tla::RunOptions options;
  options.tools = *tools;
  return options;
}

void expect_same_graph(const tla::Configuration& of, std::size_t least_states) {
  const LabelledGraph theirs = graph_of_tla(tla::explore(of, with_tools()));
  const LabelledGraph ours = graph_of(of.case_name, of);
  EXPECT_GE(ours.states.size(), least_states);
  EXPECT_EQ(ours.states.size(), theirs.states.size());
  EXPECT_EQ(ours.edges.size(), theirs.edges.size());
  EXPECT_EQ(ours.initial, theirs.initial);
  EXPECT_TRUE(ours.states == theirs.states);
  EXPECT_EQ(difference(theirs, ours, case_of(of.case_name)), "");
}

std::vector<tla::Configuration> of_size(const std::string& size) {
  std::vector<tla::Configuration> chosen;
  for (const auto& each : tla::read_configurations(kFolder)) {
    if (each.size == size) chosen.push_back(each);
  }
  return chosen;
}

struct NameOfConfiguration {
  template <class Info>
  std::string operator()(const Info& info) const {
    std::string name = info.param.name;
    std::ranges::replace_if(name, [](unsigned char c) { return !std::isalnum(c); }, '_');
    return name;
  }
};

}  // namespace
}  // namespace cutover::catalog

namespace cutover::tla {
void PrintTo(const Configuration& of, std::ostream* out) { *out << of.name; }  // for GoogleTest
}  // namespace cutover::tla

namespace cutover::catalog {
namespace {

class Protocols : public testing::TestWithParam<tla::Configuration> {};
INSTANTIATE_TEST_SUITE_P(SameGraph, Protocols, testing::ValuesIn(of_size("small")),
                         NameOfConfiguration());

TEST_P(Protocols, AreTheSameInTlaAndInTheModel) { expect_same_graph(GetParam(), 1000); }

using Constants = std::map<std::string, std::string>;
/// Of deletions each has what its configuration has: for a flaw that takes none, more only multiply
/// the states.
const Constants kOfMutants = {{"Processes", "{1, 2}"}, {"MaxStarts", "2"}, {"MaxCrashes", "1"},
                              {"MaxInFlight", "1"},    {"MaxLost", "0"},   {"MaxPuts", "1"}};

/// The shadow's have more states within the same.
Constants of_mutant(const tla::Configuration& of) {
  return of.module == "Shadow" ? Constants{{"MaxStarts", "2"}} : kOfMutants;
}

/// The configuration with these bounds and without anything to check, so that TLC goes on beyond a
/// mutant's violation.
tla::Configuration unchecked(const tla::Configuration& of, const fs::path& root,
                             const Constants& constants) {
  std::ifstream in(of.file);
  const std::string family = of.case_name.substr(0, of.case_name.find('/'));
  fs::create_directories(root / family / "mutants");
  const fs::path file = root / family / "mutants" / of.file.filename();
  std::ofstream out(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("INVARIANT") || line.starts_with("PROPERT")) break;
    if (line.starts_with("SPECIFICATION")) line = "SPECIFICATION Spec";
    if (line.starts_with("\\* expect")) line = "\\* expect: holds";
    for (const auto& [constant, value] : constants) {
      if (line.starts_with("  " + constant + " =")) line = "  " + constant + " = " + value;
    }
    out << line << "\n";
  }
  out.close();
  return tla::read_configuration(file, root);
}

class Mutants : public testing::TestWithParam<tla::Configuration> {};
INSTANTIATE_TEST_SUITE_P(SameGraph, Mutants, testing::ValuesIn(of_size("mutant")),
                         NameOfConfiguration());

void expect_same_graph_within(const tla::Configuration& of, const Constants& constants,
                              std::size_t least_states) {
  TemporaryFolder folder;
  const std::string family = of.case_name.substr(0, of.case_name.find('/'));
  fs::create_directories(folder / family);
  for (const auto& entry : fs::directory_iterator(kFolder / family)) {
    if (entry.is_regular_file()) fs::copy(entry.path(), folder / family);
  }
  expect_same_graph(unchecked(of, folder.path(), constants), least_states);
}

TEST_P(Mutants, AreTheSameInTlaAndInTheModel) {
  expect_same_graph_within(GetParam(), of_mutant(GetParam()), 500);
}

/// Two requests in flight at a time, one of a crash and one of a lost answer; where nothing ever is
/// in flight, two crashes.
TEST_P(Protocols, AreTheSameWithTwoRequestsInFlight) {
  if (!GetParam().constants.contains("MaxInFlight")) {
    expect_same_graph_within(GetParam(), {{"MaxCrashes", "2"}}, 10'000);
    return;
  }
  Constants constants = {{"MaxCrashes", "1"},
                         {"MaxLost", "1"},
                         {"MaxInFlight", "2"},
                         {"MaxPuts", "1"},
                         {"MaxDeletes", "0"}};
  if (GetParam().module == "Shadow") constants["Processes"] = "{1}";
  expect_same_graph_within(GetParam(), constants, 5'000);
}

/// A table whose source forgets, that two move at once, and with which somebody goes back.
class Moves : public testing::TestWithParam<tla::Configuration> {};
INSTANTIATE_TEST_SUITE_P(SameGraph, Moves, testing::ValuesIn([] {
                           auto all = of_size("long");
                           std::erase_if(all, [](const auto& of) { return of.module != "Shadow"; });
                           return all;
                         }()),
                         NameOfConfiguration());
TEST_P(Moves, AreTheSameInTlaAndInTheModel) { expect_same_graph(GetParam(), 5'000); }

tla::Configuration small_of(const std::string& case_name) {
  const auto small = of_size("small");
  return *std::ranges::find(small, case_name, &tla::Configuration::case_name);
}

/// Three of them, of one process after another.
TEST(SameGraph, IsThatOfThreeRequestsInFlight) {
  expect_same_graph_within(small_of("catalog/single-tombstone"),
                           {{"Processes", "{1}"},
                            {"MaxStarts", "3"},
                            {"MaxCrashes", "2"},
                            {"MaxLost", "1"},
                            {"MaxInFlight", "3"},
                            {"MaxPuts", "0"},
                            {"MaxDeletes", "0"}},
                           10'000);
}

TEST(SameGraph, IsThatOfThreeProcesses) {
  expect_same_graph_within(small_of("catalog/single-tombstone"),
                           {{"Processes", "{1, 2, 3}"},
                            {"MaxStarts", "3"},
                            {"MaxCrashes", "0"},
                            {"MaxLost", "0"},
                            {"MaxInFlight", "0"},
                            {"MaxPuts", "0"},
                            {"MaxDeletes", "0"}},
                           50'000);
}

/// Of the model's own graphs, which equal TLA+'s: no action is left out of the comparison.
TEST(SameGraph, ComparesEveryActionThereIs) {
  std::set<std::string> compared;
  const auto add = [&](const tla::Configuration& of) {
    const LabelledGraph graph = graph_of(of.case_name, of);
    for (const auto& edge : graph.edges) compared.insert(edge[1]);
  };
  for (const auto& each : of_size("small")) add(each);
  TemporaryFolder folder;
  for (const auto& each : of_size("mutant")) add(unchecked(each, folder.path(), of_mutant(each)));
  for (std::size_t i = 0; i < model::catalog::kNames; ++i) {
    EXPECT_TRUE(compared.contains(to_string(static_cast<model::catalog::Name>(i))))
        << to_string(static_cast<model::catalog::Name>(i));
  }
}

TEST(SameGraph, ADifferenceIsSaid) {
  const tla::Configuration single = small_of("catalog/single-tombstone");
  const LabelledGraph theirs = graph_of_tla(tla::explore(single, with_tools()));
  const LabelledGraph ours = graph_of("catalog/single-tombstone-one-write", single);
  const std::string said = difference(theirs, ours, case_of(single.case_name));
  EXPECT_NE(said.find("has 0 times, and not 1, "), std::string::npos) << said;
  EXPECT_NE(said.find("/\\ store = "), std::string::npos) << said;
}

/// Whatever one of them has and the other has not.
TEST(SameGraph, EveryDifferenceCounts) {
  const tla::Configuration small = small_of("catalog/single-tombstone");
  const Case& of = case_of(small.case_name);
  const LabelledGraph graph = graph_of(small.case_name, small);
  EXPECT_EQ(difference(graph, graph, of), "");
  const auto expect = [&](const char* lacks, void (*take_out)(LabelledGraph&)) {
    LabelledGraph less = graph;
    take_out(less);
    EXPECT_EQ(difference(graph, less, of).find(std::string("the model ") + lacks), 0U) << lacks;
    EXPECT_EQ(difference(less, graph, of).find(std::string("TLA+ ") + lacks), 0U) << lacks;
  };
  expect("lacks the beginning",
         [](LabelledGraph& less) { less.initial.erase(less.initial.begin()); });
  expect("lacks the state", [](LabelledGraph& less) { less.states.erase(less.states.begin()); });
  expect("has ", [](LabelledGraph& less) { less.edges.erase(less.edges.begin()); });
}

}  // namespace
}  // namespace cutover::catalog
