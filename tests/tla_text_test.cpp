// What TLC prints and what its configurations say, read: values, states, graphs, messages, headers.
#include <gtest/gtest.h>

#include <fstream>

#include "run.h"
#include "tla/configuration.h"
#include "tla/messages.h"
#include "tla/process.h"
#include "tla/state_graph.h"
#include "tla/value.h"

namespace cutover::tla {
namespace {

TEST(TlaValue, IsReadAsJson) {
  EXPECT_EQ(parse_value("7"), 7);
  EXPECT_EQ(parse_value("-7"), -7);
  EXPECT_EQ(parse_value(R"("a \"quoted\" text")"), "a \"quoted\" text");
  EXPECT_EQ(parse_value("TRUE"), true);
  EXPECT_EQ(parse_value("FALSE"), false);
  EXPECT_EQ(parse_value("m1"), "m1");
  EXPECT_EQ(parse_value("<< >>"), Json::array());
  EXPECT_EQ(parse_value("<<1, <<\"x\">>>>"), Json::parse(R"([1, ["x"]])"));
  EXPECT_EQ(parse_value("{}"), Json::array());
  EXPECT_EQ(parse_value("{3, 1, 2}"), Json::parse("[1, 2, 3]"));
  EXPECT_EQ(parse_value("[a |-> 1, b |-> [c |-> TRUE]]"),
            Json::parse(R"({"a": 1, "b": {"c": true}})"));
  EXPECT_EQ(parse_value(R"(("a" :> 1 @@ "b" :> {}))"), Json::parse(R"({"a": 1, "b": []})"));
  EXPECT_EQ(parse_value("(1 :> \"x\" @@ 2 :> \"y\")"), Json::parse(R"(["x", "y"])"));
}

/// The error says where, and what was expected.
void expect_refused(const std::string& text, const std::string& what) {
  try {
    ADD_FAILURE() << text << " was read as " << parse_value(text);
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find(what), std::string::npos)
        << text << ": " << error.what();
  }
}

TEST(TlaValue, AnErrorNamesThePosition) {
  expect_refused("", "character 1: expected a value");
  expect_refused("<<1, 2", "character 7: expected '>>'");
  expect_refused("[a -> 1]", "character 4: expected '|->', found '-> 1]'");
  expect_refused("1 2", "character 3: expected the end");
  expect_refused("(3 :> 1)", "character 6: expected a function over strings or over 1..n");
  expect_refused("\"open", "expected '\"'");
}

TEST(TlaState, IsReadWithAllItsVariables) {
  const Json expected = Json::parse(R"({"x": [1, 2], "long_name": {"a": "v"}})");
  EXPECT_EQ(parse_state("/\\ x = <<1,\n     2>>\n/\\ long_name = [ a |->\n   \"v\" ]\n"), expected);
  EXPECT_EQ(parse_state("x = 1"), Json::parse(R"({"x": 1})"));
  EXPECT_THROW(parse_state("/\\ x : 1"), std::runtime_error);
}

TEST(TlaState, ShowsWhatChanged) {
  const Json before = Json::parse(R"({"store": {"epoch": 5, "mark": false}, "places": [1, 2]})");
  const Json after = Json::parse(R"({"store": {"epoch": 6, "mark": false}, "places": [1, 3]})");
  EXPECT_EQ(changes(before, after), (std::vector<std::string>{"places[2] = 3", "store.epoch = 6"}));
  EXPECT_TRUE(changes(before, before).empty());
  EXPECT_EQ(changes(Json(), after).size(), 4u);
}

class TlaFiles : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    const auto file = folder_ / name;
    std::ofstream(file) << text;
    return file;
  }
  TemporaryFolder folder_;
};

TEST_F(TlaFiles, AStateGraphIsRead) {
  const auto file = write("graph.dot", R"(strict digraph DiskGraph {
nodesep=0.35;
subgraph cluster_graph {
color="white";
-5 [label="/\\ x = 0\n/\\ y = \"a\"",style = filled]
-5 -> 7 [label="Step",color="black",fontcolor="black"];
7 [label="/\\ x = 1\n/\\ y = \"\\\\\""];
7 -> -5 [label="Back",color="black",fontcolor="black"];
7 -> 7 [label="Stay",color="black",fontcolor="black"];
{rank = same; -5;}
}
}
)");
  const StateGraph graph = read_state_graph(file);
  ASSERT_EQ(graph.states.size(), 2u);
  EXPECT_EQ(parse_state(graph.states[0]), Json::parse(R"({"x": 0, "y": "a"})"));
  EXPECT_EQ(parse_state(graph.states[1]), Json::parse(R"({"x": 1, "y": "\\"})"));
  EXPECT_EQ(graph.initial, std::vector<std::size_t>{0});
  ASSERT_EQ(graph.edges.size(), 3u);
  EXPECT_EQ(graph.edges[1].action, "Back");
  EXPECT_EQ(graph.edges[1].from, 1u);
  EXPECT_EQ(graph.edges[1].to, 0u);
}

TEST_F(TlaFiles, AStateGraphWithSomethingElseInItIsRefused) {
  try {
    read_state_graph(write("graph.dot", "strict digraph DiskGraph {\nsomething else\n"));
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("graph.dot:2: expected a state"), std::string::npos);
  }
}

TEST_F(TlaFiles, AConfigurationSaysWhatItIs) {
  const auto file = write("some.cfg", R"(\* case: family/name+flaw
\* module: M
\* expect: violates Liveness as CanFinish
\* size: mutant
\* witnesses: Moves, MovesBack
\* witnesses: Lands
\* For people: this line says nothing.
SPECIFICATION FairSpec
CONSTANTS
  Processes = {1, 2}
  Op <- Wrong
PROPERTIES
  Liveness
)");
  const Configuration read = read_configuration(file, folder_.path());
  EXPECT_EQ(read.name, "some");
  EXPECT_EQ(read.case_name, "family/name+flaw");
  EXPECT_EQ(read.module, "M");
  EXPECT_EQ(read.expect, Configuration::Expect::violates);
  EXPECT_EQ(read.violated, "Liveness");
  EXPECT_EQ(read.property, "CanFinish");
  EXPECT_EQ(read.properties, std::vector<std::string>{"Liveness"});
  EXPECT_EQ(read.constants.at("Processes"), "{1, 2}");
  EXPECT_EQ(read.witnesses, (std::set<std::string>{"Lands", "Moves", "MovesBack"}));
}

TEST_F(TlaFiles, AConfigurationThatDoesNotSayItIsRefused) {
  const std::string rest = "\\* case: c\n\\* module: M\n";
  const std::string holds = rest + "\\* expect: holds\n\\* size: small\n";
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {rest + "\\* expect: holds\n", "size"},
      {rest + "\\* size: small\n", "expect"},
      {rest + "\\* size: huge\n", "some.cfg:3: expected a size"},
      {rest + "\\* expect: violates\n", "some.cfg:3: expected `holds`"},
      {rest + "\\* expect: holds\n\\* size: witness\n", "some.cfg:4: expected a size"},
      {rest + "\\* expect: witness A\n", "some.cfg:3: expected `holds`"},
      {holds + "\\* witnesses: A B\n", "some.cfg:5: expected names"},
      {holds + "\\* witnesses: A, A\n", "some.cfg:5: expected names"},
      {holds + "\\* witnesses: A,\n", "some.cfg:5: expected names"},
      {holds + "INVARIANTS\n  A\n", "witnesses: NAME"},
      {holds + "INVARIANT A\n", "some.cfg:5: expected SPECIFICATION NAME once"},
      {holds + "CONSTRAINT\n  Few\n", "some.cfg:5: expected SPECIFICATION NAME once"},
      {holds + "INVARIANTS\n  A B\n", "some.cfg:6: expected one entry of INVARIANTS"},
      {holds + "INVARIANTS\n  A\n  A\n", "some.cfg:7: expected one entry of INVARIANTS"},
      {holds + "CONSTANTS\n  A = 1 \\* one\n", "some.cfg:6: expected one entry of CONSTANTS"},
      {holds + "\\* witnesses: A\n", "it checks nothing"},
      {rest + "\\* expect: violates A\n\\* size: mutant\nINVARIANTS\n  B\n",
       "A is to be violated, and is not checked"},
      {rest + "\\* expect: holds\n\\* size: liveness\nINVARIANTS\n  TypeOK\n",
       "checks a property under PROPERTIES"}};
  for (const auto& [text, what] : wrong) {
    try {
      write("some.cfg", text);
      read_configurations(folder_.path());
      ADD_FAILURE() << text;
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    }
  }
}

TEST(TlaMessages, AreHeardInnermostFirst) {
  std::vector<std::pair<int, std::string>> heard;
  Messages messages([&](const Message& m) { heard.emplace_back(m.code, m.text); });
  for (const char* line :
       {"loose", "@!@!@STARTMSG 1000:1 @!@!@", "outer", ": @!@!@STARTMSG 5001:0 @!@!@", "inner",
        "@!@!@ENDMSG 5001 @!@!@", "@!@!@ENDMSG 1000 @!@!@"}) {
    messages.take(line);
  }
  EXPECT_EQ(heard,
            (std::vector<std::pair<int, std::string>>{{5001, "inner\n"}, {1000, "outer\n"}}));
  EXPECT_EQ(messages.rest(), "loose\n");
}

TEST(TlaProcess, GivesLinesAndTheStatus) {
  std::vector<std::string> lines;
  const Ended ended = run({{"sh", "-c", "echo a; echo b >&2; printf c; exit 5"}, "/"},
                          [&](const std::string& line) { lines.push_back(line); });
  EXPECT_EQ(lines, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(ended.status, 5);
  EXPECT_FALSE(ended.out_of_time);
}

TEST(TlaProcess, IsKilledAtItsDeadline) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  const Ended ended = run({{"sleep", "60"}, "/", deadline}, [](const std::string&) {});
  EXPECT_TRUE(ended.out_of_time);
  EXPECT_EQ(ended.status, 128 + 9);
}

TEST(TlaProcess, ThatCannotBeStartedSaysSo) {
  EXPECT_THROW(run({{"no-such-command"}, "/"}, [](const std::string&) {}), std::runtime_error);
}

}  // namespace
}  // namespace cutover::tla
