// The command as a user runs it: output, exit statuses, errors.
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "command.h"
#include "fake_java.h"
#include "run.h"

namespace cutover {
namespace {

struct Ran {
  int status;
  std::string output;  ///< standard output and error
};

class Command : public testing::Test {
 protected:
  Ran cutover(const std::string& arguments, const std::string& command = CUTOVER_COMMAND) {
    const std::string line =
        "cd " + folder_.path().string() + " && " + command + " " + arguments + " 2>&1";
    FILE* pipe = ::popen(line.c_str(), "r");
    Ran ran{-1, ""};
    char buffer[4096];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe))
      ran.output.append(buffer, got);
    const int status = ::pclose(pipe);
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ran;
  }

  /// Status 2, and the last line is one that begins with the command's name and says `what`.
  void expect_refused(const std::string& arguments, const std::string& what) {
    const Ran ran = cutover(arguments);
    EXPECT_EQ(ran.status, 2) << arguments << "\n" << ran.output;
    const auto line = ran.output.rfind('\n', ran.output.size() - 2) + 1;
    EXPECT_TRUE(ran.output.substr(line).starts_with("cutover: ")) << arguments << "\n"
                                                                  << ran.output;
    EXPECT_NE(ran.output.find(what, line), std::string::npos) << arguments << "\n" << ran.output;
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
  }
  nlohmann::json read_json(const std::string& name) {
    std::ifstream in(folder_.path() / name);
    return nlohmann::json::parse(in);
  }

  TemporaryFolder folder_;
};

/// What a command does when its standard output, or a file that it writes, can't be written.
class Unwritable : public Command {
 protected:
  /// Standard error, and the exit status as a shell has it, with standard output redirected so.
  Ran with_output(const std::string& arguments, const std::string& redirection) {
    return cutover("'exec 2>&1 " + redirection + "; exec " CUTOVER_COMMAND " " + arguments + "'",
                   "bash -c");
  }
  std::set<std::string> files() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file()) names.insert(entry.path().lexically_relative(folder_.path()));
    }
    return names;
  }
};

constexpr const char* kSmall = "--bounds starts=2,crashes=1,lost=0,in_flight=0,writes=1";

TEST_F(Command, ListNamesEveryCase) {
  const Ran ran = cutover("list");
  EXPECT_EQ(ran.status, 0);
  EXPECT_NE(ran.output.find("catalog/first-draft "), std::string::npos);
  EXPECT_NE(ran.output.find("violates OneSourceOfTruth"), std::string::npos);
}

/// Of what holds there is no more to say.
TEST_F(Command, CheckPrintsALineOfACaseThatHolds) {
  for (const std::string engine : {"crashsim", "model"}) {
    const Ran ran =
        cutover("check catalog/single-tombstone --bounds starts=2,crashes=1 --engine " + engine);
    const std::regex expected(
        "Bounds: 2 processes, 2 starts, 1 crashes, .*\\.\n\n"
        "engine " +
        engine +
        " +verdict +extent +time\n"
        "catalog/single-tombstone +holds, complete +[\\d,]+ states +"
        "[\\d.]+ s\n\n"
        "1 of 1 verdicts as expected; [\\d.]+ s\\.\n");
    EXPECT_TRUE(std::regex_match(ran.output, expected)) << ran.output;
  }
}

TEST_F(Command, CheckWritesReportJUnitAndTraces) {
  const auto started = std::chrono::steady_clock::now();
  const Ran ran = cutover(
      "check catalog/first-draft catalog/single-tombstone --report r.json --junit j.xml "
      "--engine crashsim --traces t --bounds starts=2,crashes=1,in_flight=0,lost=0,writes=2");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_EQ(ran.output.find('\r'), std::string::npos) << "progress although piped";
  const auto report = read_json("r.json");
  EXPECT_EQ(report["ok"], true);
  ASSERT_EQ(report["cases"].size(), 2u);
  const auto& draft = report["cases"][1];
  EXPECT_EQ(draft["case"], "catalog/first-draft");
  EXPECT_EQ(draft["family"], "catalog");
  EXPECT_EQ(draft["engine"], "crashsim");
  EXPECT_EQ(draft["expected"], "violates");
  EXPECT_EQ(draft["verdict"], "violates");
  EXPECT_EQ(draft["violated"], "OneSourceOfTruth");
  EXPECT_EQ(draft["complete"], false);
  EXPECT_EQ(draft["bounds"]["starts"], 2);
  EXPECT_EQ(draft["trace"], "t/catalog.first-draft.json");
  const auto& design = report["cases"][0];
  EXPECT_EQ(design["verdict"], "holds");
  EXPECT_EQ(design["violated"], nullptr);
  EXPECT_EQ(design["complete"], true);
  EXPECT_EQ(design["trace"], nullptr);
  EXPECT_GT(design["states"], 1000);
  EXPECT_GT(design["transitions"], design["states"]);
  EXPECT_GT(design["executions"], 10);
  EXPECT_GT(draft["seconds"], 0);
  EXPECT_GT(design["seconds"], 0);
  EXPECT_LT(design["seconds"].get<double>() + draft["seconds"].get<double>(), took.count());
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "t/catalog.first-draft.json"));
  std::ifstream junit(folder_.path() / "j.xml");
  const std::string xml{std::istreambuf_iterator<char>(junit), {}};
  EXPECT_NE(xml.find("tests=\"2\" failures=\"0\" errors=\"0\""), std::string::npos) << xml;
}

TEST_F(Command, AMutantThatSurvivesTooSmallBoundsDiffers) {
  const Ran ran = cutover(
      "check catalog/single-tombstone+volatile-epoch --engine crashsim --report r.json --junit "
      "j.xml "
      "--bounds crashes=0,in_flight=0,lost=0");
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_NE(ran.output.find("DIFFERS: expected EpochMonotone"), std::string::npos) << ran.output;
  EXPECT_EQ(read_json("r.json")["ok"], false);
  std::ifstream junit(folder_.path() / "j.xml");
  const std::string xml{std::istreambuf_iterator<char>(junit), {}};
  EXPECT_NE(xml.find("tests=\"1\" failures=\"1\" errors=\"0\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("<failure message=\"expected violates EpochMonotone, found holds"),
            std::string::npos)
      << xml;
}

TEST_F(Command, EachCheckFallsToOneShard) {
  const std::set<std::string> names = {"catalog/first-draft", "catalog/single-tombstone+merge",
                                       "catalog/single-tombstone+no-lower-bound"};
  std::string named;
  for (const std::string& name : names) named += name + " ";
  std::multiset<std::string> checked;
  for (int i = 1; i <= 3; ++i) {
    const Ran ran = cutover("check " + named + "--engine crashsim --report r.json --shard " +
                            std::to_string(i) + "/3");
    EXPECT_EQ(ran.status, 0) << ran.output;
    const auto cases = read_json("r.json")["cases"];
    EXPECT_EQ(cases.size(), 1u);
    for (const auto& each : cases) checked.insert(each["case"]);
  }
  EXPECT_EQ(checked, std::multiset<std::string>(names.begin(), names.end()));
}

TEST_F(Command, LargerBoundsEndTruncatedAtTheirBudget) {
  const Ran ran = cutover(
      "check catalog/single-tombstone --engine crashsim --bounds starts=8,crashes=6 --budget 1 "
      "--report r.json");
  EXPECT_EQ(ran.status, 3) << ran.output;
  EXPECT_NE(ran.output.find("UNKNOWN"), std::string::npos);
  const auto report = read_json("r.json");
  EXPECT_EQ(report["cases"][0]["verdict"], "unknown");
  EXPECT_EQ(report["cases"][0]["complete"], false);
}

TEST_F(Command, ReplayShowsTheCounterexampleAgain) {
  ASSERT_EQ(cutover("check catalog/first-draft --engine crashsim").status, 0);
  const Ran whole = cutover("replay cutover-traces/catalog.first-draft.json");
  EXPECT_EQ(whole.status, 0) << whole.output;
  EXPECT_NE(whole.output.find("OneSourceOfTruth is violated.\n"), std::string::npos)
      << whole.output;
  const Ran part = cutover("replay cutover-traces/catalog.first-draft.json --until 2");
  EXPECT_EQ(part.status, 0) << part.output;
  EXPECT_NE(part.output.find("No property is violated.\n"), std::string::npos) << part.output;
}

TEST_F(Command, ReplayOfATraceThatViolatesNothingDiffers) {
  ASSERT_EQ(cutover("check catalog/first-draft --engine crashsim").status, 0);
  auto trace = read_json("cutover-traces/catalog.first-draft.json");
  trace["steps"].erase(trace["steps"].size() - 1);
  write("shorter.json", trace.dump());
  EXPECT_EQ(cutover("replay shorter.json").status, 1);
}

TEST_F(Command, BadInputEndsWithOneClearLine) {
  ASSERT_EQ(cutover("check catalog/first-draft --engine crashsim").status, 0);
  auto trace = read_json("cutover-traces/catalog.first-draft.json");
  write("text.json", "hello");
  expect_refused("replay text.json", "text.json: not JSON, at byte 1");
  expect_refused("replay missing.json", "missing.json: cannot be read");
  trace["cutover_trace"] = 2;
  write("version.json", trace.dump());
  expect_refused("replay version.json", "at /cutover_trace: version 2");
  trace["cutover_trace"] = 1;
  trace["case"] = "catalog/none";
  write("case.json", trace.dump());
  expect_refused("replay case.json", "at /case: there is no case 'catalog/none'");
  trace["case"] = "catalog/two-tombstones";
  write("diverges.json", trace.dump());
  expect_refused("replay diverges.json",
                 "diverges.json: the trace diverges at step 3: migrate-1 is about to "
                 "'read stash snapshot', not to 'open persist'");
  const Ran followed = cutover("replay --follow diverges.json");
  EXPECT_NE(followed.status, 2) << followed.output;
  for (const char* part : {"DIVERGES", "First divergence: the trace diverges at step 3: migrate-1",
                           "What still matched was followed."}) {
    EXPECT_NE(followed.output.find(part), std::string::npos) << followed.output;
  }
  trace["beginning"] = "nowhere";
  write("beginning.json", trace.dump());
  expect_refused("replay beginning.json", "at /beginning");
  trace["bounds"]["tea"] = 2;
  write("bounds.json", trace.dump());
  for (const char* command : {"replay bounds.json", "show bounds.json -o s.svg"}) {
    expect_refused(command,
                   "at /bounds: 'tea' is not a bound of catalog/two-tombstones; there are "
                   "processes, starts, crashes, in_flight, lost, writes, reads");
  }
}

TEST_F(Command, BadUsageEndsWithOneClearLine) {
  expect_refused("check catalog/first-drfat", "did you mean catalog/first-draft?");
  expect_refused("check --engine magic", "there is no engine 'magic'; there are crashsim");
  expect_refused("check --bounds processes=0", "processes=0 leaves nobody to do anything");
  for (const char* bound : {"crashes", "starts", "lost", "in_flight"}) {
    expect_refused(std::string("check --bounds ") + bound + "=256",
                   std::string(bound) + "=256 is more than 255");
  }
  expect_refused("check --bounds starts=0", "starts=0 leaves nobody to do anything");
  expect_refused("check --bounds processes=17", "processes=17 is more than 16");
  for (const char* engine : {"process", "refinement"}) {
    expect_refused(std::string("check catalog/first-draft --engine ") + engine,
                   std::string("nothing to check: no engine of '") + engine + "' can check");
  }
  for (const char* shard : {"0/2", "3/2", "1/0", "2/2x", "x", "1", "-1/2"}) {
    expect_refused(std::string("check --shard ") + shard, "--shard: expected I/N with 1 <= I <= N");
  }
  expect_refused("check --bounds starts", "expected starts=NUMBER, found 'starts'");
  expect_refused("check --bounds tea=2", "'tea' is not a bound; there are processes,");
  expect_refused("check --bounds crashes=0,lost=0", "in_flight=1 can't all happen");
  expect_refused("check --budget -1", "--budget");
  expect_refused("", "A subcommand is required; cutover --help tells more");
  expect_refused("check --threads many", "--threads");
  expect_refused("check --no-such-option", "--no-such-option; cutover check --help tells more");
  expect_refused("replay", "trace is required; cutover replay --help tells more");
  expect_refused("chekc", "there is no command 'chekc'; did you mean check?");
}

TEST_F(Command, WhatCanBeMeantInTwoWaysIsRefused) {
  expect_refused("check --bounds crashes=1,crashes=2", "--bounds: crashes is given twice");
  expect_refused("check --bounds in_flight=1,zombies=2", "--bounds: in_flight is given twice");
  expect_refused("check --bounds crashes=1 --bounds crashes=2", "--bounds: ");
  expect_refused("check --bounds ''", "--bounds: expected a text, found none");
  expect_refused("check --bounds crashes=1,", "'' is not a bound");
  expect_refused("check --bounds ,crashes=1", "'' is not a bound");
  expect_refused("check --engine model,", "there is no engine ''");
  expect_refused("check --engine ,model", "there is no engine ''");
  expect_refused("check --engine ''", "--engine: expected a text");
  expect_refused("check --engine model,model", "--engine: 'model' is named twice");
  expect_refused("check --engine model --engine model", "--engine: 'model' is named twice");
  for (const char* seed : {"-1", "1.5", "18446744073709551616", "x", "''"}) {
    expect_refused(std::string("check --seed ") + seed, "--seed: expected a whole number from 0");
  }
  for (const char* budget : {"nan", "-nan", "inf", "-1", "1e300", "-0.5", "1s", "''"}) {
    expect_refused(std::string("check --budget ") + budget, "--budget: expected seconds, from 0");
  }
  for (const char* command : {"check", "bench", "graph catalog/first-draft -o g.svg"}) {
    expect_refused(std::string(command) + " --threads 100000",
                   "--threads: expected a whole number from 0 to 1024, found '100000'");
    expect_refused(std::string(command) + " --threads -1", "--threads: expected a whole number");
  }
  expect_refused("replay x.json --until -1", "--until: expected a whole number");
  expect_refused("replay x.json --until 99999999999", "--until: expected a whole number");
  for (const char* option : {"report", "junit", "traces", "shard"}) {
    expect_refused(std::string("check --") + option + " ''", "expected a text, found none");
  }
  expect_refused("check ''", "there is no case or family ''; cutover list shows all");
  expect_refused("migrate --stash sqlite:a --persist sqlite:b --to stash --wait nan",
                 "--wait: expected seconds");
}

TEST_F(Command, AFamilyIsNoCase) {
  expect_refused("graph catalog -o g.svg",
                 "'catalog' is a family; name one of its cases: catalog/single-tombstone, ");
  const Ran near = cutover("graph catalo -o g.svg");
  EXPECT_NE(near.output.find("there is no case 'catalo'; did you mean catalog/"), std::string::npos)
      << near.output;
}

TEST_F(Command, ATraceIsNotTrusted) {
  ASSERT_EQ(cutover("check catalog/first-draft --engine crashsim").status, 0);
  const auto trace = read_json("cutover-traces/catalog.first-draft.json");
  const std::string text = trace.dump();
  const auto refuse = [&](const std::string& bytes, const std::string& what) {
    write("t.json", bytes);
    expect_refused("replay t.json", what);
    expect_refused("show t.json -o t.svg", what);
    for (const char c : cutover("replay t.json").output) {
      EXPECT_TRUE(c == '\n' || (c >= ' ' && c != 127)) << static_cast<int>(c) << " for " << what;
    }
  };
  const auto with = [&](const std::string& place, const nlohmann::json& value) {
    auto changed = trace;
    changed[nlohmann::json::json_pointer(place)] = value;
    return changed.dump();
  };
  // A start, and whatever else is no request to a store, has no outcomes.
  for (const char* outcome : {"whatever", "crash", "lost", ""}) {
    refuse(with("/steps/0/outcome", outcome), "'start' has no outcome '" + std::string(outcome));
  }
  for (const char* place : {"/case", "/engine", "/beginning", "/violated", "/steps/1/actor",
                            "/steps/1/step", "/steps/1/outcome"}) {
    const auto where = "at " + std::string(place) + ": expected text without control characters";
    refuse(with(place, "\x1b[2J"), where + ", found '\\x1b[2J'");
    refuse(with(place, "a\ncutover: all is well"), where);
    refuse(with(place,
                "\xc2\x9b"
                "31m"),
           where);
  }
  const auto twice = [&](const std::string& before, const std::string& member) {
    std::string changed = text;
    changed.insert(changed.find(before), member);
    return changed;
  };
  refuse(twice("\"case\"", "\"case\": \"catalog/single-tombstone\", "),
         "the member 'case' occurs twice");
  refuse(twice("\"outcome\"", "\"outcome\": \"crash\", "), "the member 'outcome' occurs twice");
  refuse(twice("\"starts\"", "\"starts\": 1, "), "the member 'starts' occurs twice");
  refuse(twice("\"case\"", "\"\\u001b\": 1, \"\\u001b\": 1, "), "the member '\\x1b' occurs");
  refuse(std::string(100'000, '['), "is nested too deep");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  refuse(deep, "is nested too deep");
  refuse("", "not JSON, at byte 1");
  refuse(std::string(100, '\0'), "not JSON, at byte 1");
  refuse("\xff" + text, "not JSON, at byte 1");
  refuse(text + "}", "not JSON, at byte");
  auto many = trace;
  for (int i = 0; i < 300'000; ++i) {  // reading them takes no quadratic time
    many["steps"].push_back(many["steps"][0]);
  }
  refuse(many.dump(), "the trace diverges at step 10: ");
  expect_refused("replay /dev/zero", "/dev/zero: is larger than any trace");
  expect_refused("replay /proc/self/mem", "/proc/self/mem: cannot be read");
  expect_refused("replay $'a\\x1b[31m.json'", "a\\x1b[31m.json: cannot be read");
}

TEST_F(Command, HelpTeaches) {
  const Ran ran = cutover("check --help");
  EXPECT_EQ(ran.status, 0);
  EXPECT_NE(ran.output.find("processes=2: alive at a time"), std::string::npos) << ran.output;
}

TEST_F(Command, CounterexamplesOfTheModelAreReplayedOnTheImplementation) {
  ASSERT_EQ(cutover("check catalog/first-draft --engine model").status, 0);
  const std::string trace = "cutover-traces/catalog.first-draft.model.json";
  const Ran replayed = cutover("replay " + trace);
  EXPECT_EQ(replayed.status, 0) << replayed.output;
  EXPECT_NE(replayed.output.find("OneSourceOfTruth is violated."), std::string::npos);
  const Ran states = cutover("replay --tla " + trace);
  EXPECT_EQ(states.status, 0) << states.output;
  EXPECT_NE(states.output.find("State 1: <Initial predicate>"), std::string::npos);
  EXPECT_NE(states.output.find("State 10: <SetTheTombstone("), std::string::npos) << states.output;
}

TEST_F(Command, TracesThatAreNoRefinementSayWhere) {
  const std::string of = "catalog/single-tombstone+snapshot-first";
  const Ran ran = cutover("check --engine refinement " + of);
  ASSERT_EQ(ran.status, 0) << ran.output;
  EXPECT_NE(ran.output.find("about to 'read stash tombstone' here"), std::string::npos);
  const std::string trace =
      "cutover-traces/catalog.single-tombstone+snapshot-first.refinement.json";
  const Ran replayed = cutover("replay " + trace);
  EXPECT_EQ(replayed.status, 0) << replayed.output;
  EXPECT_NE(replayed.output.find("Refinement is violated."), std::string::npos);
  const Ran part = cutover("replay --until 1 " + trace);
  EXPECT_EQ(part.output.find("Refinement is violated."), std::string::npos) << part.output;
  const Ran states = cutover("replay --tla " + trace);
  EXPECT_NE(states.output.find("of the trace is none of the specification: "), std::string::npos)
      << states.output;
  const Ran first = cutover("replay --tla --until 1 " + trace);
  EXPECT_NE(first.output.find("State 2: "), std::string::npos) << first.output;
  EXPECT_EQ(first.output.find("State 3: "), std::string::npos) << first.output;
  ASSERT_EQ(cutover("check state_version/as-described-file+torn-file --engine crashsim").status, 0);
  expect_refused("replay --tla cutover-traces/state_version.as-described-file+torn-file.json",
                 "has no model, so there are no TLA+ states");
}

TEST_F(Command, TheModelIsLeftOutWhereItCantHaveTheBounds) {
  const Ran ran = cutover("check catalog/first-draft --bounds starts=2,reads=1");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_NE(ran.output.find("engine model is left out: the model has no reads"), std::string::npos)
      << ran.output;
  expect_refused("check catalog/first-draft --engine model --bounds starts=2,reads=1",
                 "the model has no reads");
}

TEST_F(Command, GraphOfTheModelByItsVariables) {
  const Ran ran = cutover("graph catalog/first-draft --model --by store.stash.tombstone -o g.svg");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_NE(ran.output.find("none"), std::string::npos) << ran.output;
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "g.svg"));
  expect_refused("graph catalog/first-draft --model --by tea -o g.svg", "has no variable 'tea'");
  expect_refused("graph catalog/first-draft --model --bounds processes=9 -o g.svg",
                 "at most 4 processes");
}

TEST_F(Command, TheTableFitsAHundredColumns) {
  const Ran ran = cutover(std::string("check --engine crashsim,model,refinement ") + kSmall +
                          ",puts=0,deletes=0");
  std::istringstream lines(
      ran.output.substr(0, ran.output.find("\n\n", ran.output.find("engine"))));
  for (std::string line; std::getline(lines, line);) {
    if (line.find("DIFFERS") == std::string::npos) {
      EXPECT_LE(line.size(), 100u) << line;
    }
  }
}

/// The commands of README.md's section on real files, one after the other; what is printed below
/// one is what it prints.
TEST_F(Command, MovesRealFilesAsTheReadmeShows) {
  write("catalog.jsonl",
        "{\"key\": \"a\", \"value\": \"1\"}\n{\"key\": \"b\", \"value\": \"2\"}\n");
  std::ifstream readme(CUTOVER_SOURCE "/README.md");
  const std::string prompt = "$ ./cutover ";
  std::string line, arguments, shown;
  int compared = 0;
  const auto run_the_last = [&] {
    if (arguments.empty()) return;
    const Ran ran = cutover(arguments.substr(0, arguments.find(" # ")));
    EXPECT_EQ(ran.status, 0) << arguments << "\n" << ran.output;
    if (shown.empty()) return;
    EXPECT_EQ(ran.output, shown) << arguments;
    ++compared;
  };
  while (std::getline(readme, line) && line != "## Real files, real kills") continue;
  while (std::getline(readme, line) && line != "```") continue;
  while (std::getline(readme, line) && line != "```") {
    if (!line.starts_with(prompt)) {
      shown += line + "\n";
      continue;
    }
    run_the_last();
    arguments = line.substr(prompt.size());
    shown.clear();
  }
  run_the_last();
  EXPECT_EQ(compared, 1);
}

TEST_F(Unwritable, StandardOutputFailsEveryCommand) {
  ASSERT_EQ(cutover("check catalog/first-draft --engine crashsim").status, 0);
  write("lines", "{\"key\": \"a\", \"value\": \"1\"}\n");
  ASSERT_EQ(cutover("load --store sqlite:s.db lines").status, 0);
  const std::string trace = "cutover-traces/catalog.first-draft.json";
  for (const std::string& arguments :
       {std::string("list"), std::string("--help"), std::string("check --help"),
        std::string("check catalog/first-draft --engine crashsim"), "replay " + trace,
        "replay --tla " + trace, "show -o s.svg " + trace,
        std::string("graph catalog/first-draft -o g.svg"), std::string("dump --store sqlite:s.db"),
        std::string("dump --store sqlite:s.db d.jsonl"), std::string("bench"),
        std::string("bench --migrate")}) {
    const Ran full = with_output(arguments, ">/dev/full");
    EXPECT_EQ(full.status, 2) << arguments << "\n" << full.output;
    EXPECT_NE(full.output.find("cutover: standard output cannot be written (No space left on "
                               "device); what it got is not all\n"),
              std::string::npos)
        << arguments << "\n"
        << full.output;
    const Ran closed = with_output(arguments, ">&-");
    EXPECT_EQ(closed.status, 2) << arguments << "\n" << closed.output;
    EXPECT_NE(closed.output.find("standard output cannot be written (Bad file descriptor)"),
              std::string::npos)
        << arguments << "\n"
        << closed.output;
  }
}

TEST_F(Unwritable, WhatIsClosedIsNotTakenForAFile) {
  const Ran ran = with_output(
      "check catalog/first-draft --engine crashsim --report r.json --traces t", ">&- 2>&-");
  EXPECT_EQ(ran.status, 2) << ran.output;
  EXPECT_EQ(ran.output, "");
  for (const std::string& file : files()) {
    std::ifstream in(folder_.path() / file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(text.find("Bounds:"), std::string::npos) << file;
    EXPECT_EQ(text.find("cannot be written"), std::string::npos) << file;
  }
}

TEST_F(Unwritable, AReaderThatWentAwayEndsItWithoutAWord) {
  // It begins when its reader is gone.
  const Ran list = cutover(
      "'{ { sleep 0.3; " CUTOVER_COMMAND " list; echo status $? >&2; } | true; }'", "bash -c");
  EXPECT_EQ(list.output, "status 141\n");
}

TEST_F(Unwritable, AReaderThatWentAwayEndsWhatTakesLong) {
  const auto ends = [&](const std::string& what, const std::string& reader,
                        const std::string& begins) {
    const auto started = std::chrono::steady_clock::now();
    // Its status is shown once both have ended: they end side by side.
    const Ran ran =
        cutover("'{ TMPDIR=$PWD " CUTOVER_COMMAND " " + what + "; echo status $? >status; } | " +
                    reader + "; cat status; rm status'",
                "bash -c");
    EXPECT_TRUE(ran.output.starts_with(begins)) << ran.output;
    EXPECT_TRUE(ran.output.ends_with("\nstatus 141\n")) << ran.output;
    EXPECT_EQ(std::ranges::count(ran.output, '\n'), 2) << ran.output;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    EXPECT_LT(took.count(), 15) << "it goes on to the end: " << what;
    EXPECT_EQ(files(), std::set<std::string>());
  };
  ends("check catalog --engine crashsim,model", "head -1", "Bounds: 2 processes, ");
  // Also while it has nothing to say, for minutes.
  ends("check catalog/two-tombstones --engine crashsim --bounds starts=6,crashes=4,writes=3",
       "head -1", "Bounds: 2 processes, ");
  // And what it has made for a while, and whom it has started, are gone.
  ends("check catalog/two-tombstones --engine tla", "{ head -1; sleep 2; }", "TLC on the ");
  ends("bench --migrate", "{ head -1; sleep 2; }", "Entries of 16 and ");
}

TEST_F(Unwritable, APictureIsNotHalfMade) {
  ASSERT_EQ(cutover("check catalog/first-draft --engine crashsim").status, 0);
  const std::string trace = "cutover-traces/catalog.first-draft.json";
  const auto before = files();
  for (const std::string& arguments : {"show " + trace, std::string("graph catalog/first-draft")}) {
    write("kept.svg", "before");
    // No file may grow past a few blocks: as on a full disk.
    const Ran full = cutover(
        "'ulimit -f 1; trap \"\" XFSZ; exec " CUTOVER_COMMAND " " + arguments + " -o kept.svg'",
        "bash -c");
    EXPECT_EQ(full.status, 2) << full.output;
    EXPECT_NE(full.output.find("kept.svg: cannot be written (File too large)"), std::string::npos)
        << full.output;
    std::ifstream in(folder_.path() / "kept.svg");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "before");
    std::filesystem::remove(folder_.path() / "kept.svg");
    EXPECT_EQ(files(), before);
    expect_refused(arguments + " -o lines/none/p.svg 3>lines", "lines/none/p.svg: cannot be");
    std::filesystem::remove(folder_.path() / "lines");
  }
}

TEST_F(Unwritable, WhatIsToBeWrittenIsTriedBeforeTheSearch) {
  write("file", "before");
  std::filesystem::create_directory(folder_.path() / "folder");
  const auto before = files();
  for (const auto& [options, what] : std::vector<std::pair<std::string, std::string>>{
           {"--report file/r.json", "--report: file/r.json: cannot be written (Not a directory)"},
           {"--report folder", "--report: folder: cannot be written (Is a directory)"},
           {"--report /proc/none", "--report: /proc/none: cannot be written"},
           {"--junit folder", "--junit: folder: cannot be written"},
           {"--junit new/j.xml --report file/r", "--report: file/r: cannot be written"},
           {"--report file --junit ./file", "--report and --junit are one file, file"},
           {"--traces file", "--traces: file/"},
           {"--traces new/er/file --report folder", "--report: folder"},
           {"--report file --junit new/j.xml --traces /dev/null", "--traces: /dev/null/"}}) {
    const Ran ran = cutover("check --engine crashsim catalog/first-draft " + options);
    expect_refused("check --engine crashsim catalog/first-draft " + options, what);
    EXPECT_EQ(ran.output.find("engine crashsim"), std::string::npos) << ran.output;
    EXPECT_EQ(files(), before);
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "new"));
  }
  std::ifstream in(folder_.path() / "file");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "before");
  expect_refused("graph catalog/first-draft -o file/g.svg", "file/g.svg: cannot be written");
}

TEST_F(Unwritable, WhatCannotBeWrittenAtTheEndCostsNoVerdict) {
  write("r.json", "before");
  const auto before = files();
  const Ran ran = cutover("'ulimit -f 0; trap \"\" XFSZ; exec " CUTOVER_COMMAND
                          " check catalog/first-draft --engine crashsim --report r.json --junit "
                          "j.xml'",
                          "bash -c");
  EXPECT_EQ(ran.status, 2) << ran.output;
  EXPECT_NE(ran.output.find("1 of 1 verdicts as expected"), std::string::npos) << ran.output;
  EXPECT_NE(ran.output.find("OneSourceOfTruth is violated"), std::string::npos) << ran.output;
  EXPECT_EQ(ran.output.find("Replay it"), std::string::npos) << "a trace that is not there";
  for (const char* file : {"cutover-traces/catalog.first-draft.json", "r.json", "j.xml"}) {
    EXPECT_NE(ran.output.find("cutover: " + std::string(file) + ": cannot be written (File too"),
              std::string::npos)
        << ran.output;
  }
  EXPECT_EQ(files(), before);
}

TEST_F(Unwritable, AReportDoesNotSayOkIfTheStatusDoesNot) {
  std::filesystem::create_directories(folder_.path() / "t/catalog.first-draft.json");
  const Ran ran = cutover("check catalog/first-draft --engine crashsim --report r.json --traces t");
  EXPECT_EQ(ran.status, 2) << ran.output;
  EXPECT_NE(ran.output.find("first-draft.json: cannot be written (Is a directory)"),
            std::string::npos)
      << ran.output;
  const auto report = read_json("r.json");
  EXPECT_EQ(report["ok"], false);
  EXPECT_EQ(report["cases"][0]["verdict"], "violates");
  EXPECT_EQ(report["cases"][0]["trace"], nullptr);
}

TEST_F(Unwritable, AFileIsReplacedAsItWas) {
  ASSERT_EQ(cutover("check catalog/first-draft --engine crashsim").status, 0);
  const std::string show = "show cutover-traces/catalog.first-draft.json -o ";
  const auto mode = [&](const char* name) {
    return std::filesystem::status(folder_.path() / name).permissions();
  };
  write("private.dot", "before");
  std::filesystem::permissions(
      folder_.path() / "private.dot",
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto before = mode("private.dot");
  std::filesystem::create_symlink("private.dot", folder_.path() / "link.dot");
  ASSERT_EQ(cutover(show + "link.dot").status, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(folder_.path() / "link.dot"));
  EXPECT_EQ(mode("private.dot"), before);
  EXPECT_GT(std::filesystem::file_size(folder_.path() / "private.dot"), 100u);
  const Ran fifo = cutover(
      "'mkfifo f.dot; cat f.dot >got & " CUTOVER_COMMAND " " + show + "f.dot; wait; test -p f.dot'",
      "bash -c");
  EXPECT_EQ(fifo.status, 0) << fifo.output;
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / "got"),
            std::filesystem::file_size(folder_.path() / "private.dot"));
}

/// What a check shows on a terminal of so many columns until it is interrupted, as `awaited` is
/// there.
std::string shown_until_interrupted(std::vector<std::string> arguments, const std::string& awaited,
                                    unsigned short columns) {
  int ours = -1, theirs = -1;
  winsize size{24, columns, 0, 0};
  EXPECT_EQ(::openpty(&ours, &theirs, nullptr, nullptr, &size), 0);
  Started running(arguments, [=] {
    ::signal(SIGINT, SIG_DFL);
    ::dup2(theirs, STDOUT_FILENO);
    ::dup2(theirs, STDERR_FILENO);
  });
  ::close(theirs);
  std::string all;
  bool is_interrupted = false;
  char buffer[4096];
  for (ssize_t count; (count = ::read(ours, buffer, sizeof buffer)) > 0;) {
    all.append(buffer, static_cast<std::size_t>(count));
    if (!std::exchange(is_interrupted, all.find(awaited) != std::string::npos)) {
      if (is_interrupted) ::kill(running.pid(), SIGINT);
    }
  }
  ::close(ours);
  EXPECT_EQ(running.wait().status, 128 + SIGINT);
  return all;
}

class Terminal : public Command {
 protected:
  /// A check that takes longer than any test waits for it.
  std::vector<std::string> large(const std::string& engine) const {
    return {"check",    "catalog/single-tombstone", "--engine", engine,
            "--bounds", "starts=8,crashes=6",       "--traces", folder_.path().string()};
  }
};

TEST_F(Terminal, ShowsHowFarEachEngineIs) {
  const auto expect_shown = [&](const std::vector<std::string>& arguments,
                                const std::string& what) {
    const std::string all = shown_until_interrupted(arguments, what, 200);
    EXPECT_NE(all.find(what), std::string::npos) << all;
  };
  expect_shown(large("crashsim"), " states, depth ");
  expect_shown(large("model"), " states, depth ");
  expect_shown(large("refinement"), " states, depth ");
  expect_shown({"check", "catalog/single-tombstone", "--engine", "process"}, " of 208 histories");
  expect_shown({"check", "catalog/single-tombstone", "--engine", "random", "--budget", "30"},
               " runs, 1 s");
  const FakeJava java(folder_.path(),
                      "cat <<'END'\n"
                      "@!@!@STARTMSG 2200:0 @!@!@\n"
                      "Progress(7) at 2026-01-02 03:04:05: 4,096 states generated (1 s/min), 1,772 "
                      "distinct states found (1 ds/min), 7 states left on queue.\n"
                      "@!@!@ENDMSG 2200 @!@!@\nEND\nexec sleep 50");
  expect_shown({"check", "catalog/single-tombstone", "--engine", "tla"}, ": 1,772 states");
}

TEST_F(Terminal, ShowsNoMoreThanFitsAndIsEndedByAnInterrupt) {
  for (const unsigned short columns : {200, 30}) {
    const std::string all = shown_until_interrupted(large("crashsim"), "\x1b[Kcatalog", columns);
    const auto progress = all.find("\x1b[Kcatalog/single");
    ASSERT_NE(progress, std::string::npos) << all;
    EXPECT_EQ(all.back(), '\n') << "the shell's prompt comes after it";
    for (auto at = progress; at != std::string::npos; at = all.find("\x1b[K", at + 1)) {
      const auto end = all.find_first_of("\r\n", at);
      EXPECT_LT(end - at - 3, columns) << all.substr(at, end - at);
    }
  }
}

}  // namespace
}  // namespace cutover
