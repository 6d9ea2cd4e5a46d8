// Pictures: what is drawn, down to each node and edge of a state graph, and what is refused.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "cli/chart.h"
#include "cli/errors.h"
#include "cli/pictures/curves.h"
#include "cli/pictures/graph.h"
#include "cli/pictures/picture.h"
#include "cli/pictures/show.h"
#include "cli/pictures/story.h"
#include "cli/pictures/time_diagram.h"
#include "crashsim/sdk.h"
#include "crashsim/trace/trace.h"
#include "properties/catalog/cases.h"
#include "properties/state_version/cases.h"
#include "run.h"
#include "tests/named_cases.h"

/// Fonts are loaded for the life of the process, and Graphviz keeps what it once allocated.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfontconfig\nleak:libglib\nleak:libgvc\n";
}

namespace cutover::cli {
namespace {

using crashsim::Choice;
using crashsim::Trace;

const Registry& cases() {
  static const Registry all = registry_of({catalog::family(), state_version::family()});
  return all;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What the function throws.
template <class Error, class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

class Pictures : public testing::Test {
 protected:
  std::string graph(const std::string& name, const std::string& file, unsigned threads = 2) {
    std::ostringstream out;
    GraphOptions options;
    options.name = name;
    options.output = folder_ / file;
    options.threads = threads;
    EXPECT_EQ(run_graph(cases(), options, out), kAsExpected);
    printed_ = out.str();
    return text_of(folder_ / file);
  }

  std::string show(const Trace& trace, const std::string& file, int expected = kAsExpected) {
    write_trace(folder_ / "trace.json", trace);
    std::ostringstream out;
    EXPECT_EQ(run_show(cases(), {folder_ / "trace.json", folder_ / file}, out), expected);
    printed_ = out.str();
    return text_of(folder_ / file);
  }

  TemporaryFolder folder_;
  std::string printed_;
};

/// The nodes and edges of a state graph in its own language, sorted, as readable lines: a node is
/// its texts, "!" where it is red; an edge "from -> to: label".
std::string nodes_and_edges(const std::string& dot) {
  static const std::regex node(R"re(  n(\d+) \[label="([^"]*)", fillcolor="([^"]*)".*)re");
  static const std::regex edge(R"re(  ([nb])(\d+) -> n(\d+) \[label="  ([^"]*)  ".*)re");
  std::map<std::string, std::string> names;
  std::set<std::string> nodes, edges;
  std::smatch found;
  std::istringstream lines(dot);
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, found, node)) {
      std::string text = replaced(found[2], "\\n", ", ");
      text = std::regex_replace(text, std::regex("[a-z]+ tombstone: |truth: "), "");
      names[found[1]] = text;
      nodes.insert(text + (found[3] == kBadColour ? " !" : ""));
    } else if (std::regex_match(line, found, edge)) {
      const std::string from = found[1] == "b" ? "begins" : names[found[2]];
      edges.insert(from + " -> " + names[found[3]] + ": " + replaced(found[4], "  \\n  ", " "));
    }
  }
  std::string text;
  for (const auto& all : {nodes, edges}) {
    for (const std::string& each : all) text += each + "\n";
  }
  return text;
}

TEST_F(Pictures, GraphOfTheSingleTombstoneIsTheDesign) {
  EXPECT_EQ(nodes_and_edges(graph("catalog/single-tombstone", "graph.dot")),
            R"(absent, absent, stash
false, absent, stash
true, absent, persist
absent, absent, stash -> true, absent, persist: set stash tombstone true
begins -> absent, absent, stash: leftovers fresh
false, absent, stash -> true, absent, persist: set stash tombstone true
true, absent, persist -> false, absent, stash: set stash tombstone false
)");
}

TEST_F(Pictures, GraphOfTheFirstDraftShowsTheStateThatNamesNone) {
  EXPECT_EQ(nodes_and_edges(graph("catalog/first-draft", "graph.dot")),
            R"(absent, absent, stash
absent, true, stash
false, true, stash
true, absent, stash
true, false, persist
true, true, none !
absent, absent, stash -> absent, true, stash: set persist tombstone true
absent, absent, stash -> true, absent, stash: set stash tombstone true
absent, true, stash -> true, true, none: set stash tombstone true
begins -> absent, absent, stash: leftovers fresh
false, true, stash -> true, true, none: set stash tombstone true
true, absent, stash -> true, false, persist: replace persist contents + set persist tombstone false
true, absent, stash -> true, true, none: set persist tombstone true
true, false, persist -> true, true, none: set persist tombstone true
true, true, none -> false, true, stash: replace stash contents + set stash tombstone false
true, true, none -> true, false, persist: replace persist contents + set persist tombstone false
)");
}

TEST_F(Pictures, GraphPrintsTheTableOfStates) {
  graph("catalog/single-tombstone", "graph.svg");
  EXPECT_TRUE(has(printed_, "stash tombstone  persist tombstone  truth    states\n")) << printed_;
  const std::regex rows(
      "absent +absent +stash +[0-9,]+ +begins here: leftovers, fresh\n"
      "true +absent +persist +[0-9,]+\n"
      "false +absent +stash +[0-9,]+\n");
  EXPECT_TRUE(std::regex_search(printed_, rows)) << printed_;
}

TEST_F(Pictures, GraphDoesNotDependOnThreads) {
  for (const char* name : {"catalog/first-draft", "catalog/two-tombstones"}) {
    const std::string one = graph(name, "one.dot", 1), table = printed_;
    for (const unsigned threads : {2u, 3u}) {
      EXPECT_EQ(graph(name, "many.dot", threads), one);
      EXPECT_EQ(replaced(printed_, "many.dot", "one.dot"), table);
    }
  }
}

TEST_F(Pictures, OfEveryKindAreWhatTheirNamesSay) {
  EXPECT_TRUE(graph("catalog/first-draft", "graph.png").starts_with("\x89PNG"));
  EXPECT_TRUE(has(graph("catalog/first-draft", "graph.svg"), "<svg"));
  EXPECT_TRUE(graph("catalog/first-draft", "graph.dot").starts_with("digraph"));
}

// A store with one number that forgets it when it restarts, and a program that sets it.
struct Cell final : crashsim::StoreMachine {
  crashsim::Value save() const override { return value; }
  void load(const crashsim::Value& state) override { value = state; }
  crashsim::Value value = 0;
};

crashsim::awaitable<crashsim::Value> set_to_one(crashsim::Process& process, crashsim::Value) {
  crashsim::Operation operation;
  operation.label = "set";
  operation.run = [](crashsim::StoreMachine& machine) {
    static_cast<Cell&>(machine).value = 1;
    return crashsim::Effect{nullptr, nullptr};
  };
  co_await process.perform(std::move(operation));
  co_return nullptr;
}

TEST_F(Pictures, NeedNoExplanations) {
  crashsim::World world;
  world.stores = {{"cell", [] { return std::make_unique<Cell>(); }}};
  world.programs = {{"worker", set_to_one}};
  world.events = {{0, crashsim::kRestart, [](const auto&) {
                     return std::vector<crashsim::StoreEvent::Result>{{"ok", 0}};
                   }}};
  world.beginnings = {{"zero", {0}, nullptr}};
  world.lost_answer = "lost";
  world.describe = [](auto stores) {
    return std::vector<std::pair<std::string, std::string>>{{"cell", stores[0]->dump()}};
  };
  world.bounds = {
      .processes = 1, .starts = 1, .crashes = 1, .in_flight = 0, .lost = 0, .own = {{"writes", 0}}};
  const auto projection = crashsim::project(world, 1);
  ASSERT_EQ(projection.nodes.size(), 2u);
  EXPECT_EQ(projection.nodes[0].look.columns[0].second, "0");
  EXPECT_EQ(projection.nodes[0].beginnings, std::vector<std::string>{"zero"});
  // Not started; started; died before, or forgotten by the store after it ended.
  EXPECT_EQ(projection.nodes[0].states, 3u);
  EXPECT_EQ(projection.nodes[1].states, 2u);  // set and ended; set and died
  ASSERT_EQ(projection.edges.size(), 2u);
  EXPECT_EQ(projection.edges[0].labels, std::vector<std::string>{"set"});
  EXPECT_EQ(projection.edges[1].labels, std::vector<std::string>{"cell: restart"});
}

Trace counterexample(const Case& of) {
  if (of.violates_only_refinement()) {
    const crashsim::Bounds bounds{.starts = 3, .crashes = 1};
    const auto refuted = of.refinement(bounds, {}, true).violation;
    EXPECT_TRUE(refuted) << of.name;
    return {of.name, "refinement", bounds, *refuted};
  }
  const auto found = violation_of(of);
  EXPECT_TRUE(found) << of.name;
  return {of.name, "crashsim", {}, *found};
}

Trace counterexample(const std::string& name) {
  return counterexample(*std::ranges::find(cases(), name, &Case::name));
}

TEST_F(Pictures, ShowTheFirstDraftsCounterexample) {
  const std::string svg = show(counterexample("catalog/first-draft"), "show.svg");
  for (const char* part :
       {">stash<", ">persist<", ">migrate&#45;1<", ">rollback&#45;1<",
        ">set persist tombstone true<", ">truth<", ">none<",
        ">OneSourceOfTruth is violated. It demands: the tombstones name exactly one store.<"}) {
    EXPECT_TRUE(has(svg, part)) << part;
  }
  EXPECT_TRUE(has(printed_, "OneSourceOfTruth is violated\n9 steps")) << printed_;
}

/// A trace of the single tombstone at whose end nothing is violated.
Trace harmless(std::vector<Choice> choices) {
  return {"catalog/single-tombstone",
          "crashsim",
          {.starts = 9, .crashes = 9, .in_flight = 9, .lost = 9},
          {"leftovers", std::move(choices), ""}};
}

TEST_F(Pictures, ShowWhatIsInFlightAndRestarts) {
  const auto in_flight = show(harmless({{"migrate-1", "start", "ok"},
                                        {"migrate-1", "open stash", "ok"},
                                        {"migrate-1", "read stash snapshot", "ok"},
                                        {"migrate-1", "replace stash contents", "crash, in flight"},
                                        {"rollback-1", "start", "ok"},
                                        {"rollback-1", "open stash", "ok"},
                                        {"rollback-1", "read stash snapshot", "ok"},
                                        {"rollback-1", "replace stash contents", "ok"},
                                        {"rollback-1", "open persist", "ok"},
                                        {"rollback-1", "read persist snapshot", "ok"},
                                        {"rollback-1", "raise stash epoch", "ok"},
                                        {"rollback-1", "read stash tombstone", "ok"},
                                        {"rollback-1", "client: put a", "ok"},
                                        {"rollback-1", "put stash a", "ok"},
                                        {"request of migrate-1", "replace stash contents", "ok"}}),
                              "show.svg");
  for (const char* part : {">crash: in flight<", ">request of migrate&#45;1:<", ">clients<",
                           ">put a<", ">acknowledged: a = v1<", ">serves stash<"}) {
    EXPECT_TRUE(has(in_flight, part)) << part;
  }
  const auto restart = show(counterexample("catalog/single-tombstone+volatile-epoch"), "show.svg");
  EXPECT_TRUE(has(restart, "stash restarts")) << restart;
}

Task<void> set_both(Actor& actor) {
  const auto set = [](int& value) { value = 1; };
  actor.send(actor.store<int>("left").step("set", set));
  actor.send(actor.store<int>("right").step("set", set));
  co_return;
}

/// A process dies at one of its requests, and the others stay in flight.
TEST_F(Pictures, ShowWhatADeadProcessHadUnderWay) {
  Migration both;
  both.store("left", 0).store("right", 0).unfenced("left").unfenced("right");
  both.program("set", set_both);
  both.property("Small", [](const View& now) { return now.store<int>("left") < 2; });
  both.sometimes("set", [](const View& now) { return now.store<int>("right") == 1; });
  const Registry pair = registry_of({{.name = "pair", .cases = {{"pair/both", "", "", both}}}});
  const auto draw = [&](const std::vector<Choice>& choices) {
    Trace trace{"pair/both", "crashsim", {}, {"start", {{"set-1", "start", "ok"}}, ""}};
    trace.bounds.in_flight = 2;
    for (const Choice& choice : choices) trace.schedule.choices.push_back(choice);
    write_trace(folder_ / "trace.json", trace);
    std::ostringstream out;
    EXPECT_EQ(run_show(pair, {folder_ / "trace.json", folder_ / "show.svg"}, out), kAsExpected);
    return text_of(folder_ / "show.svg");
  };
  const auto one =
      draw({{"set-1", "right: set", "crash after"}, {"request of set-1", "left: set", "ok"}});
  EXPECT_TRUE(has(one, ">crash: took effect<")) << one;
  EXPECT_TRUE(has(one, ">request of set&#45;1:<")) << one;
  const auto two = draw({{"set-1", "right: set", "crash, in flight"},
                         {"request of set-1 (2)", "left: set", "ok"},
                         {"request of set-1", "right: set", "ok"}});
  EXPECT_TRUE(has(two, ">request of set&#45;1:<")) << two;
  EXPECT_TRUE(has(two, ">request of set&#45;1 (2):<")) << two;
}

TEST_F(Pictures, ShowEveryOutcome) {
  const std::map<std::string, std::string> marks = {
      {"crash before", "crash: no effect"},
      {"crash after", "crash: took effect"},
      {"crash, in flight", "crash: in flight"},
      {"lost answer, not applied", "no answer: never arrived"},
      {"lost answer, applied", "no answer: took effect"},
      {"lost answer, in flight", "no answer: in flight"}};
  const std::regex cross("stroke=\"#c05621\" stroke-width=\"4\"");
  for (const auto& [outcome, mark] : marks) {
    const std::string svg = show(
        harmless({{"migrate-1", "start", "ok"}, {"migrate-1", "open stash", outcome}}), "show.svg");
    EXPECT_TRUE(has(svg, ">" + mark + "<")) << outcome;
    EXPECT_TRUE(has(svg, ">no property is violated<"));
    const auto strokes = std::distance(std::sregex_iterator(svg.begin(), svg.end(), cross), {});
    EXPECT_EQ(strokes, outcome.starts_with("crash") ? 2 : 0) << outcome;
  }
}

TEST_F(Pictures, ShowWhoWasFencedAndWhoStopped) {
  const std::string svg = show(harmless({{"migrate-1", "start", "ok"},
                                         {"migrate-1", "open stash", "ok"},
                                         {"rollback-1", "start", "ok"},
                                         {"rollback-1", "open stash", "ok"},
                                         {"migrate-1", "read stash snapshot", "ok"},
                                         {"rollback-1", "read stash snapshot", "ok"},
                                         {"rollback-1", "replace stash contents", "ok"},
                                         {"rollback-1", "open persist", "ok"},
                                         {"rollback-1", "read persist snapshot", "ok"},
                                         {"rollback-1", "raise stash epoch", "ok"},
                                         {"rollback-1", "read stash tombstone", "ok"},
                                         {"rollback-1", "stop", "ok"}}),
                               "show.svg");
  for (const char* part : {">fenced<", ">ends<", ">now e", ">absent<", ">stops<"}) {
    EXPECT_TRUE(has(svg, part)) << part;
  }
}

TEST_F(Pictures, CanShowTheCounterexampleOfEveryCase) {
  for (const Case& of : cases()) {
    if (of.violates.empty()) continue;
    const Story story = tell(cases(), counterexample(of), "trace");
    EXPECT_EQ(story.violated, of.violates);
    const bool is_explained = of.family == "catalog" || of.violates_only_refinement();
    EXPECT_EQ(story.demand.empty(), !is_explained);
    EXPECT_TRUE(has(time_diagram(story), of.violates + " is violated.")) << of.name;
  }
}

TEST_F(Pictures, SayWhereTheTraceSaysOtherwise) {
  Trace trace = harmless({{"migrate-1", "start", "ok"}});
  trace.schedule.violated = "NoLostWrite";
  show(trace, "show.dot", kDiffers);
  EXPECT_TRUE(has(printed_, "The trace says otherwise: NoLostWrite.")) << printed_;
}

TEST_F(Pictures, AreRefusedInOneLine) {
  const auto draw = [&](const std::string& file) {
    return error_of<UsageError>([&] { write_picture("digraph {}", Placed::by_graphviz, file); });
  };
  EXPECT_EQ(draw("a.gif"), "a.gif: cannot tell what to draw; end the name in .svg, .png or .dot");
  EXPECT_EQ(draw("a"), "a: cannot tell what to draw; end the name in .svg, .png or .dot");
  for (const char* kind : {"svg", "png", "dot"}) {
    const std::string file = std::string("/proc/none/a.") + kind;
    EXPECT_EQ(error_of<std::runtime_error>(
                  [&] { write_picture("digraph {}", Placed::by_graphviz, file); }),
              file + ": cannot be written (No such file or directory)");
  }
  const std::string broken = error_of<UsageError>(
      [&] { write_picture("digraph {", Placed::by_graphviz, folder_ / "a.svg"); });
  EXPECT_TRUE(has(broken, "Graphviz could not draw it (")) << broken;
  EXPECT_FALSE(has(broken, "\n")) << broken;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.svg"));
}

TEST_F(Pictures, OfWhatIsNotThereAreRefused) {
  std::ostringstream out;
  const auto graph_error = [&](const GraphOptions& options) {
    return error_of<UsageError>([&] { run_graph(cases(), options, out); });
  };
  GraphOptions options;
  options.name = "catalog/first-daft";
  options.output = "a.svg";
  EXPECT_TRUE(has(graph_error(options), "did you mean catalog/first-draft"))
      << graph_error(options);
  options.name = "catalog/first-draft";
  options.bounds = "lives=9";
  EXPECT_TRUE(has(graph_error(options), "'lives' is not a bound")) << graph_error(options);

  const auto show_error = [&](const Trace& trace) {
    write_trace(folder_ / "trace.json", trace);
    const std::string error = error_of<UsageError>(
        [&] { run_show(cases(), {folder_ / "trace.json", folder_ / "a.svg"}, out); });
    return replaced(error, folder_ / "trace.json", "FILE");
  };
  Trace trace = harmless({{"migrate-1", "start", "ok"}, {"migrate-1", "open persist", "ok"}});
  EXPECT_EQ(show_error(trace),
            "FILE: the trace diverges at step 2: migrate-1 is about to 'open stash', not to "
            "'open persist'");
  trace.schedule.beginning = "nowhere";
  EXPECT_EQ(show_error(trace),
            "FILE: at /beginning: catalog/single-tombstone has no beginning 'nowhere'");
  trace.case_name = "nothing";
  EXPECT_EQ(show_error(trace),
            "FILE: at /case: there is no case 'nothing'; cutover list shows all");
  EXPECT_THROW(run_show(cases(), {folder_ / "missing.json", folder_ / "a.svg"}, out),
               crashsim::TraceError);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.svg"));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

/// Of a curve's line, in Graphviz's language.
constexpr const char* kGood = "[color=\"#2b6cb0\", penwidth=1.2";
constexpr const char* kBad = "[color=\"#c53030\", penwidth=1.2";

TEST_F(Pictures, OfAChartShowEachCurveAndWhereItIsAboveItsLimit) {
  const Chart chart{"a copy",
                    {{"p99", "ms", 20, {{0, 5}, {1, 30.0004}, {2, 20}, {4, 10}}},
                     {"rows", "each second", {}, {{0, 0}, {4, 12000}}}}};
  const std::string file = folder_ / "chart.json";
  write_chart(file, chart);
  EXPECT_EQ(text_of(file),
            "{\"curves\":[{\"limit\":20.0,\"name\":\"p99\",\"points\":[[0.0,5.0],[1.0,30.0],[2.0,"
            "20.0],[4.0,10.0]],\"unit\":\"ms\"},{\"name\":\"rows\",\"points\":[[0.0,0.0],[4.0,"
            "12000.0]],\"unit\":\"each second\"}],\"cutover_chart\":1,\"title\":\"a copy\"}\n");
  std::ostringstream out;
  EXPECT_EQ(run_show(cases(), {file, folder_ / "chart.dot"}, out), kAsExpected);
  EXPECT_EQ(out.str(), "a copy\n2 curves, drawn in " + (folder_ / "chart.dot").string() + ".\n");
  const std::string dot = text_of(folder_ / "chart.dot");
  EXPECT_EQ(count(dot, kGood), 3U);  // the limit itself is not above it
  EXPECT_EQ(count(dot, kBad), 1U);
  // The second, and highest, of its points: a quarter to the right, at the top.
  EXPECT_TRUE(has(dot, "pos=\"160.0,-44.0\"")) << dot;
  for (const char* text : {"\"a copy\"", "\"p99, ms\"", "\"limit 20\"", "\"rows, each second\"",
                           "\"10\"", "\"30\"", "\"5000\"", "\"0 s\"", "\"2 s\"", "\"4 s\""}) {
    EXPECT_TRUE(has(dot, fmt::format("label={}", text)) || has(dot, replaced(text, "\"", "")))
        << text;
  }
  EXPECT_FALSE(has(dot, "\"40\""));
  EXPECT_EQ(run_show(cases(), {file, folder_ / "chart.svg"}, out), kAsExpected);
  EXPECT_TRUE(has(text_of(folder_ / "chart.svg"), ">limit 20<"));
}

TEST_F(Pictures, OfALongChartKeepTheHighestPoints) {
  Curve curve{"p99", "ms", 20, {}};
  for (int i = 0; i < 10'000; ++i) curve.points.push_back({i + 0.0, i == 5000 ? 99.0 : 10.0});
  const std::string dot = curves_diagram({"", {curve}});
  EXPECT_EQ(count(dot, kBad), 1U);
  EXPECT_EQ(count(dot, kGood), 639U);  // between 641 places
  // A point alone is a cross; where there is none nothing is drawn.
  const std::string few = curves_diagram({"", {{"p99", "ms", 20, {}}, {"rows", "", {}, {{0, 0}}}}});
  EXPECT_EQ(count(few, kGood), 2U);
  EXPECT_FALSE(has(few, "nan"));
}

TEST(Axis, HasTwoToFiveSteps) {
  EXPECT_EQ(step_of_axis(0), 1);
  EXPECT_DOUBLE_EQ(step_of_axis(1), 0.5);
  EXPECT_DOUBLE_EQ(step_of_axis(3), 1);
  EXPECT_DOUBLE_EQ(step_of_axis(9.9), 2);
  EXPECT_DOUBLE_EQ(step_of_axis(10), 5);
  EXPECT_DOUBLE_EQ(step_of_axis(12345), 5000);
}

TEST_F(Pictures, OfADamagedChartAreRefused) {
  std::ostringstream out;
  const auto error = [&](const std::string& text) {
    std::ofstream(folder_ / "chart.json") << text;
    const std::string said = error_of<UsageError>(
        [&] { run_show(cases(), {folder_ / "chart.json", folder_ / "a.svg"}, out); });
    return replaced(said, folder_ / "chart.json", "FILE");
  };
  const auto of = [&](const std::string& curves) {
    return error(R"({"cutover_chart": 1, "title": "", "curves": )" + curves + "}");
  };
  EXPECT_EQ(error(R"({"cutover_chart": 2})"),
            "FILE: at /cutover_chart: this build reads version 1");
  EXPECT_EQ(error(R"({"cutover_chart": 1})"), "FILE: at /: 'title' is missing");
  EXPECT_EQ(of("{}"), "FILE: at /curves: expected a list");
  EXPECT_EQ(of("[1]"), "FILE: at /curves/0: 'name' is missing");
  EXPECT_EQ(of(R"([{"name": 1}])"), "FILE: at /curves/0/name: expected a text");
  const auto points = [&](const std::string& all) {
    return of(R"([{"name": "", "unit": "", "points": )" + all + "}]");
  };
  EXPECT_EQ(points("[[1]]"), "FILE: at /curves/0/points/0: expected a time and a value");
  EXPECT_EQ(points("[[1, -1]]"), "FILE: at /curves/0/points/0/1: expected a number, 0 or more");
  EXPECT_EQ(points("[[2, 1], [1, 1]]"),
            "FILE: at /curves/0/points/1/0: it is earlier than the one before");
  EXPECT_EQ(points("[[1, 1], [1, 1]]"), "accepted");
}

TEST_F(Pictures, HoldAnyText) {
  const std::string odd = "a\"b\\n<c>&\x01\nlast";
  const std::string dot =
      "digraph {\n  a [label=" + in_quotes(odd) + "];\n  b [label=<" + in_markup(odd) + ">];\n}\n";
  write_picture(dot, Placed::by_graphviz, folder_ / "odd.svg");
  const std::string svg = text_of(folder_ / "odd.svg");
  EXPECT_TRUE(has(svg, ">a&quot;b\\n&lt;c&gt;&amp;?<")) << svg;
  EXPECT_TRUE(has(svg, ">last<")) << svg;
  EXPECT_FALSE(has(svg, "\x01"));
}

}  // namespace
}  // namespace cutover::cli
